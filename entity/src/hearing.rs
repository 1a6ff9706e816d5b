//! Hearings in legal actions.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, DistrictId, HearingId, LegalActionId};

words! {
    /// Where a hearing stands.
    HearingStatus {
        /// It will be held.
        Scheduled,
        /// It was put off to another hearing.
        Continued,
        /// It was held.
        Held,
        /// It was taken off the calendar.
        Vacated,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hearing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HearingId,
    /// Rises with every change of the hearing; calendars show it as SEQUENCE.
    pub version: i32,
    pub legal_action_id: LegalActionId,
    pub case_id: CaseId,
    pub district_id: DistrictId,
    pub starts_at: DateTimeUtc,
    /// The city's calendar day of `starts_at`.
    pub starts_on: Date,
    pub court: String,
    pub department: Option<String>,
    pub purpose: String,
    pub status: HearingStatus,
    pub outcome: Option<String>,
    pub continued_to_id: Option<HearingId>,
    pub created_at: DateTimeUtc,
    /// None until it is changed for the first time.
    pub changed_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "legal_action_id", to = "id")]
    pub legal_action: BelongsTo<super::legal_action::Entity>,
}

in_order!(
    id,
    version,
    legal_action_id,
    case_id,
    district_id,
    starts_at,
    starts_on,
    court,
    department,
    purpose,
    status,
    outcome,
    continued_to_id,
    created_at,
    changed_at,
);

impl ActiveModelBehavior for ActiveModel {}
