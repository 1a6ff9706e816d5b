//! `/auth/openid` and its callback: signing in at the city's provider of identities, and back.

use std::sync::Arc;

use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, cookie, failure, json as respond, request_id, sign_in};
use crate::{
    app::{App, REQUEST_ID},
    audit::Attempt,
    authn::openid::{self, Begun, Ended, Returned},
    error::Result,
};

/// What a browser keeps while it is at the provider.
const COOKIE: &str = "jfn_openid";
const PATH: &str = "/auth/openid";

#[derive(Deserialize)]
struct Query {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

#[handler]
pub async fn start(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    match REQUEST_ID.scope(id.0, openid::start(&shared.app)).await {
        Ok(Begun::Away { address, cookie }) => away(&address, &[kept(&shared, &cookie, 600)]),
        Ok(Begun::NoProvider) => {
            let message = "This city has no provider of identities; sign in with e-mail and password.";
            respond(StatusCode::NOT_FOUND, &json!({ "code": "NOT_FOUND", "message": message }))
        }
        Ok(Begun::NoAnswer(reason)) => {
            tracing::error!(request_id = %id.0, reason, "nobody can sign in at the provider of identities");
            let message = "The city's provider of identities does not answer; try again in a while.";
            let told = json!({ "code": "UNAVAILABLE", "message": message, "requestId": id.0 });
            respond(StatusCode::SERVICE_UNAVAILABLE, &told)
        }
        Err(error) => failure(id, &error),
    }
}

#[handler]
pub async fn callback(request: &Request, shared: Data<&Arc<Shared>>) -> Response {
    let id = request_id(request);
    let Ok(Query { state, code, iss, error }) = request.params::<Query>() else {
        let message = "The address is not one that a provider of identities sends back to.";
        return respond(StatusCode::BAD_REQUEST, &json!({ "code": "BAD_INPUT", "message": message }));
    };
    let returned = Returned { state, code, issuer: iss, error };
    let browser = cookie(request, COOKIE);
    let from = sign_in::origin(&shared, request);
    let refused = |status, code: &str, message: &str| {
        let mut response = respond(status, &json!({ "code": code, "message": message, "requestId": id.0 }));
        add(&mut response, &kept(&shared, "", 0));
        response
    };
    let ending = async {
        let ended = openid::finish(&shared.app, returned, browser.as_deref(), from).await?;
        tell(&shared.app, &ended).await?;
        Ok(ended)
    };
    match REQUEST_ID.scope(id.0, ending).await {
        Ok(Ended::Session { secret, home }) => {
            let session = sign_in::session_cookie(&shared, &secret, shared.app.sessions.longest);
            away(&home, &[session, kept(&shared, "", 0)])
        }
        Ok(Ended::Unknown) => {
            let message = "This sign-in was not begun in this browser, took too long, or has ended; begin again at \
                           /auth/openid.";
            refused(StatusCode::BAD_REQUEST, "BAD_INPUT", message)
        }
        Ok(Ended::Refused(reason)) => {
            tracing::warn!(request_id = %id.0, reason, "a sign-in at the provider of identities was refused");
            let message = "What the provider of identities says does not hold; begin again at /auth/openid.";
            refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
        }
        Ok(Ended::NotHere(message)) => refused(StatusCode::FORBIDDEN, "FORBIDDEN", &message),
        Err(error) => failure(id, &error),
    }
}

/// Keeps in the audit log that a sign-in came to nothing; one that did not is there with its session.
async fn tell(app: &App, ended: &Ended) -> Result<()> {
    let result = match ended {
        Ended::Session { .. } => return Ok(()),
        Ended::Unknown => "BAD_INPUT",
        Ended::Refused(_) => "UNAUTHENTICATED",
        Ended::NotHere(_) => "FORBIDDEN",
    };
    app.note(Attempt { who: None, action: "signIn", subjects: &[], result }).await
}

fn kept(shared: &Shared, value: &str, seconds: u32) -> String {
    let secure = if shared.secure_cookies { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn away(address: &str, cookies: &[String]) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, address)
        .header(header::CACHE_CONTROL, "no-store")
        // The address that is left holds the code.
        .header(header::REFERRER_POLICY, "no-referrer")
        .finish();
    for cookie in cookies {
        add(&mut response, cookie);
    }
    response
}

fn add(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
