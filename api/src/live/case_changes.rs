//! Changes of cases: one reader of the table for the whole server, and a stream for each subscriber.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use entity::id::{CaseEventId, DistrictId};
use futures_util::{Stream, stream};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc, oneshot,
    },
    time::Instant,
};

use super::Live;
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    news::News,
    presence::Presence,
    reads::case_events::{self, Change, Position},
    scope,
};

/// How often the table is looked at though nobody told of a change: another process may write to an SQLite file.
const LOOK: Duration = Duration::from_secs(1);
/// After which a change that was told of but is not seen is looked for again, at first.
const SOON: Duration = Duration::from_millis(10);
/// How long it is looked for so often.
const SOUGHT: Duration = Duration::from_secs(10);
/// Changes that are read at once.
const PAGE: u64 = 500;

/// Reads the changes in the order in which they were committed and spreads them, as long as anybody wants them.
pub(super) async fn follow(
    app: App,
    mut news: broadcast::Receiver<News>,
    changes: broadcast::Sender<Change>,
    mut asked: mpsc::Receiver<oneshot::Sender<Position>>,
) {
    let mut reader = Reader { app, changes, at: None, sought: HashMap::new(), wait: LOOK };
    loop {
        let idle = reader.at.is_none();
        tokio::select! {
            told = news.recv() => match told {
                Ok(news) => reader.heard(news),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            reply = asked.recv() => match reply {
                Some(reply) => {
                    reader.flow(reply).await;
                    continue;
                }
                None => return,
            },
            () = tokio::time::sleep(reader.wait), if !idle => {}
        }
        while let Ok(news) = news.try_recv() {
            reader.heard(news);
        }
        if reader.at.is_some()
            && let Err(error) = reader.read().await
        {
            tracing::warn!(cause = error.cause(), "changes cannot be read");
            reader.wait = LOOK;
        }
    }
}

struct Reader {
    app: App,
    changes: broadcast::Sender<Change>,
    /// The last change that was spread; none while nobody wants any.
    at: Option<Position>,
    /// Changes that were told of and not yet seen: a transaction that began before theirs still runs.
    sought: HashMap<CaseEventId, Instant>,
    wait: Duration,
}

impl Reader {
    fn heard(&mut self, news: News) {
        if let (News::CaseEvent(id), true) = (news, self.at.is_some()) {
            self.sought.insert(id, Instant::now());
            self.wait = SOON;
        }
    }

    async fn flow(&mut self, reply: oneshot::Sender<Position>) {
        let at = match self.at {
            Some(at) => Ok(at),
            None => case_events::newest(&self.app).await,
        };
        match at {
            Ok(at) => {
                self.at = Some(at);
                let _ = reply.send(at);
            }
            // Who asked hears that nobody answers.
            Err(error) => tracing::warn!(cause = error.cause(), "changes cannot be read"),
        }
    }

    async fn read(&mut self) -> Result<()> {
        if self.changes.receiver_count() == 0 {
            (self.at, self.wait) = (None, LOOK);
            self.sought.clear();
            return Ok(());
        }
        let server = Viewer::server();
        loop {
            let (found, more) = case_events::changes_since(&self.app, &server, self.at, None, PAGE).await?;
            for change in found {
                self.at = Some(change.position());
                self.sought.remove(&change.id);
                drop(self.changes.send(change));
            }
            if !more {
                break;
            }
        }
        self.sought.retain(|_, since| since.elapsed() < SOUGHT);
        self.wait = if self.sought.is_empty() { LOOK } else { (self.wait * 2).min(LOOK) };
        Ok(())
    }
}

/// What one subscriber wants of the changes.
pub struct CaseChanges {
    pub presence: Presence,
    pub districts: Option<Vec<DistrictId>>,
    /// Behind which change to begin; now, when none is named.
    pub since: Option<Position>,
}

/// The changes that the subscriber may see: those that are there, then those that come, each exactly once. It ends with
/// an error when the subscriber's sign-in has ended, or when it takes changes more slowly than they come.
pub async fn case_changes(
    app: &App,
    live: &Live,
    wanted: CaseChanges,
) -> Result<impl Stream<Item = Result<Change>> + use<>> {
    // First the live ones, so that what is committed while the others are read is not missed.
    let (coming, flows_from) = live.changes().await?;
    let last = wanted.since.unwrap_or(flows_from);
    let reading = Reading {
        app: app.clone(),
        catching_up: wanted.since.is_some(),
        wanted,
        flows_from,
        last,
        there: VecDeque::new(),
        coming,
    };
    Ok(stream::try_unfold(reading, |mut reading| async move {
        Ok(reading.next().await?.map(|change| (change, reading)))
    }))
}

struct Reading {
    app: App,
    wanted: CaseChanges,
    /// Some changes up to where the live ones flow from may not have been read yet.
    catching_up: bool,
    flows_from: Position,
    last: Position,
    /// Changes that were there already.
    there: VecDeque<Change>,
    coming: broadcast::Receiver<Change>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Change>> {
        loop {
            if let Some(change) = self.there.pop_front() {
                self.last = change.position();
                return Ok(Some(change));
            }
            if self.catching_up {
                self.catch_up().await?;
                continue;
            }
            let change = match self.coming.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(_)) => return Err(Error::Behind),
                Err(RecvError::Closed) => return Ok(None),
            };
            // It was there already when we caught up.
            if change.position() <= self.last.max(self.flows_from) {
                continue;
            }
            self.last = change.position();
            let viewer = self.viewer().await?;
            let wanted = self.wanted.districts.as_ref().is_none_or(|some| some.contains(&change.district_id));
            if wanted && scope::sees_case_event(&viewer, change.district_id, change.privileged) {
                return Ok(Some(change));
            }
        }
    }

    async fn catch_up(&mut self) -> Result<()> {
        let viewer = self.viewer().await?;
        let districts = self.wanted.districts.clone();
        let (found, more) =
            case_events::changes_since(&self.app, &viewer, Some(self.last), districts, PAGE).await?;
        self.catching_up = more;
        self.there = found.into();
        Ok(())
    }

    async fn viewer(&self) -> Result<Viewer> {
        self.wanted.presence.viewer().await?.ok_or(Error::Unauthenticated)
    }
}
