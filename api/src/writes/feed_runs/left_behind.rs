//! What runs left behind that were killed or lost their feed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    call, feed,
    feed_run::{self, FeedRunStatus},
    id::{FeedId, PropertyId},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::Lease;
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    error::Result,
    scope::unscoped,
    writes::flags,
};

/// Ends the runs of a feed that are still marked as running although whoever asks has its lease, and answers the
/// places of the calls that they took: no rule has seen these calls, and when they come again they are unchanged, so
/// it is now or never.
pub(super) async fn by_earlier_runs(tx: &mut Tx, feed: &feed::Model) -> Result<BTreeSet<PropertyId>> {
    let unfinished = unscoped::<feed_run::Entity>()
        .filter(feed_run::Column::FeedId.eq(feed.id))
        .filter(feed_run::Column::Status.eq(FeedRunStatus::Running))
        .all(tx.conn())
        .await?;
    let Some(since) = unfinished.iter().map(|run| run.started_at).min() else { return Ok(BTreeSet::new()) };
    for run in unfinished {
        let who = run.holder.as_deref().unwrap_or("the process that ran it");
        let reason = format!(
            "{who} stopped in the middle of this run or did not say that it is alive for longer than its lease. What \
             it had taken stays, and the next run reads again from the last watermark."
        );
        super::close(tx, run.id, FeedRunStatus::Failed, Some(&reason)).await?;
        tx.changed(run.id);
    }
    places_changed_since(tx, feed.id, since).await
}

async fn places_changed_since(tx: &Tx, feed: FeedId, since: DateTime<Utc>) -> Result<BTreeSet<PropertyId>> {
    let places: Vec<PropertyId> = unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::PropertyId)
        .distinct()
        .filter(call::Column::FeedId.eq(feed))
        .filter(call::Column::UpdatedAt.gte(since))
        .filter(call::Column::PropertyId.is_not_null())
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(places.into_iter().collect())
}

/// Ends the run of a dead process on a feed that nobody will read soon, and holds the rules against what it took.
pub async fn clear_up(app: &App, feed: FeedId) -> Result<()> {
    let holder = app.holder.clone();
    app.write(&Viewer::server(), "feedClearUp", Action::RunFeeds, async |tx| {
        let found = unscoped::<feed::Entity>()
            .filter(feed::Column::Id.eq(feed))
            .lock_exclusive()
            .one(tx.conn())
            .await?;
        let Some(feed) = found else { return Ok(()) };
        let lease = Lease::take(tx, &feed, &holder).await?;
        let places: Vec<PropertyId> = by_earlier_runs(tx, &feed).await?.into_iter().collect();
        flags::evaluate(tx, &places).await?;
        lease.give_back(tx).await
    })
    .await
}
