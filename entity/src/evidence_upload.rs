//! Files on their way to become evidence: announced, received, and forgotten when nobody attaches them.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, EvidenceUploadId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_upload")]
pub struct Model {
    /// Also names the file in the store, for good.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidenceUploadId,
    pub case_id: CaseId,
    pub file_name: String,
    /// As announced; what is received must have as many.
    pub bytes: i64,
    /// As announced, in lower-case hex; what is received must have it.
    pub sha256: String,
    pub created_by: StaffId,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// What its first bytes say it is, once it was received.
    pub content_type: Option<String>,
    pub received_at: Option<DateTimeUtc>,
    /// When it was given up; its file is being removed.
    pub discarded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
