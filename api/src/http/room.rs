//! Room for connections. Who comes when all is taken gets the place of the client for whom we have waited the longest, so that
//! those who take their time cannot keep out those who do not.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// For so long we wait for everybody: an answer that was just given must still reach its reader.
const BREATH: Duration = Duration::from_millis(100);

/// The places that there are.
pub(super) struct Room {
    places: Arc<Semaphore>,
    turns: AtomicU64,
    /// Those for whom we wait, the longest awaited first.
    awaited: Mutex<BTreeMap<u64, Awaited>>,
}

struct Awaited {
    since: Instant,
    let_go: Arc<Notify>,
}

impl Room {
    pub(super) fn new(places: usize) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(places));
        Arc::new(Self { places, turns: AtomicU64::new(0), awaited: Mutex::default() })
    }

    /// A place, as soon as there is one or somebody can be let go.
    pub(super) async fn enter(self: &Arc<Self>) -> Place {
        loop {
            tokio::select! {
                biased;
                place = self.places.clone().acquire_owned() => {
                    let client = Arc::new(Client {
                        room: self.clone(),
                        let_go: Arc::default(),
                        turn: Mutex::new(self.turn()),
                    });
                    client.is_awaited(client.turn());
                    return Place { client, _place: place.ok() };
                }
                () = self.one_is_let_go() => {}
            }
        }
    }

    async fn one_is_let_go(&self) {
        loop {
            let until = self.those().first_key_value().map(|(_, longest)| longest.since + BREATH);
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) {
                if let Some((_, longest)) = self.those().pop_first() {
                    longest.let_go.notify_one();
                }
                // It ends as soon as it hears of it; only if that takes long, another one goes too.
                tokio::time::sleep(BREATH).await;
                return;
            }
            tokio::time::sleep_until(until.unwrap_or(now + BREATH)).await;
        }
    }

    fn turn(&self) -> Turn {
        Turn { number: self.turns.fetch_add(1, Ordering::Relaxed), since: Instant::now() }
    }

    fn those(&self) -> MutexGuard<'_, BTreeMap<u64, Awaited>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Since when the client is at what it does; who began earlier has the smaller number.
#[derive(Clone, Copy)]
struct Turn {
    number: u64,
    since: Instant,
}

/// One place, until it is dropped.
pub(super) struct Place {
    pub(super) client: Arc<Client>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.client.is_served(self.client.turn());
    }
}

/// Who has the place.
pub(super) struct Client {
    room: Arc<Room>,
    let_go: Arc<Notify>,
    turn: Mutex<Turn>,
}

impl Client {
    /// Ready when the place is wanted for somebody else.
    pub(super) async fn is_let_go(&self) {
        self.let_go.notified().await;
    }

    /// From now on we do not wait for it, although its connection goes on: it has signed in on a socket, say.
    pub(super) fn stays(&self) {
        self.is_served(self.turn());
    }

    /// The head of a request has come; it is our turn, except where the body is awaited.
    pub(super) fn has_asked(self: &Arc<Self>) -> Asked {
        self.is_served(self.turn());
        let turn = self.room.turn();
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
        Asked { client: self.clone(), turn }
    }

    fn turn(&self) -> Turn {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_awaited(&self, turn: Turn) {
        let awaited = Awaited { since: turn.since, let_go: self.let_go.clone() };
        self.room.those().insert(turn.number, awaited);
    }

    fn is_served(&self, turn: Turn) {
        self.room.those().remove(&turn.number);
    }
}

/// A request of a client.
#[derive(Clone)]
pub(super) struct Asked {
    client: Arc<Client>,
    turn: Turn,
}

impl Asked {
    /// The body of the request. While a piece of it is awaited, so is the client, since it began with the request.
    pub(super) fn awaiting(
        self,
        pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    ) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        let mut pieces = Box::pin(pieces);
        let served = Served(self);
        stream::poll_fn(move |context| {
            let polled = pieces.poll_next_unpin(context);
            match polled {
                Poll::Pending => served.0.client.is_awaited(served.0.turn),
                Poll::Ready(_) => served.0.client.is_served(served.0.turn),
            }
            polled
        })
    }

    /// The answer. Once it is given, the next request is awaited.
    pub(super) fn answered<B>(self, body: B) -> Answer<B> {
        Answer { body, asked: self }
    }
}

/// A body that somebody has stopped to read is no longer awaited.
struct Served(Asked);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.client.is_served(self.0.turn);
    }
}

/// The body of an answer.
pub(super) struct Answer<B> {
    body: B,
    asked: Asked,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Answer<B> {
    fn drop(&mut self) {
        let client = &self.asked.client;
        let turn = client.room.turn();
        *client.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
        client.is_awaited(turn);
    }
}
