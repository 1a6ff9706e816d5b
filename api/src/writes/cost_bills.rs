//! Which cost statement asked for which costs.

use std::collections::HashSet;

use entity::{
    case,
    case_event::CaseEventKind,
    cost_billing, cost_entry,
    id::{CostEntryId, NoticeId},
    notice::{self, NoticeKind},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::cases;
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        cost_ledger::{blocks_billing, is_billed_by_statement},
        money::dollars,
        refusal::{Code, Refusal},
    },
    error::Result,
    events::{self, Entry},
    reads::costs::{billed_by, billings_of, reversals_of},
    scope::VisibleTo,
};

/// Costs that one statement asks for at most.
const MOST: usize = 1_000;

/// Records that a served cost statement asks for exactly these costs; the same ones again change nothing.
pub async fn bill(tx: &mut Tx, statement: NoticeId, entries: &[CostEntryId]) -> Result<()> {
    let case = find(tx, statement).await?.case_id;
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let statement = find(tx, statement).await?;
    let named: HashSet<CostEntryId> = entries.iter().copied().collect();
    if named.is_empty() || named.len() > MOST {
        let message = format!("`entryIds` holds {}; from 1 to {MOST} are taken.", named.len());
        return Err(Refusal::invalid("entryIds", message).into());
    }
    if asked_already(tx, &statement, &named).await? {
        return Ok(());
    }
    let costs = costs(tx, &case, &named).await?;
    refuse_uncounted(tx, &costs).await?;
    let sum = costs.iter().map(|cost| cost.amount_cents).sum();
    if let Some(refusal) = blocks_billing(statement.amount_cents, sum) {
        return Err(refusal.into());
    }
    let rows = costs.iter().map(|cost| cost_billing::ActiveModel {
        entry_id: Set(cost.id),
        notice_id: Set(statement.id),
        billed_by: Set(tx.viewer.staff_id()),
        billed_at: Set(tx.now),
    });
    cost_billing::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    tx.changed(statement.id);
    let ids: Vec<String> = costs.iter().map(|cost| cost.id.to_string()).collect();
    let told =
        Entry::new(CaseEventKind::CostRecorded, format!("{} billed by a cost statement", dollars(sum)))
            .change("notice", None::<NoticeId>, Some(statement.id))
            .change("costs", None::<String>, Some(ids.join(", ")));
    events::append(tx, &mut case, told).await?;
    Ok(())
}

// Whether the statement asks for exactly these already; refused when it asks for others.
async fn asked_already(tx: &Tx, statement: &notice::Model, named: &HashSet<CostEntryId>) -> Result<bool> {
    let asked = billed_by(tx.conn(), &tx.viewer, &[statement.id]).await?;
    let asked: HashSet<CostEntryId> = asked.into_iter().map(|row| row.entry_id).collect();
    if asked.is_empty() || asked == *named {
        return Ok(!asked.is_empty());
    }
    let message = "This statement asks for other costs already; serve another one for these.";
    Err(Refusal::new(Code::NotUnique, message).at("noticeId").into())
}

async fn costs(tx: &Tx, case: &case::Model, named: &HashSet<CostEntryId>) -> Result<Vec<cost_entry::Model>> {
    let costs = cost_entry::Entity::visible_to(&tx.viewer)
        .filter(cost_entry::Column::CaseId.eq(case.id))
        .filter(cost_entry::Column::Id.is_in(named.iter().copied()))
        .all(tx.conn())
        .await?;
    if costs.len() < named.len() {
        return Err(Refusal::not_found("cost of this case").at("entryIds").into());
    }
    let is_cost = |cost: &cost_entry::Model| is_billed_by_statement(cost.kind) && cost.reverses_id.is_none();
    if costs.iter().all(is_cost) {
        return Ok(costs);
    }
    let message =
        "A cost statement asks for costs: no fines, payments or waivers, nor entries that take others back.";
    Err(Refusal::invalid("entryIds", message).into())
}

// No cost is asked for twice, and none that was taken back.
async fn refuse_uncounted(tx: &Tx, costs: &[cost_entry::Model]) -> Result<()> {
    let ids: Vec<CostEntryId> = costs.iter().map(|cost| cost.id).collect();
    if !billings_of(tx.conn(), &tx.viewer, &ids).await?.is_empty() {
        let message = "Another statement asks for one of these costs already.";
        return Err(Refusal::new(Code::NotUnique, message).at("entryIds").into());
    }
    if !reversals_of(tx.conn(), &tx.viewer, &ids).await?.is_empty() {
        return Err(Refusal::invalid("entryIds", "One of these costs was taken back.").into());
    }
    Ok(())
}

async fn find(tx: &Tx, id: NoticeId) -> Result<notice::Model> {
    let found = notice::Entity::visible_to(&tx.viewer)
        .filter(notice::Column::Id.eq(id))
        .filter(notice::Column::Kind.eq(NoticeKind::CostStatement))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("cost statement").at("noticeId").into())
}
