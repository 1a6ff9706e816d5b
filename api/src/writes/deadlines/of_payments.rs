//! The days of payment that cost statements name: met when the sum has come in, open again when it is taken back.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    cost_entry::{self, CostKind},
    deadline, deadline_computation,
    id::{NoticeId, StaffId},
    notice::{self, NoticeKind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use super::{end, field};
use crate::{
    app::Tx,
    domain::{
        cost_ledger::{Balance, Claim, covered},
        deadline_rule::DeadlineRule,
        money::dollars,
    },
    error::Result,
    events::{self, Entry},
    scope::unscoped,
    writes::next_on::refresh_next_on,
};

/// How what met such a deadline begins; a deadline that somebody recorded as met by hand is left as it is.
const PAID: &str = "Paid in full: ";

/// Settles the days of payment of a case after money came in, was waived or was taken back, as `entry` says.
pub async fn settle(tx: &mut Tx, case: &mut case::Model, entry: &cost_entry::Model) -> Result<()> {
    if !matches!(entry.kind, CostKind::Payment | CostKind::Waiver | CostKind::Fine) {
        return Ok(());
    }
    let statements = unscoped::<notice::Entity>()
        .filter(notice::Column::CaseId.eq(case.id))
        .filter(notice::Column::Kind.eq(NoticeKind::CostStatement))
        .order_by_asc(notice::Column::Id)
        .all(tx.conn())
        .await?;
    if statements.is_empty() {
        return Ok(());
    }
    let counts = days_of_payment(tx, &statements).await?;
    let paid = paid(tx, case, &statements, &counts).await?;
    for statement in &statements {
        let Some((deadline, _)) = counts.get(&statement.id) else { continue };
        let is_paid = paid.contains(&statement.id);
        if is_paid && deadline.completed_on.is_none() {
            let sum = dollars(statement.amount_cents.unwrap_or_default());
            let what = format!(
                "{PAID}{sum} of the cost statement, the last of it {} of {} ({}, receipt {}).",
                dollars(entry.amount_cents.abs()),
                entry.occurred_on,
                entry.kind,
                entry.receipt
            );
            end(tx, case, deadline.clone(), entry.occurred_on, what).await?;
        } else if !is_paid && deadline.met_by.as_ref().is_some_and(|what| what.starts_with(PAID)) {
            open_again(tx, case, deadline, entry).await?;
        }
    }
    Ok(())
}

type Days = HashMap<NoticeId, (deadline::Model, deadline_computation::Model)>;

// The deadline of each statement that names a day of payment, with its count.
async fn days_of_payment(tx: &Tx, statements: &[notice::Model]) -> Result<Days> {
    let asks =
        |rule: &&DeadlineRule| rule.named_by_notice && rule.notices.contains(&NoticeKind::CostStatement);
    let rules = tx.city.preset.deadline_rules.iter().filter(asks).map(|rule| rule.key.clone());
    let counts = unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::NoticeId.is_in(statements.iter().map(|notice| notice.id)))
        .filter(deadline_computation::Column::RuleKey.is_in(rules))
        .all(tx.conn())
        .await?;
    let deadlines = unscoped::<deadline::Entity>()
        .filter(deadline::Column::Id.is_in(counts.iter().map(|count| count.deadline_id)))
        .all(tx.conn())
        .await?;
    let mut found = Days::new();
    for count in counts {
        let deadline = deadlines.iter().find(|deadline| deadline.id == count.deadline_id);
        if let (Some(notice), Some(deadline)) = (count.notice_id, deadline) {
            found.insert(notice, (deadline.clone(), count));
        }
    }
    Ok(found)
}

// The statements whose sums have come in or were waived. Nobody says what a payment is for, so what was asked for first is
// paid first, fines among it.
async fn paid(
    tx: &Tx,
    case: &case::Model,
    statements: &[notice::Model],
    counts: &Days,
) -> Result<Vec<NoticeId>> {
    let entries = unscoped::<cost_entry::Entity>()
        .filter(cost_entry::Column::CaseId.eq(case.id))
        .filter(cost_entry::Column::Kind.is_in([CostKind::Payment, CostKind::Waiver, CostKind::Fine]))
        .all(tx.conn())
        .await?;
    let fines = entries.iter().filter(|entry| entry.kind == CostKind::Fine);
    let mut claims: Vec<Claim<NoticeId>> =
        fines.map(|fine| Claim { of: None, on: fine.occurred_on, cents: fine.amount_cents }).collect();
    for statement in statements {
        let asked_on = counts
            .get(&statement.id)
            .map_or_else(|| tx.city.day_of(statement.created_at), |(_, count)| count.trigger_on);
        let cents = statement.amount_cents.unwrap_or_default();
        claims.push(Claim { of: Some(statement.id), on: asked_on, cents });
    }
    let came_in = Balance::of(entries.iter().map(|entry| (entry.kind, entry.amount_cents)));
    Ok(covered(claims, came_in.collected + came_in.waived))
}

async fn open_again(
    tx: &mut Tx,
    case: &mut case::Model,
    deadline: &deadline::Model,
    entry: &cost_entry::Model,
) -> Result<()> {
    deadline::Entity::update_many()
        .col_expr(deadline::Column::CompletedOn, Expr::value(None::<NaiveDate>))
        .col_expr(deadline::Column::CompletedBy, Expr::value(None::<StaffId>))
        .col_expr(deadline::Column::MetBy, Expr::value(None::<String>))
        .filter(deadline::Column::Id.eq(deadline.id))
        .exec(tx.conn())
        .await?;
    if let Some(action) = deadline.legal_action_id {
        refresh_next_on(tx, action).await?;
    }
    tx.changed(deadline.id);
    let told = Entry::new(CaseEventKind::DeadlineSet, format!("Deadline open again: {}", deadline.label))
        .body(Some(format!("The sum is not paid any more: {}", entry.description)))
        .change(&field(deadline.id, "completedOn"), deadline.completed_on, None::<NaiveDate>)
        .change(&field(deadline.id, "metBy"), deadline.met_by.clone(), None::<String>);
    events::append(tx, case, told).await?;
    Ok(())
}
