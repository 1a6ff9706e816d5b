//! What a creating mutation made, kept so that a retry answers the same object.

use sea_orm::entity::prelude::*;

use crate::id::IdempotencyRecordId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdempotencyRecordId,
    /// API id of the staff member or token; unique with `mutation` and `key`.
    pub actor: String,
    pub mutation: String,
    pub key: Uuid,
    /// SHA-256 of the input, in hex.
    pub input_hash: String,
    pub object_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
