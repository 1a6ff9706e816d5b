//! The places with most qualifying calls in a window.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use entity::{
    call_roll_up,
    id::{DistrictId, PropertyId},
    property::{self, UseType},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, FromQueryResult, JoinType, Order, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::{
    call_volumes::check,
    calls,
    page::{self, Key, Page, Sorting, Window},
};
use crate::{
    app::App,
    authz::Viewer,
    domain::day_window::{Asked, DayWindow},
    error::{Error, Result},
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

/// All places with a qualifying call in a window, most calls first.
type Ranking = Arc<Vec<(PropertyId, i64)>>;

/// The rankings of the windows that were last asked for. To add up tens of thousands of places takes ten times as long as
/// a page may; whether anything changed since is one look at the feeds, which is taken with the places of the page.
#[derive(Clone, Debug, Default)]
pub struct Rankings(Arc<Mutex<Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    /// How the calls stood when these were told.
    standing: Option<Standing>,
    rankings: HashMap<DayWindow, Ranking>,
}

impl Rankings {
    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The ranking of that window, and how the calls stood when it was told.
    fn last(&self, app: &App, asked: Asked) -> Option<(Standing, Ranking)> {
        let remembered = self.remembered();
        let standing = remembered.standing?;
        Some((standing, remembered.rankings.get(&standing.days(app, asked))?.clone()))
    }

    // The sums are made after the calls stood like that: if calls change in between, the next who asks finds that, and adds up
    // again.
    async fn of(&self, app: &App, days: DayWindow, standing: Standing) -> Result<Ranking> {
        let ranking: Vec<(PropertyId, i64)> = sums(days).into_tuple().all(&app.db).await?;
        let ranking = Arc::new(ranking);
        let mut remembered = self.remembered();
        if remembered.standing != Some(standing) || remembered.rankings.len() >= WINDOWS {
            *remembered = Remembered { standing: Some(standing), rankings: HashMap::new() };
        }
        remembered.rankings.insert(days, ranking.clone());
        Ok(ranking)
    }
}

/// How often calls changed, and how far they reach. Every transaction that changes calls counts so in its feed's row
/// (`ingest::lock`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
struct Standing {
    changes: i64,
    as_of: Option<DateTime<Utc>>,
}

const CHANGES: &str = "(SELECT CAST(COALESCE(SUM(calls_changed), 0) AS bigint) FROM feed)";
const AS_OF: &str = "(SELECT MAX(data_as_of) FROM feed)";

impl Standing {
    async fn now(app: &App) -> Result<Self> {
        let mut asked = Query::select();
        asked.expr_as(Expr::cust(CHANGES), "changes").expr_as(Expr::cust(AS_OF), "as_of");
        let row = app.db.query_one(&asked).await?;
        let row = row.ok_or_else(|| Error::Internal("the feeds tell nothing".to_owned()))?;
        Ok(Self::from_query_result(&row, "")?)
    }

    // As `calls::window` has it.
    fn days(self, app: &App, asked: Asked) -> DayWindow {
        asked.up_to(self.as_of.map_or_else(|| app.today(), |at| app.city.day_of(at)))
    }
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
    filter: &Filter,
    window: &Window,
) -> Result<Page<Busy>> {
    check(viewer)?;
    // The window as it was asked for: a cursor stays good when the data reach further.
    let sorting = Sorting::new(format!("busy places {asked:?}"))
        .by(Expr::col(("volume", "qualifying")), Order::Desc)
        .by(property::Column::Id, Order::Asc);
    if filter.districts.is_some() || filter.use_types.is_some() {
        let (days, _) = calls::window(app, asked).await?;
        let keys = |row: &Busy| vec![Key::Number(row.qualifying), row.place.id.0.into()];
        return page::page(&app.db, listed(viewer, filter, days), &sorting, window, keys).await;
    }
    if let Some((standing, ranking)) = rankings.last(app, asked) {
        let days = standing.days(app, asked);
        let page = ranked(&ranking, &sorting, window, listed(viewer, filter, days))?;
        let (page, found) = with_places(app, viewer, page).await?;
        if found == Some(standing) {
            return Ok(page);
        }
    }
    let standing = Standing::now(app).await?;
    let days = standing.days(app, asked);
    let ranking = rankings.of(app, days, standing).await?;
    let page = ranked(&ranking, &sorting, window, listed(viewer, filter, days))?;
    Ok(with_places(app, viewer, page).await?.0)
}

fn listed(viewer: &Viewer, filter: &Filter, days: DayWindow) -> Select<property::Entity> {
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
    select.expr_as(Expr::col(("volume", "qualifying")), "qualifying")
}

fn ranked(
    ranking: &Ranking,
    sorting: &Sorting,
    window: &Window,
    counted: Select<property::Entity>,
) -> Result<Page<(PropertyId, i64)>> {
    let order = |(place, calls): &(PropertyId, i64)| (Reverse(*calls), place.0);
    let keys = |(place, calls): &(PropertyId, i64)| vec![Key::Number(*calls), place.0.into()];
    let of_keys = |keys: &[Key]| match keys {
        [Key::Number(calls), Key::Id(place)] => Some((Reverse(*calls), *place)),
        _ => None,
    };
    page::of_ranked(ranking, sorting, window, order, keys, of_keys, counted)
}

// With the places it is told how the calls stand: in the same statement, so that one look at the database is enough. None when
// no place is there to tell it with.
async fn with_places(
    app: &App,
    viewer: &Viewer,
    page: Page<(PropertyId, i64)>,
) -> Result<(Page<Busy>, Option<Standing>)> {
    let ids = page.rows.iter().map(|(_, (place, _))| *place);
    let found = property::Entity::visible_to(viewer)
        .filter(property::Column::Id.is_in(ids))
        .expr_as(Expr::cust(CHANGES), "changes")
        .expr_as(Expr::cust(AS_OF), "as_of")
        .into_model::<Found>()
        .all(&app.db)
        .await?;
    let standing = found.first().map(|found| found.standing);
    let mut places: HashMap<PropertyId, property::Model> =
        found.into_iter().map(|found| (found.place.id, found.place)).collect();
    let row = |(cursor, (id, qualifying))| Some((cursor, Busy { place: places.remove(&id)?, qualifying }));
    let page = Page {
        rows: page.rows.into_iter().filter_map(row).collect(),
        has_next: page.has_next,
        has_previous: page.has_previous,
        count: page.count,
    };
    Ok((page, standing))
}

struct Found {
    place: property::Model,
    standing: Standing,
}

impl FromQueryResult for Found {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            place: property::Model::from_query_result(row, prefix)?,
            standing: Standing::from_query_result(row, prefix)?,
        })
    }
}
