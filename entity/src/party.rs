//! People and organisations that answer for places.

use sea_orm::entity::prelude::*;

use crate::id::PartyId;

words! {
    /// A person or an organisation.
    PartyKind {
        /// A natural person.
        Person,
        /// A company, trust, agency or other body.
        Organization,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartyId,
    pub kind: PartyKind,
    pub name: String,
    pub mailing_address: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
