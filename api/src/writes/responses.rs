//! The clock of a case's first look at its place: started, counted anew, paused, resumed and stopped.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case,
    case_event::CaseEventKind,
    id::{CaseId, ResponsePauseId},
    response_pause::{self, ResponsePauseReason, ResponseStatus},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::cases::{self, BODY};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        refusal::{Refusal, optional_text},
        response::told,
    },
    error::Result,
    events::{self, Entry},
    reads::responses::{clock, pauses, spans},
};

/// Starts the clock of a case that is about to be stored, from when it was opened.
pub fn start(tx: &Tx, case: &mut case::Model) {
    case.response_rule = tx.city.preset.response_target(case.priority).map(|target| target.rule.clone());
    case.response_due_at = clock(&tx.city, case, &[]).map(|clock| clock.first_due);
}

/// Counts the clock anew after the priority or the opening of a case changed, and adds that to the entry which tells of it;
/// the caller stores the case. A pause that the new priority does not know ends. What was answered stays as it was.
pub async fn recount(tx: &mut Tx, case: &mut case::Model, entry: Entry) -> Result<Entry> {
    if case.response_rule.is_none() {
        return Ok(entry);
    }
    let target = tx.city.preset.response_target(case.priority).cloned();
    let before = if let (Some(target), None) = (target, case.responded_at) {
        let running = pauses(tx.conn(), case.id).await?.into_iter().find(|pause| pause.resumed_at.is_none());
        if let Some(pause) = running.filter(|pause| !target.pauses.contains(&pause.reason)) {
            let why = format!("{} pauses no clock of priority {}", pause.reason, case.priority);
            end_pause(tx, case, tx.now, &why).await?;
        }
        let before = case.response_due_at;
        case.response_rule = Some(target.rule);
        before
    } else {
        case.response_due_at
    };
    count(tx, case).await?;
    Ok(entry.change("responseDueAt", before.map(written), case.response_due_at.map(written)))
}

/// Pauses the clock, for a reason that the preset knows for the case's priority.
pub async fn pause(
    tx: &mut Tx,
    id: CaseId,
    reason: ResponsePauseReason,
    note: Option<&str>,
) -> Result<ResponsePauseId> {
    let mut case = cases::lock(tx, id).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    require_open(case.stage)?;
    refuse_standing(tx, &case).await?;
    let target = tx.city.preset.response_target(case.priority);
    let allowed = target.map(|target| target.pauses.as_slice()).unwrap_or_default();
    if !allowed.contains(&reason) {
        let words: Vec<String> = allowed.iter().map(|reason| reason.word()).collect();
        let message = format!(
            "{reason} does not pause the clock of a case of priority {}; these do: {}.",
            case.priority,
            if words.is_empty() { "none".to_owned() } else { words.join(", ") }
        );
        return Err(Refusal::invalid("reason", message).into());
    }
    let note = optional_text("note", note, BODY)?;
    if reason == ResponsePauseReason::Other && note.is_none() {
        return Err(Refusal::required("note", "OTHER needs a note that says what it is.").into());
    }
    let row = response_pause::Model {
        id: ResponsePauseId::generate(),
        case_id: case.id,
        reason,
        note,
        paused_at: tx.now,
        paused_by: tx.viewer.staff_id(),
        resumed_at: None,
        resumed_by: None,
    };
    let stored: response_pause::ActiveModel = row.clone().into();
    response_pause::Entity::insert(stored.reset_all()).exec_without_returning(tx.conn()).await?;
    let entry = Entry::new(CaseEventKind::ResponsePaused, format!("Response clock paused: {reason}"))
        .body(row.note)
        .change("responsePause", None::<ResponsePauseReason>, Some(reason));
    events::append(tx, &mut case, entry).await?;
    Ok(row.id)
}

/// Lets the clock run on; what is due moves by the length of the pause.
pub async fn resume(tx: &mut Tx, id: CaseId) -> Result<()> {
    let mut case = cases::lock(tx, id).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    require_open(case.stage)?;
    if end_pause(tx, &mut case, tx.now, "Response clock runs again").await? {
        return store(tx, &case).await;
    }
    Err(Refusal::blocked("The response clock is not paused; `caseResponsePause` pauses it.").into())
}

/// Stops the clock with a look at the place, when it is the first one, and adds that to the entry which tells of the look.
pub async fn looked(tx: &mut Tx, case: &mut case::Model, at: DateTime<Utc>, entry: Entry) -> Result<Entry> {
    if case.response_rule.is_none() || case.responded_at.is_some_and(|first| first <= at) {
        return Ok(entry);
    }
    let before = (case.responded_at, case.response_due_at);
    case.responded_at = Some(at);
    end_pause(tx, case, at, "Response clock stopped by a look at the place").await?;
    store(tx, case).await?;
    Ok(entry.change("respondedAt", before.0.map(written), case.responded_at.map(written)).change(
        "responseDueAt",
        before.1.map(written),
        case.response_due_at.map(written),
    ))
}

/// The same with a notice, where nobody is on record to have looked by that day. Of a notice only the day is known: today
/// means now, and an earlier day its beginning.
pub async fn noticed(tx: &mut Tx, case: &mut case::Model, on: NaiveDate, entry: Entry) -> Result<Entry> {
    if case.responded_at.is_some_and(|first| tx.city.day_of(first) <= on) {
        return Ok(entry);
    }
    let at = moment_of(tx, case, on);
    looked(tx, case, at, entry).await
}

/// When a look happened of which only the day is known; never before the case was opened.
pub fn moment_of(tx: &Tx, case: &case::Model, on: NaiveDate) -> DateTime<Utc> {
    let at = if on == tx.today() { Some(tx.now) } else { tx.city.start_of(on) };
    at.unwrap_or(tx.now).max(case.opened_at)
}

/// Ends a pause that lasts, if there is one; the caller stores the case.
pub async fn end_pause(tx: &mut Tx, case: &mut case::Model, at: DateTime<Utc>, why: &str) -> Result<bool> {
    let running = pauses(tx.conn(), case.id).await?.into_iter().find(|pause| pause.resumed_at.is_none());
    let Some(pause) = running else { return Ok(false) };
    // A look may be recorded later than a pause that it made needless.
    let at = at.max(pause.paused_at);
    response_pause::Entity::update_many()
        .col_expr(response_pause::Column::ResumedAt, Expr::value(at))
        .col_expr(response_pause::Column::ResumedBy, Expr::value(tx.viewer.staff_id()))
        .filter(response_pause::Column::Id.eq(pause.id))
        .exec(tx.conn())
        .await?;
    let before = case.response_due_at;
    count(tx, case).await?;
    let entry = Entry::new(CaseEventKind::ResponseResumed, why)
        .occurred(Some(at))
        .change("responsePause", Some(pause.reason), None::<ResponsePauseReason>)
        .change("responseDueAt", before.map(written), case.response_due_at.map(written));
    events::append(tx, case, entry).await?;
    Ok(true)
}

// Why the clock cannot be paused, if it cannot.
async fn refuse_standing(tx: &Tx, case: &case::Model) -> Result<()> {
    let known = spans(&pauses(tx.conn(), case.id).await?);
    let Some(clock) = clock(&tx.city, case, &known) else {
        let message = "This case has no response clock: it was taken from a register that does not tell when \
                       somebody first looked, or opened before there was such a clock.";
        return Err(Refusal::blocked(message).at("caseId").into());
    };
    let moment = |at: Option<DateTime<Utc>>| at.map(|at| told(at, tx.city.zone())).unwrap_or_default();
    let message = match clock.status(tx.now) {
        ResponseStatus::Open => return Ok(()),
        ResponseStatus::Paused => format!(
            "It is paused since {}; `caseResponseResume` ends that.",
            moment(clock.running().map(|pause| pause.from))
        ),
        ResponseStatus::Late => format!(
            "It was due {}; a clock that has run out is not paused. Record the look with `inspectionRecord`.",
            moment(case.response_due_at)
        ),
        ResponseStatus::Met | ResponseStatus::MetLate | ResponseStatus::Ended => {
            format!("Somebody looked at the place {}, which stopped the clock.", moment(case.responded_at))
        }
    };
    Err(Refusal::blocked(message).at("caseId").into())
}

// Sets by when somebody is to look, from the rule and the pauses on record.
async fn count(tx: &Tx, case: &mut case::Model) -> Result<()> {
    let known = spans(&pauses(tx.conn(), case.id).await?);
    case.response_due_at = clock(&tx.city, case, &known).map(|clock| clock.due_after_pauses());
    Ok(())
}

// The clock is no edit of the case itself, so its version stays.
async fn store(tx: &Tx, case: &case::Model) -> Result<()> {
    case::Entity::update_many()
        .col_expr(case::Column::ResponseDueAt, Expr::value(case.response_due_at))
        .col_expr(case::Column::RespondedAt, Expr::value(case.responded_at))
        .filter(case::Column::Id.eq(case.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339()
}
