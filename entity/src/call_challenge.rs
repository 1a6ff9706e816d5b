//! Challenges of counted calls by those who answer for a place (rule P11).

use sea_orm::entity::prelude::*;

use crate::id::{CallChallengeId, CallId, PropertyId, StaffId};

words! {
    /// On whose behalf a call is challenged; no identity is kept.
    ChallengeParty {
        /// The owner of the place.
        Owner,
        /// Somebody who lives there or rents it.
        Tenant,
        /// Whoever runs it.
        Manager,
    }
}

words! {
    /// Where a challenge stands.
    ChallengeStatus {
        /// Somebody has to decide.
        Open,
        /// The call no longer counts at that place, for any rule.
        Upheld,
        /// The call counts as before.
        Denied,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_challenge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallChallengeId,
    pub version: i32,
    pub call_id: CallId,
    /// The place it counted at; an upheld challenge holds there.
    pub property_id: PropertyId,
    pub on_behalf_of: ChallengeParty,
    pub reason: String,
    pub status: ChallengeStatus,
    pub recorded_at: DateTimeUtc,
    pub recorded_by: Option<StaffId>,
    pub decided_at: Option<DateTimeUtc>,
    pub decided_by: Option<StaffId>,
    pub decision_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
