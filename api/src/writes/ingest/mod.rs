//! One run of a feed: lines in, calls out, in batches that are each kept as a whole.

mod batch;
mod reading;
mod repeated_rows;
mod stored;
mod summary;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    call, feed,
    feed_run::{self, FeedRunStatus},
    id::{FeedId, FeedRunId, PropertyId},
    rejected_row,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr,
};

pub(super) use self::batch::{lock, mapped};
use self::repeated_rows::RepeatedRows;
pub use self::{
    reading::{LineReader, ReadLines},
    summary::{Counts, Summary},
};
use super::flags;
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    domain::address::Writing,
    error::{Error, Result},
    feeds::{
        Line,
        mapping::{AddressColumns, FeedMapping, RepeatedKeys},
    },
    preset,
    scope::unscoped,
};

/// Lines that one transaction takes.
pub const BATCH: usize = 4_000;
/// Places that one transaction holds the rules against.
const PLACES: usize = 4_000;
/// Days that a line which could not be read is kept.
const KEEP_REJECTED: TimeDelta = TimeDelta::days(30);
/// What the audit log calls a run.
const NAME: &str = "importCalls";

/// A run that has been begun. First `note` every line, then `take` them all in the same order, then `finish`; or `fail`.
pub struct ImportRun {
    app: App,
    viewer: Viewer,
    feed: FeedId,
    run: FeedRunId,
    mapping: FeedMapping,
    noting: RepeatedRows,
    /// What reads lines that come without a reader of the caller's, once the noting has ended.
    reader: Option<LineReader>,
    /// Places whose calls changed.
    touched: BTreeSet<PropertyId>,
    summary: Summary,
}

impl ImportRun {
    /// Begins a run of the feed with that key.
    pub async fn start(app: &App, viewer: &Viewer, key: &str) -> Result<Self> {
        let Some(stated) = app.city.preset.feed(key) else {
            let known: Vec<&str> = app.city.preset.feeds.iter().map(|feed| feed.key.as_str()).collect();
            return Err(Error::BadInput(format!(
                "There is no feed `{key}`; there are: {}.",
                known.join(", ")
            )));
        };
        let begun = app.write(viewer, NAME, Action::RunFeeds, async |tx| begin(tx, key).await);
        let (feed, run, touched) = begun.await?;
        Ok(Self {
            app: app.clone(),
            viewer: viewer.clone(),
            feed,
            run,
            mapping: stated.mapping.clone(),
            noting: RepeatedRows::new(stated.mapping.repeated_keys == RepeatedKeys::LastWins),
            reader: None,
            touched,
            summary: Summary::default(),
        })
    }

    /// Notes a line's key, so that of rows with one key only the one that stands is written.
    pub fn note(&mut self, line: &Line) {
        if let Ok(row) = line
            && reading::refusal(row, self.app.clock.now()).is_none()
        {
            self.noting.note(&row.source_id, row.line);
        }
    }

    /// What reads the lines of this run; the noting has ended. It works on its own, so that the next batch can be read
    /// while the database takes the one before.
    pub fn reader(&mut self) -> Result<LineReader> {
        let repeats = std::mem::take(&mut self.noting).noted();
        let repeats = repeats.map_err(|error| Error::Internal(format!("keys cannot be sorted: {error}")))?;
        Ok(LineReader::new(writing(&self.mapping.address), self.app.clock.clone(), Arc::new(repeats)))
    }

    /// Takes a batch of lines: all of them in one transaction.
    pub async fn take(&mut self, lines: &[Line]) -> Result<()> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.reader()?,
        };
        let mut read = ReadLines::default();
        for line in lines {
            reader.read(line.clone(), &mut read);
        }
        reader.ended(&mut read);
        self.reader = Some(reader);
        self.take_read(read).await
    }

    /// The same for lines that have been read by this run's reader.
    pub async fn take_read(&mut self, lines: ReadLines) -> Result<()> {
        let source = batch::Source { feed: self.feed, run: self.run };
        let before = &self.summary.counts;
        let taken = self.app.write(&self.viewer, NAME, Action::RunFeeds, async |tx| {
            let taken = batch::take(tx, &source, lines).await?;
            tell(tx, source.run, &before.plus(&taken.summary.counts)).await?;
            Ok(taken)
        });
        let taken = taken.await?;
        self.summary.add(taken.summary);
        self.touched.extend(taken.touched);
        Ok(())
    }

    /// Holds the rules against the places whose calls changed, and ends the run well.
    pub async fn finish(mut self) -> Result<Summary> {
        self.evaluate().await?;
        let (run, feed) = (self.run, self.feed);
        let ended = self.app.write(&self.viewer, NAME, Action::RunFeeds, async |tx| {
            end(tx, run, FeedRunStatus::Succeeded, None).await?;
            feed::Entity::update_many()
                .col_expr(feed::Column::LastSuccessAt, Expr::value(tx.now))
                .filter(feed::Column::Id.eq(feed))
                .exec(tx.conn())
                .await?;
            Ok(())
        });
        ended.await?;
        Ok(self.summary)
    }

    /// Ends the run early. The batches that were taken stay, and the rules see them.
    pub async fn fail(mut self, reason: &str) -> Result<Summary> {
        let run = self.run;
        let ended = self.app.write(&self.viewer, NAME, Action::RunFeeds, async |tx| {
            end(tx, run, FeedRunStatus::Failed, Some(reason)).await
        });
        ended.await?;
        self.evaluate().await?;
        Ok(self.summary)
    }

    async fn evaluate(&mut self) -> Result<()> {
        let touched: Vec<PropertyId> = std::mem::take(&mut self.touched).into_iter().collect();
        for places in touched.chunks(PLACES) {
            let (run, mut counts) = (self.run, self.summary.counts.clone());
            let evaluated = self.app.write(&self.viewer, NAME, Action::RunFeeds, async |tx| {
                counts.flags_raised += flags::evaluate(tx, places).await?;
                tell(tx, run, &counts).await?;
                Ok(counts)
            });
            self.summary.counts = evaluated.await?;
        }
        Ok(())
    }
}

/// What the city states of the feed with that key.
pub fn feed<'a>(app: &'a App, key: &str) -> Result<&'a preset::Feed> {
    app.city.preset.feed(key).ok_or_else(|| {
        let known: Vec<&str> = app.city.preset.feeds.iter().map(|feed| feed.key.as_str()).collect();
        Error::BadInput(format!("There is no feed `{key}`; there are: {}.", known.join(", ")))
    })
}

fn writing(address: &AddressColumns) -> Writing {
    Writing {
        direction_follows_street: address.direction_follows_street,
        place_after_semicolon: address.place_after_semicolon,
        block_level: address.block_level,
    }
}

async fn begin(tx: &mut Tx, key: &str) -> Result<(FeedId, FeedRunId, BTreeSet<PropertyId>)> {
    let found =
        unscoped::<feed::Entity>().filter(feed::Column::Key.eq(key)).lock_exclusive().one(tx.conn()).await?;
    let feed =
        found.ok_or_else(|| Error::Internal(format!("the preset's feed {key} is not in the database")))?;
    let touched = left_by_earlier_runs(tx, &feed).await?;
    rejected_row::Entity::delete_many()
        .filter(rejected_row::Column::ReceivedAt.lt(tx.now - KEEP_REJECTED))
        .exec(tx.conn())
        .await?;
    let run = feed_run::ActiveModel {
        id: Set(FeedRunId::generate()),
        feed_id: Set(feed.id),
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
    };
    let run = run.insert(tx.conn()).await?;
    tx.changed(run.id);
    Ok((feed.id, run.id, touched))
}

// A run that was killed wrote calls which no rule has seen; when they come again they are unchanged, so it is now or never.
async fn left_by_earlier_runs(tx: &Tx, feed: &feed::Model) -> Result<BTreeSet<PropertyId>> {
    let unfinished = unscoped::<feed_run::Entity>()
        .filter(feed_run::Column::FeedId.eq(feed.id))
        .filter(feed_run::Column::Status.eq(FeedRunStatus::Running));
    let since: Option<DateTime<Utc>> =
        unfinished.all(tx.conn()).await?.iter().map(|run| run.started_at).min();
    let Some(since) = since else { return Ok(BTreeSet::new()) };
    feed_run::Entity::update_many()
        .col_expr(feed_run::Column::Status, Expr::value(FeedRunStatus::Failed))
        .col_expr(feed_run::Column::FinishedAt, Expr::value(tx.now))
        .col_expr(feed_run::Column::Error, Expr::value("It did not end before the next run began."))
        .filter(feed_run::Column::FeedId.eq(feed.id))
        .filter(feed_run::Column::Status.eq(FeedRunStatus::Running))
        .exec(tx.conn())
        .await?;
    let places: Vec<PropertyId> = unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::PropertyId)
        .distinct()
        .filter(call::Column::FeedId.eq(feed.id))
        .filter(call::Column::UpdatedAt.gte(since))
        .filter(call::Column::PropertyId.is_not_null())
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(places.into_iter().collect())
}

async fn tell(tx: &Tx, run: FeedRunId, counts: &Counts) -> Result<()> {
    feed_run::Entity::update_many()
        .col_expr(feed_run::Column::Read, Expr::value(counts.read))
        .col_expr(feed_run::Column::Inserted, Expr::value(counts.inserted))
        .col_expr(feed_run::Column::Updated, Expr::value(counts.updated))
        .col_expr(feed_run::Column::Unchanged, Expr::value(counts.unchanged))
        .col_expr(feed_run::Column::Duplicates, Expr::value(counts.duplicates))
        .col_expr(feed_run::Column::Rejected, Expr::value(counts.rejected))
        .col_expr(feed_run::Column::Matched, Expr::value(counts.matched))
        .col_expr(feed_run::Column::FlagsRaised, Expr::value(counts.flags_raised))
        .filter(feed_run::Column::Id.eq(run))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn end(tx: &mut Tx, run: FeedRunId, status: FeedRunStatus, error: Option<&str>) -> Result<()> {
    feed_run::Entity::update_many()
        .col_expr(feed_run::Column::Status, Expr::value(status))
        .col_expr(feed_run::Column::FinishedAt, Expr::value(tx.now))
        .col_expr(feed_run::Column::Error, Expr::value(error.map(str::to_owned)))
        .filter(feed_run::Column::Id.eq(run))
        .exec(tx.conn())
        .await?;
    tx.changed(run);
    Ok(())
}
