//! `jfn feed run|reconcile|replay-rejected KEY`: runs a feed by hand, and says what it counted, left out and rejected.

use std::time::Duration;

use entity::feed_run::FeedRunKind;
use indicatif::ProgressBar;

use super::{import_calls::report, print, serve};
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    schedule::{self, Manner, Stop},
    writes::{
        feed_runs::Purpose,
        ingest::{Counts, ImportRun, Summary},
    },
};

/// What to do with a feed.
#[derive(clap::Subcommand)]
pub enum Feed {
    /// Reads what changed at the source since the last run, now.
    Run {
        /// Key of the feed.
        key: String,
    },
    /// Compares the keys that the source lists with ours, and marks the calls that are gone as withdrawn.
    Reconcile {
        /// Key of the feed.
        key: String,
        /// Take it that the source has fewer than 95 % of the rows it had, or other keys.
        #[arg(long)]
        accept_fewer: bool,
    },
    /// Reads the rejected rows again, after the feed's mapping was mended; takes those that can be read by now.
    ReplayRejected {
        /// Key of the feed.
        key: String,
    },
}

/// Carries it out and prints what came of it. Ctrl-C ends the run at its next batch.
pub async fn run(app: &App, what: Feed) -> Result<()> {
    let (stopper, stop) = Stop::new();
    let signals = tokio::spawn(async move {
        serve::told_to_stop().await;
        stopper.stop();
    });
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    let progress = |counts: &Counts| bar.set_message(in_short(counts));
    let (title, done) = match what {
        Feed::Run { key } => (
            format!("{key}, from its source"),
            fetch(app, &key, FeedRunKind::Import, false, stop, &progress).await,
        ),
        Feed::Reconcile { key, accept_fewer } => (
            format!("{key}, compared with its source"),
            fetch(app, &key, FeedRunKind::Reconcile, accept_fewer, stop, &progress).await,
        ),
        Feed::ReplayRejected { key } => {
            (format!("{key}, rejected rows read again"), replay_rejected(app, &key, stop, &progress).await)
        }
    };
    signals.abort();
    bar.finish_and_clear();
    print(&report(&title, &done?))
}

/// Runs the feed now: reads what changed at its source, or compares keys. Waits for a run in work to end, or to lose
/// the feed.
pub async fn fetch(
    app: &App,
    key: &str,
    kind: FeedRunKind,
    accept_fewer: bool,
    stop: Stop,
    progress: &(dyn Fn(&Counts) + Sync),
) -> Result<Summary> {
    let run = begin(app, key, Purpose::fetched(kind), stop.clone()).await?;
    schedule::carry_out(app, run, Manner { progress, accept_fewer, stop }).await
}

/// Reads the feed's rejected rows again, with its mapping as it is now.
pub async fn replay_rejected(
    app: &App,
    key: &str,
    stop: Stop,
    progress: &(dyn Fn(&Counts) + Sync),
) -> Result<Summary> {
    let run = begin(app, key, Purpose::brought(FeedRunKind::Replay), stop.clone()).await?;
    schedule::carry_out(app, run, Manner { progress, accept_fewer: false, stop }).await
}

/// Begins a run as soon as the feed is free: one in work ends, or its dead holder's lease runs out.
pub async fn begin(app: &App, key: &str, purpose: Purpose, mut stop: Stop) -> Result<ImportRun> {
    loop {
        match ImportRun::start_as(app, &Viewer::server(), key, purpose).await {
            Err(Error::Busy { message, .. }) => tracing::info!("{message}"),
            begun => return begun,
        }
        let pause = tokio::time::sleep(Duration::from_secs(1));
        if stop.unless_told(pause).await.is_err() {
            return Err(Error::Interrupted("Stopped before the run could begin.".to_owned()));
        }
    }
}

fn in_short(counts: &Counts) -> String {
    format!(
        "{} rows read: {} new, {} changed, {} withdrawn, {} rejected",
        counts.read, counts.inserted, counts.updated, counts.withdrawn, counts.rejected
    )
}
