//! Authenticators that people sign in with beside their password (TOTP, RFC 6238).

use sea_orm::entity::prelude::*;

use crate::id::{SecondFactorId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecondFactorId,
    /// One at most.
    pub staff_id: StaffId,
    /// What it shares with the authenticator, in base 32: codes cannot be computed from a hash.
    pub secret: String,
    pub created_at: DateTimeUtc,
    /// None until a first code has shown that it works; it is asked for only then.
    pub confirmed_at: Option<DateTimeUtc>,
    /// The step of the last code that was taken: neither it nor one before it is taken again.
    pub last_step: i64,
}

impl ActiveModelBehavior for ActiveModel {}
