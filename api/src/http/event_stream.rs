//! Subscriptions as server-sent events, as the protocol `graphql-sse` has them: one request, one stream.

use std::{io, time::Duration};

use async_graphql::Response as Answer;
use futures_util::{StreamExt, future, stream};
use poem::{
    Body, Response,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use super::{RequestId, Shared};
use crate::{authz::Viewer, presence::Presence};

/// The media type that asks for events.
pub(super) const EVENTS: &str = "text/event-stream";
/// How often something is sent, so that nobody between takes the stream for dead.
const HEARTBEAT: Duration = Duration::from_secs(12);

/// Whether anything of the operation was run, so that its errors belong to fields.
pub(super) fn was_executed(answer: &Answer) -> bool {
    // Without data and with errors that belong to no field, nothing was executed.
    !matches!(answer.data, async_graphql::Value::Null)
        || answer.errors.iter().any(|error| !error.path.is_empty())
}

/// Answers with the events of a subscription, until it ends or the viewer's sign-in does.
pub(super) async fn answer(
    shared: &Shared,
    present: (Presence, Viewer),
    request: async_graphql::Request,
    id: RequestId,
) -> Response {
    let presence = present.0.clone();
    let events = match shared.subscribe(present, request, id).await {
        Ok(events) => events.map(|answer| event("next", &json!(answer))).boxed(),
        Err(error) => stream::once(future::ready(event("next", &json!({ "errors": [error] })))).boxed(),
    };
    let stopped = shared.stopping();
    let until = async move {
        tokio::select! {
            () = presence.gone() => {}
            () = stopped => {}
        }
    };
    let complete = || stream::once(future::ready(event("complete", &Value::Null)));
    let events = events.map(Some).chain(stream::once(future::ready(None)));
    let beats = stream::unfold((), |()| async {
        tokio::time::sleep(HEARTBEAT).await;
        Some((Some(":\n\n".to_owned()), ()))
    });
    let both = stream::select(events, beats.boxed()).take_while(|event| future::ready(event.is_some()));
    let body = both.filter_map(future::ready).take_until(Box::pin(until)).chain(complete());
    Response::builder()
        .status(StatusCode::OK)
        .header(header::CACHE_CONTROL, "no-store")
        // A proxy that gathers an answer before it passes it on would hold every event back.
        .header("x-accel-buffering", "no")
        .content_type(EVENTS)
        .body(Body::from_bytes_stream(body.map(Ok::<_, io::Error>)))
}

// The end carries no data, but an event without any would not be told to a browser's page.
fn event(name: &str, payload: &Value) -> String {
    let payload = if payload.is_null() { String::new() } else { payload.to_string() };
    format!("event: {name}\ndata: {payload}\n\n")
}
