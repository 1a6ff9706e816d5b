//! When the city first stepped in: the first notice that was served in a case, or the first legal action filed.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    case,
    id::{CaseId, PropertyId},
    legal_action, notice,
    notice::NoticeKind,
    notice_service,
};
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func, Query, UnionType},
};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// The first intervention in a case, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Intervention {
    pub case_id: CaseId,
    pub property_id: PropertyId,
    pub first_on: NaiveDate,
}

/// The first intervention in each of these cases that had one, in one statement. A friendly first letter is none.
pub async fn first_of(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<HashMap<CaseId, Intervention>> {
    let mut served = notice::Entity::visible_to(viewer)
        .select_only()
        .column(notice::Column::CaseId)
        .expr_as(Expr::col((notice_service::Entity, notice_service::Column::ServedOn)), "day")
        .filter(notice::Column::Kind.ne(NoticeKind::Courtesy))
        .filter(notice::Column::CaseId.is_in(cases.iter().copied()));
    QueryTrait::query(&mut served).inner_join(
        notice_service::Entity,
        Expr::col((notice_service::Entity, notice_service::Column::NoticeId))
            .equals((notice::Entity, notice::Column::Id)),
    );
    let mut days = served.into_query();
    let filed = legal_action::Entity::visible_to(viewer)
        .select_only()
        .column(legal_action::Column::CaseId)
        .column_as(legal_action::Column::FiledOn, "day")
        .filter(legal_action::Column::FiledOn.is_not_null())
        .filter(legal_action::Column::CaseId.is_in(cases.iter().copied()))
        .into_query();
    days.union(UnionType::All, filed);
    let mut first = Query::select();
    first
        .column("case_id")
        .expr_as(Func::min(Expr::col("day")), "first_on")
        .from_subquery(days, "days")
        .group_by_col("case_id");
    let mut select = case::Entity::visible_to(viewer)
        .select_only()
        .column_as(case::Column::Id, "case_id")
        .column(case::Column::PropertyId)
        .expr_as(Expr::col(("first", "first_on")), "first_on");
    QueryTrait::query(&mut select).join_subquery(
        JoinType::InnerJoin,
        first,
        "first",
        Expr::col(("first", "case_id")).equals((case::Entity, case::Column::Id)),
    );
    let rows = select.into_model::<Intervention>().all(&app.db).await?;
    Ok(rows.into_iter().map(|row| (row.case_id, row)).collect())
}
