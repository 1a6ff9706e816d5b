//! What a case that grew from a flag rested on when it was opened, kept as it was.

use sea_orm::entity::prelude::*;

use crate::id::{CaseEvidenceId, CaseId, FlagId, NuisanceRuleId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseEvidenceId,
    pub case_id: CaseId,
    pub flag_id: FlagId,
    /// The version of the rule that raised the flag.
    pub rule_id: NuisanceRuleId,
    pub window_from: Date,
    pub window_to: Date,
    pub measured: f64,
    pub threshold: f64,
    pub data_as_of: DateTimeUtc,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
