//! How many calls places have: sums by day, category and reason.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{call::CallCategory, call_roll_up, flag_call::ExclusionReason, id::PropertyId};
use sea_orm::{
    ColumnTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, Func, Query, SelectStatement},
};

use super::protected_sums;
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::{
        call_volume::{CallVolume, Group, add_up},
        day_window::DayWindow,
    },
    error::{Error, Result},
    scope::unscoped,
};

#[derive(FromQueryResult)]
struct Row {
    property_id: PropertyId,
    day: Option<NaiveDate>,
    category: Option<CallCategory>,
    reason: Option<ExclusionReason>,
    calls: i64,
}

/// What the calls at these places add up to in a window, when the data reach up to `as_of`.
pub async fn of_places(
    app: &App,
    viewer: &Viewer,
    places: &[PropertyId],
    days: DayWindow,
    as_of: NaiveDate,
) -> Result<HashMap<PropertyId, CallVolume>> {
    check(viewer)?;
    let rows = Row::find_by_statement(app.db.get_database_backend().build(&grouped(places, days)))
        .all(&app.db)
        .await?;
    let mut groups: HashMap<PropertyId, Vec<Group>> = places.iter().map(|id| (*id, Vec::new())).collect();
    for row in rows {
        let group = Group { day: row.day, category: row.category, reason: row.reason, calls: row.calls };
        groups.entry(row.property_id).or_default().push(group);
    }
    let asked: Vec<protected_sums::Asked> = places.iter().map(|id| (*id, days)).collect();
    let protected = protected_sums::shown_up_to(app, &asked, as_of).await?;
    let sums =
        |(id, groups): (PropertyId, Vec<Group>)| (id, add_up(&groups, protected.get(&(id, days)).copied()));
    Ok(groups.into_iter().map(sums).collect())
}

/// Whoever may read aggregates may read sums, in every district.
pub fn check(viewer: &Viewer) -> Result<()> {
    match viewer.reach(Action::ReadAggregates) {
        Reach::Nowhere => Err(Error::closed_to(viewer, Action::ReadAggregates, "call volumes")),
        Reach::OwnDistricts | Reach::Everywhere => Ok(()),
    }
}

// The day of a protected call does not leave the database, and its category is not even in the roll-up.
fn grouped(places: &[PropertyId], days: DayWindow) -> SelectStatement {
    use call_roll_up::Column as R;
    let cells = unscoped::<call_roll_up::Entity>()
        .select_only()
        .column(R::PropertyId)
        .expr_as(Expr::cust("CASE WHEN reason = 'PROTECTED' THEN NULL ELSE occurred_on END"), "day")
        .expr_as(Expr::cust("NULLIF(category, 'PROTECTED')"), "category")
        .expr_as(Expr::cust("NULLIF(reason, '')"), "reason")
        .column(R::Calls)
        .filter(R::PropertyId.is_in(places.iter().copied()))
        .filter(R::OccurredOn.between(days.from, days.to))
        .into_query();
    let columns = ["property_id", "day", "category", "reason"];
    let mut sums = Query::select();
    sums.columns(columns)
        .expr_as(Func::sum(Expr::col("calls")), "calls")
        .from_subquery(cells, "cells")
        .group_by_columns(columns);
    sums
}
