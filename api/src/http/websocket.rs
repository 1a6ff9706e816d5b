//! Subscriptions over a WebSocket, as the protocol `graphql-transport-ws` has it.
//!
//! Who subscribes signs in by the session's cookie or by `{"authorization": "Bearer …"}` in `connection_init`. The socket is
//! closed when that sign-in ends (4403, after which clients may try again with a fresh one), when the client says nothing
//! for long, and when it does not take what it is sent.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use async_graphql::Response as Answer;
use futures_util::{
    SinkExt, Stream, StreamExt,
    stream::{AbortHandle, Abortable, SelectAll},
};
use poem::{
    FromRequest, IntoResponse, Request, Response,
    http::{StatusCode, header},
    web::websocket::{CloseCode, Message, WebSocket, WebSocketConfig, WebSocketStream},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior};

use super::{
    RequestId, Shared, documents::Sent, event_stream::was_executed, room::Place, subscriptions::Open,
};
use crate::{
    audit::{self, ADDRESS},
    authz::Viewer,
    error::Error,
    presence::{Credential, LOOK, Presence},
};

const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is still there.
const PING: Duration = Duration::from_secs(15);
/// After which silence it is not.
const SILENCE: Duration = Duration::from_secs(45);
/// How long a client may take to take a message.
const TAKE: Duration = Duration::from_secs(10);
/// Bytes of a client's message at most.
const MESSAGE: usize = 64 * 1024;

/// Why a socket is closed: a code of the protocol, and words.
type Close = (u16, &'static str);

const TOO_MANY: Close = (4429, "You have as many sockets open as you may have at once.");
const ENDED: Close = (4403, "The sign-in has ended.");

/// Whether the request wants to become a WebSocket.
pub(super) fn is_asked(request: &Request) -> bool {
    request.header(header::UPGRADE).is_some_and(|wanted| wanted.eq_ignore_ascii_case("websocket"))
}

/// Makes a WebSocket of the request. A page of another site may not: it would come with the cookie of whoever looks at it.
pub(super) async fn upgrade(request: &Request, shared: Arc<Shared>, id: RequestId) -> Response {
    if !is_same_site(request) {
        return super::json(
            StatusCode::FORBIDDEN,
            &json!({ "code": "FORBIDDEN", "message": "The page is of another site.", "requestId": id.0 }),
        );
    }
    let offered = request.header(header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    if !offered.split(',').any(|protocol| protocol.trim() == PROTOCOL) {
        let message = format!("Ask for `Sec-WebSocket-Protocol: {PROTOCOL}`.");
        return super::json(
            StatusCode::BAD_REQUEST,
            &json!({ "code": "BAD_INPUT", "message": message, "requestId": id.0 }),
        );
    }
    let socket = match WebSocket::from_request_without_body(request).await {
        Ok(socket) => socket,
        Err(error) => return error.into_response(),
    };
    let cookie = super::session_secret(request).map(Credential::Session);
    let from = audit::address();
    let place = request.extensions().get::<Arc<Place>>().cloned();
    let config = WebSocketConfig::default().max_message_size(Some(MESSAGE)).max_frame_size(Some(MESSAGE));
    socket
        .protocols([PROTOCOL])
        .config(config)
        .on_upgrade(move |socket| {
            ADDRESS.scope(from, Connection::new(socket, shared, cookie, id, place).run())
        })
        .into_response()
}

// Programs send no `Origin`.
fn is_same_site(request: &Request) -> bool {
    request.header(header::ORIGIN).is_none_or(|origin| is_of_host(origin, request.header(header::HOST)))
}

// A page that has no origin, such as one in a sandbox, says `null`, which is of no host.
fn is_of_host(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| !authority.is_empty() && Some(authority) == host)
}

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Value>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Box<Sent>,
    },
    Complete {
        id: String,
    },
}

/// An answer of a subscription, or its end.
type Event = (String, Option<Answer>);

struct Connection {
    socket: WebSocketStream,
    shared: Arc<Shared>,
    cookie: Option<Credential>,
    id: RequestId,
    present: Option<(Presence, Viewer)>,
    /// Among all connections, and among those of the viewer.
    place: Option<Arc<Place>>,
    open: Option<Open>,
    running: HashMap<String, AbortHandle>,
    events: SelectAll<Pin<Box<dyn Stream<Item = Event> + Send>>>,
    heard: Instant,
}

impl Connection {
    fn new(
        socket: WebSocketStream,
        shared: Arc<Shared>,
        cookie: Option<Credential>,
        id: RequestId,
        place: Option<Arc<Place>>,
    ) -> Self {
        Self {
            socket,
            shared,
            cookie,
            id,
            present: None,
            place,
            open: None,
            running: HashMap::new(),
            events: SelectAll::new(),
            heard: Instant::now(),
        }
    }

    async fn run(mut self) {
        let (shared, place) = (self.shared.clone(), self.place.clone());
        let let_go = async {
            match &place {
                Some(place) => place.client.is_let_go().await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            ended = self.converse() => ended,
            () = let_go => Err((1013, "There is no room for those who do not sign in.")),
            () = shared.stopping() => Err((1001, "The server stops; connect again.")),
        };
        if let Err((code, reason)) = ended {
            let close = self.socket.send(Message::close_with(CloseCode::from(code), reason));
            drop(tokio::time::timeout(TAKE, close).await);
        }
    }

    async fn converse(&mut self) -> Result<(), Close> {
        let began = Instant::now();
        let mut ping = tokio::time::interval_at(began + PING, PING);
        // It goes on whatever comes in between: nobody stays by talking.
        let mut look = tokio::time::interval_at(began + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let presence = self.present.as_ref().map(|(presence, _)| presence.clone());
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.heard(&text).await?,
                    Some(Ok(Message::Binary(_))) => return Err((4400, "Messages are JSON text.")),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.heard = Instant::now(),
                    // The client has gone, or said what is no WebSocket message.
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                },
                Some((id, answer)) = self.events.next() => self.tell(id, answer).await?,
                _ = ping.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err((4408, "Nothing was heard for 45 s."));
                    }
                    self.send(json!({ "type": "ping" })).await?;
                }
                _ = look.tick() => match presence {
                    // A database that cannot be asked for a moment has not said that they are gone.
                    Some(presence) if matches!(presence.viewer().await, Ok(None)) => return Err(ENDED),
                    None if began.elapsed() >= INIT => {
                        return Err((4408, "Connection initialisation timeout"));
                    }
                    Some(_) | None => {}
                }
            }
        }
    }

    async fn heard(&mut self, text: &str) -> Result<(), Close> {
        self.heard = Instant::now();
        let Ok(said) = serde_json::from_str::<Said>(text) else {
            return Err((4400, "This is no message of graphql-transport-ws."));
        };
        match said {
            Said::ConnectionInit { payload } => self.init(payload.unwrap_or_default()).await,
            Said::Ping { payload: None } => self.send(json!({ "type": "pong" })).await,
            Said::Ping { payload } => self.send(json!({ "type": "pong", "payload": payload })).await,
            Said::Pong {} => Ok(()),
            Said::Subscribe { id, payload } => self.subscribe(id, *payload).await,
            Said::Complete { id } => {
                if let Some(running) = self.running.remove(&id) {
                    running.abort();
                }
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: Value) -> Result<(), Close> {
        if self.present.is_some() {
            return Err((4429, "Too many initialisation requests"));
        }
        let told = ["authorization", "Authorization"].iter().find_map(|name| payload.get(name)?.as_str());
        let credential = match told {
            Some(told) => told.strip_prefix("Bearer ").map(|token| Credential::Token(token.to_owned())),
            None => self.cookie.take(),
        };
        let credential = credential.ok_or((4403, "Forbidden"))?;
        match Presence::of(&self.shared.app, credential).await {
            Ok(Some(present)) => self.present = Some(self.admitted(present)?),
            Ok(None) => return Err((4403, "Forbidden")),
            Err(error) => return Err(self.nobody_known(&error)),
        }
        self.send(json!({ "type": "connection_ack" })).await
    }

    // One of a few of this viewer's; once it is, it makes no room for others.
    fn admitted(&mut self, present: (Presence, Viewer)) -> Result<(Presence, Viewer), Close> {
        let most = self.shared.edge.subscriptions_by_viewer;
        self.open = Some(self.shared.sockets.take(&present.1, most).ok_or(TOO_MANY)?);
        if let Some(place) = &self.place {
            place.client.stays();
        }
        Ok(present)
    }

    fn nobody_known(&self, error: &Error) -> Close {
        tracing::error!(request_id = %self.id.0, cause = error.cause(), "nobody can be recognised");
        (4500, "Internal server error")
    }

    async fn subscribe(&mut self, id: String, sent: Sent) -> Result<(), Close> {
        let Some((presence, _)) = &self.present else { return Err((4401, "Unauthorized")) };
        let presence = presence.clone();
        let viewer = match presence.asking().await {
            Ok(Some(viewer)) => viewer,
            Ok(None) => return Err(ENDED),
            Err(error) => return Err(self.nobody_known(&error)),
        };
        let present = (presence, viewer);
        // What was completed meanwhile still may be on its way.
        if self.running.contains_key(&id) {
            return Err((4409, "Subscriber for this id already exists"));
        }
        let subscribed = match self.shared.admit(Some(&present.1), sent, self.id).await {
            Ok(request) => self.shared.subscribe(present, request, self.id).await,
            Err(error) => {
                let extensions = json!({ "code": error.code(), "requestId": self.id.0 });
                Err(json!({ "message": error.to_string(), "extensions": extensions }))
            }
        };
        let events = match subscribed {
            Ok(events) => events,
            Err(error) => {
                return self.send(json!({ "type": "error", "id": id, "payload": [error] })).await;
            }
        };
        let (handle, registration) = AbortHandle::new_pair();
        let tagged = {
            let (id, end) = (id.clone(), id.clone());
            let answers = events.map(move |answer| (id.clone(), Some(answer)));
            answers.chain(futures_util::stream::once(async move { (end, None) }))
        };
        self.events.push(Box::pin(Abortable::new(tagged, registration)));
        self.running.insert(id, handle);
        Ok(())
    }

    async fn tell(&mut self, id: String, answer: Option<Answer>) -> Result<(), Close> {
        // Aborted streams end at once, but what they had ready may come first.
        if !self.running.contains_key(&id) {
            return Ok(());
        }
        match answer {
            None => {
                self.running.remove(&id);
                self.send(json!({ "type": "complete", "id": id })).await
            }
            Some(answer) if was_executed(&answer) => {
                self.send(json!({ "type": "next", "id": id, "payload": answer })).await
            }
            // Refused as a whole; no `complete` follows then.
            Some(answer) => {
                if let Some(running) = self.running.remove(&id) {
                    running.abort();
                }
                self.send(json!({ "type": "error", "id": id, "payload": answer.errors })).await
            }
        }
    }

    async fn send(&mut self, message: Value) -> Result<(), Close> {
        let sent = self.socket.send(Message::Text(message.to_string()));
        match tokio::time::timeout(TAKE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err((1006, "")),
            Err(_) => Err((4408, "The client takes nothing.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Said, is_of_host};

    proptest! {
        #[test]
        fn a_page_is_of_this_site_only_where_its_host_is_ours_to_the_letter(origin in ".{0,40}", host in "[a-z0-9.:]{1,20}", other in ".{1,20}") {
            prop_assert!(!is_of_host(&origin, None));
            for ours in [format!("https://{host}"), format!("http://{host}")] {
                prop_assert!(is_of_host(&ours, Some(&host)), "{}", ours);
            }
            for foreign in [format!("https://{host}{other}"), format!("https://{other}{host}"), format!("https://{other}@{host}"), host.clone()] {
                prop_assert!(!is_of_host(&foreign, Some(&host)), "{}", foreign);
            }
            let is_ours = [format!("https://{host}"), format!("http://{host}")].contains(&origin);
            prop_assert_eq!(is_of_host(&origin, Some(&host)), is_ours);
        }

        #[test]
        fn no_message_however_odd_brings_the_reader_down(text in ".{0,80}", kind in "connection_init|ping|pong|subscribe|complete", id in ".{0,8}") {
            let _ = serde_json::from_str::<Said>(&text);
            let message = serde_json::json!({ "type": kind, "id": id, "payload": { "query": text } });
            prop_assert!(serde_json::from_value::<Said>(message).is_ok());
        }
    }

    #[test]
    fn a_page_without_an_origin_is_of_no_site() {
        assert!(!is_of_host("null", Some("null")));
        assert!(!is_of_host("https://", Some("")));
    }
}
