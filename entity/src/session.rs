//! Signed-in browsers.

use sea_orm::entity::prelude::*;

use crate::id::{SessionId, StaffId};

words! {
    /// How somebody proved who they are.
    SignInMethod {
        /// By their password alone.
        Password,
        /// By their password and a code: of their authenticator, or one of their recovery codes.
        PasswordAndCode,
        /// By the city's provider of identities (OpenID Connect).
        OpenIdConnect,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// SHA-256 of the cookie's value, in hex; the value itself is never stored, and changes with what it opens.
    pub token_hash: String,
    pub staff_id: StaffId,
    pub method: SignInMethod,
    /// Where it began.
    pub address: Option<String>,
    /// What the browser called itself then.
    pub user_agent: Option<String>,
    pub created_at: DateTimeUtc,
    /// To the minute: it is not written for every request.
    pub last_used_at: DateTimeUtc,
    /// The latest it can end, however much it is used.
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
