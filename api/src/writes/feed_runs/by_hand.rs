//! What people do with a feed: run it now, pause it, resume it.

use entity::{feed, feed_run::FeedRunKind, id::FeedId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, IntoActiveModel, QueryFilter};

use super::{Begun, Purpose, begin, stated};
use crate::{
    app::{Holder, Tx},
    authz::Action,
    domain::refusal::{Code, Refusal},
    error::{Error, Result},
    scope::{LockRows, VisibleTo},
};

/// Begins a run of the feed, which the caller is to carry out.
pub async fn run_now(tx: &mut Tx, feed: FeedId, holder: &Holder) -> Result<Begun> {
    let found = feed::Entity::visible_to(&tx.viewer).filter(feed::Column::Id.eq(feed)).one(tx.conn()).await?;
    let Some(feed) = found else { return Err(Refusal::not_found("feed").at("feedId").into()) };
    tx.viewer.require(Action::RunFeeds, None)?;
    let city = tx.city.clone();
    if stated(&city.preset, &feed.key)?.connection.is_none() {
        let message = "This feed is not fetched from anywhere: its calls are pushed or loaded from files.";
        return Err(Refusal::blocked(message).at("feedId").into());
    }
    match begin(tx, &feed.key, Purpose::fetched(FeedRunKind::Import), holder).await {
        Err(Error::Busy { message, .. }) => Err(Refusal::blocked(message).at("feedId").into()),
        begun => begun,
    }
}

/// Pauses the feed or resumes it; what is so already stays as it is. A run in work ends at its next batch, and a feed
/// that is resumed is due at once.
pub async fn pause(tx: &mut Tx, feed: FeedId, expected_version: i32, paused: bool) -> Result<()> {
    let found = feed::Entity::visible_to(&tx.viewer)
        .filter(feed::Column::Id.eq(feed))
        .lock_rows()
        .one(tx.conn())
        .await?;
    let Some(feed) = found else { return Err(Refusal::not_found("feed").at("feedId").into()) };
    tx.viewer.require(Action::RunFeeds, None)?;
    if feed.paused == paused {
        return Ok(());
    }
    if feed.version != expected_version {
        let message = "Somebody else paused or resumed this feed in the meantime; look at it again.";
        return Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion").into());
    }
    tx.changed(feed.id);
    let version = feed.version + 1;
    let mut row = feed.into_active_model();
    row.paused = Set(paused);
    row.version = Set(version);
    if !paused {
        // It was not read for a while, and why it failed before may have been the reason to pause it.
        row.failures = Set(0);
        row.next_run_at = Set(None);
    }
    row.update(tx.conn()).await?;
    Ok(())
}
