//! Reading what is new at a feed's source.

use std::collections::BTreeSet;

use entity::feed::FeedKind;

use super::{Manner, halt::Halt};
use crate::{
    app::App,
    config,
    error::{Error, Result},
    feeds::{Connector, Page, Start},
    preset,
    writes::{
        feed_runs,
        ingest::{self, BATCH, ImportRun},
    },
};

/// What fetches the feed of this run, set up for it.
pub(super) async fn connect(app: &App, run: &ImportRun) -> Result<Box<dyn Connector>, Halt> {
    let feed = ingest::feed(app, run.key())?;
    let start = start(app, run, feed).await?;
    let connector = feed.connector(start)?;
    connector.ok_or_else(|| Error::BadInput(no_connection(feed)).into())
}

/// Why a feed cannot be fetched.
#[must_use]
fn no_connection(feed: &preset::Feed) -> String {
    format!(
        "The feed `{}` has no `[connection]`: its calls are pushed, or loaded with `jfn import-calls`.",
        feed.key
    )
}

async fn start(app: &App, run: &ImportRun, feed: &preset::Feed) -> Result<Start> {
    let token_file = feed.connection.as_ref().and_then(|connection| connection.token_file.as_deref());
    Ok(Start {
        since: run.since(feed.schedule.overlap()),
        known_files: match feed.kind {
            FeedKind::Csv => feed_runs::taken_files(app, run.feed()).await?,
            _ => BTreeSet::new(),
        },
        token: config::feed_token(&feed.key, token_file)?,
        store_options: config::store_options(),
    })
}

/// Takes everything that changed since the watermark.
pub(super) async fn import(app: &App, run: &mut ImportRun, manner: &mut Manner<'_>) -> Result<(), Halt> {
    let mut connector = connect(app, run).await?;
    manner.stop.unless_told(connector.check()).await??;
    while let Some(page) = manner.stop.unless_told(connector.page()).await?? {
        take(run, page, manner).await?;
    }
    Ok(())
}

async fn take(run: &mut ImportRun, page: Page, manner: &Manner<'_>) -> Result<(), Halt> {
    if let Some(file) = &page.file {
        run.reads_file(file).await?;
    }
    for lines in page.lines.chunks(BATCH) {
        // Between two batches is where a run may end without leaving half of anything.
        if manner.stop.is_told() {
            return Err(Halt::Told);
        }
        run.take(lines).await?;
        (manner.progress)(run.counts());
    }
    run.left_out(page.repeated);
    run.saw(page.newest_change);
    if page.file_ends {
        run.file_ends();
    }
    Ok(())
}
