//! Calls as a feed would have told them, put where an import puts them, and the rules held against them.

use std::io::Cursor;

use api::{
    app::App,
    authz::{Action, Viewer},
    commands::import_calls,
    error::Result,
    feeds::CallLog,
    writes::{self, ingest::Summary},
};
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::America::Los_Angeles;
use entity::{
    call::{self, AddressPrecision, CallCategory},
    feed,
    id::{CallId, PropertyId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use crate::Jfn;

/// The header of the demo city's log.
pub const HEADER: &str = "case_number,date,received,dispatched,arrived,type,address,clearance_code";

/// Loads a file of a feed.
pub async fn load_file(app: &App, feed: &str, file: impl Into<Vec<u8>>) -> Result<Summary> {
    let file = file.into();
    let open = |mapping: &_| CallLog::read(Cursor::new(file.clone()), mapping);
    import_calls::load(app, feed, open, |at| at, |_| ()).await
}

/// A moment by the wall clock of Sacramento, such as `2026-11-10 22:00`.
#[must_use]
pub fn local(text: &str) -> DateTime<Utc> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time");
    Los_Angeles.from_local_datetime(&local).earliest().expect("a time that exists").to_utc()
}

/// A call about noise at that place and time, which counts.
#[must_use]
pub fn call(place: &str, at: &str) -> call::Model {
    let id = CallId::at(local(at));
    call::Model {
        id,
        feed_id: entity::id::FeedId::generate(),
        source_id: id.to_string(),
        occurred_at: local(at),
        source_changed_at: None,
        occurred_on: local(at).with_timezone(&Los_Angeles).date_naive(),
        address: "12 ELM ST".to_owned(),
        address_key: "12 ELM ST".to_owned(),
        precision: AddressPrecision::Address,
        category: CallCategory::Noise,
        description: Some("Noise Party".to_owned()),
        initial_description: None,
        disposition: None,
        disposition_excludes: false,
        officer_initiated: false,
        property_id: Some(place.parse().expect("the id of a place")),
        row_hash: String::new(),
        recorded_at: local(at),
        updated_at: local(at),
        withdrawn_at: None,
    }
}

/// Calls of one category at that place, each at ten in the evening of a day of November 2026.
#[must_use]
pub fn nights(place: &str, category: CallCategory, days: &[u32]) -> Vec<call::Model> {
    let night = |day: &u32| call::Model { category, ..call(place, &format!("2026-11-{day:02} 22:00")) };
    days.iter().map(night).collect()
}

impl Jfn {
    /// A feed tells of these calls, new or changed, and the rules are held against their places; answers how many flags
    /// were raised. The data reach up to the newest call.
    pub async fn told(&self, calls: &[call::Model]) -> i32 {
        let db = &self.app.db;
        let feed = feed::Entity::find()
            .filter(feed::Column::Key.eq("demo-police"))
            .order_by_asc(feed::Column::Id)
            .one(db)
            .await
            .expect("feeds")
            .expect("the demo's feed");
        let told = calls.iter().map(|call| call::Model { feed_id: feed.id, ..call.clone() }).collect();
        self.stored(told).await;
        let newest = calls.iter().map(|call| call.occurred_at).max().max(feed.data_as_of);
        let mut feed: feed::ActiveModel = feed.into();
        feed.data_as_of = Set(newest);
        feed.update(db).await.expect("the feed");
        let places: Vec<PropertyId> = calls.iter().filter_map(|call| call.property_id).collect();
        self.evaluated(&places).await
    }

    /// Puts these calls, new or changed, where an import would, and the roll-up follows.
    pub async fn stored(&self, calls: Vec<call::Model>) {
        let server = Viewer::server();
        let stored = self.app.write(&server, "test", Action::RunFeeds, async |tx| {
            let counted = feed::Entity::update_many()
                .col_expr(feed::Column::CallsChanged, Expr::cust("calls_changed + 1"));
            counted.exec(tx.conn()).await?;
            let theirs = Condition::all().add(call::Column::Id.is_in(calls.iter().map(|call| call.id)));
            writes::ingest::make_months(tx, &calls).await?;
            writes::roll_up::follow(tx, theirs, async |tx| {
                for told in calls {
                    let known = call::Entity::find_by_id(told.id).one(tx.conn()).await?.is_some();
                    let row = call::ActiveModel::from(told).reset_all();
                    if known {
                        row.update(tx.conn()).await?;
                    } else {
                        row.insert(tx.conn()).await?;
                    }
                }
                Ok(())
            })
            .await
        });
        stored.await.expect("the calls are stored");
    }

    /// Holds the rules against these places.
    pub async fn evaluated(&self, places: &[PropertyId]) -> i32 {
        let server = Viewer::server();
        let evaluated = self
            .app
            .write(&server, "test", Action::RunFeeds, async |tx| writes::flags::evaluate(tx, places).await);
        evaluated.await.expect("the rules are held against the places")
    }
}
