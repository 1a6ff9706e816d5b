//! Runs of feeds: how they begin, what they tell while they run, how they end, and what their end means for the next.

mod by_hand;
mod due;
mod files;
mod lease;
mod left_behind;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    feed,
    feed_run::{self, FeedRunKind, FeedRunStatus},
    id::{FeedId, FeedRunId, PropertyId},
    rejected_row,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};

pub use self::{
    by_hand::{pause, run_now},
    due::{Due, due},
    files::{taken_files, tell_file},
    lease::Lease,
    left_behind::clear_up,
};
use super::ingest::Counts;
use crate::{
    app::{Holder, Tx},
    authz::Action,
    domain::{
        feed_schedule::{next_run, next_try, watermark},
        refusal::Refusal,
    },
    error::{Error, Result},
    feeds::drop::DroppedFile,
    news::News,
    preset,
    scope::{LockRows, unscoped},
};

/// Days that a line which could not be read is kept.
const KEEP_REJECTED: TimeDelta = TimeDelta::days(30);

/// What a run is for, and where its rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    pub kind: FeedRunKind,
    /// The source is asked for the rows, so that the run's end decides when the next one begins.
    pub fetched: bool,
}

impl Purpose {
    /// The rows come to us: by a file at the command line, pushed, or from what we rejected.
    #[must_use]
    pub fn brought(kind: FeedRunKind) -> Self {
        Self { kind, fetched: false }
    }

    /// What the audit log calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        if self.kind == FeedRunKind::Push { "pushCalls" } else { "importCalls" }
    }

    /// What whoever runs it must be able to do.
    #[must_use]
    pub fn action(self) -> Action {
        if self.kind == FeedRunKind::Push { Action::PushCalls } else { Action::RunFeeds }
    }

    /// We ask the source.
    #[must_use]
    pub fn fetched(kind: FeedRunKind) -> Self {
        Self { kind, fetched: true }
    }
}

/// A run that has begun and holds its feed.
#[derive(Clone, Debug)]
pub struct Begun {
    pub lease: Lease,
    pub feed: FeedId,
    /// Its key in the preset.
    pub key: String,
    pub run: FeedRunId,
    pub purpose: Purpose,
    pub started_at: DateTime<Utc>,
    /// The newest change at the source that a successful run had seen before.
    pub watermark: Option<DateTime<Utc>>,
    /// Rows that the source listed at the last good reconcile.
    pub listed: Option<u64>,
    /// Places of calls that runs took which did not live to hold the rules against them.
    pub left: BTreeSet<PropertyId>,
}

/// What a run has to say when it ends well.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest change that the source told.
    pub newest_change: Option<DateTime<Utc>>,
    /// Rows that the source lists.
    pub listed: Option<u64>,
    pub file: Option<DroppedFile>,
    /// Rows that were read.
    pub rows: i32,
}

/// Why a run ends early.
#[derive(Clone, Debug)]
pub struct Failure {
    /// For a person who can do something about it.
    pub reason: String,
    /// The pause that the source asked for.
    pub retry_after: Option<TimeDelta>,
    /// The server stops; the feed is to be read again at once, by another server or the next one.
    pub is_stop: bool,
}

impl Failure {
    #[must_use]
    pub fn of(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry_after: None, is_stop: false }
    }
}

/// What the city states of the feed with that key.
pub fn stated<'a>(preset: &'a preset::Preset, key: &str) -> Result<&'a preset::Feed> {
    preset.feed(key).ok_or_else(|| {
        let known: Vec<&str> = preset.feeds.iter().map(|feed| feed.key.as_str()).collect();
        Error::BadInput(format!("There is no feed `{key}`; there are: {}.", known.join(", ")))
    })
}

/// Begins a run of the feed with that key. `Busy` while another one is at it; refused while the feed is paused.
pub async fn begin(tx: &mut Tx, key: &str, purpose: Purpose, holder: &Holder) -> Result<Begun> {
    let city = tx.city.clone();
    let stated = stated(&city.preset, key)?;
    let found =
        unscoped::<feed::Entity>().filter(feed::Column::Key.eq(key)).lock_rows().one(tx.conn()).await?;
    let feed =
        found.ok_or_else(|| Error::Internal(format!("the preset's feed {key} is not in the database")))?;
    if feed.paused {
        let message = format!("The feed `{key}` is paused, so nothing is read from it; resume it first.");
        return Err(Refusal::blocked(message).at("feedId").into());
    }
    let lease = Lease::take(tx, &feed, holder).await?;
    let left = left_behind::by_earlier_runs(tx, &feed).await?;
    rejected_row::Entity::delete_many()
        .filter(rejected_row::Column::ReceivedAt.lt(tx.now - KEEP_REJECTED))
        .exec(tx.conn())
        .await?;
    plan(tx, &feed, stated, purpose).await?;
    let run = insert_run(tx, feed.id, purpose, holder).await?;
    Ok(Begun {
        lease,
        feed: feed.id,
        key: feed.key,
        run,
        purpose,
        started_at: tx.now,
        watermark: feed.watermark,
        listed: feed.listed.and_then(|listed| u64::try_from(listed).ok()),
        left,
    })
}

/// Begins the next run under the lease of one that has just ended.
pub async fn begin_next(tx: &mut Tx, before: &Begun, holder: &Holder) -> Result<Begun> {
    before.lease.keep(tx).await?;
    let run = insert_run(tx, before.feed, before.purpose, holder).await?;
    Ok(Begun { run, started_at: tx.now, left: BTreeSet::new(), ..before.clone() })
}

async fn insert_run(tx: &mut Tx, feed: FeedId, purpose: Purpose, holder: &Holder) -> Result<FeedRunId> {
    let run = feed_run::ActiveModel {
        id: Set(FeedRunId::generate()),
        feed_id: Set(feed),
        kind: Set(purpose.kind),
        status: Set(FeedRunStatus::Running),
        started_at: Set(tx.now),
        finished_at: Set(None),
        read: Set(0),
        inserted: Set(0),
        updated: Set(0),
        unchanged: Set(0),
        duplicates: Set(0),
        withdrawn: Set(0),
        rejected: Set(0),
        matched: Set(0),
        flags_raised: Set(0),
        error: Set(None),
        holder: Set(Some(holder.name.to_string())),
        file: Set(None),
    };
    let run = run.insert(tx.conn()).await?;
    tx.changed(run.id);
    Ok(run.id)
}

// The next run is planned when this one begins, so that of several servers one reads the feed.
async fn plan(tx: &Tx, feed: &feed::Model, stated: &preset::Feed, purpose: Purpose) -> Result<()> {
    let Some(every) = stated.schedule.every().filter(|_| purpose.fetched) else { return Ok(()) };
    let mut row = feed.clone().into_active_model();
    if purpose.kind == FeedRunKind::Import {
        row.next_run_at = Set(Some(next_run(tx.now, every, rand::random())));
    }
    if purpose.kind == FeedRunKind::Reconcile || feed.next_reconcile_at.is_none() {
        let time = stated.schedule.reconcile_at().filter(|_| due::lists_keys(feed.kind));
        row.next_reconcile_at = Set(time.and_then(|time| tx.city.next_time(time, tx.now)));
    }
    if row.is_changed() {
        row.update(tx.conn()).await?;
    }
    Ok(())
}

/// Shows what a run has counted so far.
pub async fn tell(tx: &Tx, run: FeedRunId, counts: &Counts) -> Result<()> {
    use feed_run::Column as C;
    feed_run::Entity::update_many()
        .col_expr(C::Read, Expr::value(counts.read))
        .col_expr(C::Inserted, Expr::value(counts.inserted))
        .col_expr(C::Updated, Expr::value(counts.updated))
        .col_expr(C::Unchanged, Expr::value(counts.unchanged))
        .col_expr(C::Duplicates, Expr::value(counts.duplicates))
        .col_expr(C::Withdrawn, Expr::value(counts.withdrawn))
        .col_expr(C::Rejected, Expr::value(counts.rejected))
        .col_expr(C::Matched, Expr::value(counts.matched))
        .col_expr(C::FlagsRaised, Expr::value(counts.flags_raised))
        .filter(C::Id.eq(run))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Ends a run well; it keeps the feed if another one follows under its lease.
pub async fn end_well(tx: &mut Tx, begun: &Begun, found: &Found, another_follows: bool) -> Result<()> {
    begun.lease.keep(tx).await?;
    close(tx, begun.run, FeedRunStatus::Succeeded, None).await?;
    if let Some(file) = &found.file {
        // In the same transaction as the run's end: a file is taken as a whole or not at all.
        files::keep(tx, begun, file, found.rows).await?;
    }
    let mut feed = feed::Entity::update_many().filter(feed::Column::Id.eq(begun.feed));
    match begun.purpose.kind {
        FeedRunKind::Import | FeedRunKind::Push => {
            feed = feed.col_expr(feed::Column::LastSuccessAt, Expr::value(tx.now));
        }
        FeedRunKind::Reconcile => {
            let listed = found.listed.and_then(|listed| i64::try_from(listed).ok());
            feed = feed.col_expr(feed::Column::Listed, Expr::value(listed));
        }
        // Nothing new came.
        FeedRunKind::Replay => feed = feed.col_expr(feed::Column::Id, Expr::col(feed::Column::Id)),
    }
    if begun.purpose == Purpose::fetched(FeedRunKind::Import) {
        let reached = watermark(begun.watermark, found.newest_change, begun.started_at);
        feed = feed.col_expr(feed::Column::Failures, Expr::value(0));
        feed = feed.col_expr(feed::Column::Watermark, Expr::value(reached));
    }
    feed.exec(tx.conn()).await?;
    if !another_follows {
        begun.lease.give_back(tx).await?;
    }
    tx.changed(begun.run);
    Ok(())
}

/// Ends a run early. The watermark stays where it was.
pub async fn end_badly(tx: &mut Tx, begun: &Begun, failure: &Failure) -> Result<()> {
    begun.lease.keep(tx).await?;
    close(tx, begun.run, FeedRunStatus::Failed, Some(&failure.reason)).await?;
    try_again(tx, begun, failure).await?;
    begun.lease.give_back(tx).await?;
    tx.changed(begun.run);
    Ok(())
}

async fn try_again(tx: &Tx, begun: &Begun, failure: &Failure) -> Result<()> {
    let city = tx.city.clone();
    let every = stated(&city.preset, &begun.key)?.schedule.every();
    let Some(every) = every.filter(|_| begun.purpose.fetched) else { return Ok(()) };
    let Some(feed) =
        unscoped::<feed::Entity>().filter(feed::Column::Id.eq(begun.feed)).one(tx.conn()).await?
    else {
        return Ok(());
    };
    let failures = feed.failures.saturating_add(1);
    let mut row = feed.into_active_model();
    match (begun.purpose.kind, failure.is_stop) {
        (FeedRunKind::Reconcile, true) => row.next_reconcile_at = Set(Some(tx.now)),
        // What makes us doubt a list does not pass within minutes; the next night will do.
        (FeedRunKind::Reconcile, false) => {}
        (_, true) => row.next_run_at = Set(Some(tx.now)),
        (_, false) => {
            row.failures = Set(failures);
            let asked = failure.retry_after;
            row.next_run_at =
                Set(Some(next_try(tx.now, every, failures.unsigned_abs(), asked, rand::random())));
        }
    }
    if row.is_changed() {
        row.update(tx.conn()).await?;
    }
    Ok(())
}

async fn close(tx: &mut Tx, run: FeedRunId, status: FeedRunStatus, error: Option<&str>) -> Result<()> {
    feed_run::Entity::update_many()
        .col_expr(feed_run::Column::Status, Expr::value(status))
        .col_expr(feed_run::Column::FinishedAt, Expr::value(tx.now))
        .col_expr(feed_run::Column::Error, Expr::value(error.map(str::to_owned)))
        .filter(feed_run::Column::Id.eq(run))
        .exec(tx.conn())
        .await?;
    tx.news.push(News::FeedRunFinished(run));
    Ok(())
}
