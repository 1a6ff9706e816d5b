//! Deadlines: set by hand or started by events, moved with a reason, and recorded as met with what met them.

pub mod counted;
pub mod extension;
pub mod of_citations;
pub mod of_hearings;
pub mod of_inspections;
pub mod of_notices;
pub mod of_payments;
pub mod of_steps;

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    deadline::{self, DeadlineKind},
    id::{CaseId, DeadlineId, LegalActionId, StaffId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use self::counted::Counted;
use super::{
    cases::{self, BODY, TITLE},
    legal_actions,
    next_on::refresh_next_on,
    team::check_member,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        deadline::blocks_completion,
        refusal::{Refusal, line, text},
    },
    error::Result,
    events::{self, Entry},
    scope::VisibleTo,
};

/// What a new deadline says.
#[derive(Clone, Debug)]
pub struct Setting {
    pub kind: DeadlineKind,
    pub legal_action: Option<LegalActionId>,
    pub label: String,
    pub due_on: NaiveDate,
    pub responsible: Option<StaffId>,
}

/// Sets a deadline by hand, for the case or for one of its legal actions.
pub async fn set(tx: &mut Tx, case: CaseId, setting: Setting) -> Result<DeadlineId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::SetDeadlines, Some(case.district_id))?;
    require_open(case.stage)?;
    let label = line("label", &setting.label, TITLE)?;
    if let Some(action) = setting.legal_action {
        check_action(tx, &case, action).await?;
    }
    if let Some(person) = setting.responsible {
        check_member(tx, "responsibleId", person, case.district_id).await?;
    }
    let setting = Setting { label, ..setting };
    insert(tx, &mut case, setting, None).await
}

// Writes the deadline and its entry in the timeline; `counted` tells how its day was reached.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &mut case::Model,
    setting: Setting,
    counted: Option<&Counted>,
) -> Result<DeadlineId> {
    let action_status = match setting.legal_action {
        Some(action) => Some(legal_actions::status_of(tx, action).await?),
        None => None,
    };
    let deadline = deadline::Model {
        id: DeadlineId::generate(),
        version: 1,
        kind: setting.kind,
        case_id: case.id,
        legal_action_id: setting.legal_action,
        action_status,
        district_id: case.district_id,
        label: setting.label,
        due_on: setting.due_on,
        completed_on: None,
        completed_by: None,
        met_by: None,
        responsible_id: setting.responsible,
        created_at: tx.now,
        changed_at: None,
    };
    let row: deadline::ActiveModel = deadline.clone().into();
    deadline::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    if let Some(counted) = counted {
        counted.keep(tx, deadline.id).await?;
    }
    if let Some(action) = setting.legal_action {
        refresh_next_on(tx, action).await?;
    }
    tx.changed(deadline.id);
    let summary = format!("Deadline set: {}, {}", deadline.label, deadline.due_on);
    let entry = Entry::new(CaseEventKind::DeadlineSet, summary)
        .body(counted.map(Counted::told))
        .change(&field(deadline.id, "kind"), None::<DeadlineKind>, Some(deadline.kind))
        .change(&field(deadline.id, "dueOn"), None::<NaiveDate>, Some(deadline.due_on))
        .change(&field(deadline.id, "legalAction"), None::<LegalActionId>, deadline.legal_action_id)
        .change(&field(deadline.id, "responsible"), None::<StaffId>, deadline.responsible_id)
        .change(&field(deadline.id, "rule"), None::<&str>, counted.map(|counted| &counted.rule.key));
    events::append(tx, case, entry).await?;
    Ok(deadline.id)
}

/// Records that a deadline is met, and what met it; again with other words, it corrects the record.
pub async fn complete(tx: &mut Tx, id: DeadlineId, completed_on: NaiveDate, met_by: &str) -> Result<()> {
    let case = find(tx, id).await?.case_id;
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::SetDeadlines, Some(case.district_id))?;
    let met_by = text("metBy", met_by, BODY)?;
    let deadline = find(tx, id).await?;
    if deadline.completed_on == Some(completed_on) && deadline.met_by.as_ref() == Some(&met_by) {
        return Ok(());
    }
    if let Some(refusal) = blocks_completion(deadline.kind, deadline.due_on, completed_on, tx.today()) {
        return Err(refusal.into());
    }
    end(tx, &mut case, deadline, completed_on, met_by).await
}

// Records what ended it, whoever or whatever that was.
async fn end(
    tx: &mut Tx,
    case: &mut case::Model,
    deadline: deadline::Model,
    completed_on: NaiveDate,
    met_by: String,
) -> Result<()> {
    let id = deadline.id;
    deadline::Entity::update_many()
        .col_expr(deadline::Column::Version, Expr::col(deadline::Column::Version).add(1))
        .col_expr(deadline::Column::ChangedAt, Expr::value(tx.now))
        .col_expr(deadline::Column::CompletedOn, Expr::value(completed_on))
        .col_expr(deadline::Column::CompletedBy, Expr::value(tx.viewer.staff_id()))
        .col_expr(deadline::Column::MetBy, Expr::value(met_by.clone()))
        .filter(deadline::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    if let Some(action) = deadline.legal_action_id {
        refresh_next_on(tx, action).await?;
    }
    tx.changed(id);
    let entry = Entry::new(CaseEventKind::DeadlineMet, format!("Deadline met: {}", deadline.label))
        .body(Some(met_by.clone()))
        .on(completed_on, tx)
        .change(&field(id, "completedOn"), deadline.completed_on, Some(completed_on))
        .change(&field(id, "metBy"), deadline.met_by, Some(met_by));
    events::append(tx, case, entry).await?;
    Ok(())
}

// A case may have several deadlines, so their fields are named with them.
fn field(id: DeadlineId, name: &str) -> String {
    format!("{id}.{name}")
}

async fn check_action(tx: &Tx, case: &case::Model, id: LegalActionId) -> Result<()> {
    let action = legal_actions::of_case(tx, case.id, id).await?;
    if action.is_final {
        let message = format!("This legal action is {}, so nothing more is due in it.", action.status);
        return Err(Refusal::blocked(message).at("legalActionId").into());
    }
    Ok(())
}

async fn find(tx: &Tx, id: DeadlineId) -> Result<deadline::Model> {
    let found =
        deadline::Entity::visible_to(&tx.viewer).filter(deadline::Column::Id.eq(id)).one(tx.conn()).await?;
    found.ok_or_else(|| Refusal::not_found("deadline").at("deadlineId").into())
}
