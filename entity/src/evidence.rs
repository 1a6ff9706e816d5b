//! Files that prove something in a case: never changed, never deleted.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, EvidenceId, EvidenceUploadId, InspectionId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidenceId,
    pub case_id: CaseId,
    /// The upload that brought the file.
    pub upload_id: EvidenceUploadId,
    pub inspection_id: Option<InspectionId>,
    pub file_name: String,
    /// What its first bytes say it is.
    pub content_type: String,
    pub bytes: i64,
    /// Lower-case hex.
    pub sha256: String,
    /// When it was taken, as stated.
    pub captured_at: Option<DateTimeUtc>,
    pub caption: Option<String>,
    /// Attorneys' work product: for others it does not exist.
    pub privileged: bool,
    pub added_by: StaffId,
    pub added_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
