//! Questions about feeds: their runs, the rows they could not read, and the call types that nobody mapped.

use std::collections::{HashMap, HashSet};

use entity::{
    call::{self, CallCategory},
    call_type_mapping, feed,
    feed_run::{self, FeedRunStatus},
    id::{FeedId, FeedRunId, RejectedRowId},
    rejected_row,
};
use sea_orm::{
    ColumnTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OverStatement, Query, WindowStatement},
};

use super::page::{self, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    feeds::mapping::key_of,
    scope::{VisibleTo, unscoped},
};

/// All feeds, by key.
pub async fn all(app: &App, viewer: &Viewer) -> Result<Vec<feed::Model>> {
    Ok(feed::Entity::visible_to(viewer).order_by_asc(feed::Column::Key).all(&app.db).await?)
}

/// Feeds by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[FeedId]) -> Result<Vec<feed::Model>> {
    Ok(feed::Entity::visible_to(viewer)
        .filter(feed::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// The id of the feed with that key, for programs that bring its calls.
pub async fn id_of(app: &App, key: &str) -> Result<Option<FeedId>> {
    let found = unscoped::<feed::Entity>().filter(feed::Column::Key.eq(key)).one(&app.db).await?;
    Ok(found.map(|feed| feed.id))
}

/// One run.
pub async fn run_by_id(app: &App, viewer: &Viewer, id: FeedRunId) -> Result<Option<feed_run::Model>> {
    Ok(feed_run::Entity::visible_to(viewer).filter(feed_run::Column::Id.eq(id)).one(&app.db).await?)
}

/// One page of a feed's runs, newest first.
pub async fn runs_of(
    app: &App,
    viewer: &Viewer,
    feed: FeedId,
    window: &Window,
) -> Result<Page<feed_run::Model>> {
    let select = feed_run::Entity::visible_to(viewer).filter(feed_run::Column::FeedId.eq(feed));
    let sorting = Sorting::new("feedRuns")
        .by(feed_run::Column::StartedAt, Order::Desc)
        .by(feed_run::Column::Id, Order::Desc);
    let keys = |run: &feed_run::Model| vec![run.started_at.into(), run.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// The last run of each sort that ended, of each of these feeds; newest first.
pub async fn last_ended_of(app: &App, viewer: &Viewer, feeds: &[FeedId]) -> Result<Vec<feed_run::Model>> {
    use feed_run::Column as C;
    let mut ranked = feed_run::Entity::visible_to(viewer)
        .select_only()
        .column(C::Id)
        .filter(C::FeedId.is_in(feeds.iter().copied()))
        .filter(C::Status.ne(FeedRunStatus::Running))
        .into_query();
    ranked.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(C::FeedId)
            .add_partition_by(Expr::col(C::Kind))
            .order_by((feed_run::Entity, C::StartedAt), Order::Desc)
            .order_by((feed_run::Entity, C::Id), Order::Desc)
            .take(),
        "newest",
    );
    let mut ids = Query::select();
    ids.column("id").from_subquery(ranked, "ranked").and_where(Expr::col("newest").eq(1));
    Ok(feed_run::Entity::visible_to(viewer)
        .filter(C::Id.in_subquery(ids))
        .order_by_desc(C::StartedAt)
        .order_by_desc(C::Id)
        .all(&app.db)
        .await?)
}

/// One row that could not be read.
pub async fn rejected_by_id(
    app: &App,
    viewer: &Viewer,
    id: RejectedRowId,
) -> Result<Option<rejected_row::Model>> {
    Ok(rejected_row::Entity::visible_to(viewer).filter(rejected_row::Column::Id.eq(id)).one(&app.db).await?)
}

/// One page of the rows of a feed that could not be read, newest first.
pub async fn rejected_of(
    app: &App,
    viewer: &Viewer,
    feed: FeedId,
    window: &Window,
) -> Result<Page<rejected_row::Model>> {
    let select = rejected_row::Entity::visible_to(viewer).filter(rejected_row::Column::FeedId.eq(feed));
    let sorting = Sorting::new("rejectedRows")
        .by(rejected_row::Column::ReceivedAt, Order::Desc)
        .by(rejected_row::Column::Id, Order::Desc);
    let keys = |row: &rejected_row::Model| vec![row.received_at.into(), row.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// A call type that nobody mapped, and how many calls wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    pub feed_id: FeedId,
    pub description: String,
    pub count: i64,
}

#[derive(FromQueryResult)]
struct Types {
    feed_id: FeedId,
    initial_description: Option<String>,
    description: Option<String>,
    count: i64,
}

/// The unmapped call types of each of these feeds, those of most calls first.
pub async fn unmapped_of(app: &App, viewer: &Viewer, feeds: &[FeedId]) -> Result<Vec<Unmapped>> {
    use call::Column as C;
    use call_type_mapping::Column as M;
    // Few rows, however many calls there are: a feed has some hundred types. Only we can compare them as mappings do.
    let told = unscoped::<call::Entity>()
        .select_only()
        .columns([C::FeedId, C::InitialDescription, C::Description])
        .column_as(C::Id.count(), "count")
        .filter(C::FeedId.is_in(feeds.iter().copied()))
        .filter(C::Category.eq(CallCategory::Unmapped))
        .group_by(C::FeedId)
        .group_by(C::InitialDescription)
        .group_by(C::Description)
        .into_model::<Types>()
        .all(&app.db)
        .await?;
    let mapped = call_type_mapping::Entity::visible_to(viewer)
        .select_only()
        .columns([M::FeedId, M::Description])
        .filter(M::FeedId.is_in(feeds.iter().copied()))
        .into_tuple()
        .all(&app.db)
        .await?;
    let mapped: HashSet<(FeedId, String)> = mapped.into_iter().collect();
    let mut waiting: HashMap<(FeedId, String), i64> = HashMap::new();
    for types in told {
        let keys: HashSet<String> = [types.initial_description, types.description]
            .iter()
            .flatten()
            .map(|told| key_of(told))
            .collect();
        for key in keys {
            let key = (types.feed_id, key);
            if !mapped.contains(&key) {
                *waiting.entry(key).or_default() += types.count;
            }
        }
    }
    let mut waiting: Vec<Unmapped> = waiting
        .into_iter()
        .map(|((feed_id, description), count)| Unmapped { feed_id, description, count })
        .collect();
    waiting.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.description.cmp(&b.description)));
    Ok(waiting)
}
