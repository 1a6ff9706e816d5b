//! Letters that were sent, each with the file that was sent. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::{
    id::{
        CaseId, DistrictId, EvidenceId, EvidenceUploadId, LetterId, NoticeId, NuisanceRuleId, PartyId,
        PropertyId, StaffId,
    },
    notice::NoticeKind,
    notice_service::ServiceMethod,
};

words! {
    /// What a letter is; each kind has a template in the city's preset.
    LetterKind {
        /// Tells an owner early that a place comes near to a threshold; it asks for nothing but a talk.
        EarlyWarning,
        /// A friendly first letter in a case.
        Courtesy,
        /// The first formal notice, with a compliance date.
        NoticeOfViolation,
        /// A formal, appealable order to repair, vacate or demolish.
        NoticeAndOrder,
        /// The attorney's letter before suit.
        DemandLetter,
        /// Notice of a coming receivership petition (Health & Safety Code 17980.7(c)).
        PrePetitionNotice,
        /// A civil fine under a Government Code 53069.4 ordinance.
        AdministrativeCitation,
        /// What the city spent and wants back.
        CostStatement,
        /// The 602 letter: an owner's request to the police to keep trespassers out, for signature (Penal Code 602).
        TrespassAuthorization,
    }
}

impl LetterKind {
    /// The letter of a notice; none of papers that are the court's or the recorder's own.
    #[must_use]
    pub fn of(kind: NoticeKind) -> Option<Self> {
        match kind {
            NoticeKind::Courtesy => Some(Self::Courtesy),
            NoticeKind::NoticeOfViolation => Some(Self::NoticeOfViolation),
            NoticeKind::NoticeAndOrder => Some(Self::NoticeAndOrder),
            NoticeKind::DemandLetter => Some(Self::DemandLetter),
            NoticeKind::PrePetitionNotice => Some(Self::PrePetitionNotice),
            NoticeKind::AdministrativeCitation => Some(Self::AdministrativeCitation),
            NoticeKind::CostStatement => Some(Self::CostStatement),
            NoticeKind::LienNotice | NoticeKind::LegalPapers => None,
        }
    }

    /// The notice of which this is the letter, if it is one of a notice.
    #[must_use]
    pub fn notice(self) -> Option<NoticeKind> {
        NoticeKind::ALL.iter().copied().find(|kind| Self::of(*kind) == Some(self))
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LetterId,
    pub kind: LetterKind,
    pub property_id: PropertyId,
    /// The district of the place when it was sent; its early warnings are for that team.
    pub district_id: DistrictId,
    /// None for an early warning, which belongs to no case.
    pub case_id: Option<CaseId>,
    /// The notice of which it is the letter; a notice has one.
    pub notice_id: Option<NoticeId>,
    /// The version of the rule that an early warning speaks of.
    pub rule_id: Option<NuisanceRuleId>,
    /// Whom it went to; a notice's recipients are in its services.
    pub party_id: Option<PartyId>,
    pub method: Option<ServiceMethod>,
    pub sent_on: Date,
    /// The evidence that its file is; none for an early warning.
    pub evidence_id: Option<EvidenceId>,
    /// Names the file in the store.
    pub file_id: EvidenceUploadId,
    pub bytes: i64,
    /// Of the file, in lower-case hex.
    pub sha256: String,
    pub sent_by: StaffId,
    pub sent_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
