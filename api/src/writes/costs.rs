//! The cost ledger: costs, fines, payments and waivers recorded; a mistake is taken back by an entry of its own.

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    cost_entry::{self, CostKind},
    id::{CaseId, CostEntryId, LegalActionId, NoticeId},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    cases::{self, BODY, TITLE},
    deadlines::of_payments,
    legal_actions,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        cost_ledger::{self, Balance, Reversing, Stated},
        money::{decimal, dollars},
        refusal::{Refusal, line, text},
        treble_costs::{CITATION, Standing, surcharge},
    },
    error::Result,
    events::{self, Entry},
    reads::costs::{Ledger, judgments_at, reversals_of, totals},
    scope::VisibleTo,
};

/// Where an amount comes from and which paper shows it.
#[derive(Clone, Debug)]
pub struct Proof {
    pub description: String,
    pub source: String,
    pub receipt: String,
}

/// A cost or a fine.
#[derive(Clone, Debug)]
pub struct Cost {
    pub kind: CostKind,
    pub stated: Stated,
    pub on: NaiveDate,
    pub legal_action: Option<LegalActionId>,
    pub proof: Proof,
}

/// Records a cost or a fine; also in a closed case, whose last invoices come late.
pub async fn record(tx: &mut Tx, case: CaseId, cost: Cost) -> Result<CostEntryId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let cents = cost_ledger::charge(cost.kind, cost.stated)?;
    refuse_future("on", cost.on, tx)?;
    if let Some(action) = cost.legal_action {
        legal_actions::of_case(tx, case.id, action).await?;
    }
    let mut entry = drafted(tx, &case, cost.kind, cents, cost.on, &cost.proof)?;
    entry.minutes = cost.stated.minutes;
    entry.hourly_rate_cents = cost.stated.hourly_rate_cents;
    entry.legal_action_id = cost.legal_action;
    insert(tx, &mut case, entry, format!("{}: {}", cost.kind, dollars(cents))).await
}

/// Money that came in, or what is no longer asked for.
#[derive(Clone, Debug)]
pub struct Reduction {
    pub amount_cents: i64,
    pub on: NaiveDate,
    pub proof: Proof,
}

/// Records a payment; one of more than is owed too, for the money is there.
pub async fn pay(tx: &mut Tx, case: CaseId, payment: Reduction) -> Result<CostEntryId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let cents = cost_ledger::within_bounds("amount", payment.amount_cents)?;
    refuse_future("on", payment.on, tx)?;
    let entry = drafted(tx, &case, CostKind::Payment, -cents, payment.on, &payment.proof)?;
    insert(tx, &mut case, entry, format!("Paid: {}", dollars(cents))).await
}

/// Records that the city no longer asks for so much: an attorney's decision.
pub async fn waive(tx: &mut Tx, case: CaseId, waiver: Reduction) -> Result<CostEntryId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    let cents = cost_ledger::within_bounds("amount", waiver.amount_cents)?;
    refuse_future("on", waiver.on, tx)?;
    let owed = totals(tx.conn(), &tx.viewer, Ledger::Case(case.id), None).await?;
    let balance = Balance::of(owed.into_iter().map(|total| (total.kind, total.cents)));
    if let Some(refusal) = cost_ledger::blocks_waiver(cents, balance) {
        return Err(refusal.into());
    }
    let entry = drafted(tx, &case, CostKind::Waiver, -cents, waiver.on, &waiver.proof)?;
    insert(tx, &mut case, entry, format!("Waived: {}", dollars(cents))).await
}

/// That a court ordered three times the costs of abatement.
#[derive(Clone, Debug)]
pub struct Trebling {
    pub legal_action: LegalActionId,
    pub on: NaiveDate,
    pub proof: Proof,
}

/// Records what makes the case's costs of abatement three times what they are; only after a second judgment within two
/// years (Government Code 38773.7).
pub async fn treble(tx: &mut Tx, case: CaseId, trebling: Trebling) -> Result<CostEntryId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    refuse_future("on", trebling.on, tx)?;
    legal_actions::of_case(tx, case.id, trebling.legal_action).await?;
    let judgments = judgments_at(tx.conn(), &tx.viewer, &[case.property_id]).await?;
    let judgments: Vec<_> = judgments.into_iter().map(|found| found.judgment).collect();
    let standing = Standing::of(&judgments, trebling.on);
    let totals = totals(tx.conn(), &tx.viewer, Ledger::Case(case.id), None).await?;
    let of_kind =
        |kind| totals.iter().filter(|total| total.kind == kind).map(|total| total.cents).sum::<i64>();
    let abatement = of_kind(CostKind::Abatement);
    if !standing.is_available() {
        return Err(Refusal::blocked(standing.explanation(abatement)).at("caseId").into());
    }
    if standing.judgments.last().is_none_or(|second| second.legal_action != trebling.legal_action) {
        let message = "Name the legal action whose judgment is the second one within two years.";
        return Err(Refusal::invalid("legalActionId", message).into());
    }
    let cents = surcharge(abatement, of_kind(CostKind::TrebleCosts));
    if cents == 0 {
        let message = "No cost of abatement is recorded in this case that is not threefold already; record it with \
                       `costRecord` first.";
        return Err(Refusal::blocked(message).at("caseId").into());
    }
    cost_ledger::within_bounds("caseId", cents)?;
    let mut entry = drafted(tx, &case, CostKind::TrebleCosts, cents, trebling.on, &trebling.proof)?;
    entry.legal_action_id = Some(trebling.legal_action);
    insert(tx, &mut case, entry, format!("Treble costs ({CITATION}): {} added", dollars(cents))).await
}

/// Takes an entry back in full, with a reason; on that day, or on the entry's own as if it had never been.
pub async fn reverse(
    tx: &mut Tx,
    id: CostEntryId,
    on: Option<NaiveDate>,
    reason: &str,
) -> Result<CostEntryId> {
    let case = find(tx, id).await?.case_id;
    let mut case = cases::lock(tx, case).await?;
    let wrong = find(tx, id).await?;
    let action = if wrong.kind == CostKind::Waiver || wrong.kind == CostKind::TrebleCosts {
        Action::ConductLegalAction
    } else {
        Action::WorkCases
    };
    tx.viewer.require(action, Some(case.district_id))?;
    let known = Reversing {
        occurred_on: wrong.occurred_on,
        is_reversal: wrong.reverses_id.is_some(),
        is_reversed: !reversals_of(tx.conn(), &tx.viewer, &[id]).await?.is_empty(),
    };
    let on = cost_ledger::reversed_on(known, on, tx.today())?;
    take_back(tx, &mut case, &wrong, on, reason).await
}

/// The entry that takes another one back in full, whoever decided that.
pub(super) async fn take_back(
    tx: &mut Tx,
    case: &mut case::Model,
    wrong: &cost_entry::Model,
    on: NaiveDate,
    reason: &str,
) -> Result<CostEntryId> {
    let proof = Proof {
        description: text("reason", reason, BODY)?,
        source: wrong.source.clone(),
        receipt: wrong.receipt.clone(),
    };
    let mut entry = drafted(tx, case, wrong.kind, -wrong.amount_cents, on, &proof)?;
    entry.reverses_id = Some(wrong.id);
    entry.legal_action_id = wrong.legal_action_id;
    entry.notice_id = wrong.notice_id;
    let summary =
        format!("{} of {} taken back: {}", wrong.kind, wrong.occurred_on, dollars(wrong.amount_cents.abs()));
    insert(tx, case, entry, summary).await
}

/// An entry that follows from a citation: its fine, or what lowers it.
pub(super) async fn of_notice(
    tx: &mut Tx,
    case: &mut case::Model,
    (notice, kind): (NoticeId, CostKind),
    cents: i64,
    on: NaiveDate,
    proof: &Proof,
) -> Result<CostEntryId> {
    let mut entry = drafted(tx, case, kind, cents, on, proof)?;
    entry.notice_id = Some(notice);
    insert(tx, case, entry, format!("{kind} of a citation: {}", dollars(cents.abs()))).await
}

fn drafted(
    tx: &Tx,
    case: &case::Model,
    kind: CostKind,
    amount_cents: i64,
    occurred_on: NaiveDate,
    proof: &Proof,
) -> Result<cost_entry::Model, Refusal> {
    Ok(cost_entry::Model {
        id: CostEntryId::generate(),
        case_id: case.id,
        property_id: case.property_id,
        district_id: case.district_id,
        legal_action_id: None,
        notice_id: None,
        kind,
        amount_cents,
        minutes: None,
        hourly_rate_cents: None,
        occurred_on,
        description: text("description", &proof.description, BODY)?,
        source: line("source", &proof.source, TITLE)?,
        receipt: line("receipt", &proof.receipt, TITLE)?,
        reverses_id: None,
        recorded_by: tx.viewer.staff_id(),
        recorded_at: tx.now,
    })
}

async fn insert(
    tx: &mut Tx,
    case: &mut case::Model,
    entry: cost_entry::Model,
    summary: String,
) -> Result<CostEntryId> {
    let row: cost_entry::ActiveModel = entry.clone().into();
    cost_entry::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(entry.id);
    let settled = entry.clone();
    let kind = if entry.kind == CostKind::Payment {
        CaseEventKind::PaymentRecorded
    } else {
        CaseEventKind::CostRecorded
    };
    let told = Entry::new(kind, summary)
        .body(Some(entry.description))
        .on(entry.occurred_on, tx)
        .change("cost", None::<CostEntryId>, Some(entry.id))
        .change("kind", None::<CostKind>, Some(entry.kind))
        .change("amount", None::<String>, Some(decimal(entry.amount_cents)))
        .change("source", None::<String>, Some(entry.source))
        .change("receipt", None::<String>, Some(entry.receipt))
        .change("reverses", None::<CostEntryId>, entry.reverses_id);
    events::append(tx, case, told).await?;
    of_payments::settle(tx, case, &settled).await?;
    Ok(entry.id)
}

fn refuse_future(field: &'static str, day: NaiveDate, tx: &Tx) -> Result<(), Refusal> {
    if day <= tx.today() {
        return Ok(());
    }
    Err(Refusal::invalid(field, format!("{day} is in the future; record it once it has happened.")))
}

async fn find(tx: &Tx, id: CostEntryId) -> Result<cost_entry::Model> {
    let found = cost_entry::Entity::visible_to(&tx.viewer)
        .filter(cost_entry::Column::Id.eq(id))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("cost entry").at("entryId").into())
}
