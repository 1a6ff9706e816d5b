//! Moving a case between its stages, to its end and back.

use chrono::NaiveDate;
use entity::{
    case::{self, CaseOutcome, CaseStage},
    case_event::CaseEventKind,
    id::CaseId,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{BODY, lock_version, next_action, store};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::{self, Asker},
        refusal::{Refusal, optional_text, text},
    },
    error::{Error, Result},
    events::{self, Entry},
    reads::case_facts,
    scope::{VisibleTo, unscoped},
    writes::responses,
};

/// Moves a case to another stage, if nothing blocks it.
pub async fn advance(
    tx: &mut Tx,
    id: CaseId,
    version: i32,
    to: CaseStage,
    reason: Option<String>,
    next_action_on: Option<NaiveDate>,
) -> Result<()> {
    let mut case = lock_version(tx, id, version, Action::WorkCases).await?;
    let reason = optional_text("reason", reason.as_deref(), BODY)?;
    let facts = case_facts::of(tx.conn(), &[id], tx.today()).await?.remove(&id).unwrap_or_default();
    let asker = Asker { role: tx.viewer.role, reason: reason.as_deref() };
    let blocks = case_stage::blocks(case.stage, to, case.previous_stage, &facts, asker);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    let next = next_action(tx, next_action_on)?;
    let entry = Entry::new(CaseEventKind::StageChanged, format!("{} → {to}", case.stage))
        .body(reason)
        .change("stage", Some(case.stage), Some(to))
        .change("nextActionOn", case.next_action_on, Some(next));
    case.previous_stage = Some(case.stage);
    case.stage = to;
    case.stage_since = tx.now;
    case.was_litigated |= to == CaseStage::Litigation;
    case.next_action_on = Some(next);
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Closes a case with an outcome.
pub async fn close(
    tx: &mut Tx,
    id: CaseId,
    version: i32,
    outcome: CaseOutcome,
    reason: &str,
    duplicate_of: Option<CaseId>,
) -> Result<()> {
    // Two cases that are closed as duplicates of each other at the same time see each other's end.
    unscoped::<case::Entity>()
        .filter(case::Column::Id.is_in([Some(id), duplicate_of].into_iter().flatten()))
        .order_by_asc(case::Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    let mut case = lock_version(tx, id, version, Action::CloseCases).await?;
    let reason = text("reason", reason, BODY)?;
    let facts = case_facts::of(tx.conn(), &[id], tx.today()).await?.remove(&id).unwrap_or_default();
    let asker = Asker { role: tx.viewer.role, reason: Some(&reason) };
    let blocks = case_stage::blocks_closing(case.stage, outcome, &facts, asker);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    check_duplicate_of(tx, id, outcome, duplicate_of).await?;
    responses::end_pause(tx, &mut case, tx.now, "Response clock ended with the case").await?;
    let entry = Entry::new(CaseEventKind::Closed, format!("Closed: {outcome}"))
        .body(Some(reason))
        .change("stage", Some(case.stage), Some(CaseStage::Closed))
        .change("outcome", None::<CaseOutcome>, Some(outcome))
        .change("duplicateOf", None::<CaseId>, duplicate_of)
        .change("nextActionOn", case.next_action_on, None::<NaiveDate>);
    case.previous_stage = Some(case.stage);
    case.stage = CaseStage::Closed;
    case.stage_since = tx.now;
    case.closed_at = Some(tx.now);
    case.outcome = Some(outcome);
    case.duplicate_of_id = duplicate_of;
    case.next_action_on = None;
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Opens a closed case again, at ASSESSMENT.
pub async fn reopen(tx: &mut Tx, id: CaseId, version: i32, reason: &str) -> Result<()> {
    let mut case = lock_version(tx, id, version, Action::CloseCases).await?;
    let reason = text("reason", reason, BODY)?;
    if case.stage != CaseStage::Closed {
        return Err(Refusal::blocked("Only a closed case can be reopened.").into());
    }
    let next = next_action(tx, None)?;
    let entry = Entry::new(CaseEventKind::Reopened, "Reopened")
        .body(Some(reason))
        .change("stage", Some(case.stage), Some(CaseStage::Assessment))
        .change("outcome", case.outcome, None::<CaseOutcome>)
        .change("duplicateOf", case.duplicate_of_id, None::<CaseId>)
        .change("nextActionOn", None::<NaiveDate>, Some(next));
    case.previous_stage = None;
    case.stage = CaseStage::Assessment;
    case.stage_since = tx.now;
    case.closed_at = None;
    case.outcome = None;
    case.duplicate_of_id = None;
    case.next_action_on = Some(next);
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

async fn check_duplicate_of(
    tx: &Tx,
    id: CaseId,
    outcome: CaseOutcome,
    duplicate_of: Option<CaseId>,
) -> Result<(), Error> {
    match (outcome == CaseOutcome::Duplicate, duplicate_of) {
        (false, None) => Ok(()),
        (false, Some(_)) => {
            Err(Refusal::invalid("duplicateOfId", "Name another case only with the outcome DUPLICATE.")
                .into())
        }
        (true, None) => Err(Refusal::required("duplicateOfId", "Name the case that covers this one.").into()),
        (true, Some(other)) if other == id => {
            Err(Refusal::invalid("duplicateOfId", "A case is no duplicate of itself.").into())
        }
        (true, Some(other)) => {
            let found = case::Entity::visible_to(&tx.viewer)
                .filter(case::Column::Id.eq(other))
                .one(tx.conn())
                .await?
                .ok_or_else(|| Refusal::not_found("case").at("duplicateOfId"))?;
            // So the links never run in a circle, and the case that is named is one that is worked or was.
            if found.duplicate_of_id.is_none() {
                return Ok(());
            }
            let message = format!(
                "{} is itself closed as a duplicate; name the case that `Case.duplicateOf` gives for it, or open it \
                 again with `caseReopen`.",
                found.number
            );
            Err(Refusal::blocked(message).at("duplicateOfId").into())
        }
    }
}
