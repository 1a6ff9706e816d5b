//! A city that fetches one feed from a portal: the feed `portal-police`, one row a call.

use std::{future::Future, time::Duration};

use api::{
    commands::feed::fetch,
    error::Result,
    http::Edge,
    preset::{Feed, Preset, Push},
    schedule::Stop,
    writes::ingest::Summary,
};
use entity::{call, call::CallCategory, feed, feed::FeedKind, feed_run, feed_run::FeedRunKind, rejected_row};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::{Jfn, Store, portal::SodaPortal};

/// The key of the feed.
pub const KEY: &str = "portal-police";
const COLUMNS: &[(&str, &str)] =
    &[("id", "text"), ("at", "calendar_date"), ("kind", "text"), ("address", "text")];

/// A portal with that many calls, each at an address of its own.
pub async fn portal(calls: u32) -> SodaPortal {
    let portal = SodaPortal::open(COLUMNS).await;
    portal.change(|state| {
        for number in 1..=calls {
            let changed = format!("2026-11-19T12:{:02}:{:02}.000Z", number / 60 % 60, number % 60);
            state.add(&changed, told(&number.to_string(), 18, "NOISE", &format!("{number} ASH ST")));
        }
    });
    portal
}

/// What the portal tells of a call that happened at ten in the evening of that day of November 2026.
#[must_use]
pub fn told(id: &str, day: u32, kind: &str, address: &str) -> Value {
    json!({ "id": id, "at": format!("2026-11-{day:02}T22:00:00.000"), "kind": kind, "address": address })
}

/// The feed's file, as a city would write it; `more` ends its connection.
#[must_use]
pub fn stated(url: &str, schedule: &str, more: &str) -> String {
    format!(
        "key = '{KEY}'\nname = 'Police, by a portal'\nkind = 'SODA'\nsource = 'A portal on loopback'\n\
         [mapping]\ntime_zone = 'America/Los_Angeles'\nsource_key = ['id']\nfinal_type = 'kind'\n\
         occurred_at = [{{ column = 'at', format = 'ISO' }}]\n[mapping.address]\ncolumns = ['address']\n\
         [call_types]\nNOISE = ['NOISE']\nFIGHT = ['FIGHT']\n[schedule]\n{schedule}\n\
         [connection]\nurl = '{url}'\nallow_private_addresses = true\n{more}\n\
         [connection.types]\nat = 'calendar_date'\n\
         [connection.patience]\nretry_ms = 1\nread_ms = 20000\nattempts = 2\nlongest_wait_ms = 50\n"
    )
}

/// States the feed in a preset.
pub fn state(preset: &mut Preset, portal: &SodaPortal, schedule: &str, more: &str) {
    let written: toml::Table = stated(&portal.url(), schedule, more).parse().expect("TOML");
    let part = |name: &str| written[name].clone();
    preset.feeds.push(Feed {
        key: KEY.to_owned(),
        name: "Police, by a portal".to_owned(),
        kind: FeedKind::Soda,
        source: "A portal on loopback".to_owned(),
        mapping: part("mapping").try_into().expect("a mapping"),
        schedule: part("schedule").try_into().expect("a schedule"),
        connection: Some(part("connection").try_into().expect("a connection")),
        push: Push::default(),
        call_types: [("NOISE".to_owned(), CallCategory::Noise), ("FIGHT".to_owned(), CallCategory::Fight)]
            .into(),
    });
}

/// Starts a server in that city; `is_scheduled` makes it read the feed by itself.
pub async fn start(store: Store, portal: &SodaPortal, is_scheduled: bool) -> Jfn {
    let edge = Edge { schedule: is_scheduled, ..Edge::default() };
    Jfn::start_in(store, edge, |preset| state(preset, portal, "every_minutes = 15", "page_rows = 10")).await
}

impl Jfn {
    /// Reads the feed now, to the end.
    pub async fn fetch(&self) -> Result<Summary> {
        fetch(&self.app, KEY, FeedRunKind::Import, false, Stop::never(), &|_| ()).await
    }

    /// Compares the feed's keys now.
    pub async fn reconcile(&self, accept_fewer: bool) -> Result<Summary> {
        fetch(&self.app, KEY, FeedRunKind::Reconcile, accept_fewer, Stop::never(), &|_| ()).await
    }

    /// What the database has of the feed with that key.
    pub async fn feed_row(&self, key: &str) -> feed::Model {
        let found = feed::Entity::find().filter(feed::Column::Key.eq(key)).one(&self.app.db).await;
        found.expect("feeds").expect("the feed")
    }

    /// All runs, oldest first.
    pub async fn run_rows(&self) -> Vec<feed_run::Model> {
        feed_run::Entity::find().order_by_asc(feed_run::Column::Id).all(&self.app.db).await.expect("runs")
    }

    /// All calls, by the source's key.
    pub async fn call_rows(&self) -> Vec<call::Model> {
        call::Entity::find().order_by_asc(call::Column::SourceId).all(&self.app.db).await.expect("calls")
    }

    /// What is kept of the rows that could not be read, as stored.
    pub async fn rejected_columns(&self) -> Vec<String> {
        let rows = rejected_row::Entity::find().all(&self.app.db).await.expect("rejected rows");
        rows.into_iter().map(|row| row.columns).collect()
    }

    /// What people see of the feed with that key.
    pub async fn feed_seen(&self, key: &str) -> Value {
        const FEEDS: &str = "{ feeds { id key version health lastSuccessAt dataAsOf lagMinutes watermark nextRunAt \
             nextReconcileAt runs { nodes { id kind status read inserted updated unchanged withdrawn rejected error \
             file } } } }";
        let feeds = self.administrator().await.ask(FEEDS, json!({})).await["feeds"].take();
        feeds.as_array().expect("a list").iter().find(|feed| feed["key"] == key).expect("the feed").clone()
    }
}

/// Asks again and again until there is an answer; fails after three minutes, which a busy machine does not need.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    for _ in 0..9_000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come");
}

/// Declares a test with a portal of 40 calls and a server that fetches them, on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! fetched_story {
    ($(#[$meta:meta])* async fn $name:ident($jfn:ident, $portal:ident) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                play($crate::Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                play($crate::Store::Postgres).await;
            }

            async fn play(store: $crate::Store) {
                let portal = $crate::fetched::portal(40).await;
                let jfn = $crate::fetched::start(store, &portal, false).await;
                {
                    let ($jfn, $portal) = (&jfn, &portal);
                    $body
                }
                jfn.stop().await;
            }
        }
    };
}
