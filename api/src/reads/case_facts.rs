//! What the stage machine needs to know of cases, in one statement for any number of them.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    case, deadline,
    flag::{self, FlagStatus},
    id::CaseId,
    inspection,
    legal_action::{self, LegalActionStatus},
    notice::{self, NoticeKind},
    notice_service, title_recording, violation,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    QueryTrait, RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{case_stage::Facts, notice::gives_time_to_correct},
    error::Result,
    scope::unscoped,
};

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
struct Row {
    id: CaseId,
    was_litigated: bool,
    open_violation: bool,
    confirmed_flag: bool,
    expired_notice: bool,
    immediate_danger: bool,
    authorized_action: bool,
    unfinished_action: bool,
    open_deadline: bool,
    unreleased_recording: bool,
    verifying_inspection: bool,
    court_paper: bool,
}

/// The facts of these cases on that day.
pub async fn of(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
    today: NaiveDate,
) -> Result<HashMap<CaseId, Facts>> {
    use LegalActionStatus as L;
    let violations = || of_case::<violation::Entity>(violation::Column::CaseId);
    let actions = || of_case::<legal_action::Entity>(legal_action::Column::CaseId);
    let open_violation = violations().filter(violation::Column::CorrectedOn.is_null());
    let immediate_danger = open_violation.clone().filter(violation::Column::ImmediateDanger.eq(true));
    let confirmed_flag = of_case::<flag::Entity>(flag::Column::CaseId)
        .filter(flag::Column::Status.is_in([FlagStatus::Confirmed, FlagStatus::CaseOpened]));
    let served = unscoped::<notice_service::Entity>().select_only().column(notice_service::Column::NoticeId);
    let expired_notice = of_case::<notice::Entity>(notice::Column::CaseId)
        .filter(notice::Column::ComplyBy.lt(today))
        .filter(notice::Column::Kind.is_in(kinds_that_give_time()))
        .filter(notice::Column::Id.in_subquery(served.into_query()));
    let authorized =
        actions().filter(legal_action::Column::Status.is_not_in([L::Referred, L::Declined, L::Withdrawn]));
    let unfinished = actions().filter(legal_action::Column::IsFinal.eq(false));
    let open_deadline = of_case::<deadline::Entity>(deadline::Column::CaseId)
        .filter(deadline::Column::Kind.eq(deadline::DeadlineKind::Due))
        .filter(deadline::Column::CompletedOn.is_null());
    let standing = unscoped::<title_recording::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((title_recording::Entity, title_recording::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(title_recording::Column::ReleasedOn.is_null());
    let recorded = actions().filter(Expr::exists(standing.into_query()));
    let found_later =
        violations().join_as(JoinType::InnerJoin, violation::Relation::Inspection.def(), "finding").filter(
            Expr::col(("finding", inspection::Column::PerformedAt))
                .gt(Expr::col((inspection::Entity, inspection::Column::PerformedAt))),
        );
    let verifying = of_case::<inspection::Entity>(inspection::Column::CaseId)
        .filter(inspection::Column::VerifiesCompliance.eq(true))
        .filter(Expr::exists(found_later.into_query()).not());
    let court_paper = actions().filter(legal_action::Column::Status.is_in([
        L::Satisfied,
        L::Settled,
        L::Dismissed,
        L::Denied,
    ]));
    let rows = unscoped::<case::Entity>()
        .select_only()
        .column(case::Column::Id)
        .column(case::Column::WasLitigated)
        .expr_as(Expr::exists(open_violation.into_query()), "open_violation")
        .expr_as(Expr::exists(confirmed_flag.into_query()), "confirmed_flag")
        .expr_as(Expr::exists(expired_notice.into_query()), "expired_notice")
        .expr_as(Expr::exists(immediate_danger.into_query()), "immediate_danger")
        .expr_as(Expr::exists(authorized.into_query()), "authorized_action")
        .expr_as(Expr::exists(unfinished.into_query()), "unfinished_action")
        .expr_as(Expr::exists(open_deadline.into_query()), "open_deadline")
        .expr_as(Expr::exists(recorded.into_query()), "unreleased_recording")
        .expr_as(Expr::exists(verifying.into_query()), "verifying_inspection")
        .expr_as(Expr::exists(court_paper.into_query()), "court_paper")
        .filter(case::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Row>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, facts(&row))).collect())
}

fn kinds_that_give_time() -> impl Iterator<Item = NoticeKind> {
    NoticeKind::ALL.iter().copied().filter(|kind| gives_time_to_correct(*kind))
}

fn facts(row: &Row) -> Facts {
    Facts {
        has_open_violation: row.open_violation,
        has_confirmed_flag: row.confirmed_flag,
        has_expired_notice: row.expired_notice,
        has_immediate_danger: row.immediate_danger,
        has_authorized_action: row.authorized_action,
        has_unfinished_action: row.unfinished_action,
        has_open_deadline: row.open_deadline,
        has_unreleased_recording: row.unreleased_recording,
        has_verifying_inspection: row.verifying_inspection,
        has_court_paper: row.court_paper,
        was_litigated: row.was_litigated,
    }
}

// Rows of `E` that belong to the case of the surrounding statement.
fn of_case<E: EntityTrait>(case_id: E::Column) -> Select<E> {
    unscoped::<E>()
        .select_only()
        .expr(Expr::val(1))
        .filter(Expr::col(case_id.as_column_ref()).equals((case::Entity, case::Column::Id)))
}
