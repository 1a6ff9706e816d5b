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

words! {
    /// What a run of a feed is for.
    FeedRunKind {
        /// It takes new and changed rows.
        Import,
        /// It compares the keys that the source lists with ours and marks the calls that are gone.
        Reconcile,
        /// It reads the rejected rows again, with the mapping as it is now.
        Replay,
        /// A program pushed rows to us.
        Push,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedRunId,
    pub feed_id: FeedId,
    pub kind: FeedRunKind,
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
    /// The process that ran it.
    pub holder: Option<String>,
    /// The file it read, where it read one that was dropped.
    pub file: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
