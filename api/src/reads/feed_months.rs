//! How many calls a feed has told of, month by month.

use entity::{call, id::FeedId};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, IntoValueTuple, Query, ValueTuple},
};

use crate::{app::App, domain::feed_span::Month, error::Result};

/// Spans of one statement: each carries four values, and SQLite takes 32,766 of them.
const SPANS: usize = 5_000;

#[derive(FromQueryResult)]
struct Counted {
    span: i32,
    calls: i64,
}

/// The calls stored of each feed in each of these months, in the same order; protected ones and those that the source
/// took back later are among them. The sums are of a whole feed, so they tell nothing of a place.
pub async fn calls_in(app: &App, months: &[(FeedId, Month)]) -> Result<Vec<i64>> {
    let mut calls = vec![0; months.len()];
    for (chunk, some) in months.chunks(SPANS).enumerate() {
        let spans = (0_i32..)
            .zip(some)
            .map(|(at, (feed, month))| (at, *feed, month.from, month.to).into_value_tuple());
        for counted in counted(app, spans.collect()).await? {
            let at = usize::try_from(counted.span).unwrap_or_default() + chunk * SPANS;
            if let Some(calls) = calls.get_mut(at) {
                *calls = counted.calls;
            }
        }
    }
    Ok(calls)
}

// A range of the index over a feed's calls by time for each month.
async fn counted(app: &App, spans: Vec<ValueTuple>) -> Result<Vec<Counted>> {
    use call::Column as C;
    let of_span = |column: &'static str| Expr::col(("spans", column));
    let of_call = |column: C| Expr::col((call::Entity, column));
    let mut count = Query::select();
    count
        .expr(of_call(C::OccurredAt).count())
        .from(call::Entity)
        .and_where(of_call(C::FeedId).eq(of_span("column2")))
        .and_where(of_call(C::OccurredAt).gte(of_span("column3")))
        .and_where(of_call(C::OccurredAt).lt(of_span("column4")));
    let mut each = Query::select();
    each.expr_as(of_span("column1"), "span").expr_as(count, "calls").from_values(spans, "spans");
    Ok(Counted::find_by_statement(app.db.get_database_backend().build(&each)).all(&app.db).await?)
}
