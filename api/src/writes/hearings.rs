//! Hearings of legal actions: set one, and record how it ended.

use chrono::{DateTime, SubsecRound, Utc};
use entity::{
    case_event::CaseEventKind,
    hearing::{self, HearingStatus},
    id::{HearingId, LegalActionId},
    legal_action,
    notice_service::ServiceMethod,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    cases::BODY,
    deadlines::of_hearings,
    legal_actions::{self, COURT, refuse_ended},
    next_on::refresh_next_on,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        hearing::{Ending, blocks_ending, blocks_move, wrong_start},
        refusal::{Code, Refusal, line, optional_line, optional_text, text},
    },
    error::{Error, Result},
    events::{self, Entry},
    scope::{LockRows, VisibleTo},
};

/// Characters of a department or a purpose at most.
pub const PURPOSE: usize = 200;

/// A new hearing, as it is asked for.
#[derive(Clone, Debug)]
pub struct Setting {
    pub starts_at: DateTime<Utc>,
    pub court: String,
    pub department: Option<String>,
    pub purpose: String,
    /// Deadline rules that are counted back from it.
    pub rule_keys: Vec<String>,
    /// How the papers that they ask for will be served.
    pub service_method: Option<ServiceMethod>,
}

/// Sets a hearing in an action that has not ended.
pub async fn schedule(tx: &mut Tx, id: LegalActionId, setting: Setting) -> Result<HearingId> {
    let (mut case, action) = legal_actions::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    let court = line("court", &setting.court, COURT)?;
    let department = optional_line("department", setting.department.as_deref(), PURPOSE)?;
    let purpose = text("purpose", &setting.purpose, PURPOSE)?;
    refuse_ended(&action)?;
    let hearing = new(tx, &action, setting.starts_at, court, department, purpose);
    if let Some(refusal) = wrong_start(hearing.starts_on, legal_actions::last_step_on(tx, id).await?) {
        return Err(refusal.into());
    }
    insert(tx, &hearing).await?;
    refresh_next_on(tx, id).await?;
    events::append(tx, &mut case, scheduled(tx, &action, &hearing)?).await?;
    tx.changed(hearing.id);
    of_hearings::start(tx, &mut case, &hearing, &setting.rule_keys, setting.service_method).await?;
    Ok(hearing.id)
}

/// How a hearing ended, as it is told.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: HearingStatus,
    pub outcome: Option<String>,
    pub continued_to: Option<DateTime<Utc>>,
}

/// Records that a hearing was held, vacated or continued; continued, it goes on as a new one.
pub async fn record(tx: &mut Tx, id: HearingId, told: Outcome) -> Result<()> {
    let seen = find(tx, id, false).await?;
    let (mut case, action) = legal_actions::lock(tx, seen.legal_action_id).await?;
    let before = find(tx, id, true).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    let outcome = optional_text("outcome", told.outcome.as_deref(), BODY)?;
    let continued_to = told.continued_to.map(|at| at.trunc_subsecs(6));
    let ending = Ending { status: told.status, outcome: outcome.as_deref(), continued_to };
    let blocks = blocks_ending(before.status, (before.starts_at, before.starts_on), tx.today(), &ending);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    let next = continued_to.map(|at| {
        let same = before.clone();
        new(tx, &action, at, same.court, same.department, same.purpose)
    });
    if let Some(next) = &next {
        insert(tx, next).await?;
    }
    let mut after = before.clone();
    after.status = told.status;
    after.outcome = outcome;
    after.continued_to_id = next.as_ref().map(|next| next.id);
    store(tx, &mut after).await?;
    refresh_next_on(tx, action.id).await?;
    events::append(tx, &mut case, ended(tx, &action, &before, &after)?).await?;
    tx.changed(id);
    if let Some(next) = next {
        events::append(tx, &mut case, scheduled(tx, &action, &next)?).await?;
        tx.changed(next.id);
        of_hearings::move_along(tx, &mut case, (&before, &next), "continuedTo").await?;
    }
    if after.status == HearingStatus::Vacated {
        of_hearings::end_vacated(tx, &mut case, &before).await?;
    }
    Ok(())
}

/// A new time or place of a hearing, as the court gave it; what is none stays as it is.
#[derive(Clone, Debug)]
pub struct Moving {
    pub starts_at: Option<DateTime<Utc>>,
    pub court: Option<String>,
    pub department: Option<String>,
    pub reason: String,
}

/// Moves a hearing that is still to be held; it stays the same hearing, and what is counted from it moves along.
pub async fn relocate(tx: &mut Tx, id: HearingId, version: i32, moving: Moving) -> Result<()> {
    let seen = find(tx, id, false).await?;
    let (mut case, action) = legal_actions::lock(tx, seen.legal_action_id).await?;
    let before = find(tx, id, true).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    if before.version != version {
        let message = format!(
            "Somebody changed this hearing in the meantime: it is at version {}, not {version}. Look at it again.",
            before.version
        );
        return Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion").into());
    }
    let reason = text("reason", &moving.reason, BODY)?;
    let mut after = before.clone();
    if let Some(court) = optional_line("court", moving.court.as_deref(), COURT)? {
        after.court = court;
    }
    if let Some(department) = optional_line("department", moving.department.as_deref(), PURPOSE)? {
        after.department = Some(department);
    }
    if let Some(at) = moving.starts_at {
        after.starts_at = at.trunc_subsecs(6);
        after.starts_on = tx.city.day_of(after.starts_at);
    }
    if let Some(refusal) = blocks_move(before.status, before != after) {
        return Err(refusal.into());
    }
    if let Some(refusal) = wrong_start(after.starts_on, legal_actions::last_step_on(tx, action.id).await?) {
        return Err(refusal.into());
    }
    store(tx, &mut after).await?;
    refresh_next_on(tx, action.id).await?;
    events::append(tx, &mut case, moved(tx, &action, &before, &after)?.body(Some(reason))).await?;
    tx.changed(id);
    if before.starts_on != after.starts_on {
        of_hearings::move_along(tx, &mut case, (&before, &after), "startsAt").await?;
    }
    Ok(())
}

fn new(
    tx: &Tx,
    action: &legal_action::Model,
    starts_at: DateTime<Utc>,
    court: String,
    department: Option<String>,
    purpose: String,
) -> hearing::Model {
    // Both databases keep microseconds.
    let starts_at = starts_at.trunc_subsecs(6);
    hearing::Model {
        id: HearingId::generate(),
        version: 1,
        legal_action_id: action.id,
        case_id: action.case_id,
        district_id: action.district_id,
        starts_at,
        starts_on: tx.city.day_of(starts_at),
        court,
        department,
        purpose,
        status: HearingStatus::Scheduled,
        outcome: None,
        continued_to_id: None,
        created_at: tx.now,
        changed_at: None,
    }
}

async fn store(tx: &Tx, hearing: &mut hearing::Model) -> Result<()> {
    hearing.version += 1;
    hearing.changed_at = Some(tx.now);
    let row: hearing::ActiveModel = hearing.clone().into();
    hearing::Entity::update_many()
        .set(row.reset_all())
        .filter(hearing::Column::Id.eq(hearing.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn insert(tx: &Tx, hearing: &hearing::Model) -> Result<()> {
    let row: hearing::ActiveModel = hearing.clone().into();
    hearing::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    Ok(())
}

async fn find(tx: &Tx, id: HearingId, locked: bool) -> Result<hearing::Model> {
    let select = hearing::Entity::visible_to(&tx.viewer).filter(hearing::Column::Id.eq(id));
    let select = if locked { select.lock_rows() } else { select };
    let found = select.one(tx.conn()).await?;
    found.ok_or_else(|| Refusal::not_found("hearing").at("hearingId").into())
}

fn scheduled(tx: &Tx, action: &legal_action::Model, hearing: &hearing::Model) -> Result<Entry> {
    let remedy = legal_actions::remedy_of(tx, action)?;
    let local = hearing.starts_at.with_timezone(&tx.city.zone()).format("%Y-%m-%d %H:%M");
    let summary = format!("{}: hearing set for {local}, {}", remedy.name, hearing.purpose);
    Ok(Entry::new(CaseEventKind::HearingScheduled, summary)
        .change(&legal_actions::field(action, "hearing"), None::<HearingId>, Some(hearing.id))
        .change(&field(hearing, "startsAt"), None::<String>, Some(hearing.starts_at.to_rfc3339()))
        .change(&field(hearing, "court"), None::<&str>, Some(&hearing.court))
        .change(&field(hearing, "department"), None::<&str>, hearing.department.as_ref())
        .change(&field(hearing, "purpose"), None::<&str>, Some(&hearing.purpose))
        .change(&field(hearing, "status"), None::<HearingStatus>, Some(hearing.status)))
}

fn moved(
    tx: &Tx,
    action: &legal_action::Model,
    before: &hearing::Model,
    after: &hearing::Model,
) -> Result<Entry> {
    let remedy = legal_actions::remedy_of(tx, action)?;
    let local = after.starts_at.with_timezone(&tx.city.zone()).format("%Y-%m-%d %H:%M");
    let summary = format!("{}: hearing of {} moved to {local}", remedy.name, before.starts_on);
    let at = |hearing: &hearing::Model| Some(hearing.starts_at.to_rfc3339());
    Ok(Entry::new(CaseEventKind::HearingScheduled, summary)
        .change(&field(after, "startsAt"), at(before), at(after))
        .change(&field(after, "court"), Some(&before.court), Some(&after.court))
        .change(&field(after, "department"), before.department.as_ref(), after.department.as_ref()))
}

fn ended(
    tx: &Tx,
    action: &legal_action::Model,
    before: &hearing::Model,
    after: &hearing::Model,
) -> Result<Entry> {
    let remedy = legal_actions::remedy_of(tx, action)?;
    let held = (after.status == HearingStatus::Held).then_some(before.starts_at).filter(|at| *at <= tx.now);
    let summary = format!("{}: hearing of {} {}", remedy.name, before.starts_on, after.status);
    Ok(Entry::new(CaseEventKind::HearingHeld, summary)
        .body(after.outcome.clone())
        .occurred(held)
        .change(&field(after, "status"), Some(before.status), Some(after.status))
        .change(&field(after, "outcome"), None::<&str>, after.outcome.as_ref())
        .change(&field(after, "continuedTo"), None::<HearingId>, after.continued_to_id))
}

fn field(hearing: &hearing::Model, name: &str) -> String {
    format!("{}.{name}", hearing.id)
}
