//! The timeline of a case: append-only, each entry bound to the one before it by a hash.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CaseEventId, CaseId, StaffId};

words! {
    /// What happened in a case.
    CaseEventKind {
        /// The case was opened.
        Opened,
        /// Somebody wrote a note.
        Note,
        /// The case moved to another stage.
        StageChanged,
        /// The case was given to somebody, or to nobody.
        Assigned,
        /// An inspection was planned.
        InspectionScheduled,
        /// An inspection was made.
        Inspected,
        /// A violation was found.
        ViolationFound,
        /// A violation was corrected.
        ViolationCorrected,
        /// A notice was served.
        NoticeServed,
        /// An administrative citation was issued.
        CitationIssued,
        /// The appeal of a citation was filed, set for a hearing or decided.
        CitationAppealed,
        /// A legal action was referred or took a step.
        LegalActionChanged,
        /// A hearing was set.
        HearingScheduled,
        /// A hearing was held, continued or vacated.
        HearingHeld,
        /// A deadline was set.
        DeadlineSet,
        /// A deadline was met.
        DeadlineMet,
        /// A deadline was extended.
        DeadlineExtended,
        /// Evidence was added.
        EvidenceAdded,
        /// A cost was recorded.
        CostRecorded,
        /// A payment was recorded.
        PaymentRecorded,
        /// An attorney placed a litigation hold.
        LitigationHoldPlaced,
        /// An attorney released it.
        LitigationHoldReleased,
        /// The case or a person was referred elsewhere.
        Referred,
        /// The clock of the first look at the place was paused.
        ResponsePaused,
        /// That clock runs again.
        ResponseResumed,
        /// Calls at the place changed what the case rests on.
        CallsChanged,
        /// The case was closed.
        Closed,
        /// The case was reopened.
        Reopened,
        /// Title, kinds, priority or next action were edited.
        Corrected,
    }
}

/// Old and new value of one field, as the API shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The changes of one entry, stored as JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Changes(pub Vec<Change>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseEventId,
    pub case_id: CaseId,
    /// 1, 2, 3 … within the case.
    pub position: i32,
    /// The transaction that wrote it: the order of changes across cases is (transaction, id).
    pub transaction: i64,
    pub kind: CaseEventKind,
    pub occurred_at: DateTimeUtc,
    pub recorded_at: DateTimeUtc,
    pub actor_id: Option<StaffId>,
    pub summary: String,
    pub body: Option<String>,
    pub privileged: bool,
    #[sea_orm(column_type = "Json")]
    pub changes: Changes,
    /// The case's version once this was written.
    pub case_version: i32,
    /// Hash of the entry before it; empty for the first.
    pub previous_hash: String,
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
