//! The audit log: who changed what, by which mutation, in which request.

use sea_orm::entity::prelude::*;

use crate::id::{AccessTokenId, AuditRowId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditRowId,
    pub recorded_at: DateTimeUtc,
    /// None when the server or its command line acted.
    pub staff_id: Option<StaffId>,
    pub access_token_id: Option<AccessTokenId>,
    /// The mutation or command.
    pub action: String,
    /// The API id of what it changed.
    pub subject: String,
    pub request_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
