//! The addresses by which a place is known; calls and searches match on the key.

use sea_orm::entity::prelude::*;

use crate::id::{AddressAliasId, PropertyId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_alias")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AddressAliasId,
    pub property_id: PropertyId,
    /// As people write it, normalised.
    pub address: String,
    /// What equal addresses share; unique.
    pub key: String,
    /// The situs address itself; the others are aliases.
    pub is_situs: bool,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
