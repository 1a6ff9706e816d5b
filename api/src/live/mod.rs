//! Live changes: streams that miss nothing and double nothing, each event shown with the rights of the moment.

mod case_changes;
mod finished_runs;
mod raised_flags;

use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc, oneshot,
};

pub use self::{
    case_changes::{CaseChanges, case_changes},
    finished_runs::finished_runs,
    raised_flags::raised_flags,
};
use crate::{
    app::App,
    error::{Error, Result},
    news::News,
    reads::case_events::{Change, Position},
};

/// Changes that a stream may be behind before it is ended.
const KEPT: usize = 4_096;

/// The live changes of this server.
#[derive(Clone)]
pub struct Live {
    changes: broadcast::Sender<Change>,
    /// Asks where the changes stand, and has them flow from there.
    flow: mpsc::Sender<oneshot::Sender<Position>>,
}

impl Live {
    /// Starts to follow the application's changes, until the last handle is dropped.
    #[must_use]
    pub fn start(app: &App) -> Self {
        let (changes, _) = broadcast::channel(KEPT);
        let (flow, asked) = mpsc::channel(64);
        tokio::spawn(case_changes::follow(app.clone(), app.newsroom.listen(), changes.clone(), asked));
        Self { changes, flow }
    }

    /// All changes behind the position that is told with them.
    async fn changes(&self) -> Result<(broadcast::Receiver<Change>, Position)> {
        let changes = self.changes.subscribe();
        let (reply, position) = oneshot::channel();
        let stopped = |_| Error::Interrupted("This server stops; subscribe again.".to_owned());
        self.flow.send(reply).await.map_err(|_| stopped(()))?;
        Ok((changes, position.await.map_err(|_| stopped(()))?))
    }
}

/// The next news; an error when some may have been missed, none when the server stops.
async fn next_news(news: &mut broadcast::Receiver<News>) -> Result<Option<News>> {
    match news.recv().await {
        Ok(News::Missed) | Err(RecvError::Lagged(_)) => Err(Error::Behind),
        Ok(news) => Ok(Some(news)),
        Err(RecvError::Closed) => Ok(None),
    }
}
