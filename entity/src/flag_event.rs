//! The history of flags: what became of each and why, in words. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{FlagEventId, FlagId, StaffId};

words! {
    /// What happened to a flag.
    FlagEventKind {
        /// The calls crossed the rule's threshold.
        Raised,
        /// Further calls count, or other ones; it still reaches the threshold.
        Renewed,
        /// Calls that it counted no longer count.
        Cut,
        /// It no longer reaches the threshold, or the rule does not run there any more.
        Withdrawn,
        /// Nobody reviewed it in time.
        Stale,
        /// A sergeant confirmed it.
        Confirmed,
        /// A sergeant dismissed it.
        Dismissed,
        /// A case was opened from it.
        CaseOpened,
        /// The owner, a tenant or the manager challenged a call that it counts.
        Challenged,
        /// A challenge of one of its calls was decided.
        ChallengeDecided,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FlagEventId,
    pub flag_id: FlagId,
    pub kind: FlagEventKind,
    /// Never tells which call is protected, nor what it was about.
    pub reason: String,
    /// What the flag measured then.
    pub measured: f64,
    pub threshold: f64,
    pub at: DateTimeUtc,
    /// None for what the server did by itself.
    pub by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
