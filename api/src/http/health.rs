//! `/healthz` and `/livez`: the process lives. `/readyz`: it can serve, or what is missing.

use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};
use serde_json::json;

use super::{Shared, json as respond};
use crate::{reads::readiness, replica::State};

#[handler]
pub async fn alive() -> Response {
    respond(StatusCode::OK, &json!({ "alive": true }))
}

#[handler]
pub async fn ready(shared: Data<&Arc<Shared>>) -> Response {
    let mut missing = readiness::missing(&shared.app).await;
    if shared.draining.is_told() {
        missing.push("time: the server is about to stop".to_owned());
    }
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut told = json!({ "ready": missing.is_empty() });
    if !missing.is_empty() {
        told["missing"] = json!(missing);
    }
    // Without it the primary answers, so it is told and keeps nobody from being ready.
    if let Some(replica) = shared.app.replica() {
        told["replica"] = json!(match replica.state() {
            State::Away => "AWAY",
            State::Behind => "BEHIND",
            State::Follows { .. } => "FOLLOWS",
        });
    }
    respond(status, &told)
}
