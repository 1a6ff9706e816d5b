//! Cases: one place, its problem, and the three professions that work it together.

use sea_orm::entity::prelude::*;

use crate::{
    id::{CaseId, DistrictId, PropertyId, StaffId},
    response_pause::ResponseRule,
};

words! {
    /// Where a case stands.
    CaseStage {
        /// Reported; nobody has looked yet.
        Intake,
        /// The team finds out what is the matter.
        Assessment,
        /// The responsible party was asked and given time.
        VoluntaryCompliance,
        /// A notice was or is being served.
        Notice,
        /// Administrative citations.
        Citation,
        /// At least one legal action was authorised.
        Litigation,
        /// The nuisance is being ended, by the owner or by the city at the owner's cost.
        Abatement,
        /// Corrected; the team watches whether it lasts.
        Monitoring,
        /// Ended, with an outcome.
        Closed,
    }
}

words! {
    /// The phase of problem-oriented policing (Scanning, Analysis, Response, Assessment) that a stage belongs to.
    SaraPhase {
        /// Finding the problem.
        Scanning,
        /// Understanding it.
        Analysis,
        /// Acting on it.
        Response,
        /// Checking what the response achieved.
        Assessment,
    }
}

words! {
    /// How urgent a case is.
    CasePriority {
        /// Somebody may be hurt at any time.
        ImminentDanger,
        /// Before others.
        High,
        /// As it comes.
        Normal,
        /// When time allows.
        Low,
    }
}

impl CasePriority {
    /// The place in an ordering by urgency: higher is more urgent.
    #[must_use]
    pub fn rank(self) -> i32 {
        match self {
            Self::ImminentDanger => 4,
            Self::High => 3,
            Self::Normal => 2,
            Self::Low => 1,
        }
    }
}

words! {
    /// Where a case came from.
    CaseSource {
        /// A resident's report.
        Resident,
        /// A police patrol.
        Patrol,
        /// A code-enforcement patrol.
        CodePatrol,
        /// A call-volume flag.
        CallVolume,
        /// A council member's office.
        CouncilOffice,
        /// A neighbourhood group.
        NeighborhoodGroup,
        /// The fire department.
        Fire,
        /// A partner organisation.
        Partner,
        /// Another case.
        AnotherCase,
        /// Something else.
        Other,
    }
}

words! {
    /// How a case ended. Closed is not complied: the outcome says which.
    CaseOutcome {
        /// Corrected after a talk or a letter.
        CompliedVoluntarily,
        /// Corrected after a notice.
        CompliedAfterNotice,
        /// Corrected after a citation.
        CompliedAfterCitation,
        /// Corrected under a court's or hearing officer's order.
        CompliedByOrder,
        /// The city ended the nuisance itself.
        AbatedByCity,
        /// The building was taken down.
        Demolished,
        /// A new owner took over with a plan.
        Sold,
        /// The licence or permit was revoked.
        LicenseRevoked,
        /// There was no violation.
        NoViolation,
        /// Another case covers it; that case is named.
        Duplicate,
        /// Another agency's matter.
        OtherJurisdiction,
        /// The city withdrew.
        Withdrawn,
        /// It could not be verified.
        CannotVerify,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseId,
    /// JFN-2026-000123; unique.
    pub number: String,
    /// Rises with every edit of the case itself; notes and other entries leave it.
    pub version: i32,
    pub title: String,
    pub description: Option<String>,
    pub stage: CaseStage,
    pub stage_since: DateTimeUtc,
    /// The stage before this one, for the one step back.
    pub previous_stage: Option<CaseStage>,
    /// It has been in LITIGATION, after which only an attorney closes it.
    pub was_litigated: bool,
    pub priority: CasePriority,
    /// The priority's rank, for sorting.
    pub priority_rank: i32,
    pub source: CaseSource,
    pub district_id: DistrictId,
    pub property_id: PropertyId,
    pub assignee_id: Option<StaffId>,
    pub opened_at: DateTimeUtc,
    /// Last recorded activity of any kind.
    pub updated_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    pub outcome: Option<CaseOutcome>,
    pub duplicate_of_id: Option<CaseId>,
    pub next_action_on: Option<Date>,
    /// The earlier case at the same place and of the same kind.
    pub previous_case_id: Option<CaseId>,
    /// What the time for a first look at the place is counted by; none for a case that has no such clock.
    #[sea_orm(column_type = "Json")]
    pub response_rule: Option<ResponseRule>,
    /// By when somebody is to look at the place, with the pauses that have ended.
    pub response_due_at: Option<DateTimeUtc>,
    /// When somebody first did.
    pub responded_at: Option<DateTimeUtc>,
    /// Number of timeline entries so far.
    pub event_count: i32,
    /// Hash of the newest timeline entry.
    pub event_hash: String,
    #[sea_orm(belongs_to, from = "property_id", to = "id")]
    pub property: BelongsTo<super::property::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Assignee", from = "assignee_id", to = "id")]
    pub assignee: BelongsTo<Option<super::staff::Entity>>,
}

in_order!(
    id,
    number,
    version,
    title,
    description,
    stage,
    stage_since,
    previous_stage,
    was_litigated,
    priority,
    priority_rank,
    source,
    district_id,
    property_id,
    assignee_id,
    opened_at,
    updated_at,
    closed_at,
    outcome,
    duplicate_of_id,
    next_action_on,
    previous_case_id,
    response_rule,
    response_due_at,
    responded_at,
    event_count,
    event_hash,
);

impl ActiveModelBehavior for ActiveModel {}
