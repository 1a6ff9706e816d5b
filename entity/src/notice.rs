//! Notices served in a case.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, NoticeId, StaffId};

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
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeId,
    pub case_id: CaseId,
    pub kind: NoticeKind,
    pub comply_by: Option<Date>,
    pub amount_cents: Option<i64>,
    /// Why a citation asks for less than its ladders give.
    pub amount_reason: Option<String>,
    pub served_by: Option<StaffId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
