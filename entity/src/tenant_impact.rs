//! Who lives at the place of a case and what becomes of them, as it was answered. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, StaffId, TenantImpactId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant_impact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantImpactId,
    pub case_id: CaseId,
    pub occupied: bool,
    pub households: Option<i32>,
    pub relocation_plan: Option<String>,
    pub as_of: Date,
    pub recorded_by: StaffId,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
