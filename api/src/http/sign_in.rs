//! `/auth/login` and `/auth/logout`: a session in an HttpOnly cookie.

use std::sync::Arc;

use chrono::TimeDelta;
use poem::{
    Body, Request, Response, handler,
    http::{StatusCode, header},
    web::Data,
};
use serde::Deserialize;
use serde_json::json;

use super::{COOKIE, Shared, failure, json as respond, request_id, session_secret};
use crate::{
    app::{App, REQUEST_ID},
    audit,
    authn::{self, Attempt, Origin, SignIn},
    authz::Viewer,
    error::Result,
};

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
    /// Beside the password, for whoever has a second factor.
    code: Option<String>,
}

#[handler]
pub async fn login(request: &Request, body: Body, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    let is_json =
        request.header(header::CONTENT_TYPE).is_some_and(|media| media.starts_with("application/json"));
    if !is_json {
        // A form of another site cannot send this type, so it cannot sign anybody in.
        let message = "Send e-mail and password as `Content-Type: application/json`.";
        return respond(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &json!({ "code": "BAD_INPUT", "message": message }),
        );
    }
    let body = body.into_bytes_limit(16 * 1024).await.ok();
    let Some(credentials) = body.and_then(|body| serde_json::from_slice::<Credentials>(&body).ok()) else {
        let message = "Send a JSON object with `email` and `password`.";
        return respond(StatusCode::BAD_REQUEST, &json!({ "code": "BAD_INPUT", "message": message }));
    };
    let Credentials { email, password, code } = &credentials;
    let attempt = Attempt { email, password, code: code.as_deref(), from: origin(&shared, request) };
    let signing_in = async {
        let signed_in = authn::sign_in(&shared.app, attempt).await?;
        tell(&shared.app, email, &signed_in).await?;
        Ok(signed_in)
    };
    match REQUEST_ID.scope(id.0, signing_in).await {
        Ok(SignIn::Session(secret)) => with_cookie(&shared, &secret, shared.app.sessions.longest),
        Ok(SignIn::Refused) => respond(StatusCode::UNAUTHORIZED, &json!({ "code": "INVALID_CREDENTIALS" })),
        Ok(SignIn::CodeNeeded) => {
            let message =
                "Send the `code` of your authenticator, or a recovery code, beside e-mail and password.";
            respond(
                StatusCode::UNAUTHORIZED,
                &json!({ "code": "SECOND_FACTOR_REQUIRED", "message": message }),
            )
        }
        Ok(SignIn::Throttled(seconds)) => {
            let mut response = respond(StatusCode::TOO_MANY_REQUESTS, &json!({ "code": "RATE_LIMITED" }));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Err(error) => failure(id, &error),
    }
}

/// Keeps in the audit log that a sign-in came to nothing; one that did not is there with its session. What was typed is not
/// kept: a slip may have put the password there.
async fn tell(app: &App, email: &str, signed_in: &SignIn) -> Result<()> {
    let result = match signed_in {
        SignIn::Session(_) => return Ok(()),
        SignIn::Refused => "INVALID_CREDENTIALS",
        SignIn::CodeNeeded => "SECOND_FACTOR_REQUIRED",
        SignIn::Throttled(_) => "RATE_LIMITED",
    };
    // About whom it was; who it was, nobody knows.
    let member = authn::viewer_of_staff(app, &email.trim().to_lowercase()).await?;
    let subjects: Vec<String> = member.iter().filter_map(Viewer::staff_id).map(|id| id.to_string()).collect();
    app.note(audit::Attempt { who: None, action: "signIn", subjects: &subjects, result }).await
}

#[handler]
pub async fn logout(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    if let Some(secret) = session_secret(request)
        && let Err(error) = REQUEST_ID.scope(id.0, authn::sign_out(&shared.app, &secret)).await
    {
        return failure(id, &error);
    }
    with_cookie(&shared, "", TimeDelta::zero())
}

pub(super) fn origin(shared: &Shared, request: &Request) -> Origin {
    Origin {
        address: shared.rates.client(request),
        user_agent: request.header(header::USER_AGENT).map(str::to_owned),
        cookie: session_secret(request),
    }
}

fn with_cookie(shared: &Shared, value: &str, lasts: TimeDelta) -> Response {
    let cookie = session_cookie(shared, value, lasts);
    Response::builder().status(StatusCode::NO_CONTENT).header(header::SET_COOKIE, cookie).finish()
}

/// The header that makes a browser keep the secret of a session, or forget it when it lasts no time.
pub(super) fn session_cookie(shared: &Shared, value: &str, lasts: TimeDelta) -> String {
    let secure = if shared.secure_cookies { "; Secure" } else { "" };
    let seconds = lasts.num_seconds();
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}
