//! Who held which seat of which district's team, and when.

use sea_orm::entity::prelude::*;

use crate::{
    id::{DistrictId, StaffId, TeamSeatId},
    staff::StaffRole,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team_seat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TeamSeatId,
    pub district_id: DistrictId,
    pub role: StaffRole,
    pub staff_id: StaffId,
    pub from_on: Date,
    /// The last day; none while the seat is held.
    pub to_on: Option<Date>,
    #[sea_orm(belongs_to, from = "staff_id", to = "id")]
    pub staff: BelongsTo<super::staff::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
