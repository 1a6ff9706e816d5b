//! Calls that a source pushes: one run a request, and what became of every row.

use std::collections::HashMap;

use entity::{feed_run::FeedRunKind, id::FeedRunId};

use super::{BATCH, Counts, ImportRun, Outcome};
use crate::{app::App, authz::Viewer, error::Result, feeds::Line, writes::feed_runs::Purpose};

/// What became of a request's rows.
#[derive(Clone, Debug)]
pub struct Pushed {
    pub run: FeedRunId,
    pub counts: Counts,
    /// By the row's number; one that is missing has another row of the request standing for its key.
    pub outcomes: HashMap<u64, Outcome>,
}

/// Takes the rows and holds the rules against their places. `Busy` while something else reads the feed.
///
/// When it fails, batches that were taken stay; the same rows told again are then unchanged.
pub async fn push(app: &App, viewer: &Viewer, key: &str, rows: &[Line]) -> Result<Pushed> {
    let mut run = ImportRun::start_as(app, viewer, key, Purpose::brought(FeedRunKind::Push)).await?;
    match take(&mut run, rows).await {
        Ok(outcomes) => {
            let id = run.id();
            let counts = run.finish().await?.counts;
            Ok(Pushed { run: id, counts, outcomes })
        }
        Err(error) => {
            if let Err(worse) = run.fail(&error.to_string()).await {
                tracing::error!("the run could not be ended: {}", worse.cause().unwrap_or_default());
            }
            Err(error)
        }
    }
}

async fn take(run: &mut ImportRun, rows: &[Line]) -> Result<HashMap<u64, Outcome>> {
    let mut outcomes = HashMap::with_capacity(rows.len());
    for batch in rows.chunks(BATCH) {
        outcomes.extend(run.take(batch).await?);
    }
    Ok(outcomes)
}
