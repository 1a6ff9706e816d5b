//! Dates by which something is due.

use sea_orm::entity::prelude::*;

use crate::{
    id::{CaseId, DeadlineId, DistrictId, LegalActionId, StaffId},
    legal_action::LegalActionStatus,
};

words! {
    /// What a date means.
    DeadlineKind {
        /// It must be met by then.
        Due,
        /// A waiting period: nothing is overdue when it passes.
        NotBefore,
        /// A power ends then; the day is never rolled forward.
        Expires,
    }
}

words! {
    /// What a deadline is counted in.
    DayBasis {
        /// Days of the calendar; one that ends on a closed day moves to an open one (Code of Civil Procedure 12a).
        Calendar,
        /// Days on which the court is open (Code of Civil Procedure 12c, 135).
        Court,
        /// Months.
        Months,
        /// Years.
        Years,
    }
}

words! {
    /// Whether days are counted from an event on or back from one.
    CountDirection {
        /// From the event on, its own day left out.
        Forward,
        /// Back from the event, its own day left out (Code of Civil Procedure 12c).
        Backward,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deadline")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadlineId,
    /// Rises with every change of the deadline; calendars show it as SEQUENCE.
    pub version: i32,
    pub kind: DeadlineKind,
    pub case_id: CaseId,
    pub legal_action_id: Option<LegalActionId>,
    /// The status that the action is in: a copy, written with each step, so that late deadlines are counted by it without
    /// looking at their actions.
    pub action_status: Option<LegalActionStatus>,
    pub district_id: DistrictId,
    pub label: String,
    pub due_on: Date,
    pub completed_on: Option<Date>,
    pub completed_by: Option<StaffId>,
    /// What met it, in words.
    pub met_by: Option<String>,
    pub responsible_id: Option<StaffId>,
    pub created_at: DateTimeUtc,
    /// None until it is changed for the first time.
    pub changed_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "case_id", to = "id")]
    pub case: BelongsTo<super::case::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Responsible", from = "responsible_id", to = "id")]
    pub responsible: BelongsTo<Option<super::staff::Entity>>,
}

in_order!(
    id,
    version,
    kind,
    case_id,
    legal_action_id,
    action_status,
    district_id,
    label,
    due_on,
    completed_on,
    completed_by,
    met_by,
    responsible_id,
    created_at,
    changed_at,
);

impl ActiveModelBehavior for ActiveModel {}
