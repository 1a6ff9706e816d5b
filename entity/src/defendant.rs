//! The parties that legal actions are brought against.

use sea_orm::entity::prelude::*;

use crate::id::{DefendantId, LegalActionId, PartyId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "defendant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DefendantId,
    pub legal_action_id: LegalActionId,
    pub party_id: PartyId,
    pub named_by: StaffId,
    pub named_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "party_id", to = "id")]
    pub party: BelongsTo<super::party::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
