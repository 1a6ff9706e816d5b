//! Inspections of a place for a case.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, InspectionId, StaffId};

words! {
    /// What an inspection found.
    InspectionResult {
        /// The inspector was not let in.
        NoAccess,
        /// There was nothing to find.
        NoViolation,
        /// At least one violation.
        ViolationFound,
        /// Some of the violations were corrected.
        PartiallyCorrected,
        /// All was corrected.
        Corrected,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InspectionId,
    pub case_id: CaseId,
    pub scheduled_for: Option<DateTimeUtc>,
    pub performed_at: Option<DateTimeUtc>,
    pub inspector_id: Option<StaffId>,
    pub result: Option<InspectionResult>,
    pub notes: Option<String>,
    /// The inspector vouches that the case's violations are corrected; closing rests on it.
    pub verifies_compliance: bool,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, relation_enum = "Inspector", from = "inspector_id", to = "id")]
    pub inspector: BelongsTo<Option<super::staff::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
