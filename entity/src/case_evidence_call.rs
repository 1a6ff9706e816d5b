//! Each call a case's flag listed when the case was opened, as it was then.

use sea_orm::entity::prelude::*;

use crate::{
    call::CallCategory,
    flag_call::ExclusionReason,
    id::{CallId, CaseEvidenceId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_evidence_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub evidence_id: CaseEvidenceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_id: CallId,
    pub occurred_at: DateTimeUtc,
    pub occurred_on: Date,
    pub category: CallCategory,
    pub address: String,
    pub counted: bool,
    pub reason: Option<ExclusionReason>,
    pub review_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
