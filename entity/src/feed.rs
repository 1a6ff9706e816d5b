//! Sources of calls for service; their mappings come from the city's preset.

use sea_orm::entity::prelude::*;

use crate::id::FeedId;

words! {
    /// How a feed is read.
    FeedKind {
        /// A Socrata open-data portal.
        Soda,
        /// An ArcGIS feature service.
        Arcgis,
        /// Files.
        Csv,
        /// A program pushes calls to us.
        Push,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedId,
    /// The key of its mapping in the preset; unique.
    pub key: String,
    pub name: String,
    pub kind: FeedKind,
    pub paused: bool,
    pub last_success_at: Option<DateTimeUtc>,
    /// The newest call it has told of.
    pub data_as_of: Option<DateTimeUtc>,
    /// Counts what people changed of it.
    pub version: i32,
    /// Who reads it now or died reading it; nobody when there is none.
    pub lease_holder: Option<String>,
    /// Until when nobody else may read it.
    pub lease_until: Option<DateTimeUtc>,
    /// Counts the leases; who holds an older one writes nothing more.
    pub lease_number: i64,
    /// When it is to be read next; none when nobody has planned it yet.
    pub next_run_at: Option<DateTimeUtc>,
    /// When its keys are to be compared with the source next.
    pub next_reconcile_at: Option<DateTimeUtc>,
    /// The newest change at the source that a successful run has seen.
    pub watermark: Option<DateTimeUtc>,
    /// Failed runs since the last one that ended well.
    pub failures: i32,
    /// Rows that the source listed at the last good reconcile.
    pub listed: Option<i64>,
    /// Counts the transactions that may have changed its calls or where they belong.
    pub calls_changed: i64,
    /// Its raw calls from before that day were purged; none when nothing was.
    pub purged_before: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
