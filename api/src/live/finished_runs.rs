//! Runs of feeds as they end.

use entity::feed_run;
use futures_util::{Stream, stream};
use tokio::sync::broadcast;

use super::next_news;
use crate::{
    app::App,
    error::{Error, Result},
    news::News,
    presence::Presence,
    reads,
};

/// The runs that end from now on, well or badly. It ends with an error when the subscriber's sign-in has ended, or when runs
/// may have been missed.
pub fn finished_runs(app: &App, presence: Presence) -> impl Stream<Item = Result<feed_run::Model>> + use<> {
    let finished = Finished { app: app.clone(), presence, news: app.newsroom.listen() };
    stream::try_unfold(finished, |mut finished| async move {
        Ok(finished.next().await?.map(|run| (run, finished)))
    })
}

struct Finished {
    app: App,
    presence: Presence,
    news: broadcast::Receiver<News>,
}

impl Finished {
    async fn next(&mut self) -> Result<Option<feed_run::Model>> {
        while let Some(news) = next_news(&mut self.news).await? {
            let News::FeedRunFinished(id) = news else { continue };
            let viewer = self.presence.viewer().await?.ok_or(Error::Unauthenticated)?;
            if let Some(run) = reads::feeds::run_by_id(&self.app, &viewer, id).await? {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }
}
