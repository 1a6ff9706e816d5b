//! `/graphql` as the specification of GraphQL over HTTP has it: queries by GET or POST, mutations by POST alone; a browser
//! that asks for a page gets GraphiQL outside production mode.

use std::{sync::Arc, time::Duration};

use async_graphql::{http::GraphiQLSource, parser::types::OperationType};
use poem::{
    Body, Request, Response, handler,
    http::{HeaderValue, Method, StatusCode, header},
    web::Data,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    RequestId, Shared,
    documents::Sent,
    event_stream::{self, EVENTS, was_executed},
    request_id, websocket,
};
use crate::{authn::Renewal, authz::Viewer, error::Error, presence::Presence};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";
/// Bytes for which an answer has room from the start.
const ANSWER: usize = 4 * 1024;

/// What a request asks by GET, in its query string.
#[derive(Deserialize)]
struct Asked {
    query: Option<String>,
    #[serde(rename = "documentId")]
    document_id: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

#[handler]
pub async fn endpoint(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    if websocket::is_asked(request) {
        return websocket::upgrade(request, shared.0.clone(), id).await;
    }
    match *request.method() {
        Method::POST => answer(request, Some(body), &shared, id).await,
        // The page loads its scripts from the internet, from whoever holds that address, and runs them with the viewer's cookie:
        // good enough to look at a demo, never where a city's data are.
        Method::GET if wants_page(request) && !shared.edge.production => {
            let page = GraphiQLSource::build().endpoint("/graphql").title("Justice for Neighbors").finish();
            Response::builder().content_type("text/html; charset=utf-8").body(page)
        }
        Method::GET => answer(request, None, &shared, id).await,
        _ => Response::builder()
            .header(header::ALLOW, "GET, POST")
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .finish(),
    }
}

// A browser's address line, as opposed to a program's query.
fn wants_page(request: &Request) -> bool {
    accepts(request, "text/html") && request.uri().query().is_none_or(|asked| !asked.contains("query="))
}

// Without a body the query stands in the address.
async fn answer(request: &Request, body: Option<Body>, shared: &Shared, id: RequestId) -> Response {
    let wants_events = asks_for_events(request);
    let media = if accepts(request, GRAPHQL) {
        GRAPHQL
    } else if accepts(request, JSON) || wants_events {
        JSON
    } else {
        let message = "This server answers `application/graphql-response+json` or `application/json`.";
        return refused(StatusCode::NOT_ACCEPTABLE, JSON, id, message);
    };
    // A form of another site can send neither this type nor this header, so it cannot change anything in somebody's name.
    if body.is_some() && !is_json(request) {
        let message = "Send the request as `Content-Type: application/json`.";
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, id, message);
    }
    let viewer = match shared.viewer(request).await {
        Ok(viewer) => viewer,
        Err(Error::Unauthenticated) => {
            let error = error_of(id, Error::Unauthenticated.code(), "This access token is not valid.");
            return respond(StatusCode::UNAUTHORIZED, media, &error);
        }
        Err(error) => return failed(media, id, &error),
    };
    if let Some(Err(too_many)) = viewer.as_ref().map(|viewer| shared.rates.viewer(viewer)) {
        return super::too_often(id, too_many);
    }
    let is_get = body.is_none();
    let read = match body {
        Some(body) => in_body(body, shared).await,
        None => in_address(request),
    };
    let sent = match read {
        Ok(sent) => sent,
        Err((status, message)) => return refused(status, media, id, &message),
    };
    let mut query = match shared.admit(viewer.as_ref(), sent, id).await {
        Ok(query) => query,
        Err(error) => {
            let status = match error {
                Error::NotTrusted(_) => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            shared.app.metrics.asked(crate::metrics::UNKNOWN, error.code(), Duration::ZERO);
            return respond(status, media, &error_of(id, error.code(), &error.to_string()));
        }
    };
    let operation = crate::graphql::operation_of(&shared.schema, &mut query);
    if wants_events {
        return match present(request, shared).await {
            Ok(Some(present)) => event_stream::answer(shared, present, query, id).await,
            Ok(None) => respond(
                StatusCode::UNAUTHORIZED,
                media,
                &error_of(id, Error::Unauthenticated.code(), &Error::Unauthenticated.to_string()),
            ),
            Err(error) => failed(media, id, &error),
        };
    }
    if operation == OperationType::Subscription {
        let message = "Subscriptions come as `Accept: text/event-stream`, or over a WebSocket by the protocol \
                       `graphql-transport-ws`.";
        return refused(StatusCode::NOT_ACCEPTABLE, media, id, message);
    }
    if is_get && operation == OperationType::Mutation {
        let mut response =
            refused(StatusCode::METHOD_NOT_ALLOWED, media, id, "A mutation must be sent by POST.");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let renewal = Renewal::default();
    let query = query.data(renewal.clone());
    let executed = crate::graphql::execute(&shared.schema, &shared.app, viewer, query, id.0);
    match tokio::time::timeout(shared.edge.request_time, executed).await {
        Ok(response) => {
            let mut answer = render(&response, media, id);
            let cookie = renewal
                .take()
                .map(|secret| super::sign_in::session_cookie(shared, &secret, shared.app.sessions.longest));
            if let Some(Ok(cookie)) = cookie.map(|cookie| HeaderValue::from_str(&cookie)) {
                answer.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            answer
        }
        // What was dropped half-way is rolled back; the database ends the statement by a limit of its own.
        Err(_) => {
            let (unknown, took) = (crate::metrics::UNKNOWN, shared.edge.request_time);
            shared.app.metrics.asked(unknown, "TOO_COMPLEX", took);
            let seconds = shared.edge.request_time.as_secs_f64();
            let message = format!(
                "The request took longer than {seconds} s, which is the limit; ask for less at once."
            );
            respond(StatusCode::SERVICE_UNAVAILABLE, media, &error_of(id, "TOO_COMPLEX", &message))
        }
    }
}

async fn in_body(body: Body, shared: &Shared) -> Result<Sent, (StatusCode, String)> {
    let body = super::body::read(body, shared.edge.body_limit).await;
    let body = body.map_err(|unread| (unread.status(), unread.message()))?;
    serde_json::from_slice(&body).map_err(|error| {
        // The parser's message names place and kind, and may quote; the place is enough.
        let message = format!(
            "The body is not a GraphQL request: see line {}, column {}. It must be a JSON object with `query` or `documentId`.",
            error.line(),
            error.column()
        );
        (StatusCode::BAD_REQUEST, message)
    })
}

fn in_address(request: &Request) -> Result<Sent, (StatusCode, String)> {
    let bad = |message: &str| (StatusCode::BAD_REQUEST, message.to_owned());
    let asked: Asked =
        request.params().map_err(|_| bad("The address is not a query string that can be read."))?;
    if asked.query.is_none() && asked.document_id.is_none() && asked.extensions.is_none() {
        return Err(bad("The address names neither `query` nor `documentId`."));
    }
    let map = |name: &str, text: Option<String>| match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match serde_json::from_str::<Option<serde_json::Map<String, Value>>>(&text) {
            Ok(map) => Ok(map.map(Value::Object)),
            Err(_) => Err(bad(&format!("`{name}` in the address is not a JSON object."))),
        },
    };
    let told = json!({
        "query": asked.query.unwrap_or_default(),
        "documentId": asked.document_id,
        "operationName": asked.operation_name,
        "variables": map("variables", asked.variables)?.unwrap_or_else(|| json!({})),
        "extensions": map("extensions", asked.extensions)?.unwrap_or_else(|| json!({})),
    });
    serde_json::from_value(told).map_err(|_| bad("The address is not a GraphQL request."))
}

fn render(response: &async_graphql::Response, media: &str, id: RequestId) -> Response {
    let internal = |error: serde_json::Error| failed(media, id, &Error::Internal(error.to_string()));
    if was_executed(response) {
        let mut body = Vec::with_capacity(ANSWER);
        return match serde_json::to_writer(&mut body, response) {
            Ok(()) => respond_with(StatusCode::OK, media, body),
            Err(error) => internal(error),
        };
    }
    let body = serde_json::to_value(response).map(|mut body| {
        if let Some(map) = body.as_object_mut() {
            map.remove("data");
        }
        body
    });
    match body {
        Ok(body) if media == JSON => respond(StatusCode::OK, media, &body),
        Ok(body) => respond(StatusCode::BAD_REQUEST, media, &body),
        Err(error) => internal(error),
    }
}

fn refused(status: StatusCode, media: &str, id: RequestId, message: &str) -> Response {
    respond(status, media, &error_of(id, "BAD_INPUT", message))
}

/// As everywhere, but in the shape that a client of GraphQL reads.
fn failed(media: &str, id: RequestId, error: &Error) -> Response {
    let plain = super::failure(id, error);
    respond(plain.status(), media, &error_of(id, error.code(), &error.to_string()))
}

fn error_of(id: RequestId, code: &str, message: &str) -> Value {
    json!({ "errors": [{ "message": message, "extensions": { "code": code, "requestId": id.0 } }] })
}

fn respond(status: StatusCode, media: &str, body: &Value) -> Response {
    respond_with(status, media, body.to_string())
}

fn respond_with(status: StatusCode, media: &str, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .content_type(format!("{media}; charset=utf-8"))
        .body(body)
}

fn accepts(request: &Request, media: &str) -> bool {
    let Some(accept) = request.header(header::ACCEPT) else { return media != "text/html" };
    let family = media.split('/').next().unwrap_or_default();
    accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim()).any(|range| {
        range.eq_ignore_ascii_case(media)
            // `*/*` asks for whatever is usual, which is not a page and not the newer type.
            || (media == JSON && (range == "*/*" || range == format!("{family}/*")))
    })
}

// Only who names it wants events: `*/*` does not.
fn asks_for_events(request: &Request) -> bool {
    let accept = request.header(header::ACCEPT).unwrap_or_default();
    accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim() == EVENTS)
}

async fn present(request: &Request, shared: &Shared) -> crate::error::Result<Option<(Presence, Viewer)>> {
    match super::credential(request)? {
        Some(credential) => Presence::of(&shared.app, credential).await,
        None => Ok(None),
    }
}

fn is_json(request: &Request) -> bool {
    let media = request.header(header::CONTENT_TYPE).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case(JSON)
}
