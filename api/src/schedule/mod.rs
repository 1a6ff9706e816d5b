//! Reading feeds when they are due: this is where their rows meet the database.

mod fetching;
mod halt;
mod reconciling;
mod stop;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use entity::feed_run::FeedRunKind;
use tokio::task::JoinSet;

pub use self::stop::{Stop, Stopper};
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    writes::{
        evidence_uploads,
        feed_runs::{self, Due, Purpose},
        flags,
        ingest::{Counts, ImportRun, Summary},
    },
};

/// The longest time between two looks at what is due.
const LOOK: TimeDelta = TimeDelta::seconds(5);

/// How a run is carried out.
pub struct Manner<'a> {
    /// Told what was counted after each batch.
    pub progress: &'a (dyn Fn(&Counts) + Sync),
    /// A reconcile takes it that the source has much fewer rows than it had.
    pub accept_fewer: bool,
    pub stop: Stop,
}

/// Carries out a run that has begun, to its end. An error says why it failed; the run's row says so too.
pub async fn carry_out(app: &App, mut run: ImportRun, mut manner: Manner<'_>) -> Result<Summary> {
    let carried = match run.kind() {
        FeedRunKind::Import => fetching::import(app, &mut run, &mut manner).await,
        FeedRunKind::Reconcile => reconciling::reconcile(app, &mut run, &mut manner).await,
        FeedRunKind::Replay => run.take_rejected_again().await.map_err(Into::into),
        FeedRunKind::Push => Err(Error::Internal("a push is not carried out here".to_owned()).into()),
    };
    let Err(halt) = carried else { return run.finish().await };
    let key = run.key().to_owned();
    match run.fail_with(&halt.failure()).await {
        // Who took over has ended the run.
        Ok(_) | Err(Error::Interrupted(_)) => {}
        Err(worse) => {
            tracing::error!(
                feed = key,
                cause = worse.cause(),
                "the run could not be ended; the next one will"
            );
        }
    }
    Err(halt.into_error())
}

/// Does what is due now, all feeds at the same time, and waits for it; answers how many things were done. Feeds that
/// somebody else began to read in the meantime are left alone.
pub async fn tick(app: &App, stop: &Stop) -> Result<usize> {
    flags_go_stale(app).await;
    let due = feed_runs::due(app).await?;
    let done = due.into_iter().map(|due| of_due(app.clone(), due, stop.clone()));
    let done = futures_util::future::join_all(done).await;
    Ok(done.into_iter().filter(|done| *done).count())
}

// Also where no feed brings anything any more.
async fn flags_go_stale(app: &App) {
    if let Err(error) = flags::mark_stale_if_due(app).await {
        tell(&error, "flags that nobody reviewed could not be marked");
    }
}

// Files that were announced as evidence and never attached.
async fn files_are_given_up(app: &App) {
    match evidence_uploads::give_up(app).await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "files that nobody attached were given up"),
        Err(error) => tell(&error, "files that nobody attached could not be given up"),
    }
}

fn tell(error: &Error, what: &str) {
    match error {
        // Another server does it.
        Error::Interrupted(why) => tracing::warn!("{what}: {why}"),
        _ => tracing::error!(cause = error.cause(), "{what}"),
    }
}

// What goes wrong here is in the run's row and in the log; nobody waits for an answer.
async fn of_due(app: App, due: Due, stop: Stop) -> bool {
    let (key, kind) = match due {
        Due::Run { key, kind } => (key, kind),
        Due::ClearUp { feed } => {
            return match feed_runs::clear_up(&app, feed).await {
                Ok(()) => true,
                Err(Error::Busy { .. }) => false,
                Err(error) => {
                    tracing::error!(%feed, cause = error.cause(), "what a dead run left could not be cleared up");
                    false
                }
            };
        }
    };
    match ImportRun::start_as(&app, &Viewer::server(), &key, Purpose::fetched(kind)).await {
        Ok(run) => {
            in_background(&app, run, stop).await;
            true
        }
        Err(Error::Busy { .. } | Error::Refused(_)) => false,
        Err(error) => {
            tracing::error!(feed = key, cause = error.cause(), "a run could not begin");
            false
        }
    }
}

async fn in_background(app: &App, run: ImportRun, stop: Stop) {
    let (key, id, kind) = (run.key().to_owned(), run.id(), run.kind());
    tracing::info!(feed = key, run = %id, %kind, "a run begins");
    let manner = Manner { progress: &|_| {}, accept_fewer: false, stop };
    match carry_out(app, run, manner).await {
        Ok(summary) => {
            let counts = summary.counts;
            tracing::info!(
                feed = key, run = %id, read = counts.read, inserted = counts.inserted, updated = counts.updated,
                withdrawn = counts.withdrawn, rejected = counts.rejected, "a run ended well"
            );
        }
        // Its words are safe to show: a source's own words and a protected call's address are not in them.
        Err(error) => tracing::warn!(feed = key, run = %id, "a run failed: {error}"),
    }
}

/// The runs of one server: those that are due and those that somebody asked for.
#[derive(Clone)]
pub struct Runs {
    app: App,
    stop: Stop,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Runs {
    /// No run yet; all of them end when `stop` is told.
    #[must_use]
    pub fn new(app: App, stop: Stop) -> Self {
        Self { app, stop, tasks: Arc::default() }
    }

    /// Carries out a run that has begun, without anybody waiting for it.
    pub fn carry_out(&self, run: ImportRun) {
        let (app, stop) = (self.app.clone(), self.stop.clone());
        self.spawn(async move { in_background(&app, run, stop).await });
    }

    /// Looks at what is due every few seconds, until told to stop.
    pub fn keep_looking(&self) {
        let runs = self.clone();
        // Often enough that the feed of a dead server is taken over soon after its lease ran out.
        let pause = (self.app.holder.lease / 4).min(LOOK).to_std().unwrap_or_default();
        let pause = pause.max(Duration::from_millis(100));
        self.spawn(async move {
            let mut stop = runs.stop.clone();
            while !stop.is_told() {
                flags_go_stale(&runs.app).await;
                files_are_given_up(&runs.app).await;
                match feed_runs::due(&runs.app).await {
                    Ok(due) => due.into_iter().for_each(|due| runs.begin(due)),
                    Err(error) => tracing::error!(cause = error.cause(), "what is due could not be told"),
                }
                let _ = stop.unless_told(tokio::time::sleep(pause)).await;
            }
        });
    }

    fn begin(&self, due: Due) {
        let (app, stop) = (self.app.clone(), self.stop.clone());
        self.spawn(async move {
            of_due(app, due, stop).await;
        });
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits until the runs have ended that were told to stop, but not longer than that. What is still running then is
    /// given up as if the server had died: its next reader ends it.
    pub async fn ended(&self, within: Duration) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("runs of feeds did not end in time and are given up");
        }
    }
}
