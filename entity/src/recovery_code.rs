//! Codes for whoever lost their authenticator, each good for one sign-in.

use sea_orm::entity::prelude::*;

use crate::id::{RecoveryCodeId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecoveryCodeId,
    pub staff_id: StaffId,
    /// SHA-256 of the code, in hex; the code itself is shown once and never stored.
    pub code_hash: String,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
