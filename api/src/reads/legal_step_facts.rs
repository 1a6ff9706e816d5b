//! What the steps of legal actions need to know, in a fixed number of statements for any number of actions.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::{
    court_order, deadline, defendant,
    hearing::{self, HearingStatus},
    id::{CaseId, LegalActionId},
    legal_action, order_violation, title_recording,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use super::case_record;
use crate::{city::City, domain::legal_facts::Facts, error::Result, scope::unscoped};

#[derive(FromQueryResult)]
struct Row {
    id: LegalActionId,
    case_id: CaseId,
    filed_on: Option<NaiveDate>,
    hearing_ahead: bool,
    hearing_held: bool,
    unreleased: bool,
    waits_until: Option<NaiveDate>,
}

/// The facts of these actions for a step on that day.
pub async fn of(
    db: &impl ConnectionTrait,
    city: &City,
    ids: &[LegalActionId],
    on: NaiveDate,
) -> Result<HashMap<LegalActionId, Facts>> {
    let rows = rows(db, ids, on).await?;
    let cases: BTreeSet<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let of_cases = case_record::of(db, city, &cases, on).await?;
    let mut found: HashMap<LegalActionId, Facts> = HashMap::with_capacity(rows.len());
    for row in rows {
        let known = of_cases.get(&row.case_id).cloned().unwrap_or_default();
        let facts = Facts {
            action: Some(row.id),
            filed_on: row.filed_on,
            has_hearing_ahead: row.hearing_ahead,
            hearing_was_held: row.hearing_held,
            has_unreleased_recording: row.unreleased,
            waits_until: row.waits_until,
            ..known
        };
        found.insert(row.id, facts);
    }
    for order in orders(db, ids).await? {
        if let Some(facts) = found.get_mut(&order.legal_action_id) {
            facts.orders.push((order.kind, order.issued_on));
            facts.order_was_violated |= order.violated;
        }
    }
    for named in defendants(db, ids).await? {
        if let Some(facts) = found.get_mut(&named.legal_action_id) {
            facts.defendants.push(named.party_id);
        }
    }
    Ok(found)
}

async fn rows(db: &impl ConnectionTrait, ids: &[LegalActionId], on: NaiveDate) -> Result<Vec<Row>> {
    let hearings = || of_action::<hearing::Entity>(hearing::Column::LegalActionId);
    let ahead = hearings()
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .filter(hearing::Column::StartsOn.gte(on));
    let held = hearings().filter(hearing::Column::Status.eq(HearingStatus::Held));
    let unreleased = of_action::<title_recording::Entity>(title_recording::Column::LegalActionId)
        .filter(title_recording::Column::ReleasedOn.is_null());
    let waits = unscoped::<deadline::Entity>()
        .select_only()
        .expr(Expr::col((deadline::Entity, deadline::Column::DueOn)).max())
        .filter(
            Expr::col((deadline::Entity, deadline::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(deadline::Column::Kind.eq(deadline::DeadlineKind::NotBefore))
        .filter(deadline::Column::CompletedOn.is_null());
    Ok(unscoped::<legal_action::Entity>()
        .select_only()
        .columns([legal_action::Column::Id, legal_action::Column::CaseId, legal_action::Column::FiledOn])
        .expr_as(Expr::exists(ahead.into_query()), "hearing_ahead")
        .expr_as(Expr::exists(held.into_query()), "hearing_held")
        .expr_as(Expr::exists(unreleased.into_query()), "unreleased")
        .expr_as(Expr::from(waits.into_query()), "waits_until")
        .filter(legal_action::Column::Id.is_in(ids.iter().copied()))
        .into_model()
        .all(db)
        .await?)
}

#[derive(FromQueryResult)]
struct OrderRow {
    legal_action_id: LegalActionId,
    kind: court_order::CourtOrderKind,
    issued_on: NaiveDate,
    violated: bool,
}

async fn orders(db: &impl ConnectionTrait, ids: &[LegalActionId]) -> Result<Vec<OrderRow>> {
    use court_order::Column as C;
    let violations = unscoped::<order_violation::Entity>().select_only().expr(Expr::val(1)).filter(
        Expr::col((order_violation::Entity, order_violation::Column::CourtOrderId))
            .equals((court_order::Entity, C::Id)),
    );
    Ok(unscoped::<court_order::Entity>()
        .select_only()
        .columns([C::LegalActionId, C::Kind, C::IssuedOn])
        .expr_as(Expr::exists(violations.into_query()), "violated")
        .filter(C::LegalActionId.is_in(ids.iter().copied()))
        .into_model()
        .all(db)
        .await?)
}

async fn defendants(db: &impl ConnectionTrait, ids: &[LegalActionId]) -> Result<Vec<defendant::Model>> {
    let named = defendant::Column::LegalActionId.is_in(ids.iter().copied());
    Ok(unscoped::<defendant::Entity>().filter(named).all(db).await?)
}

// Rows of `E` that belong to the action of the surrounding statement.
fn of_action<E: EntityTrait>(action_id: E::Column) -> Select<E> {
    unscoped::<E>()
        .select_only()
        .expr(Expr::val(1))
        .filter(Expr::col(action_id.as_column_ref()).equals((legal_action::Entity, legal_action::Column::Id)))
}
