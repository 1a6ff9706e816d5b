//! Litigation holds: that nothing of a case or its place may be removed, since when and why.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, LitigationHoldId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "litigation_hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LitigationHoldId,
    pub case_id: CaseId,
    pub reason: String,
    pub placed_by: StaffId,
    pub placed_at: DateTimeUtc,
    /// None while it is in force; a case has one such hold at most.
    pub released_by: Option<StaffId>,
    pub released_at: Option<DateTimeUtc>,
    pub release_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
