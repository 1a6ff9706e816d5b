//! The tests' harness: a real server on a real socket over a real database, and people who sign in to it.

pub mod calls;
pub mod city;
mod client;
pub mod cluster;
pub mod fetched;
pub mod files;
pub mod flags;
pub mod log;
pub mod page;
pub mod portal;
pub mod process;
pub mod proxy;
pub mod socket;
mod store;
pub mod trials;

use std::path::Path;

use api::{
    app::{App, Clock},
    authn::SessionTimes,
    commands::serve::app_of,
    database,
    evidence_store::EvidenceStore,
    http::{self, Edge},
    preset::Preset,
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tokio::{sync::oneshot, task::JoinHandle};

pub use client::{Client, key};
pub use store::Store;

/// A running server with a city of eight districts, their teams, and nobody's cases.
pub struct Jfn {
    pub app: App,
    pub url: String,
    pub clock: Clock,
    evidence: tempfile::TempDir,
    store: store::Opened,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Bytes of a file of evidence at most, in tests.
pub const LARGEST_EVIDENCE: u64 = 8 * 1024 * 1024;

/// Friday 20 November 2026, ten in the morning in Sacramento: the clock of every test starts here.
#[must_use]
pub fn start_of_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 18, 0, 0).single().expect("a moment that exists")
}

// Stories let hours go by without anybody touching a key.
fn working_day() -> SessionTimes {
    SessionTimes { idle: TimeDelta::hours(12), ..SessionTimes::default() }
}

impl Jfn {
    /// Starts a server on a database of its own.
    pub async fn start(store: Store) -> Self {
        Self::start_as(store, Edge::default()).await
    }

    pub async fn start_as(store: Store, edge: Edge) -> Self {
        Self::start_in(store, edge, |_| ()).await
    }

    /// Starts a server in a city whose facts are the built-in ones, changed: where a feed is fetched from, say.
    pub async fn start_in(store: Store, edge: Edge, change: impl FnOnce(&mut Preset)) -> Self {
        Self::start_with(store, edge, working_day(), change).await
    }

    /// The same, and people stay signed in for so long.
    pub async fn start_with(
        store: Store,
        edge: Edge,
        sessions: SessionTimes,
        change: impl FnOnce(&mut Preset),
    ) -> Self {
        Self::start_on(store::Opened::new(store).await, edge, sessions, change, None).await
    }

    /// Starts a server that keeps its files of evidence there, not in a folder.
    pub async fn start_keeping(store: Store, evidence: EvidenceStore) -> Self {
        let opened = store::Opened::new(store).await;
        Self::start_on(opened, Edge::default(), working_day(), |_| (), Some(evidence)).await
    }

    /// Starts a server on PostgreSQL whose role owns nothing: another one has migrated, and let it serve.
    pub async fn start_as_two_roles(change: impl FnOnce(&mut Preset)) -> Self {
        let opened = store::Opened::with_two_roles().await;
        Self::start_on(opened, Edge::default(), SessionTimes::default(), change, None).await
    }

    async fn start_on(
        store: store::Opened,
        edge: Edge,
        sessions: SessionTimes,
        change: impl FnOnce(&mut Preset),
        files: Option<EvidenceStore>,
    ) -> Self {
        log::keep();
        let prepared = database::prepare(&store.opening(), store.migrate_url()).await;
        prepared.expect("the migrations run");
        let db = database::open(&store.opening()).await.expect("the database opens");
        let clock = Clock::standing(start_of_time());
        let mut preset = Preset::sacramento().expect("the built-in preset is whole");
        change(&mut preset);
        let app = app_of(db, preset, clock.clone()).await.expect("the preset loads");
        let evidence = tempfile::tempdir().expect("a temporary folder");
        let folder =
            || EvidenceStore::folder(evidence.path(), LARGEST_EVIDENCE).expect("a store of evidence");
        let app = app.with_evidence(files.unwrap_or_else(folder)).with_sessions(sessions);
        city::staff(&app).await;
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("a bound socket"));
        let (stop, stopped) = oneshot::channel();
        let serving = http::serve(app.clone(), edge, socket, async {
            let _ = stopped.await;
        });
        let served = tokio::spawn(serving);
        Self { app, url, clock, evidence, store, stop, served }
    }

    /// Somebody who has not signed in.
    #[must_use]
    pub fn nobody(&self) -> Client {
        Client::new(&self.url)
    }

    /// The sergeant of a district, signed in; likewise below.
    pub async fn sergeant(&self, district: i32) -> Client {
        self.signed_in(&format!("sergeant{district}@jfn.example")).await
    }

    pub async fn attorney(&self, district: i32) -> Client {
        self.signed_in(&format!("attorney{district}@jfn.example")).await
    }

    pub async fn code_officer(&self, district: i32) -> Client {
        self.signed_in(&format!("code{district}@jfn.example")).await
    }

    pub async fn city_attorney(&self) -> Client {
        self.signed_in("cityattorney@jfn.example").await
    }

    pub async fn commissioner(&self) -> Client {
        self.signed_in("commissioner@jfn.example").await
    }

    pub async fn administrator(&self) -> Client {
        self.signed_in("administrator@jfn.example").await
    }

    async fn signed_in(&self, email: &str) -> Client {
        let mut client = self.nobody();
        client.sign_in(email, city::PASSWORD).await;
        client
    }

    /// The API id of a place in that district, made with its address as only alias.
    pub async fn place(&self, address: &str, district: i32) -> String {
        city::place(&self.app, address, district).await
    }

    /// Moves the clock forward.
    pub fn wait(&self, period: TimeDelta) {
        self.clock.set(self.clock.now() + period);
    }

    /// Statements the server has sent to the database so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.app.metrics.statements()
    }

    /// The folder in which its files of evidence lie.
    #[must_use]
    pub fn evidence(&self) -> &Path {
        self.evidence.path()
    }

    /// How to open its database once more as the role that owns its tables.
    #[must_use]
    pub fn opening_as_owner(&self) -> database::Opening {
        let opening = self.store.opening();
        match self.store.migrate_url() {
            Some(url) => database::Opening { url: url.to_owned(), ..opening },
            None => opening,
        }
    }

    /// How to open its database once more.
    #[must_use]
    pub fn opening(&self) -> database::Opening {
        self.store.opening()
    }

    /// Which database this server runs on.
    #[must_use]
    pub fn runs_on(&self) -> Store {
        self.store.kind()
    }

    /// Stops the server and removes its database.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.served.await.expect("the server ends").expect("the server ends well");
        self.app.db.close_by_ref().await.expect("the database closes");
        self.store.remove().await;
    }
}

/// Declares a test that plays on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! story {
    ($(#[$meta:meta])* async fn $name:ident($jfn:ident) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                play($crate::Jfn::start($crate::Store::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                play($crate::Jfn::start($crate::Store::Postgres).await).await;
            }

            async fn play(jfn: $crate::Jfn) {
                {
                    let $jfn = &jfn;
                    $body
                }
                jfn.stop().await;
            }
        }
    };
}
