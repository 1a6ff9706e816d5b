//! Legal actions: what the city attorney brings in a case, each with its own status.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, DistrictId, LegalActionId, StaffId};

words! {
    /// What sort of legal action it is.
    LegalActionKind {
        /// A civil fine under a Government Code 53069.4 ordinance.
        AdministrativeCitation,
        /// A larger, level-based civil penalty, such as Sacramento City Code 1.28.010.
        AdministrativePenalty,
        /// An appealable order to repair, vacate or demolish.
        NoticeAndOrder,
        /// A court order to enter and inspect (Code of Civil Procedure 1822.50).
        InspectionWarrant,
        /// A court order to enter and abate (Code of Civil Procedure 1822.50).
        AbatementWarrant,
        /// A suit to end a public nuisance (Civil Code 3479, Code of Civil Procedure 731).
        PublicNuisanceSuit,
        /// Abatement of a drug house (Health & Safety Code 11570).
        DrugAbatement,
        /// Abatement of prostitution or illegal gambling (Penal Code 11225).
        RedLightAbatement,
        /// A court-appointed receiver repairs the building (Health & Safety Code 17980.7(c)).
        Receivership,
        /// An eviction suit (Code of Civil Procedure 1161).
        UnlawfulDetainer,
        /// A court order to do or stop something (Code of Civil Procedure 526).
        Injunction,
        /// A criminal complaint.
        CriminalComplaint,
        /// Action against a licence or permit.
        LicenseAction,
        /// A lien or assessment for the city's costs (Government Code 38773).
        CostRecoveryLien,
    }
}

words! {
    /// Where a legal action stands. Which statuses a kind passes through, and in what order, is its remedy's data.
    LegalActionStatus {
        /// Asked of the attorney.
        Referred,
        /// The attorney declined.
        Declined,
        /// The attorney signed off.
        Authorized,
        /// Papers are being prepared.
        Preparing,
        /// Filed or issued.
        Filed,
        /// Served.
        Served,
        /// A hearing is set.
        HearingSet,
        /// The hearing was held.
        Heard,
        /// An order or judgment was made.
        Ordered,
        /// The order is being complied with.
        Complying,
        /// Under appeal.
        Appealed,
        /// Done what was ordered, paid what was owed.
        Satisfied,
        /// Settled.
        Settled,
        /// Dismissed.
        Dismissed,
        /// Denied by the court or hearing officer.
        Denied,
        /// Withdrawn by the city.
        Withdrawn,
        /// The power ran out.
        Expired,
    }
}

impl LegalActionStatus {
    /// Whether nothing more can happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Declined
                | Self::Satisfied
                | Self::Settled
                | Self::Dismissed
                | Self::Denied
                | Self::Withdrawn
                | Self::Expired
        )
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_action")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LegalActionId,
    pub version: i32,
    pub case_id: CaseId,
    /// The case's district, repeated so that citywide lists need no join to scope.
    pub district_id: DistrictId,
    pub kind: LegalActionKind,
    /// Key of the remedy in the city's preset.
    pub remedy_key: String,
    pub status: LegalActionStatus,
    pub status_since: DateTimeUtc,
    pub is_final: bool,
    pub court: Option<String>,
    pub court_case_number: Option<String>,
    pub responsible_attorney_id: Option<StaffId>,
    pub filed_on: Option<Date>,
    pub claimed_cents: Option<i64>,
    pub assessed_cents: Option<i64>,
    pub collected_cents: Option<i64>,
    /// Attorneys and the city attorney only.
    pub privileged_notes: Option<String>,
    /// The earliest open hearing or deadline; what lists are sorted by.
    pub next_on: Option<Date>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "case_id", to = "id")]
    pub case: BelongsTo<super::case::Entity>,
    #[sea_orm(
        belongs_to,
        relation_enum = "ResponsibleAttorney",
        from = "responsible_attorney_id",
        to = "id"
    )]
    pub responsible_attorney: BelongsTo<Option<super::staff::Entity>>,
}

in_order!(
    id,
    version,
    case_id,
    district_id,
    kind,
    remedy_key,
    status,
    status_since,
    is_final,
    court,
    court_case_number,
    responsible_attorney_id,
    filed_on,
    claimed_cents,
    assessed_cents,
    collected_cents,
    privileged_notes,
    next_on,
    created_at,
);

impl ActiveModelBehavior for ActiveModel {}
