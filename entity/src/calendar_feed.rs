//! Calendars that members of staff follow from outside: the docket and deadlines of an attorney or a district.

use sea_orm::entity::prelude::*;

use crate::id::{CalendarFeedId, DistrictId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CalendarFeedId,
    /// Whose it is; what they may see decides what is in it.
    pub owner_id: StaffId,
    pub name: String,
    /// SHA-256 of the token in its address, in hex; the token itself is shown once and never stored.
    pub token_hash: String,
    /// Of this attorney, or else of the district.
    pub attorney_id: Option<StaffId>,
    pub district_id: Option<DistrictId>,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
