//! `/healthz` and `/livez`: the process lives. `/readyz`: it can serve.

use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};
use serde_json::json;

use super::{Shared, json as respond};

#[handler]
pub async fn alive() -> Response {
    respond(StatusCode::OK, &json!({ "alive": true }))
}

#[handler]
pub async fn ready(shared: Data<&Arc<Shared>>) -> Response {
    match shared.app.db.ping().await {
        Ok(()) => respond(StatusCode::OK, &json!({ "ready": true })),
        Err(_) => {
            respond(StatusCode::SERVICE_UNAVAILABLE, &json!({ "ready": false, "missing": ["the database"] }))
        }
    }
}
