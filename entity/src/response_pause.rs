//! The clock of a case's first look at its place: what it is counted by, and when and why it stood still.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, ResponsePauseId, StaffId};

words! {
    /// Why nobody can look at the place yet.
    ResponsePauseReason {
        /// A court has to let the city in first: an inspection warrant was asked for.
        WaitingForWarrant,
        /// Another agency has to act or answer first.
        WaitingForOtherAgency,
        /// Whoever reported it, lives there or owns it asked for a later day.
        AskedToWait,
        /// The weather makes a look impossible or useless.
        Weather,
        /// It is not safe to go there without help that is not there yet.
        UnsafeToApproach,
        /// The place or what is the matter cannot be found from what was reported; somebody was asked.
        MoreInformationNeeded,
        /// Something else, which the note tells.
        Other,
    }
}

words! {
    /// Where the clock of a case's first look at its place stands.
    ResponseStatus {
        /// Nobody has looked yet, and there is time.
        Open,
        /// Nobody has looked yet, for a recorded reason, and the clock stands still.
        Paused,
        /// Nobody has looked yet, and the time is over.
        Late,
        /// Somebody looked in time.
        Met,
        /// Somebody looked when the time was over.
        MetLate,
        /// The case was closed before anybody looked.
        Ended,
    }
}

/// How long may pass until somebody looks at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// So many hours.
    Hours(u32),
    /// Until the end of the day that is so many calendar days later; 0 is the same day.
    Days(u32),
}

/// What a case's clock is counted by, kept with the case, so that a rule which changes later leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct ResponseRule {
    pub within: Within,
    pub citation: String,
    /// What its source leaves open.
    pub note: Option<String>,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "response_pause")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResponsePauseId,
    pub case_id: CaseId,
    pub reason: ResponsePauseReason,
    pub note: Option<String>,
    pub paused_at: DateTimeUtc,
    pub paused_by: Option<StaffId>,
    /// None while it lasts; a case has one such pause at most.
    pub resumed_at: Option<DateTimeUtc>,
    /// None while it lasts, and when the server ended it.
    pub resumed_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
