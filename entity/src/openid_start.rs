//! Sign-ins on their way through the city's provider of identities.

use sea_orm::entity::prelude::*;

use crate::id::OpenIdStartId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "openid_start")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OpenIdStartId,
    /// SHA-256 of `state`, in hex: what the provider sends back.
    pub state_hash: String,
    /// SHA-256 of the cookie of the browser that began, in hex: no other browser may end it.
    pub browser_hash: String,
    /// What the provider's token must name.
    pub nonce: String,
    /// What shows the provider that we began it (PKCE).
    pub verifier: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
