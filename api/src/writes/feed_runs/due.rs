//! Which feeds are due to be read.

use entity::{
    feed::{self, FeedKind},
    feed_run::FeedRunKind,
    id::FeedId,
};
use sea_orm::QueryOrder;

use crate::{app::App, error::Result, scope::unscoped};

/// What is to be done with a feed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is to be read, or its keys compared.
    Run { key: String, kind: FeedRunKind },
    /// A process died while it read the feed, and nobody else will read it soon.
    ClearUp { feed: FeedId },
}

/// Whether a source of that kind can tell which rows it has.
#[must_use]
pub fn lists_keys(kind: FeedKind) -> bool {
    matches!(kind, FeedKind::Soda | FeedKind::Arcgis)
}

/// What is due now, by key. Feeds without a connection or an interval are read only when somebody asks for it.
pub async fn due(app: &App) -> Result<Vec<Due>> {
    let feeds = unscoped::<feed::Entity>().order_by_asc(feed::Column::Key).all(&app.db).await?;
    Ok(feeds.iter().filter_map(|feed| of_feed(app, feed)).collect())
}

fn of_feed(app: &App, feed: &feed::Model) -> Option<Due> {
    let now = app.clock.now();
    let is_planned =
        app.city.preset.feed(&feed.key).is_some_and(|stated| stated.is_scheduled()) && !feed.paused;
    let run = |kind| Some(Due::Run { key: feed.key.clone(), kind });
    match (feed.lease_holder.is_some(), feed.lease_until.is_some_and(|until| until > now)) {
        // Somebody is at it.
        (true, true) => None,
        (true, false) if is_planned => run(FeedRunKind::Import),
        (true, false) => Some(Due::ClearUp { feed: feed.id }),
        (false, _) if !is_planned => None,
        (false, _) if feed.next_run_at.is_none_or(|at| at <= now) => run(FeedRunKind::Import),
        (false, _) if feed.next_reconcile_at.is_some_and(|at| at <= now) => run(FeedRunKind::Reconcile),
        (false, _) => None,
    }
}
