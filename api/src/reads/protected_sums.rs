//! Sums of protected calls at places, by whole months; what may be shown of them is for `domain::protected_sum`.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::{
    call_roll_up::{self, PROTECTED},
    id::PropertyId,
};
use sea_orm::{
    ColumnTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{CaseStatement, Expr, Func, Query},
};

use super::calls::data_as_of;
use crate::{
    app::App,
    domain::{day_window::DayWindow, protected_sum},
    error::Result,
    scope::unscoped,
};

/// A place and the days that somebody asks about.
pub type Asked = (PropertyId, DayWindow);

#[derive(FromQueryResult)]
struct Row {
    property_id: PropertyId,
    month: i32,
    calls: i64,
}

/// What may be shown of the protected calls, for each place and window that has something to show.
pub async fn shown(app: &App, asked: &[Asked]) -> Result<HashMap<Asked, i32>> {
    let Some(as_of) = data_as_of(&app.db).await? else { return Ok(HashMap::new()) };
    shown_up_to(app, asked, app.city.day_of(as_of)).await
}

/// The same, when the data are known to reach up to that day.
pub async fn shown_up_to(app: &App, asked: &[Asked], as_of: NaiveDate) -> Result<HashMap<Asked, i32>> {
    let months_of = |window: DayWindow| protected_sum::months(window, as_of);
    let months: BTreeSet<DayWindow> = asked.iter().flat_map(|(_, window)| months_of(*window)).collect();
    let months: Vec<DayWindow> = months.into_iter().collect();
    let places: BTreeSet<PropertyId> = asked.iter().map(|(place, _)| *place).collect();
    let sums = by_month(app, &places, &months).await?;
    let sum = |asked: &Asked| {
        let months = months_of(asked.1);
        protected_sum::shown(months.iter().filter_map(|month| sums.get(&(asked.0, *month)).copied()))
    };
    Ok(asked.iter().filter_map(|asked| Some((*asked, sum(asked)?))).collect())
}

// The database tells the month of a protected call and nothing else of it.
async fn by_month(
    app: &App,
    places: &BTreeSet<PropertyId>,
    months: &[DayWindow],
) -> Result<HashMap<(PropertyId, DayWindow), i64>> {
    use call_roll_up::Column as R;
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(HashMap::new()) };
    let mut number = CaseStatement::new();
    for (index, month) in (0_i32..).zip(months) {
        number = number.case(R::OccurredOn.between(month.from, month.to), Expr::val(index));
    }
    let calls = unscoped::<call_roll_up::Entity>()
        .select_only()
        .columns([R::PropertyId, R::Calls])
        .expr_as(number.finally(Expr::val(-1)), "month")
        .filter(R::PropertyId.is_in(places.iter().copied()))
        .filter(R::OccurredOn.between(first.from, last.to))
        .filter(R::Reason.eq(PROTECTED))
        .into_query();
    let mut sums = Query::select();
    sums.columns(["property_id", "month"])
        .expr_as(Func::sum(Expr::col("calls")), "calls")
        .from_subquery(calls, "calls")
        .group_by_columns(["property_id", "month"]);
    let rows = Row::find_by_statement(app.db.get_database_backend().build(&sums)).all(&app.db).await?;
    let of_month = |row: Row| {
        let month = months.get(usize::try_from(row.month).ok()?)?;
        Some(((row.property_id, *month), row.calls))
    };
    Ok(rows.into_iter().filter_map(of_month).collect())
}
