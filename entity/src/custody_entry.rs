//! The custody log: who handled a piece of evidence, when, and what its file was.

use sea_orm::entity::prelude::*;

use crate::id::{CustodyEntryId, EvidenceId, StaffId};

words! {
    /// What was done with a piece of evidence.
    CustodyAction {
        /// It became evidence of the case.
        Attached,
        /// Its file was shown in a browser.
        Viewed,
        /// Its file was downloaded.
        Downloaded,
        /// Its file was put into a court packet.
        Packaged,
        /// It was withdrawn; the file stays.
        Withdrawn,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custody_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustodyEntryId,
    pub evidence_id: EvidenceId,
    pub action: CustodyAction,
    pub at: DateTimeUtc,
    pub staff_id: StaffId,
    /// Of the file that was handled, in lower-case hex.
    pub sha256: String,
    /// Why it was withdrawn.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
