//! The moves of deadlines from one day to another, each with its reason. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{DeadlineExtensionId, DeadlineId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deadline_extension")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadlineExtensionId,
    pub deadline_id: DeadlineId,
    /// The day it was due on before.
    pub from_on: Date,
    pub to_on: Date,
    pub reason: String,
    pub extended_by: StaffId,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
