//! Which case of a register became which of ours, and what the register told of it last.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    case::{CasePriority, CaseStage},
    case_kind::CaseKind,
    id::{CaseId, CaseRegisterId, ImportedCaseId},
};

/// What a register tells of a case, in our words; none is what it does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Told {
    pub title: String,
    pub opened_on: Date,
    /// As it stands in the register.
    pub address: Option<String>,
    pub description: Option<String>,
    pub kind: Option<CaseKind>,
    pub priority: Option<CasePriority>,
    pub stage: Option<CaseStage>,
    /// The last thing that was done, in the register's words.
    pub last_action: Option<String>,
    pub last_action_on: Option<Date>,
    /// The day by which the last action wants something done.
    pub due_on: Option<Date>,
    /// The day on which the register closed it.
    pub closed_on: Option<Date>,
    /// The day on which somebody first looked at the place.
    #[serde(default)]
    pub responded_on: Option<Date>,
}

impl Told {
    /// The same, where it tells nothing as told before.
    #[must_use]
    pub fn over(self, before: &Self) -> Self {
        Self {
            title: self.title,
            opened_on: self.opened_on,
            address: self.address.or_else(|| before.address.clone()),
            description: self.description.or_else(|| before.description.clone()),
            kind: self.kind.or(before.kind),
            priority: self.priority.or(before.priority),
            stage: self.stage.or(before.stage),
            last_action: self.last_action.or_else(|| before.last_action.clone()),
            last_action_on: self.last_action_on.or(before.last_action_on),
            due_on: self.due_on.or(before.due_on),
            closed_on: self.closed_on.or(before.closed_on),
            responded_on: self.responded_on.or(before.responded_on),
        }
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imported_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportedCaseId,
    pub register_id: CaseRegisterId,
    /// The register's own number of the case; unique within it.
    pub key: String,
    pub case_id: CaseId,
    /// What it told last. A field of the case that differs from this was edited by people, who win.
    #[sea_orm(column_type = "Json")]
    pub told: Told,
    /// The day that the import gave the case for its next action.
    pub next_action_on: Option<Date>,
    #[sea_orm(belongs_to, from = "case_id", to = "id")]
    pub case: BelongsTo<super::case::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
