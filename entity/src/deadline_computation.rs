//! How deadlines were counted, step by step. A deadline that moves with its event gets another row; the latest one holds.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    deadline::{CountDirection, DayBasis},
    id::{DeadlineComputationId, DeadlineId, HearingId, NoticeId},
    notice_service::ServiceMethod,
};

/// The steps of a count in words, in order; stored as JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Steps(pub Vec<String>);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deadline_computation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadlineComputationId,
    pub deadline_id: DeadlineId,
    /// The rule as it was in the city's preset then.
    pub rule_key: String,
    pub citation: String,
    pub trigger: String,
    pub trigger_on: Date,
    pub days: i32,
    pub basis: DayBasis,
    pub direction: CountDirection,
    pub service_method: Option<ServiceMethod>,
    pub service_extension_days: i32,
    pub due_on: Date,
    #[sea_orm(column_type = "Json")]
    pub steps: Steps,
    pub confirm_with_counsel: bool,
    /// The notice whose service started the count.
    pub notice_id: Option<NoticeId>,
    /// The hearing that it is counted from.
    pub hearing_id: Option<HearingId>,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
