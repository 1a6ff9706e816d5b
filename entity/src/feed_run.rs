//! Runs of a feed, each with what it counted.

use sea_orm::entity::prelude::*;

use crate::id::{FeedId, FeedRunId};

words! {
    /// Where a run stands.
    FeedRunStatus {
        /// It is reading.
        Running,
        /// It ended well.
        Succeeded,
        /// It stopped early; `error` says why.
        Failed,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedRunId,
    pub feed_id: FeedId,
    pub status: FeedRunStatus,
    pub started_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub read: i32,
    pub inserted: i32,
    pub updated: i32,
    pub unchanged: i32,
    /// Earlier rows of a source key that came again in the same run.
    pub duplicates: i32,
    pub withdrawn: i32,
    pub rejected: i32,
    pub matched: i32,
    pub flags_raised: i32,
    pub error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
