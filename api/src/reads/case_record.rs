//! What is on record of cases that steps of their legal actions rest on, in a fixed number of statements.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case,
    cost_entry::{self, CostKind},
    custody_entry::{self, CustodyAction},
    deadline::{self, DeadlineKind},
    deadline_computation, evidence,
    flag::{self, FlagStatus},
    id::{CaseId, LegalActionId, NoticeId, PartyId},
    inspection::{self, InspectionResult},
    legal_action,
    notice::{self, NoticeKind},
    notice_service::{self, ServiceMethod},
    property::{self, ResidentialOccupancy},
    tenant_impact,
    title_recording::{self, TitleRecordingKind},
    violation,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use crate::{
    city::City,
    domain::{
        cost_ledger::Balance,
        legal_facts::{Clock, Facts, NoticeServed, Served},
        legal_requirement::over_on,
    },
    error::Result,
    scope::unscoped,
};

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
struct Row {
    id: CaseId,
    grew_from_flag: bool,
    flag_confirmed: bool,
    residents_unanswered: bool,
    immediate_danger: bool,
    violation_found: bool,
    document: bool,
    entry_refused: bool,
    standing_lien: bool,
    verified_at: Option<DateTime<Utc>>,
}

/// The facts of these cases for a step on that day, without those of any action.
pub async fn of(
    db: &impl ConnectionTrait,
    city: &City,
    ids: &[CaseId],
    on: NaiveDate,
) -> Result<HashMap<CaseId, Facts>> {
    let mut found: HashMap<CaseId, Facts> = HashMap::with_capacity(ids.len());
    for row in rows(db, ids).await? {
        found.insert(row.id, facts(&row, city));
    }
    let clocks = clocks(db, ids).await?;
    for notice in notices(db, ids, &clocks).await? {
        if let Some(facts) = found.get_mut(&notice.0) {
            facts.notices.push(notice.1);
        }
    }
    for clock in clocks {
        if let Some(facts) = found.get_mut(&clock.case_id) {
            let over_on = over_on(clock.kind, clock.due_on);
            facts.clocks.push(Clock { rule: clock.rule_key, from: clock.trigger_on, over_on });
        }
    }
    for (case, balance) in balances(db, ids, on).await? {
        if let Some(facts) = found.get_mut(&case) {
            facts.balance = balance;
        }
    }
    for response in responses(db, ids).await? {
        if let Some(facts) = found.get_mut(&response.case_id) {
            facts.responses.push(response.occurred_on);
        }
    }
    Ok(found)
}

async fn rows(db: &impl ConnectionTrait, ids: &[CaseId]) -> Result<Vec<Row>> {
    let flags = of_case::<flag::Entity>(flag::Column::CaseId);
    // Only a sergeant reviews a flag, so who reviewed it was one.
    let confirmed = flags
        .clone()
        .filter(flag::Column::Status.is_in([FlagStatus::Confirmed, FlagStatus::CaseOpened]))
        .filter(flag::Column::ReviewedBy.is_not_null());
    let answered = of_case::<tenant_impact::Entity>(tenant_impact::Column::CaseId);
    let homes = unscoped::<property::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((property::Entity, property::Column::Id))
                .equals((case::Entity, case::Column::PropertyId)),
        )
        .filter(property::Column::ResidentialOccupancy.ne(ResidentialOccupancy::None))
        .filter(Expr::exists(answered.into_query()).not());
    let violations = of_case::<violation::Entity>(violation::Column::CaseId);
    let danger = violations
        .clone()
        .filter(violation::Column::CorrectedOn.is_null())
        .filter(violation::Column::ImmediateDanger.eq(true));
    let refused = of_case::<inspection::Entity>(inspection::Column::CaseId)
        .filter(inspection::Column::Result.eq(InspectionResult::NoAccess));
    let recordings = of_case::<legal_action::Entity>(legal_action::Column::CaseId);
    let lien = unscoped::<title_recording::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((title_recording::Entity, title_recording::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(title_recording::Column::Kind.eq(TitleRecordingKind::Lien))
        .filter(title_recording::Column::ReleasedOn.is_null());
    let verifying = of_case::<inspection::Entity>(inspection::Column::CaseId)
        .select_only()
        .expr(Expr::col((inspection::Entity, inspection::Column::PerformedAt)).max())
        .filter(inspection::Column::VerifiesCompliance.eq(true))
        .filter(Expr::exists(found_later().into_query()).not());
    Ok(unscoped::<case::Entity>()
        .select_only()
        .column(case::Column::Id)
        .expr_as(Expr::exists(flags.into_query()), "grew_from_flag")
        .expr_as(Expr::exists(confirmed.into_query()), "flag_confirmed")
        .expr_as(Expr::exists(homes.into_query()), "residents_unanswered")
        .expr_as(Expr::exists(danger.into_query()), "immediate_danger")
        .expr_as(Expr::exists(violations.into_query()), "violation_found")
        .expr_as(Expr::exists(documents().into_query()), "document")
        .expr_as(Expr::exists(refused.into_query()), "entry_refused")
        .expr_as(
            Expr::exists(recordings.filter(Expr::exists(lien.into_query())).into_query()),
            "standing_lien",
        )
        .expr_as(Expr::from(verifying.into_query()), "verified_at")
        .filter(case::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Row>()
        .all(db)
        .await?)
}

fn facts(row: &Row, city: &City) -> Facts {
    Facts {
        grew_from_flag: row.grew_from_flag,
        flag_is_confirmed: row.flag_confirmed,
        residents_unanswered: row.residents_unanswered,
        has_immediate_danger: row.immediate_danger,
        has_conduct_evidence: row.violation_found || row.document,
        has_document: row.document,
        entry_was_refused: row.entry_refused,
        has_standing_lien: row.standing_lien,
        verified_on: row.verified_at.map(|at| city.day_of(at)),
        ..Facts::default()
    }
}

// Violations that were found after the inspection of the surrounding statement.
fn found_later() -> Select<violation::Entity> {
    of_case::<violation::Entity>(violation::Column::CaseId)
        .join_as(JoinType::InnerJoin, violation::Relation::Inspection.def(), "finding")
        .filter(
            Expr::col(("finding", inspection::Column::PerformedAt))
                .gt(Expr::col((inspection::Entity, inspection::Column::PerformedAt))),
        )
}

// Files that are evidence for everybody: not withdrawn, and nobody's work product.
fn documents() -> Select<evidence::Entity> {
    let withdrawn = unscoped::<custody_entry::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((custody_entry::Entity, custody_entry::Column::EvidenceId))
                .equals((evidence::Entity, evidence::Column::Id)),
        )
        .filter(custody_entry::Column::Action.eq(CustodyAction::Withdrawn));
    of_case::<evidence::Entity>(evidence::Column::CaseId)
        .filter(evidence::Column::Privileged.eq(false))
        .filter(Expr::exists(withdrawn.into_query()).not())
}

#[derive(FromQueryResult)]
struct ClockRow {
    case_id: CaseId,
    kind: DeadlineKind,
    due_on: NaiveDate,
    rule_key: String,
    trigger_on: NaiveDate,
    notice_id: Option<NoticeId>,
}

async fn clocks(db: &impl ConnectionTrait, ids: &[CaseId]) -> Result<Vec<ClockRow>> {
    use deadline_computation::Column as C;
    let mut select = unscoped::<deadline::Entity>()
        .select_only()
        .columns([deadline::Column::CaseId, deadline::Column::Kind, deadline::Column::DueOn])
        .expr_as(Expr::col((deadline_computation::Entity, C::RuleKey)), "rule_key")
        .expr_as(Expr::col((deadline_computation::Entity, C::TriggerOn)), "trigger_on")
        .expr_as(Expr::col((deadline_computation::Entity, C::NoticeId)), "notice_id")
        .filter(deadline::Column::CaseId.is_in(ids.iter().copied()));
    QueryTrait::query(&mut select).inner_join(
        deadline_computation::Entity,
        Expr::col((deadline_computation::Entity, C::DeadlineId))
            .equals((deadline::Entity, deadline::Column::Id)),
    );
    Ok(select.into_model().all(db).await?)
}

#[derive(FromQueryResult)]
struct ServiceRow {
    id: NoticeId,
    case_id: CaseId,
    kind: NoticeKind,
    legal_action_id: Option<LegalActionId>,
    comply_by: Option<NaiveDate>,
    party_id: Option<PartyId>,
    method: ServiceMethod,
    served_on: NaiveDate,
}

async fn notices(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
    clocks: &[ClockRow],
) -> Result<Vec<(CaseId, NoticeServed)>> {
    use notice_service::Column as S;
    let mut select = unscoped::<notice::Entity>()
        .select_only()
        .columns([notice::Column::Id, notice::Column::CaseId, notice::Column::Kind])
        .columns([notice::Column::LegalActionId, notice::Column::ComplyBy])
        .expr_as(Expr::col((notice_service::Entity, S::PartyId)), "party_id")
        .expr_as(Expr::col((notice_service::Entity, S::Method)), "method")
        .expr_as(Expr::col((notice_service::Entity, S::ServedOn)), "served_on")
        .filter(notice::Column::CaseId.is_in(ids.iter().copied()))
        .order_by_asc(notice::Column::Id);
    QueryTrait::query(&mut select).inner_join(
        notice_service::Entity,
        Expr::col((notice_service::Entity, S::NoticeId)).equals((notice::Entity, notice::Column::Id)),
    );
    let rows: Vec<ServiceRow> = select.into_model().all(db).await?;
    let mut found: Vec<(NoticeId, CaseId, NoticeServed)> = Vec::new();
    for row in rows {
        let service = Served { recipient: row.party_id, method: row.method, on: row.served_on };
        match found.last_mut().filter(|(id, ..)| *id == row.id) {
            Some((_, _, notice)) => notice.services.push(service),
            None => found.push((row.id, row.case_id, as_served(&row, service, clocks))),
        }
    }
    Ok(found.into_iter().map(|(_, case, notice)| (case, notice)).collect())
}

// Its time is over when the day that it names and every clock that its service started have passed, as they stand now: an
// extension moves the clock.
fn as_served(row: &ServiceRow, service: Served, clocks: &[ClockRow]) -> NoticeServed {
    let named = row.comply_by.map(|day| over_on(DeadlineKind::Due, day));
    let own =
        clocks.iter().filter(|clock| clock.notice_id == Some(row.id) && clock.kind != DeadlineKind::Expires);
    NoticeServed {
        kind: row.kind,
        action: row.legal_action_id,
        services: vec![service],
        over_on: own.map(|clock| over_on(clock.kind, clock.due_on)).chain(named).max(),
    }
}

#[derive(FromQueryResult)]
struct TotalRow {
    case_id: CaseId,
    kind: CostKind,
    cents: i64,
}

async fn balances(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
    until: NaiveDate,
) -> Result<HashMap<CaseId, Balance>> {
    use cost_entry::Column as C;
    let rows: Vec<TotalRow> = unscoped::<cost_entry::Entity>()
        .select_only()
        .columns([C::CaseId, C::Kind])
        // PostgreSQL's sums of large integers are numerics.
        .expr_as(Expr::cust("CAST(SUM(\"cost_entry\".\"amount_cents\") AS BIGINT)"), "cents")
        .filter(C::CaseId.is_in(ids.iter().copied()))
        .filter(C::OccurredOn.lte(until))
        .group_by(C::CaseId)
        .group_by(C::Kind)
        .into_model()
        .all(db)
        .await?;
    let mut sums: HashMap<CaseId, Vec<(CostKind, i64)>> = HashMap::new();
    for row in rows {
        sums.entry(row.case_id).or_default().push((row.kind, row.cents));
    }
    Ok(sums.into_iter().map(|(case, sums)| (case, Balance::of(sums))).collect())
}

#[derive(FromQueryResult)]
struct ResponseRow {
    case_id: CaseId,
    occurred_on: NaiveDate,
}

// Responses to the places of these cases, whichever case at the place they were recorded in; none that was taken back.
async fn responses(db: &impl ConnectionTrait, ids: &[CaseId]) -> Result<Vec<ResponseRow>> {
    use cost_entry::Column as C;
    let reversal = Alias::new("reversal");
    let mut reversed = Query::select();
    reversed
        .expr(Expr::val(1))
        .from_as(cost_entry::Entity, reversal.clone())
        .and_where(Expr::col((reversal, C::ReversesId)).equals((cost_entry::Entity, C::Id)));
    let mut select = unscoped::<cost_entry::Entity>()
        .select_only()
        .column(C::OccurredOn)
        .expr_as(Expr::col((case::Entity, case::Column::Id)), "case_id")
        .filter(C::Kind.eq(CostKind::Response))
        .filter(C::ReversesId.is_null())
        .filter(Expr::exists(reversed).not());
    QueryTrait::query(&mut select).inner_join(
        case::Entity,
        Expr::col((case::Entity, case::Column::PropertyId)).equals((cost_entry::Entity, C::PropertyId)),
    );
    Ok(select.filter(case::Column::Id.is_in(ids.iter().copied())).into_model().all(db).await?)
}

// Rows of `E` that belong to the case of the surrounding statement.
fn of_case<E: EntityTrait>(case_id: E::Column) -> Select<E> {
    unscoped::<E>()
        .select_only()
        .expr(Expr::val(1))
        .filter(Expr::col(case_id.as_column_ref()).equals((case::Entity, case::Column::Id)))
}
