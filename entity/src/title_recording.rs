//! What a legal action put on record against the title of a place, and when that was released.

use sea_orm::entity::prelude::*;

use crate::id::{LegalActionId, TitleRecordingId};

words! {
    /// What stands in the county's records.
    TitleRecordingKind {
        /// Notice that a suit about the property is pending (Code of Civil Procedure 405.20).
        LisPendens,
        /// A certificate that the building is dangerous or substandard.
        Certificate,
        /// A lien for the city's costs or penalties (Government Code 38773.1).
        Lien,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "title_recording")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TitleRecordingId,
    pub legal_action_id: LegalActionId,
    pub kind: TitleRecordingKind,
    /// The recorder's number of the document.
    pub instrument: String,
    pub recorded_on: Date,
    pub released_on: Option<Date>,
    pub release_instrument: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
