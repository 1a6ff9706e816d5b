//! Who is who at the city's provider of identities.

use sea_orm::entity::prelude::*;

use crate::id::{OpenIdAccountId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "openid_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OpenIdAccountId,
    pub staff_id: StaffId,
    pub issuer: String,
    /// The provider's own name for the account; it never names anybody else there, as an e-mail may.
    pub subject: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
