//! The decisions about a party's part in a place; never changed once written.

use sea_orm::entity::prelude::*;

use crate::{
    id::{PropertyPartyDecisionId, PropertyPartyId, StaffId},
    property_party::LinkStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "property_party_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PropertyPartyDecisionId,
    pub property_party_id: PropertyPartyId,
    /// What it was decided to be.
    pub status: LinkStatus,
    pub reason: String,
    /// None when somebody at the server's command line decided.
    pub decided_by: Option<StaffId>,
    pub decided_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
