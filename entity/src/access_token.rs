//! Bearer tokens of programs, and what each may do.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::id::{AccessTokenId, DistrictId, FeedId, StaffId};

words! {
    /// What a program's token may do.
    TokenScope {
        /// Read cases, places, notices and legal actions that are not privileged.
        ReadCases,
        /// Push calls to the one feed the token names.
        PushCalls,
    }
}

/// Districts by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Districts(pub Vec<DistrictId>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccessTokenId,
    pub name: String,
    /// SHA-256 of the token, in hex; the token itself is shown once and never stored.
    pub token_hash: String,
    pub scope: TokenScope,
    pub feed_id: Option<FeedId>,
    /// What it reads is of these districts; of all, when none.
    pub districts: Option<Districts>,
    /// None when it was made at the command line.
    pub made_by: Option<StaffId>,
    /// To the minute: it is not written for every request.
    pub last_used_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
