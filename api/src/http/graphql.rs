//! `/graphql`: POST serves, GET shows GraphiQL outside production mode.

use std::sync::Arc;

use async_graphql::http::GraphiQLSource;
use poem::{
    Body, Request, Response, handler,
    http::{Method, StatusCode, header},
    web::Data,
};
use serde_json::{Value, json};

use super::{RequestId, Shared, request_id};
use crate::error::Error;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

#[handler]
pub async fn endpoint(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    match *request.method() {
        Method::POST => answer(request, body, &shared, id).await,
        Method::GET if !shared.edge.production && accepts(request, "text/html") => {
            let page = GraphiQLSource::build().endpoint("/graphql").title("Justice for Neighbors").finish();
            Response::builder().content_type("text/html; charset=utf-8").body(page)
        }
        _ => Response::builder()
            .header(header::ALLOW, if shared.edge.production { "POST" } else { "GET, POST" })
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .finish(),
    }
}

async fn answer(request: &Request, body: Body, shared: &Shared, id: RequestId) -> Response {
    let media = if accepts(request, GRAPHQL) {
        GRAPHQL
    } else if accepts(request, JSON) {
        JSON
    } else {
        let message = "This server answers `application/graphql-response+json` or `application/json`.";
        return refused(StatusCode::NOT_ACCEPTABLE, JSON, id, message);
    };
    if !is_json(request) {
        let message = "Send the request as `Content-Type: application/json`.";
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, id, message);
    }
    let viewer = match shared.viewer(request).await {
        Ok(viewer) => viewer,
        Err(Error::Unauthenticated) => {
            let error = error_of(id, Error::Unauthenticated.code(), "This access token is not valid.");
            return respond(StatusCode::UNAUTHORIZED, media, &error);
        }
        Err(error) => return super::failure(id, &error),
    };
    let body = match super::body::read(body, shared.edge.body_limit).await {
        Ok(body) => body,
        Err(unread) => return refused(unread.status(), media, id, &unread.message()),
    };
    let query = match serde_json::from_slice::<async_graphql::Request>(&body) {
        Ok(query) => query,
        Err(error) => {
            // The parser's message names place and kind, and may quote; the place is enough.
            let message = format!(
                "The body is not a GraphQL request: see line {}, column {}. It must be a JSON object with `query`.",
                error.line(),
                error.column()
            );
            return refused(StatusCode::BAD_REQUEST, media, id, &message);
        }
    };
    let response = crate::graphql::execute(&shared.schema, &shared.app, viewer, query, id.0).await;
    render(&response, media, id)
}

fn render(response: &async_graphql::Response, media: &str, id: RequestId) -> Response {
    // Without data and with errors that belong to no field, nothing was executed.
    let executed = !matches!(response.data, async_graphql::Value::Null)
        || response.errors.iter().any(|error| !error.path.is_empty());
    let body = serde_json::to_value(response).map(|mut body| {
        if let Some(map) = body.as_object_mut().filter(|_| !executed) {
            map.remove("data");
        }
        body
    });
    match body {
        Ok(body) if executed || media == JSON => respond(StatusCode::OK, media, &body),
        Ok(body) => respond(StatusCode::BAD_REQUEST, media, &body),
        Err(error) => super::failure(id, &Error::Internal(error.to_string())),
    }
}

fn refused(status: StatusCode, media: &str, id: RequestId, message: &str) -> Response {
    respond(status, media, &error_of(id, "BAD_INPUT", message))
}

fn error_of(id: RequestId, code: &str, message: &str) -> Value {
    json!({ "errors": [{ "message": message, "extensions": { "code": code, "requestId": id.0 } }] })
}

fn respond(status: StatusCode, media: &str, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .content_type(format!("{media}; charset=utf-8"))
        .body(body.to_string())
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

fn is_json(request: &Request) -> bool {
    let media = request.header(header::CONTENT_TYPE).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case(JSON)
}
