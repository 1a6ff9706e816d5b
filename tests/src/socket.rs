//! A client of the protocol `graphql-transport-ws`.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, error::Error, http::HeaderValue},
};

use crate::Client;

/// How long a message is waited for; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(90);

/// One open socket.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Message(Value),
    /// The server closed the socket, with this code.
    Closed(u16),
    /// The connection broke.
    Lost,
}

impl Client {
    /// Opens a socket with this client's cookie, and says nothing yet.
    pub async fn socket(&self) -> Socket {
        self.socket_from(None, "graphql-transport-ws").await.expect("the socket opens")
    }

    /// The same from a page of that site, with that protocol; the status when the server refuses, 0 when it is not there.
    pub async fn socket_from(&self, origin: Option<&str>, protocol: &str) -> Result<Socket, u16> {
        let address = format!("{}/graphql", self.url().replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("an address");
        let headers = request.headers_mut();
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        headers.insert("sec-websocket-protocol", value(protocol));
        if let Some(cookie) = self.cookie() {
            headers.insert("cookie", value(cookie));
        }
        if let Some(origin) = origin {
            headers.insert("origin", value(origin));
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            // Nobody is there.
            Err(_) => Err(0),
        }
    }

    /// Opens a socket and signs in on it.
    pub async fn live(&self) -> Socket {
        self.live_if_there().await.expect("the server takes the sign-in")
    }

    /// The same; none when the server cannot be reached or goes away meanwhile.
    pub async fn live_if_there(&self) -> Option<Socket> {
        let mut socket = self.socket_from(None, "graphql-transport-ws").await.ok()?;
        let payload = self.token().map(|token| json!({ "authorization": format!("Bearer {token}") }));
        let init = json!({ "type": "connection_init", "payload": payload });
        socket.0.send(Message::Text(init.to_string().into())).await.ok()?;
        (socket.heard().await == Heard::Message(json!({ "type": "connection_ack" }))).then_some(socket)
    }
}

impl Socket {
    pub async fn say(&mut self, message: &Value) {
        self.0.send(Message::Text(message.to_string().into())).await.expect("it is sent");
    }

    /// Says what is no message of the protocol.
    pub async fn babble(&mut self, text: &str) {
        self.0.send(Message::Text(text.into())).await.expect("it is sent");
    }

    /// Begins a subscription.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next thing that comes; pings are answered and not told.
    pub async fn heard(&mut self) -> Heard {
        self.heard_within(PATIENCE).await.expect("something comes")
    }

    /// The same; none when nothing comes for so long.
    pub async fn heard_within(&mut self, patience: Duration) -> Option<Heard> {
        let heard = tokio::time::timeout(patience, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let message: Value = serde_json::from_str(&text).expect("JSON");
                        if message["type"] != "ping" {
                            return Heard::Message(message);
                        }
                        // A socket that was closed meanwhile is seen at the next turn.
                        let _ = self.0.send(Message::Text(r#"{"type":"pong"}"#.into())).await;
                    }
                    Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into()),
                    Some(Ok(Message::Close(None)) | Err(_)) | None => return Heard::Lost,
                    Some(Ok(_)) => {}
                }
            }
        });
        heard.await.ok()
    }

    /// The data of the next event of that subscription.
    pub async fn event(&mut self, id: &str) -> Value {
        let Heard::Message(mut message) = self.heard().await else { panic!("the socket ends") };
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message:#}");
        assert!(message["payload"].get("errors").is_none(), "{message:#}");
        message["payload"]["data"].take()
    }
}
