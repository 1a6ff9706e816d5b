//! Legal actions counted by district, kind, status and attorney, in one statement.

use chrono::{DateTime, Utc};
use entity::{
    deadline,
    id::{DistrictId, StaffId},
    legal_action::{self, LegalActionKind, LegalActionStatus},
};
use sea_orm::{
    FromQueryResult, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, ExprTrait, Func, JoinType, SelectStatement},
};

use super::legal_actions::{self, Filter};
use crate::{app::App, authz::Viewer, error::Result};

/// What legal actions are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    District,
    Kind,
    Status,
    Attorney,
}

/// One group; what was not grouped by is none.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SummaryRow {
    pub district_id: Option<DistrictId>,
    pub kind: Option<LegalActionKind>,
    pub status: Option<LegalActionStatus>,
    /// None also for the actions that are nobody's.
    pub attorney_id: Option<StaffId>,
    pub count: i64,
    /// Open deadlines of these actions whose day has passed.
    pub overdue_deadlines: i64,
    pub oldest_status_since: Option<DateTime<Utc>>,
}

/// The groups of the legal actions that the viewer may see and the filter leaves.
pub async fn summary(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    group_by: &[Grouping],
) -> Result<Vec<SummaryRow>> {
    use legal_action::Column as C;
    let mut counted = legal_actions::filtered(app, viewer, filter).select_only().into_query();
    let groups = [
        (Grouping::District, C::DistrictId, "district_id"),
        (Grouping::Kind, C::Kind, "kind"),
        (Grouping::Status, C::Status, "status"),
        (Grouping::Attorney, C::ResponsibleAttorneyId, "attorney_id"),
    ];
    for (grouping, column, name) in groups {
        let column = (legal_action::Entity, column);
        if group_by.contains(&grouping) {
            counted.expr_as(Expr::col(column), name).group_by_col(column);
        } else {
            counted.expr_as(Expr::cust("NULL"), name);
        }
    }
    let late = Expr::col(("late", "deadlines"));
    counted
        .expr_as(Expr::col((legal_action::Entity, C::Id)).count(), "count")
        // PostgreSQL sums counts to a decimal number.
        .expr_as(Func::coalesce([late.sum(), 0.into()]).cast_as(Alias::new("bigint")), "overdue_deadlines")
        .expr_as(Expr::col((legal_action::Entity, C::StatusSince)).min(), "oldest_status_since")
        .join_subquery(
            JoinType::LeftJoin,
            late_by_action(app),
            "late",
            Expr::col(("late", "legal_action_id")).equals((legal_action::Entity, C::Id)),
        );
    Ok(SummaryRow::find_by_statement(app.db.get_database_backend().build(&counted)).all(&app.db).await?)
}

// Counted before it is joined, so that no action is counted once for each of its deadlines.
fn late_by_action(app: &App) -> SelectStatement {
    let mut late = legal_actions::overdue(app.today()).select_only().into_query();
    late.column((deadline::Entity, deadline::Column::LegalActionId))
        .expr_as(Expr::col((deadline::Entity, deadline::Column::Id)).count(), "deadlines")
        .and_where(Expr::col((deadline::Entity, deadline::Column::LegalActionId)).is_not_null())
        .group_by_col((deadline::Entity, deadline::Column::LegalActionId));
    late
}
