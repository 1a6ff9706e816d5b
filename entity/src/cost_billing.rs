//! Which cost statement asked for which cost. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{CostEntryId, NoticeId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cost_billing")]
pub struct Model {
    /// A cost is asked for once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: CostEntryId,
    pub notice_id: NoticeId,
    pub billed_by: Option<StaffId>,
    pub billed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
