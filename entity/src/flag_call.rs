//! Each call a flag looked at, counted or not, and why.

use sea_orm::entity::prelude::*;

use crate::id::{CallId, FlagId};

words! {
    /// Why a call was not counted.
    ExclusionReason {
        /// A protected call (Government Code 53165, 53165.1; 34 U.S.C. 12495).
        Protected,
        /// Its type is not mapped to a category.
        Unmapped,
        /// Its category is none that the rule counts.
        NotQualifying,
        /// It was cancelled, unfounded, a duplicate or had no such address.
        Disposition,
        /// Its address does not name one place.
        Precision,
        /// An officer opened it.
        OfficerInitiated,
        /// The caller was a victim, an occupant in need, or the owner or manager.
        CallerIsVictimOrOwner,
        /// The place already had as many that day as the rule counts.
        SameDay,
        /// The same incident again.
        Duplicate,
        /// The reviewing sergeant took it out.
        ExcludedByReview,
        /// The source no longer lists it.
        WithdrawnBySource,
        /// The owner's, tenant's or manager's challenge of it was upheld.
        ChallengeUpheld,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub flag_id: FlagId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_id: CallId,
    pub counted: bool,
    pub reason: Option<ExclusionReason>,
    pub review_note: Option<String>,
    #[sea_orm(belongs_to, from = "call_id", to = "id")]
    pub call: BelongsTo<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
