//! The audit log: who did or tried what, when, from where, in which request and with which result.

use sea_orm::entity::prelude::*;

use crate::id::{AccessTokenId, AuditRowId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditRowId,
    pub recorded_at: DateTimeUtc,
    /// None when the server or its command line acted, or somebody who was not signed in.
    pub staff_id: Option<StaffId>,
    pub access_token_id: Option<AccessTokenId>,
    /// The mutation, command, sign-in, file or query.
    pub action: String,
    /// The API id of what it changed or was about; empty when it named nothing.
    pub subject: String,
    pub request_id: Option<Uuid>,
    /// The address it came from, as far as it can be told; none for the server and its command line.
    pub address: Option<String>,
    /// `DONE`, `UNCHANGED`, or the code of what it was refused with.
    pub result: String,
}

impl ActiveModelBehavior for ActiveModel {}
