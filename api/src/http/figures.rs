//! `/metrics`: the server's figures, for Prometheus. In production mode only with a token, as the address is often open.

use std::{sync::Arc, time::Duration};

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
    web::Data,
};
use sha2::{Digest, Sha256};

use super::{Shared, json as respond};
use crate::{app::App, authz::Viewer, database, metrics::Look, reads};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long the database may take over it.
const PATIENCE: Duration = Duration::from_secs(5);

#[handler]
pub async fn metrics(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let told = request.header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    match &shared.edge.metrics_token {
        Some(token) => {
            // Hashes are compared, so that the time tells nothing of the token.
            let is_it = told.is_some_and(|told| Sha256::digest(told) == Sha256::digest(token.reveal()));
            if !is_it {
                let message = "Send the token of `JFN_METRICS_TOKEN` as `Authorization: Bearer`.";
                return refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message);
            }
        }
        None if shared.edge.production => {
            let message = "Set `JFN_METRICS_TOKEN` to read the figures in production mode.";
            return refused(StatusCode::FORBIDDEN, "FORBIDDEN", message);
        }
        None => {}
    }
    let look = Look { pool: database::pool(&shared.app.db), feeds: feeds(&shared.app).await };
    Response::builder().content_type(OPEN_METRICS).body(shared.app.metrics.page(&look))
}

async fn feeds(app: &App) -> Option<Vec<(String, Option<i64>, Option<i64>)>> {
    let (now, viewer) = (app.clock.now(), Viewer::server());
    let feeds = tokio::time::timeout(PATIENCE, reads::feeds::all(app, &viewer)).await.ok()?.ok()?;
    let age = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| (now - at).num_seconds());
    Some(feeds.into_iter().map(|feed| (feed.key, age(feed.last_success_at), age(feed.data_as_of))).collect())
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    respond(status, &serde_json::json!({ "code": code, "message": message }))
}

/// What a path is counted under: its first part, where we have such a route.
pub(super) fn route_of(path: &str) -> &'static str {
    const ROUTES: [&str; 13] = [
        "auth", "calendar", "cases", "evidence", "feeds", "graphql", "healthz", "letters", "livez",
        "metrics", "notices", "places", "readyz",
    ];
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    ROUTES.into_iter().find(|route| *route == first).unwrap_or("other")
}
