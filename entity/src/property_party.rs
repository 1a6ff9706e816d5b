//! A party's part in a place, and how sure we are of it.

use sea_orm::entity::prelude::*;

use crate::id::{PartyId, PropertyId, PropertyPartyId, StaffId};

words! {
    /// What a party is to a place.
    PartyRole {
        /// Owns it.
        Owner,
        /// Manages it for the owner.
        Manager,
        /// Runs the business there.
        BusinessOperator,
        /// Lends on it, or holds it after foreclosure.
        Lender,
        /// Occupies it.
        Occupant,
    }
}

words! {
    /// How sure we are that a party is what the link says. A wrong link names an innocent person in a lawsuit.
    LinkStatus {
        /// Somebody or some record suggests it.
        Suggested,
        /// A named member of staff confirmed it.
        Confirmed,
        /// A named member of staff rejected it.
        Rejected,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "property_party")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PropertyPartyId,
    pub property_id: PropertyId,
    pub party_id: PartyId,
    pub role: PartyRole,
    pub status: LinkStatus,
    pub from_on: Option<Date>,
    pub to_on: Option<Date>,
    /// Where the suggestion comes from.
    pub evidence: Option<String>,
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<DateTimeUtc>,
    pub decision_reason: Option<String>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "party_id", to = "id")]
    pub party: BelongsTo<super::party::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
