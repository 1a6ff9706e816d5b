//! Questions about single calls, and how far the data reach.

use chrono::{DateTime, Utc};
use entity::{
    call, feed,
    id::{CallId, PropertyId},
};
use sea_orm::{ColumnTrait, ConnectionTrait, Order, QueryFilter, QueryOrder};

use super::page::{self, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    domain::day_window::{Asked, DayWindow},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// The newest call that any feed has told of; windows end on its day. It is the city's, so it tells nothing of a place.
pub async fn data_as_of(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>> {
    let newest = unscoped::<feed::Entity>()
        .filter(feed::Column::DataAsOf.is_not_null())
        .order_by_desc(feed::Column::DataAsOf)
        .one(db)
        .await?;
    Ok(newest.and_then(|feed| feed.data_as_of))
}

/// The days that were asked for, and how far the data reach; today, as long as there are none.
pub async fn window(app: &App, asked: Asked) -> Result<(DayWindow, Option<DateTime<Utc>>)> {
    let as_of = data_as_of(&app.db).await?;
    let last = as_of.map_or_else(|| app.today(), |at| app.city.day_of(at));
    Ok((asked.up_to(last), as_of))
}

/// One page of the calls at a place that the sources list now, newest first; never a protected one.
pub async fn of_place(
    app: &App,
    viewer: &Viewer,
    place: PropertyId,
    days: Option<DayWindow>,
    window: &Window,
) -> Result<Page<call::Model>> {
    let mut select = call::Entity::visible_to(viewer)
        .filter(call::Column::PropertyId.eq(place))
        .filter(call::Column::WithdrawnAt.is_null());
    if let Some(days) = days {
        select = select.filter(call::Column::OccurredOn.between(days.from, days.to));
    }
    let sorting = Sorting::new("calls of a place")
        .by(call::Column::OccurredAt, Order::Desc)
        .by(call::Column::Id, Order::Desc);
    let keys = |call: &call::Model| vec![call.occurred_at.into(), call.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// Calls by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CallId]) -> Result<Vec<call::Model>> {
    Ok(call::Entity::visible_to(viewer)
        .filter(call::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}
