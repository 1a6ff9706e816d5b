//! Violations of court orders, as they were recorded. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{CourtOrderId, OrderViolationId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_violation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderViolationId,
    pub court_order_id: CourtOrderId,
    pub violated_on: Date,
    pub description: String,
    pub recorded_by: StaffId,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
