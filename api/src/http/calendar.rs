//! `GET /calendar/{token}.ics`: a calendar for whoever has its address.

use std::sync::Arc;

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
    web::{Data, Path},
};

use super::{Shared, failure, json, request_id};
use crate::{
    app::REQUEST_ID,
    audit::{self, Attempt},
    authn,
    error::Result,
    reads,
};

/// Where calendars are, with their token behind it.
pub const PREFIX: &str = "/calendar/";

#[handler]
pub async fn get(request: &Request, Path(file): Path<String>, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    match REQUEST_ID.scope(id.0, draw(&file, &shared)).await {
        Ok(Some(text)) => Response::builder()
            .content_type("text/calendar; charset=utf-8")
            .header(header::CACHE_CONTROL, "private, no-store")
            .header(header::CONTENT_DISPOSITION, "inline; filename=\"docket.ics\"")
            .header(header::REFERRER_POLICY, "no-referrer")
            .body(text),
        // Whether there ever was one is nobody's business.
        Ok(None) => {
            let told = serde_json::json!({ "code": "NOT_FOUND", "message": "There is no such calendar.", "requestId": id.0 });
            let mut response = json(StatusCode::NOT_FOUND, &told);
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
            response
        }
        Err(error) => failure(id, &error),
    }
}

async fn draw(file: &str, shared: &Shared) -> Result<Option<String>> {
    let Some(token) = file.strip_suffix(".ics") else { return Ok(None) };
    let app = &shared.app;
    let Some(feed) = reads::calendars::of_hash(app, &authn::digest(token)).await? else { return Ok(None) };
    let Some(owner) = authn::viewer_of_member(app, feed.owner_id).await? else { return Ok(None) };
    let calendar = reads::calendars::followed(app, &owner, &feed).await?;
    let subjects = [feed.id.to_string()];
    // Whoever has the address acts for its owner; from where they do is what may tell them apart.
    let result = if calendar.is_some() { audit::DONE } else { "NOT_FOUND" };
    app.note(Attempt { who: Some(&owner), action: "calendarRead", subjects: &subjects, result }).await?;
    Ok(calendar.map(|calendar| calendar.text(app.city.zone(), app.clock.now())))
}
