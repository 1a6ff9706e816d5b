//! `POST /feeds/{key}/calls`: a source pushes its calls, and learns what became of each row.

use std::sync::Arc;

use poem::{
    Body, Request, Response, handler,
    http::{StatusCode, header},
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{RequestId, Shared, body, failure, json as respond, request_id};
use crate::{
    app::REQUEST_ID,
    audit::Attempt,
    authz::{Action, Reach},
    config,
    error::{Error, Result},
    feeds::{
        Line,
        push::{Form, is_signed, rows},
    },
    preset, reads,
    writes::ingest::{self, Outcome, Pushed},
};

/// Bytes of a request at most.
const LARGEST: usize = 10 * 1024 * 1024;
/// Requests that a server has in work at once; each holds its whole body in memory.
pub const AT_ONCE: usize = 4;
/// Seconds after which a request that found no room is worth another try.
const NO_ROOM: u64 = 1;
/// Seconds after which a feed that is paused or cannot be read now is worth another try.
const NOT_NOW: u64 = 60;
const SIGNATURE: &str = "x-jfn-signature";

/// Why nothing was taken.
enum Refused {
    Status(StatusCode, &'static str, String),
    /// Worth another try after so many seconds.
    Later(StatusCode, &'static str, String, u64),
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Busy { message, retry_after } => {
                Self::Later(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message, retry_after)
            }
            // The feed is paused, or the server stops: what was not taken is to be told again.
            Error::Refused(_) | Error::Interrupted(_) => {
                Self::Later(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", error.to_string(), NOT_NOW)
            }
            other => Self::Failed(other),
        }
    }
}

#[handler]
pub async fn endpoint(
    request: &Request,
    Path(key): Path<String>,
    body: Body,
    shared: Data<&Arc<Shared>>,
) -> Response {
    let id = request_id(request);
    match push(request, &key, body, &shared).await {
        Ok(pushed) => respond(StatusCode::ACCEPTED, &pushed),
        Err(refused) => answer(id, &refused),
    }
}

async fn push(request: &Request, key: &str, body: Body, shared: &Shared) -> Result<Value, Refused> {
    let viewer = match request.header(header::AUTHORIZATION) {
        // A session's cookie is of no use here: no page of a browser pushes calls.
        None => None,
        Some(_) => shared.viewer(request).await?,
    };
    let viewer = viewer.ok_or(Error::Unauthenticated)?;
    let found = reads::feeds::id_of(&shared.app, key).await?.filter(|feed| viewer.may_push(*feed));
    let stated = shared.app.city.preset.feed(key);
    let (Some(_), Some(stated)) = (found, stated) else {
        let lacking =
            viewer.lacking(Action::PushCalls).filter(|_| viewer.reach(Action::PushCalls) == Reach::Nowhere);
        let message = lacking.unwrap_or_else(|| {
            "This needs an access token for pushing the calls of this very feed.".to_owned()
        });
        let refused = Attempt { who: Some(&viewer), action: "pushCalls", subjects: &[], result: "FORBIDDEN" };
        REQUEST_ID.scope(request_id(request).0, shared.app.noted(refused)).await;
        return Err(Refused::Status(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    };
    if stated.connection.is_some() {
        let message = format!("The calls of `{key}` are fetched from its source, so none can be pushed.");
        return Err(Refused::Status(StatusCode::CONFLICT, "BAD_INPUT", message));
    }
    let Some(form) = request.header(header::CONTENT_TYPE).and_then(Form::of) else {
        let message = "Send `application/x-ndjson`, `application/json` or `application/emergency.eido+json`.";
        return Err(Refused::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_INPUT", message.to_owned()));
    };
    let Ok(_room) = shared.pushes.try_acquire() else {
        let message = "The server has enough pushed calls in work; try again.".to_owned();
        return Err(Refused::Later(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message, NO_ROOM));
    };
    let body = body::read(body, LARGEST)
        .await
        .map_err(|unread| Refused::Status(unread.status(), "BAD_INPUT", unread.message()))?;
    check_signature(stated, request, &body)?;
    let rows = rows(&stated.mapping, form, &body).map_err(|reason| {
        Refused::Status(StatusCode::BAD_REQUEST, "BAD_INPUT", format!("Nothing was taken: {reason}."))
    })?;
    let pushed = ingest::push(&shared.app, &viewer, key, &rows).await?;
    Ok(told(&rows, &pushed))
}

fn check_signature(stated: &preset::Feed, request: &Request, body: &[u8]) -> Result<(), Refused> {
    let key = config::feed_signing_key(&stated.key, stated.push.signing_key_file.as_deref());
    let key = key.map_err(|error| Error::Internal(error.to_string()))?;
    let Some(key) = key else {
        if !stated.push.signed {
            return Ok(());
        }
        // Without the key nothing could be told from a forgery.
        return Err(Error::Internal(format!("the signing key of feed {} is not set", stated.key)).into());
    };
    if request.header(SIGNATURE).is_some_and(|told| is_signed(&key, told, body)) {
        return Ok(());
    }
    let message = "The header X-JFN-Signature must be `sha256=` and the hexadecimal HMAC-SHA256 of the body by this \
                   feed's signing key.";
    Err(Refused::Status(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message.to_owned()))
}

fn told(rows: &[Line], pushed: &Pushed) -> Value {
    let mut numbers: Vec<u64> =
        rows.iter().map(|row| row.as_ref().map_or_else(|row| row.line, |row| row.line)).collect();
    numbers.sort_unstable();
    let row = |line: u64| {
        let (result, reason) = match pushed.outcomes.get(&line) {
            Some(Outcome::Accepted) => ("accepted", None),
            Some(Outcome::Unchanged) => ("unchanged", None),
            Some(Outcome::Superseded) => ("unchanged", Some("something newer of this call is known")),
            Some(Outcome::Rejected(reason)) => ("rejected", Some(reason.as_str())),
            None => ("unchanged", Some("another row of this request stands for this call")),
        };
        let mut told = json!({ "line": line, "result": result });
        if let Some(reason) = reason {
            told["reason"] = reason.into();
        }
        told
    };
    let counts = &pushed.counts;
    json!({
        "run": pushed.run.to_string(),
        "read": counts.read,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "duplicates": counts.duplicates,
        "rejected": counts.rejected,
        "rows": numbers.into_iter().map(row).collect::<Vec<_>>(),
    })
}

fn answer(id: RequestId, refused: &Refused) -> Response {
    let of = |status, code: &str, message: &str| {
        respond(status, &json!({ "code": code, "message": message, "requestId": id.0 }))
    };
    match refused {
        Refused::Status(status, code, message) => of(*status, code, message),
        Refused::Later(status, code, message, seconds) => {
            let mut response = of(*status, code, message);
            response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
            response
        }
        Refused::Failed(error) => {
            let mut response = failure(id, error);
            if matches!(error, Error::Unauthenticated) {
                let scheme = poem::http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            response
        }
    }
}
