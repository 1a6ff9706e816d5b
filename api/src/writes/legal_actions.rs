//! Legal actions: refer a remedy, and take its steps.

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    deadline,
    id::{CaseId, DistrictId, LegalActionId, LegalActionStatusChangeId, StaffId},
    legal_action::{self, LegalActionStatus},
    legal_action_status_change as status_change,
    notice_service::ServiceMethod,
    staff, team_seat,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::Expr,
};

use super::{
    cases::{self, BODY},
    deadlines::of_steps,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        legal_step::{self, Step},
        refusal::{Code, Refusal, optional_line, optional_text, text},
        remedy::Remedy,
    },
    error::{Error, Result},
    events::{self, Entry},
    reads::{legal_step_facts, remedies},
    scope::{LockRows, VisibleTo, unscoped},
};

/// Characters of a court's name at most.
pub const COURT: usize = 200;
/// Characters of a court's case number at most.
pub const COURT_CASE_NUMBER: usize = 100;

/// Asks the attorney for a remedy in a case.
pub async fn refer(tx: &mut Tx, case: CaseId, remedy_key: &str, reason: &str) -> Result<LegalActionId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::ReferLegalAction, Some(case.district_id))?;
    let reason = text("reason", reason, BODY)?;
    let by = person(tx)?;
    let remedy = remedies::current(tx.conn(), &tx.city, remedy_key.trim()).await?;
    let remedy = remedy.ok_or_else(|| Refusal::not_found("remedy").at("remedyKey"))?;
    require_open(case.stage)?;
    let blocks = legal_step::blocks_referral(&remedy, tx.viewer.role, tx.today());
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    let action = legal_action::Model {
        id: LegalActionId::generate(),
        version: 1,
        case_id: case.id,
        district_id: case.district_id,
        kind: remedy.kind,
        remedy_key: remedy.key.clone(),
        status: LegalActionStatus::Referred,
        status_since: tx.now,
        is_final: false,
        court: None,
        court_case_number: None,
        responsible_attorney_id: attorney_of(tx, case.district_id).await?,
        filed_on: None,
        claimed_cents: None,
        assessed_cents: None,
        collected_cents: None,
        privileged_notes: None,
        next_on: None,
        created_at: tx.now,
    };
    let row: legal_action::ActiveModel = action.clone().into();
    legal_action::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tell_history(tx, &action, None, tx.today(), by, Some(reason.clone())).await?;
    let entry = Entry::new(CaseEventKind::LegalActionChanged, format!("{}: {}", remedy.name, action.status))
        .body(Some(reason))
        .change("legalAction", None::<LegalActionId>, Some(action.id))
        .change(&field(&action, "remedy"), None::<&str>, Some(&remedy.key))
        .change(&field(&action, "status"), None::<LegalActionStatus>, Some(action.status))
        .change(&field(&action, "responsibleAttorney"), None::<StaffId>, action.responsible_attorney_id);
    events::append(tx, &mut case, entry).await?;
    tx.changed(action.id);
    Ok(action.id)
}

/// A step of a legal action, as it is asked for.
#[derive(Clone, Debug)]
pub struct Advance {
    pub to: LegalActionStatus,
    /// The day it happened.
    pub on: NaiveDate,
    pub reason: Option<String>,
    pub court: Option<String>,
    pub court_case_number: Option<String>,
    /// How the papers of the step were served.
    pub service_method: Option<ServiceMethod>,
}

/// Takes a step of the action's remedy, if nothing blocks it.
pub async fn advance(tx: &mut Tx, id: LegalActionId, version: i32, step: Advance) -> Result<()> {
    let (mut case, mut action) = lock(tx, id).await?;
    tx.viewer.require(Action::TakeLegalSteps, Some(action.district_id))?;
    check_version(&action, version)?;
    let by = person(tx)?;
    let remedy = remedies::current(tx.conn(), &tx.city, &action.remedy_key).await?;
    let remedy = remedy.ok_or_else(|| lost(&action))?;
    let reason = optional_text("reason", step.reason.as_deref(), BODY)?;
    let before = action.clone();
    if let Some(court) = optional_line("court", step.court.as_deref(), COURT)? {
        action.court = Some(court);
    }
    if let Some(number) =
        optional_line("courtCaseNumber", step.court_case_number.as_deref(), COURT_CASE_NUMBER)?
    {
        action.court_case_number = Some(number);
    }
    let last = last_step_on(tx, id).await?;
    if let Some(refusal) = legal_step::wrong_day(step.on, last, tx.today()) {
        return Err(refusal.into());
    }
    let facts = legal_step_facts::of(tx.conn(), &tx.city, &[id], step.on).await?;
    let facts = facts.get(&id).cloned().unwrap_or_default();
    let asked = Step {
        to: step.to,
        on: step.on,
        role: tx.viewer.role,
        reason: reason.as_deref(),
        court: action.court.as_deref(),
        court_case_number: action.court_case_number.as_deref(),
    };
    let blocks = legal_step::blocks(&remedy, action.status, &asked, &facts);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    action.status = step.to;
    let since = if step.on == tx.today() { None } else { tx.city.start_of(step.on) }.unwrap_or(tx.now);
    // Two steps may be told of one day; the later one never seems to have come first.
    action.status_since = since.max(before.status_since);
    action.is_final = step.to.is_final();
    if step.to == LegalActionStatus::Filed {
        action.filed_on = Some(step.on);
    }
    store(tx, &mut action).await?;
    tell_history(tx, &action, Some(before.status), step.on, by, reason.clone()).await?;
    let entry = told(&remedy, &before, &action).body(reason).on(step.on, tx);
    events::append(tx, &mut case, entry).await?;
    tx.changed(action.id);
    match remedy.step(Some(before.status), step.to) {
        Some(taken) => of_steps::taken(tx, &mut case, &action, taken, step.on, step.service_method).await,
        None => Ok(()),
    }
}

/// The action with its case, both locked until the transaction ends; always the case first.
pub async fn lock(tx: &Tx, id: LegalActionId) -> Result<(case::Model, legal_action::Model)> {
    let not_found = || Refusal::not_found("legal action").at("legalActionId");
    let of_id = || legal_action::Entity::visible_to(&tx.viewer).filter(legal_action::Column::Id.eq(id));
    let seen = of_id().one(tx.conn()).await?.ok_or_else(not_found)?;
    let case = cases::lock(tx, seen.case_id).await?;
    let action = of_id().lock_rows().one(tx.conn()).await?.ok_or_else(not_found)?;
    Ok((case, action))
}

/// The remedy that the action follows, as the preset has it.
pub fn remedy_of(tx: &Tx, action: &legal_action::Model) -> Result<Remedy> {
    tx.city.remedy(&action.remedy_key).cloned().ok_or_else(|| lost(action))
}

fn lost(action: &legal_action::Model) -> Error {
    Error::Internal(format!("the preset lost the remedy `{}`", action.remedy_key))
}

/// The day of the action's last step, as stated.
pub async fn last_step_on(tx: &Tx, id: LegalActionId) -> Result<NaiveDate> {
    let last = unscoped::<status_change::Entity>()
        .filter(status_change::Column::LegalActionId.eq(id))
        .order_by_desc(status_change::Column::ChangedOn)
        .one(tx.conn())
        .await?;
    last.map(|step| step.changed_on)
        .ok_or_else(|| Error::Internal("a legal action without a step".to_owned()))
}

/// The name of one of an action's fields in the timeline of its case, which may have several actions.
#[must_use]
pub fn field(action: &legal_action::Model, name: &str) -> String {
    format!("{}.{name}", action.id)
}

fn told(remedy: &Remedy, before: &legal_action::Model, after: &legal_action::Model) -> Entry {
    let summary = format!("{}: {} → {}", remedy.name, before.status, after.status);
    Entry::new(CaseEventKind::LegalActionChanged, summary)
        .change(&field(after, "status"), Some(before.status), Some(after.status))
        .change(&field(after, "court"), before.court.as_ref(), after.court.as_ref())
        .change(
            &field(after, "courtCaseNumber"),
            before.court_case_number.as_ref(),
            after.court_case_number.as_ref(),
        )
        .change(&field(after, "filedOn"), before.filed_on, after.filed_on)
}

fn check_version(action: &legal_action::Model, version: i32) -> Result<(), Refusal> {
    if action.version == version {
        return Ok(());
    }
    let message = format!(
        "Somebody changed this legal action in the meantime: it is at version {}, not {version}. Look at it again.",
        action.version
    );
    Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion"))
}

// The action's deadlines know its status too.
async fn store(tx: &Tx, action: &mut legal_action::Model) -> Result<()> {
    let loaded = action.version;
    action.version += 1;
    let row: legal_action::ActiveModel = action.clone().into();
    let stored = legal_action::Entity::update_many()
        .set(row.reset_all())
        .filter(legal_action::Column::Id.eq(action.id))
        .filter(legal_action::Column::Version.eq(loaded))
        .exec(tx.conn())
        .await?;
    if stored.rows_affected != 1 {
        let message = "Somebody changed this legal action in the meantime.";
        return Err(Refusal::new(Code::StaleVersion, message).into());
    }
    deadline::Entity::update_many()
        .col_expr(deadline::Column::ActionStatus, Expr::value(action.status))
        .filter(deadline::Column::LegalActionId.eq(action.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The status of an action whose case the caller holds locked.
pub(super) async fn status_of(tx: &Tx, id: LegalActionId) -> Result<LegalActionStatus> {
    let status = unscoped::<legal_action::Entity>()
        .select_only()
        .column(legal_action::Column::Status)
        .filter(legal_action::Column::Id.eq(id))
        .into_tuple()
        .one(tx.conn())
        .await?;
    status.ok_or_else(|| Error::Internal("a deadline's legal action is gone".to_owned()))
}

async fn tell_history(
    tx: &Tx,
    action: &legal_action::Model,
    from: Option<LegalActionStatus>,
    on: NaiveDate,
    by: StaffId,
    reason: Option<String>,
) -> Result<()> {
    let step = status_change::ActiveModel {
        id: Set(LegalActionStatusChangeId::generate()),
        legal_action_id: Set(action.id),
        from_status: Set(from),
        to_status: Set(action.status),
        changed_on: Set(on),
        recorded_at: Set(tx.now),
        changed_by: Set(by),
        reason: Set(reason),
    };
    status_change::Entity::insert(step).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Who acts: what is done in a legal action is always somebody's.
pub fn person(tx: &Tx) -> Result<StaffId, Refusal> {
    let nobody = || Refusal::new(Code::NotAllowed, "Only a member of staff acts in a legal action.");
    tx.viewer.staff_id().ok_or_else(nobody)
}

/// TRANSITION_BLOCKED for an action that has ended.
pub fn refuse_ended(action: &legal_action::Model) -> Result<(), Refusal> {
    if action.is_final {
        let message = format!("This action has ended: it is {}.", action.status);
        return Err(Refusal::blocked(message).at("legalActionId"));
    }
    Ok(())
}

/// The action of that case; NOT_FOUND when it is another one's.
pub async fn of_case(tx: &Tx, case: CaseId, id: LegalActionId) -> Result<legal_action::Model> {
    let found = legal_action::Entity::visible_to(&tx.viewer)
        .filter(legal_action::Column::Id.eq(id))
        .filter(legal_action::Column::CaseId.eq(case))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("legal action of this case").at("legalActionId").into())
}

// Who sits as the district's attorney today; nobody while the seat is vacant.
async fn attorney_of(tx: &Tx, district: DistrictId) -> Result<Option<StaffId>> {
    let active = unscoped::<staff::Entity>()
        .select_only()
        .column(staff::Column::Id)
        .filter(staff::Column::Active.eq(true));
    let seat = unscoped::<team_seat::Entity>()
        .filter(team_seat::Column::DistrictId.eq(district))
        .filter(team_seat::Column::Role.eq(staff::StaffRole::Attorney))
        .filter(team_seat::Column::FromOn.lte(tx.today()))
        .filter(
            Condition::any()
                .add(team_seat::Column::ToOn.is_null())
                .add(team_seat::Column::ToOn.gte(tx.today())),
        )
        .filter(team_seat::Column::StaffId.in_subquery(active.into_query()))
        .order_by_desc(team_seat::Column::FromOn)
        .one(tx.conn())
        .await?;
    Ok(seat.map(|seat| seat.staff_id))
}
