//! One run of a feed: lines in, calls out, in batches that are each kept as a whole.

mod batch;
mod pushing;
mod reading;
mod repeated_rows;
mod replay;
mod stored;
mod summary;
mod withdrawal;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    feed_run::FeedRunKind,
    id::{FeedId, FeedRunId, PropertyId},
};

pub use self::batch::Outcome;
pub(super) use self::batch::{lock, mapped};
use self::repeated_rows::RepeatedRows;
pub use self::{
    pushing::{Pushed, push},
    reading::{LineReader, ReadLines},
    stored::make_months,
    summary::{Counts, Summary},
};
use super::{
    feed_runs::{self, Begun, Failure, Found, Purpose},
    flags,
    leases::Heartbeat,
};
use crate::{
    app::{App, Tx},
    authz::Viewer,
    domain::address::Writing,
    error::{Error, Result},
    feeds::{
        Line, Noted,
        drop::DroppedFile,
        mapping::{AddressColumns, FeedMapping, RepeatedKeys},
    },
    preset,
};

/// Lines that one transaction takes.
pub const BATCH: usize = 4_000;
/// Places that one transaction holds the rules against.
const PLACES: usize = 4_000;

/// A run that has been begun and holds its feed. First `note` every line, then `take` them all in the same order, then
/// `finish`; or `fail`. Rows that come in pages are taken without having been noted.
///
/// Every one of its transactions asks first whether the feed is still its own; when it is not, the answer is
/// `Interrupted`, nothing is written, and whoever has the feed now has ended the run.
pub struct ImportRun {
    app: App,
    viewer: Viewer,
    begun: Begun,
    mapping: FeedMapping,
    noting: RepeatedRows,
    /// What reads lines that come without a reader of the caller's, once the noting has ended.
    reader: Option<LineReader>,
    /// Places whose calls changed.
    touched: BTreeSet<PropertyId>,
    summary: Summary,
    /// The same for the runs before it that had the same lease.
    before: Summary,
    found: Found,
    /// The file that was being read was read to its end.
    file_ended: bool,
    _alive: Heartbeat,
}

impl ImportRun {
    /// Begins a run of the feed with that key whose rows are brought to us. `Busy` while another run is at it; refused
    /// while the feed is paused.
    pub async fn start(app: &App, viewer: &Viewer, key: &str) -> Result<Self> {
        Self::start_as(app, viewer, key, Purpose::brought(FeedRunKind::Import)).await
    }

    /// The same for a run of any sort.
    pub async fn start_as(app: &App, viewer: &Viewer, key: &str, purpose: Purpose) -> Result<Self> {
        // A key that does not exist is told before anybody asks for the database.
        feed_runs::stated(&app.city.preset, key)?;
        let begun = app.write(viewer, purpose.name(), purpose.action(), async |tx| {
            feed_runs::begin(tx, key, purpose, &app.holder).await
        });
        Self::of(app, viewer, begun.await?)
    }

    /// Carries on a run that was begun in a transaction of the caller's.
    pub fn of(app: &App, viewer: &Viewer, mut begun: Begun) -> Result<Self> {
        let mapping = feed_runs::stated(&app.city.preset, &begun.key)?.mapping.clone();
        Ok(Self {
            app: app.clone(),
            viewer: viewer.clone(),
            noting: RepeatedRows::new(mapping.repeated_keys == RepeatedKeys::LastWins),
            reader: None,
            mapping,
            touched: std::mem::take(&mut begun.left),
            summary: Summary::default(),
            before: Summary::default(),
            found: Found::default(),
            file_ended: false,
            _alive: Heartbeat::start(app, &begun.lease),
            begun,
        })
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> FeedRunId {
        self.begun.run
    }

    /// Its feed.
    #[must_use]
    pub fn feed(&self) -> FeedId {
        self.begun.feed
    }

    /// The key of its feed.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.begun.key
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> FeedRunKind {
        self.begun.purpose.kind
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.summary.counts
    }

    /// The change at the source from which this run is to read: the newest that was seen, less the overlap. None when
    /// nothing was seen yet, so that everything is to be read.
    #[must_use]
    pub fn since(&self, overlap: TimeDelta) -> Option<DateTime<Utc>> {
        self.begun.watermark.and_then(|at| at.checked_sub_signed(overlap))
    }

    /// Rows that the source listed at the last good reconcile.
    #[must_use]
    pub fn listed_before(&self) -> Option<u64> {
        self.begun.listed
    }

    /// Notes a change that the source told of the rows that were taken; the newest one becomes the watermark if the run
    /// ends well.
    pub fn saw(&mut self, change: Option<DateTime<Utc>>) {
        self.found.newest_change = self.found.newest_change.max(change);
    }

    /// Notes how many rows the source lists.
    pub fn saw_listed(&mut self, rows: u64) {
        self.found.listed = Some(rows);
    }

    /// Notes a line's key, so that of rows with one key only the one that stands is written.
    pub fn note(&mut self, noted: &Noted) {
        if let Some((key, at)) = &noted.call
            && reading::refusal(*at, self.app.clock.now()).is_none()
        {
            self.noting.note(key, noted.line);
        }
    }

    /// What reads the lines of this run; the noting has ended. It works on its own, so that the next batch can be read
    /// while the database takes the one before.
    pub fn reader(&mut self) -> Result<LineReader> {
        let repeats = std::mem::take(&mut self.noting).noted();
        let repeats = repeats.map_err(|error| Error::Internal(format!("keys cannot be sorted: {error}")))?;
        Ok(LineReader::new(writing(&self.mapping.address), self.app.clock.clone(), Arc::new(repeats)))
    }

    /// The next lines come from this file. One that was read before it has ended: its run ends well, and another one
    /// begins under the same lease.
    pub async fn reads_file(&mut self, file: &DroppedFile) -> Result<()> {
        match &self.found.file {
            Some(before) if before == file => return Ok(()),
            Some(_) => self.turn_over().await?,
            None => {}
        }
        let begun = &self.begun;
        let told = self.write(async |tx| {
            begun.lease.keep(tx).await?;
            feed_runs::tell_file(tx, begun.run, file).await
        });
        told.await?;
        self.found.file = Some(file.clone());
        Ok(())
    }

    /// The file that is being read has no more lines.
    pub fn file_ends(&mut self) {
        self.file_ended = true;
    }

    /// So many rows were left out before they came here, because another row of the same file stands for their key.
    pub fn left_out(&mut self, rows: u32) {
        let rows = i32::try_from(rows).unwrap_or(i32::MAX);
        self.summary.counts.read += rows;
        self.summary.counts.duplicates += rows;
    }

    async fn turn_over(&mut self) -> Result<()> {
        self.evaluate().await?;
        self.found.rows = self.summary.counts.read;
        let (ended, found, holder) = (&self.begun, &self.found, &self.app.holder);
        let counts = &self.summary.counts;
        let begun = self.write(async |tx| {
            feed_runs::tell(tx, ended.run, counts).await?;
            feed_runs::end_well(tx, ended, found, true).await?;
            feed_runs::begin_next(tx, ended, holder).await
        });
        self.begun = begun.await?;
        self.before.add(std::mem::take(&mut self.summary));
        self.found = Found::default();
        self.file_ended = false;
        Ok(())
    }

    /// Takes a batch of lines, all of them in one transaction, and tells what became of each; a line that is missing there
    /// has another one of its key standing for it.
    pub async fn take(&mut self, lines: &[Line]) -> Result<Vec<(u64, Outcome)>> {
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
    pub async fn take_read(&mut self, lines: ReadLines) -> Result<Vec<(u64, Outcome)>> {
        let counts = &self.summary.counts;
        let comes_again = counts.unchanged >= counts.read / 2;
        let source = batch::Source { feed: self.begun.feed, run: self.begun.run, comes_again };
        let (before, lease) = (&self.summary.counts, &self.begun.lease);
        let taken = self.write(async |tx| {
            lease.keep_unpaused(tx).await?;
            let taken = batch::take(tx, &source, lines).await?;
            feed_runs::tell(tx, source.run, &before.plus(&taken.summary.counts)).await?;
            Ok(taken)
        });
        let taken = taken.await?;
        self.summary.add(taken.summary);
        self.touched.extend(taken.touched);
        Ok(taken.outcomes)
    }

    /// Holds the rules against the places whose calls changed, and ends the run well.
    pub async fn finish(mut self) -> Result<Summary> {
        self.evaluate().await?;
        self.found.rows = self.summary.counts.read;
        let (begun, found, counts) = (&self.begun, &self.found, &self.summary.counts);
        let ended = self.write(async |tx| {
            feed_runs::tell(tx, begun.run, counts).await?;
            feed_runs::end_well(tx, begun, found, false).await
        });
        ended.await?;
        self.before.add(self.summary);
        Ok(self.before)
    }

    /// Ends the run early. The batches that were taken stay, and the rules see them.
    pub async fn fail(self, reason: &str) -> Result<Summary> {
        self.fail_with(&Failure::of(reason)).await
    }

    /// The same, with what it means for the next run.
    pub async fn fail_with(mut self, failure: &Failure) -> Result<Summary> {
        if self.file_ended {
            // What went wrong is no fault of a file that was read to its end.
            self.turn_over().await?;
        }
        // Should this fail too, the run stays open: whoever reads the feed next ends it and looks at its places.
        self.evaluate().await?;
        let (begun, counts) = (&self.begun, &self.summary.counts);
        let ended = self.write(async |tx| {
            feed_runs::tell(tx, begun.run, counts).await?;
            feed_runs::end_badly(tx, begun, failure).await
        });
        ended.await?;
        self.before.add(self.summary);
        Ok(self.before)
    }

    async fn write<T>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let purpose = &self.begun.purpose;
        self.app.write(&self.viewer, purpose.name(), purpose.action(), work).await
    }

    async fn evaluate(&mut self) -> Result<()> {
        let touched: Vec<PropertyId> = std::mem::take(&mut self.touched).into_iter().collect();
        for places in touched.chunks(PLACES) {
            let (begun, mut counts) = (&self.begun, self.summary.counts.clone());
            let evaluated = self.write(async |tx| {
                begun.lease.keep(tx).await?;
                counts.flags_raised += flags::evaluate(tx, places).await?;
                feed_runs::tell(tx, begun.run, &counts).await?;
                Ok(counts)
            });
            self.summary.counts = evaluated.await?;
        }
        Ok(())
    }
}

/// What the city states of the feed with that key.
pub fn feed<'a>(app: &'a App, key: &str) -> Result<&'a preset::Feed> {
    feed_runs::stated(&app.city.preset, key)
}

fn writing(address: &AddressColumns) -> Writing {
    Writing {
        direction_follows_street: address.direction_follows_street,
        place_after_semicolon: address.place_after_semicolon,
        block_level: address.block_level,
    }
}
