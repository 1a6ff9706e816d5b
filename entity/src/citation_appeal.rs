//! Appeals of administrative citations: filed, heard by a hearing officer, and decided.

use sea_orm::entity::prelude::*;

use crate::id::{CitationAppealId, DeadlineId, NoticeId, PartyId, StaffId};

words! {
    /// What became of the appeal of a citation.
    AppealOutcome {
        /// The citation stands as it is.
        Upheld,
        /// The citation stands, with a lower fine.
        Reduced,
        /// The citation falls, and its fine with it.
        Dismissed,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "citation_appeal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CitationAppealId,
    pub version: i32,
    /// A citation is appealed once.
    pub notice_id: NoticeId,
    pub filed_on: Date,
    /// Who appealed, where it is a party of the place.
    pub party_id: Option<PartyId>,
    pub grounds: String,
    pub hearing_at: Option<DateTimeUtc>,
    pub hearing_place: Option<String>,
    /// The deadline that holds the day of the hearing.
    pub hearing_deadline_id: Option<DeadlineId>,
    pub outcome: Option<AppealOutcome>,
    pub decided_on: Option<Date>,
    pub reason: Option<String>,
    /// What was left of the fine, where it was reduced.
    pub reduced_to_cents: Option<i64>,
    pub recorded_by: Option<StaffId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
