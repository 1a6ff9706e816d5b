//! Notices served in a case.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, LegalActionId, NoticeId, StaffId};

words! {
    /// What a notice is.
    NoticeKind {
        /// A friendly first letter.
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
        /// Notice of a lien (Government Code 38773.1) or a special assessment (38773.5) for confirmed costs.
        LienNotice,
        /// Papers of a legal action: summons and complaint, a petition, a warrant, an accusation, an order.
        LegalPapers,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    pub case_id: CaseId,
    /// The action whose papers were served.
    pub legal_action_id: Option<LegalActionId>,
    pub kind: NoticeKind,
    pub comply_by: Option<Date>,
    pub amount_cents: Option<i64>,
    /// Why a citation asks for less than its ladders give.
    pub amount_reason: Option<String>,
    pub served_by: Option<StaffId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
