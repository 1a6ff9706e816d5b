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
use crate::authn::{self, SESSION_HOURS, SignIn};

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
    match authn::sign_in(&shared.app, &shared.throttle, &credentials.email, &credentials.password).await {
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

#[handler]
pub async fn logout(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    if let Some(secret) = session_secret(request)
        && let Err(error) = authn::sign_out(&shared.app, &secret).await
    {
        return failure(request_id(request), &error);
    }
    with_cookie(&shared, "", 0)
}

fn with_cookie(shared: &Shared, value: &str, seconds: i64) -> Response {
    let secure = if shared.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    Response::builder().status(StatusCode::NO_CONTENT).header(header::SET_COOKIE, cookie).finish()
}
