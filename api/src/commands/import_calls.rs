//! `jfn import-calls --feed KEY FILE…`: loads calls from files, and says what it counted, left out and rejected.

use std::{
    fmt::Write as _,
    io::Read,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use entity::{call::AddressPrecision, feed_run::FeedRunKind, flag_call::ExclusionReason};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::{feed::begin, print};
use crate::{
    app::App,
    domain::call_intake::LeftOut,
    error::{Error, Result},
    feeds::{CallLog, FeedError, FeedMapping, SourceRow},
    schedule::Stop,
    writes::{
        feed_runs::Purpose,
        ingest::{self, BATCH, ImportRun, LineReader, ReadLines, Summary},
    },
};

/// Which files to load, and into which feed.
#[derive(clap::Args)]
pub struct ImportCalls {
    /// Key of the feed that the files are of, such as `san-diego-police`.
    #[arg(long, value_name = "KEY")]
    pub feed: String,
    /// CSV files, plain or gzip; each is a run of its own, and a later one wins over those before it.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Loads the files one after the other; stops at the first that cannot be loaded.
pub async fn run(app: &App, args: ImportCalls) -> Result<()> {
    for file in &args.files {
        let name = file.display();
        let bar = progress_bar(file);
        let open = |mapping: &FeedMapping| CallLog::open(file, mapping);
        let loaded = load(app, &args.feed, open, |at| at, |bytes| bar.set_position(bytes)).await;
        bar.finish_and_clear();
        match loaded {
            Ok(summary) => print(&report(&format!("{} from {name}", args.feed), &summary))?,
            Err(Error::BadInput(reason)) => return Err(Error::BadInput(format!("{name}: {reason}"))),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Loads one log of calls as one run of its feed. The log is opened and read twice: first for its keys, because of
/// rows with the same key only one stands, and to see that it is whole before anything is written.
///
/// `moved` tells when a call is taken to have happened, which is when it happened but for a demo; `progress` is told the bytes read, those of both readings together.
pub async fn load<R: Read + Send + 'static>(
    app: &App,
    feed: &str,
    open: impl Fn(&FeedMapping) -> Result<CallLog<R>, FeedError>,
    moved: impl Fn(DateTime<Utc>) -> DateTime<Utc> + Send + 'static,
    progress: impl Fn(u64),
) -> Result<Summary> {
    let mapping = &ingest::feed(app, feed)?.mapping;
    let log = match open(mapping) {
        // A mistyped name is no run of the feed.
        Err(error @ FeedError::Open { .. }) => return Err(refused(&error)),
        opened => opened,
    };
    let mut run = begin(app, feed, Purpose::brought(FeedRunKind::Import), Stop::never()).await?;
    let noted = log.and_then(|log| note(&mut run, log, &moved, &progress));
    let bytes = match noted {
        Ok(bytes) => bytes,
        Err(error) => {
            run.fail(&error.to_string()).await?;
            return Err(refused(&error));
        }
    };
    let taken = match open(mapping) {
        Ok(log) => take(&mut run, log, moved, |read| progress(bytes + read)).await,
        Err(error) => Err(refused(&error)),
    };
    match taken {
        Ok(()) => run.finish().await,
        Err(error) => {
            if let Err(worse) = run.fail(&error.to_string()).await {
                tracing::error!("the run could not be ended: {}", worse.cause().unwrap_or_default());
            }
            Err(error)
        }
    }
}

fn refused(error: &FeedError) -> Error {
    Error::BadInput(error.to_string())
}

fn note<R: Read>(
    run: &mut ImportRun,
    mut log: CallLog<R>,
    moved: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
    progress: impl Fn(u64),
) -> Result<u64, FeedError> {
    let mut lines = 0_usize;
    while let Some(noted) = log.next_noted() {
        let mut noted = noted?;
        noted.call = noted.call.map(|(key, at)| (key, moved(at)));
        run.note(&noted);
        lines += 1;
        if lines.is_multiple_of(BATCH) {
            progress(log.bytes_read());
        }
    }
    Ok(log.bytes_read())
}

/// Batches that are read ahead of the one that the database takes.
const AHEAD: usize = 2;

// While the database takes a batch, a thread reads the next ones.
async fn take<R, M>(run: &mut ImportRun, log: CallLog<R>, moved: M, progress: impl Fn(u64)) -> Result<()>
where
    R: Read + Send + 'static,
    M: Fn(DateTime<Utc>) -> DateTime<Utc> + Send + 'static,
{
    let mut batches = Batches { log, reader: run.reader()?, moved };
    let (ready, mut next) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        // It also ends when nobody takes batches any more.
        while let Some(batch) = batches.next()
            && ready.blocking_send(batch).is_ok()
        {}
    });
    while let Some(batch) = next.recv().await {
        let (lines, bytes_read) = batch?;
        run.take_read(lines).await?;
        progress(bytes_read);
    }
    reading.await.map_err(|error| Error::Internal(error.to_string()))
}

struct Batches<R: Read, M> {
    log: CallLog<R>,
    reader: LineReader,
    moved: M,
}

// The lines of each batch, and how far the log has been read with it.
impl<R: Read, M: Fn(DateTime<Utc>) -> DateTime<Utc>> Iterator for Batches<R, M> {
    type Item = Result<(ReadLines, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut lines = ReadLines::default();
        let mut count = 0;
        while count < BATCH
            && let Some(line) = self.log.next()
        {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(refused(&error))),
            };
            let moved = |row: SourceRow| SourceRow { occurred_at: (self.moved)(row.occurred_at), ..row };
            self.reader.read(line.map(moved), &mut lines);
            count += 1;
        }
        self.reader.ended(&mut lines);
        (count > 0).then(|| Ok((lines, self.log.bytes_read())))
    }
}

fn progress_bar(file: &Path) -> ProgressBar {
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let bar = ProgressBar::new(bytes * 2);
    let template = "{msg} {wide_bar} {percent}% {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let name = file.file_name().unwrap_or(file.as_os_str());
    bar.with_message(name.to_string_lossy().into_owned())
}

/// What a run did, for people. Protected calls appear as one sum only.
#[must_use]
pub fn report(title: &str, summary: &Summary) -> String {
    let counts = &summary.counts;
    let mut text = format!("{title}\n");
    let mut line = |indent: usize, count: u64, what: &str| {
        let _ = writeln!(text, "{:indent$}{count:>9}  {what}", "");
    };
    let whole = |count: i32| u64::from(count.unsigned_abs());
    line(0, whole(counts.read), "rows read");
    line(2, whole(counts.inserted), "new calls");
    line(2, whole(counts.updated), "changed calls");
    line(2, whole(counts.unchanged), "calls as they were");
    line(2, whole(counts.duplicates), "repeated rows, for whose key another row stands");
    line(2, whole(counts.rejected), "rows that cannot be read");
    if counts.withdrawn > 0 {
        line(0, whole(counts.withdrawn), "calls that the source no longer lists, now withdrawn");
    }
    line(0, whole(counts.matched), "new or changed calls at a known place");
    line(0, whole(counts.flags_raised), "flags raised for review");
    line(0, summary.may_count, "calls that a rule may count");
    line(0, summary.left_out.values().sum(), "calls left out:");
    for (&reason, &count) in &summary.left_out {
        line(2, count, &because(reason));
    }
    for (number, reason) in &summary.rejections {
        let _ = writeln!(text, "line {number} was rejected: {reason}");
    }
    if summary.rejections.len() < usize::try_from(counts.rejected).unwrap_or_default() {
        text.push_str("(more rejected rows are with the feed's run)\n");
    }
    text
}

fn because(reason: LeftOut) -> String {
    use ExclusionReason as R;
    match reason {
        LeftOut::For(R::Protected) => "protected".to_owned(),
        LeftOut::For(R::Unmapped) => "of a type that is not mapped to a category".to_owned(),
        LeftOut::For(R::NotQualifying) => "of a category that no rule counts".to_owned(),
        LeftOut::For(R::Disposition) => "cancelled, unfounded, a duplicate or nobody found".to_owned(),
        LeftOut::For(R::OfficerInitiated) => {
            "begun by an officer (a rule may count them if it says so)".to_owned()
        }
        LeftOut::For(other) => other.word(),
        LeftOut::Inexact(AddressPrecision::Address | AddressPrecision::Unit) => {
            "near an address rather than at it".to_owned()
        }
        LeftOut::Inexact(precision) => format!("whose address names no single place: {precision}"),
    }
}
