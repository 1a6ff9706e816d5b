//! Files of a feed that were taken as a whole, so that the same content is never taken twice.

use sea_orm::entity::prelude::*;

use crate::id::{FeedFileId, FeedId, FeedRunId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedFileId,
    pub feed_id: FeedId,
    /// The run that took it.
    pub feed_run_id: FeedRunId,
    /// Of its bytes as they were dropped, in hexadecimal; unique within the feed.
    pub sha256: String,
    /// What it was called when it was taken.
    pub name: String,
    /// Rows read from it.
    pub rows: i32,
    pub taken_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
