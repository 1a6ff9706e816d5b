//! `/healthz` and `/livez`: the process lives. `/readyz`: it can serve, or what is missing.

use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};
use serde_json::json;

use super::{Shared, json as respond};
use crate::reads::readiness;

#[handler]
pub async fn alive() -> Response {
    respond(StatusCode::OK, &json!({ "alive": true }))
}

#[handler]
pub async fn ready(shared: Data<&Arc<Shared>>) -> Response {
    let missing = readiness::missing(&shared.app).await;
    if missing.is_empty() {
        respond(StatusCode::OK, &json!({ "ready": true }))
    } else {
        respond(StatusCode::SERVICE_UNAVAILABLE, &json!({ "ready": false, "missing": missing }))
    }
}
