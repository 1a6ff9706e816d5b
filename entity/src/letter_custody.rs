//! The custody log of early warnings, which are no evidence of a case. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::{
    custody_entry::CustodyAction,
    id::{CustodyEntryId, LetterId, StaffId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter_custody")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustodyEntryId,
    pub letter_id: LetterId,
    pub action: CustodyAction,
    pub at: DateTimeUtc,
    pub staff_id: StaffId,
    /// Of the file that was handled, in lower-case hex.
    pub sha256: String,
}

impl ActiveModelBehavior for ActiveModel {}
