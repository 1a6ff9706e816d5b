//! Flags that nobody reviewed in time: no label is permanent.

use chrono::TimeDelta;
use entity::{
    flag::{self, FlagStatus},
    flag_event::FlagEventKind,
    id::FlagId,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::history;
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    error::Result,
    scope::{LockRows, unscoped},
    writes::leases::{Lease, Work},
};

/// Time between two looks at flags that nobody reviews; they wait for weeks.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// Marks them if it is time to look and nobody else does.
pub async fn mark_stale_if_due(app: &App) -> Result<()> {
    let Some(lease) = Lease::take_due(app, Work::MarkStaleFlags).await? else { return Ok(()) };
    app.write(&Viewer::server(), "flagStale", Action::RunFeeds, async |tx| {
        mark_stale(tx).await?;
        // In the transaction of the marks: who lost the lease before this leaves none.
        lease.keep(tx).await?;
        lease.give_back(tx, Some(PAUSE)).await
    })
    .await
}

/// Marks the flags that waited for review longer than the city lets them; answers how many.
pub async fn mark_stale(tx: &mut Tx) -> Result<i32> {
    use flag::Column as C;
    let period = TimeDelta::days(tx.city.preset.city.flag_stale.days.into());
    let ids: Vec<FlagId> = unscoped::<flag::Entity>()
        .select_only()
        .column(C::Id)
        .filter(C::Status.eq(FlagStatus::NeedsReview))
        .filter(C::RaisedAt.lt(tx.now - period))
        .order_by_asc(C::Id)
        // One that somebody works on right now is left for the next time.
        .lock_free_rows()
        .into_tuple()
        .all(tx.conn())
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    for some in ids.chunks(crate::writes::many::VALUES - 2) {
        flag::Entity::update_many()
            .col_expr(C::Status, Expr::value(FlagStatus::Stale))
            .col_expr(C::Version, Expr::col(C::Version).add(1))
            .filter(C::Id.is_in(some.iter().copied()))
            .exec(tx.conn())
            .await?;
    }
    for id in &ids {
        tx.changed(*id);
    }
    let days = tx.city.preset.city.flag_stale.days;
    let reason = format!("Nobody reviewed it within {days} days.");
    let mut events = Vec::with_capacity(ids.len());
    for flag in history::flags(tx, &ids).await? {
        events.push(history::entry(tx, &flag, FlagEventKind::Stale, reason.as_str()));
    }
    history::append(tx, events).await?;
    Ok(i32::try_from(ids.len()).unwrap_or(i32::MAX))
}
