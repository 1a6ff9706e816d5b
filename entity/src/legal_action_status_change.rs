//! Every step a legal action took.

use sea_orm::entity::prelude::*;

use crate::{
    id::{LegalActionId, LegalActionStatusChangeId, StaffId},
    legal_action::LegalActionStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_action_status_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LegalActionStatusChangeId,
    pub legal_action_id: LegalActionId,
    pub from_status: Option<LegalActionStatus>,
    pub to_status: LegalActionStatus,
    /// The day it happened, as stated.
    pub changed_on: Date,
    pub recorded_at: DateTimeUtc,
    pub changed_by: StaffId,
    pub reason: Option<String>,
    #[sea_orm(belongs_to, from = "changed_by", to = "id")]
    pub staff: BelongsTo<super::staff::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
