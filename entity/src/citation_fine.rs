//! What a citation asks for each code section, and how that was reached. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::{
    deadline_computation::Steps,
    id::{CitationFineId, NoticeId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "citation_fine")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CitationFineId,
    pub notice_id: NoticeId,
    pub code_section: String,
    pub ladder_key: String,
    pub citation: String,
    /// How far back earlier citations were counted.
    pub months: i32,
    pub offense_number: i32,
    /// What the ladder gives.
    pub amount_cents: i64,
    #[sea_orm(column_type = "Json")]
    pub steps: Steps,
    /// The law knows a reduction of it for hardship.
    pub may_be_reduced: bool,
    pub confirm_with_counsel: bool,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
