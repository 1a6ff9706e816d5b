//! Violations of the city's codes that an inspection found.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, InspectionId, ViolationId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "violation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ViolationId,
    pub case_id: CaseId,
    pub inspection_id: InspectionId,
    pub code_section: String,
    pub description: String,
    pub found_on: Date,
    pub comply_by: Option<Date>,
    pub corrected_on: Option<Date>,
    pub immediate_danger: bool,
    /// 1 for the first of this section at this place within the ladder's window.
    pub offense_number: i32,
    #[sea_orm(belongs_to, from = "inspection_id", to = "id")]
    pub inspection: BelongsTo<super::inspection::Entity>,
    #[sea_orm(belongs_to, from = "case_id", to = "id")]
    pub case: BelongsTo<super::case::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
