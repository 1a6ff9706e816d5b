//! `/auth/login` and `/auth/logout`: a session in an HttpOnly cookie.

use std::sync::Arc;

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
    audit::{self, Attempt},
    authn::{self, SESSION_HOURS, SignIn},
    authz::Viewer,
    error::Result,
};

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
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
    let signed_in =
        authn::sign_in(&shared.app, &shared.throttle, &credentials.email, &credentials.password).await;
    let told = REQUEST_ID.scope(id.0, tell(&shared.app, &credentials.email, &signed_in)).await;
    match told.and(signed_in) {
        Ok(SignIn::Session(secret, _)) => with_cookie(&shared, &secret, SESSION_HOURS * 3600),
        Ok(SignIn::Refused) => respond(StatusCode::UNAUTHORIZED, &json!({ "code": "INVALID_CREDENTIALS" })),
        Ok(SignIn::Throttled(seconds)) => {
            let mut response = respond(StatusCode::TOO_MANY_REQUESTS, &json!({ "code": "RATE_LIMITED" }));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Err(error) => failure(id, &error),
    }
}

/// Keeps in the audit log how a sign-in ended. What was typed is not kept: a slip may have put the password there.
async fn tell(app: &App, email: &str, signed_in: &Result<SignIn>) -> Result<()> {
    let result = match signed_in {
        Ok(SignIn::Session(..)) => audit::DONE,
        Ok(SignIn::Refused) => "INVALID_CREDENTIALS",
        Ok(SignIn::Throttled(_)) => "RATE_LIMITED",
        Err(_) => return Ok(()),
    };
    // Somebody who was refused may be anybody.
    let member = authn::viewer_of_staff(app, &email.trim().to_lowercase()).await?;
    let subjects: Vec<String> = member.iter().filter_map(Viewer::staff_id).map(|id| id.to_string()).collect();
    let who = member.as_ref().filter(|_| result == audit::DONE);
    app.note(Attempt { who, action: "signIn", subjects: &subjects, result }).await
}

#[handler]
pub async fn logout(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    if let Some(secret) = session_secret(request)
        && let Err(error) = REQUEST_ID.scope(id.0, end(&shared.app, &secret)).await
    {
        return failure(id, &error);
    }
    with_cookie(&shared, "", 0)
}

async fn end(app: &App, secret: &str) -> Result<()> {
    let viewer = authn::viewer_of_session(app, secret).await?;
    authn::sign_out(app, secret).await?;
    match &viewer {
        Some(_) => {
            let who = viewer.as_ref();
            app.note(Attempt { who, action: "signOut", subjects: &[], result: audit::DONE }).await
        }
        None => Ok(()),
    }
}

fn with_cookie(shared: &Shared, value: &str, seconds: i64) -> Response {
    let secure = if shared.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    Response::builder().status(StatusCode::NO_CONTENT).header(header::SET_COOKIE, cookie).finish()
}
