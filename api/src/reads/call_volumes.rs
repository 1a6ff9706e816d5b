//! How many calls places have: sums by day, category and reason, and the places with most of them.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    call::CallCategory,
    call_roll_up,
    flag_call::ExclusionReason,
    id::{DistrictId, PropertyId},
    property::{self, UseType},
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, JoinType, Order, QueryFilter, QueryResult, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement},
};

use super::{
    page::{self, Page, Sorting, Window},
    protected_sums,
};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::{
        call_volume::{CallVolume, Group, add_up},
        day_window::{Asked, DayWindow},
    },
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
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

/// Whoever may read aggregates or cases may read sums, in every district.
pub fn check(viewer: &Viewer) -> Result<()> {
    let may =
        [Action::ReadAggregates, Action::ReadCases].map(|action| viewer.reach(action) != Reach::Nowhere);
    if may.contains(&true) { Ok(()) } else { Err(Error::Forbidden("call volumes")) }
}

/// A place and how many qualifying calls it had.
#[derive(Clone, Debug)]
pub struct Busy {
    pub place: property::Model,
    pub qualifying: i64,
}

impl FromQueryResult for Busy {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            place: property::Model::from_query_result(row, prefix)?,
            qualifying: row.try_get("", "qualifying")?,
        })
    }
}

/// What the list of busy places is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub use_types: Option<Vec<UseType>>,
}

/// One page of the places with a qualifying call in these days, most calls first.
pub async fn busiest(
    app: &App,
    viewer: &Viewer,
    asked: Asked,
    days: DayWindow,
    filter: &Filter,
    window: &Window,
) -> Result<Page<Busy>> {
    check(viewer)?;
    use call_roll_up::Column as R;
    let calls = unscoped::<call_roll_up::Entity>()
        .select_only()
        .column(R::PropertyId)
        .expr_as(Func::sum(Expr::col((call_roll_up::Entity, R::Calls))), "qualifying")
        .filter(R::OccurredOn.between(days.from, days.to))
        // Written out, so that the databases see that the index of qualifying calls serves.
        .filter(Expr::cust("reason = ''"))
        .group_by(R::PropertyId);
    let mut select = property::Entity::visible_to(viewer).filter(
        Condition::all()
            .add_option(filter.districts.clone().map(|ids| property::Column::DistrictId.is_in(ids)))
            .add_option(filter.use_types.clone().map(|uses| property::Column::UseType.is_in(uses))),
    );
    QueryTrait::query(&mut select).join_subquery(
        JoinType::InnerJoin,
        calls.into_query(),
        "volume",
        Expr::col(("volume", R::PropertyId)).equals((property::Entity, property::Column::Id)),
    );
    let select = select.expr_as(Expr::col(("volume", "qualifying")), "qualifying");
    // The window as it was asked for: a cursor stays good when the data reach further.
    let sorting = Sorting::new(format!("busy places {asked:?}"))
        .by(Expr::col(("volume", "qualifying")), Order::Desc)
        .by(property::Column::Id, Order::Asc);
    let keys = |row: &Busy| vec![page::Key::Number(row.qualifying), row.place.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
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
