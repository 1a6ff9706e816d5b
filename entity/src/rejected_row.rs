//! Lines of a feed that could not be read; mapped columns only, for administrators, 30 days.

use sea_orm::entity::prelude::*;

use crate::id::{FeedId, FeedRunId, RejectedRowId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rejected_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RejectedRowId,
    pub feed_id: FeedId,
    pub feed_run_id: FeedRunId,
    pub received_at: DateTimeUtc,
    /// Line of the file, the header being 1.
    pub line: i32,
    pub reason: String,
    /// The mapped columns as a JSON object.
    pub columns: String,
}

impl ActiveModelBehavior for ActiveModel {}
