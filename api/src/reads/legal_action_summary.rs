//! Legal actions counted by district, kind, status and attorney, in one statement.

use chrono::{DateTime, Utc};
use entity::{
    deadline,
    id::{DistrictId, StaffId},
    legal_action::{self, LegalActionKind, LegalActionStatus},
};
use sea_orm::{
    ColumnTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, UnionType},
};

use super::{
    deadlines::is_overdue,
    legal_actions::{self, Filter},
};
use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

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
    let mut parts = actions(app, viewer, filter, group_by);
    parts.union(UnionType::All, late(app, viewer, filter, group_by));
    let mut summed = Query::select();
    for group in &GROUPS {
        if group_by.contains(&group.grouping) {
            summed.column(group.name).group_by_col(group.name);
        } else {
            summed.expr_as(Expr::cust("NULL"), group.name);
        }
    }
    // PostgreSQL sums counts to a decimal number.
    let sum = |name: &'static str| Expr::col(name).sum().cast_as(Alias::new("bigint"));
    summed
        .expr_as(sum("count"), "count")
        .expr_as(sum("overdue_deadlines"), "overdue_deadlines")
        .expr_as(Expr::col("oldest_status_since").min(), "oldest_status_since")
        .from_subquery(parts, "parts");
    Ok(SummaryRow::find_by_statement(app.db.get_database_backend().build(&summed)).all(&app.db).await?)
}

struct Group {
    grouping: Grouping,
    name: &'static str,
    column: legal_action::Column,
    /// The deadline's own copy of it.
    copy: Option<deadline::Column>,
}

static GROUPS: [Group; 4] = {
    use legal_action::Column as C;
    const fn group(
        grouping: Grouping,
        name: &'static str,
        column: C,
        copy: Option<deadline::Column>,
    ) -> Group {
        Group { grouping, name, column, copy }
    }
    [
        group(Grouping::District, "district_id", C::DistrictId, Some(deadline::Column::DistrictId)),
        group(Grouping::Kind, "kind", C::Kind, None),
        group(Grouping::Status, "status", C::Status, Some(deadline::Column::ActionStatus)),
        group(Grouping::Attorney, "attorney_id", C::ResponsibleAttorneyId, None),
    ]
};

fn actions(app: &App, viewer: &Viewer, filter: &Filter, group_by: &[Grouping]) -> SelectStatement {
    use legal_action::Column as C;
    let mut counted = legal_actions::filtered(app, viewer, filter).select_only().into_query();
    for group in asked(group_by) {
        let column = (legal_action::Entity, group.column);
        counted.expr_as(Expr::col(column), group.name).group_by_col(column);
    }
    counted
        .expr_as(Expr::col((legal_action::Entity, C::Id)).count(), "count")
        .expr_as(Expr::cust("0"), "overdue_deadlines")
        .expr_as(Expr::col((legal_action::Entity, C::StatusSince)).min(), "oldest_status_since");
    counted
}

// Counted apart from the actions, so that no action is counted once for each of its deadlines.
fn late(app: &App, viewer: &Viewer, filter: &Filter, group_by: &[Grouping]) -> SelectStatement {
    let late = deadline::Entity::visible_to(viewer).filter(is_overdue(app.today()));
    let mut late = late.filter(deadline::Column::LegalActionId.is_not_null()).select_only().into_query();
    let by_copies = *filter == Filter::default() && asked(group_by).all(|group| group.copy.is_some());
    for group in asked(group_by) {
        match group.copy.filter(|_| by_copies) {
            Some(copy) => {
                let column = (deadline::Entity, copy);
                late.expr_as(Expr::col(column), group.name).group_by_col(column);
            }
            None => {
                let column = ("action", group.column);
                late.expr_as(Expr::col(column), group.name).group_by_col(column);
            }
        }
    }
    late.expr_as(Expr::cust("0"), "count")
        .expr_as(Expr::col((deadline::Entity, deadline::Column::Id)).count(), "overdue_deadlines")
        .expr_as(Expr::cust("NULL"), "oldest_status_since");
    if !by_copies {
        late.join_subquery(
            JoinType::InnerJoin,
            legal_actions::filtered(app, viewer, filter).into_query(),
            "action",
            Expr::col(("action", legal_action::Column::Id))
                .equals((deadline::Entity, deadline::Column::LegalActionId)),
        );
    }
    late
}

fn asked(group_by: &[Grouping]) -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().filter(|group| group_by.contains(&group.grouping))
}
