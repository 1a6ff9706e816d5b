//! The places with most qualifying calls in a window.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{
    call_roll_up, feed,
    id::{DistrictId, PropertyId},
    property::{self, UseType},
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    call_volumes::check,
    page::{self, Key, Page, Sorting, Window},
};
use crate::{
    app::App,
    authz::Viewer,
    domain::day_window::{Asked, DayWindow},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// Windows that are remembered at most: a city asks for a few, and each takes about a megabyte.
const WINDOWS: usize = 16;

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

/// All places with a qualifying call in a window, most calls first, and the count of changes that it was told at.
type Ranking = (i64, Arc<Vec<(PropertyId, i64)>>);

/// The rankings of the windows that were last asked for. To add up tens of thousands of places takes ten times as long as
/// a page may; whether anything changed since is one look at the feeds.
#[derive(Clone, Debug, Default)]
pub struct Rankings(Arc<Mutex<HashMap<DayWindow, Ranking>>>);

impl Rankings {
    /// The ranking of these days.
    pub async fn of(&self, app: &App, days: DayWindow) -> Result<Arc<Vec<(PropertyId, i64)>>> {
        // Asked before the sums are: if calls change in between, the next who asks finds another count and adds up again.
        let changes = changes(app).await?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&days).cloned();
        if let Some((_, ranking)) = known.filter(|(at, _)| *at == changes) {
            return Ok(ranking);
        }
        let sums: Vec<(PropertyId, i64)> = sums(days).into_tuple().all(&app.db).await?;
        let ranking = Arc::new(sums);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= WINDOWS {
            known.clear();
        }
        known.insert(days, (changes, ranking.clone()));
        Ok(ranking)
    }
}

// Every transaction that changes calls counts so in its feed's row (`ingest::lock`).
async fn changes(app: &App) -> Result<i64> {
    let counts: Vec<i64> = unscoped::<feed::Entity>()
        .select_only()
        .column(feed::Column::CallsChanged)
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(counts.into_iter().sum())
}

fn sums(days: DayWindow) -> Select<call_roll_up::Entity> {
    use call_roll_up::Column as R;
    let calls = || Expr::expr(Func::sum(Expr::col((call_roll_up::Entity, R::Calls)))).cast_as("bigint");
    unscoped::<call_roll_up::Entity>()
        .select_only()
        .column(R::PropertyId)
        .expr_as(calls(), "qualifying")
        .filter(R::OccurredOn.between(days.from, days.to))
        // Written out, so that the databases see that the index of qualifying calls serves.
        .filter(Expr::cust("reason = ''"))
        .group_by(R::PropertyId)
        .order_by(Expr::col("qualifying"), Order::Desc)
        .order_by_asc(R::PropertyId)
}

/// One page of the places with a qualifying call in these days, most calls first.
pub async fn busiest(
    app: &App,
    rankings: &Rankings,
    viewer: &Viewer,
    asked: Asked,
    days: DayWindow,
    filter: &Filter,
    window: &Window,
) -> Result<Page<Busy>> {
    check(viewer)?;
    let mut select = property::Entity::visible_to(viewer).filter(
        Condition::all()
            .add_option(filter.districts.clone().map(|ids| property::Column::DistrictId.is_in(ids)))
            .add_option(filter.use_types.clone().map(|uses| property::Column::UseType.is_in(uses))),
    );
    let mut calls = sums(days).into_query();
    calls.clear_order_by();
    QueryTrait::query(&mut select).join_subquery(
        JoinType::InnerJoin,
        calls,
        "volume",
        Expr::col(("volume", call_roll_up::Column::PropertyId))
            .equals((property::Entity, property::Column::Id)),
    );
    let select = select.expr_as(Expr::col(("volume", "qualifying")), "qualifying");
    // The window as it was asked for: a cursor stays good when the data reach further.
    let sorting = Sorting::new(format!("busy places {asked:?}"))
        .by(Expr::col(("volume", "qualifying")), Order::Desc)
        .by(property::Column::Id, Order::Asc);
    if filter.districts.is_some() || filter.use_types.is_some() {
        let keys = |row: &Busy| vec![Key::Number(row.qualifying), row.place.id.0.into()];
        return page::page(&app.db, select, &sorting, window, keys).await;
    }
    let ranking = rankings.of(app, days).await?;
    let order = |(place, calls): &(PropertyId, i64)| (Reverse(*calls), place.0);
    let keys = |(place, calls): &(PropertyId, i64)| vec![Key::Number(*calls), place.0.into()];
    let of_keys = |keys: &[Key]| match keys {
        [Key::Number(calls), Key::Id(place)] => Some((Reverse(*calls), *place)),
        _ => None,
    };
    let page = page::of_ranked(&ranking, &sorting, window, order, keys, of_keys, select)?;
    with_places(app, viewer, page).await
}

async fn with_places(app: &App, viewer: &Viewer, page: Page<(PropertyId, i64)>) -> Result<Page<Busy>> {
    let ids = page.rows.iter().map(|(_, (place, _))| *place);
    let places =
        property::Entity::visible_to(viewer).filter(property::Column::Id.is_in(ids)).all(&app.db).await?;
    let mut places: HashMap<PropertyId, property::Model> =
        places.into_iter().map(|place| (place.id, place)).collect();
    let row = |(cursor, (id, qualifying))| Some((cursor, Busy { place: places.remove(&id)?, qualifying }));
    Ok(Page {
        rows: page.rows.into_iter().filter_map(row).collect(),
        has_next: page.has_next,
        has_previous: page.has_previous,
        count: page.count,
    })
}
