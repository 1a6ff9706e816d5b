//! The HTTP edge: routes, request ids, health, and a shutdown that lets running requests finish.

mod body;
mod calendar;
mod evidence;
mod graphql;
mod health;
mod letters;
mod openid;
mod packet;
mod push;
mod rates;
mod sign_in;

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response, Route, Server,
    http::{HeaderValue, StatusCode, header},
    listener::{Acceptor, TcpAcceptor},
};
use tracing::Instrument;
use uuid::Uuid;

use self::rates::{Rates, TooMany};
use crate::{
    app::App,
    authn,
    authz::Viewer,
    error::{Error, Result},
    graphql::{Background, JfnSchema},
    schedule::{Runs, Stop},
};

/// How the edge behaves.
#[derive(Clone, Debug)]
pub struct Edge {
    /// No GraphiQL, no introspection, cookies only over TLS.
    pub production: bool,
    /// Bytes of a body at most.
    pub body_limit: usize,
    /// How long a GraphQL request may take.
    pub request_time: Duration,
    /// Requests of one address a minute at most; as many as come, when none.
    pub requests_by_address: Option<NonZeroU32>,
    /// The same for one member of staff or one program.
    pub requests_by_viewer: Option<NonZeroU32>,
    /// Reverse proxies whose word on a client's address is taken.
    pub proxies: Vec<IpAddr>,
    /// How long running requests get at shutdown.
    pub grace: Duration,
    /// Read feeds when they are due.
    pub schedule: bool,
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            production: false,
            body_limit: 2 * 1024 * 1024,
            request_time: Duration::from_secs(20),
            requests_by_address: None,
            requests_by_viewer: None,
            proxies: Vec::new(),
            grace: Duration::from_secs(20),
            schedule: false,
        }
    }
}

/// What every route needs.
struct Shared {
    app: App,
    schema: JfnSchema,
    rates: Rates,
    /// Room for pushed calls.
    pushes: tokio::sync::Semaphore,
    /// Room for files of evidence.
    uploads: tokio::sync::Semaphore,
    /// Room for court packets; each is a file on this machine until it is sent.
    packets: tokio::sync::Semaphore,
    edge: Edge,
    /// Session cookies are sent over TLS only; not so on loopback, where there is none.
    secure_cookies: bool,
}

/// Serves `app` on a bound socket until `stop` is ready, then lets running requests finish, and runs of feeds their
/// batch.
pub async fn serve(
    app: App,
    edge: Edge,
    socket: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let address: SocketAddr = socket.local_addr()?;
    let grace = edge.grace;
    let (stopper, told) = Stop::new();
    let runs = Runs::new(app.clone(), told);
    if edge.schedule {
        runs.keep_looking();
    }
    let asked = runs.clone();
    let background = Background::new(move |run| asked.carry_out(run));
    let shared = Arc::new(Shared {
        schema: crate::graphql::schema(app.clone(), edge.production, background),
        rates: Rates::of(&edge),
        pushes: tokio::sync::Semaphore::new(push::AT_ONCE),
        uploads: tokio::sync::Semaphore::new(evidence::AT_ONCE),
        packets: tokio::sync::Semaphore::new(packet::AT_ONCE),
        secure_cookies: !address.ip().is_loopback(),
        app,
        edge,
    });
    let acceptor = TcpAcceptor::from_tokio(socket)?;
    tracing::info!(%address, "listening");
    let stop = async move {
        stop.await;
        stopper.stop();
    };
    let served = run(acceptor, routes(shared), grace, stop).await;
    runs.ended(grace).await;
    served
}

async fn run(
    acceptor: impl Acceptor + 'static,
    routes: impl Endpoint + 'static,
    grace: Duration,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(routes, stop, Some(grace)).await
}

fn routes(shared: Arc<Shared>) -> impl Endpoint {
    Route::new()
        .at("/graphql", graphql::endpoint)
        .at("/feeds/:key/calls", poem::post(push::endpoint))
        .at("/evidence/uploads/:upload", poem::put(evidence::put))
        .at("/evidence/:evidence", poem::get(evidence::get))
        .at("/cases/:case/letter", poem::get(letters::draft))
        .at("/calendar/:file", poem::get(calendar::get))
        .at("/cases/:case/packet.zip", poem::get(packet::get))
        .at("/letters/:letter", poem::get(letters::sent))
        .at("/notices/:notice/letter", poem::get(letters::of_notice))
        .at("/places/:place/early-warning", poem::get(letters::early_warning))
        .at("/auth/login", poem::post(sign_in::login))
        .at("/auth/openid", poem::get(openid::start))
        .at("/auth/openid/callback", poem::get(openid::callback))
        .at("/auth/logout", poem::post(sign_in::logout))
        .at("/healthz", poem::get(health::alive))
        .at("/readyz", poem::get(health::ready))
        .data(shared.clone())
        .around(move |endpoint, request| within_rate(shared.clone(), endpoint, request))
        .around(with_id)
}

/// Refuses what comes too often from one address, before anything else is looked at. Whoever watches the server is not counted.
async fn within_rate<E: Endpoint>(
    shared: Arc<Shared>,
    endpoint: Arc<E>,
    request: Request,
) -> poem::Result<Response> {
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return endpoint.call(request).await.map(IntoResponse::into_response);
    }
    match shared.rates.address(&request) {
        Ok(()) => endpoint.call(request).await.map(IntoResponse::into_response),
        Err(too_many) => Ok(too_often(request_id(&request), too_many)),
    }
}

fn too_often(id: RequestId, too_many: TooMany) -> Response {
    let extensions = serde_json::json!({ "code": "RATE_LIMITED", "requestId": id.0 });
    let error = serde_json::json!({ "message": too_many.message(), "extensions": extensions });
    let mut response = json(StatusCode::TOO_MANY_REQUESTS, &serde_json::json!({ "errors": [error] }));
    response.headers_mut().insert(header::RETRY_AFTER, too_many.retry_after.into());
    response
}

/// The id of a request, in its extensions.
#[derive(Clone, Copy, Debug)]
struct RequestId(Uuid);

fn request_id(request: &Request) -> RequestId {
    // `with_id` is around every route.
    request.extensions().get().copied().unwrap_or(RequestId(Uuid::nil()))
}

/// Gives each request an id, logs how it ended, and names the id in the answer. Bodies, query strings, headers and the
/// secrets in paths are not logged.
async fn with_id<E: Endpoint>(endpoint: Arc<E>, mut request: Request) -> poem::Result<Response> {
    let id = Uuid::now_v7();
    request.extensions_mut().insert(RequestId(id));
    let (method, path) = (request.method().clone(), logged(request.uri().path()));
    let started = std::time::Instant::now();
    let span = tracing::info_span!("request", %id);
    async move {
        let mut response = match endpoint.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(%method, path, status = response.status().as_u16(), micros, "answered");
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert("x-request-id", value);
        }
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Ok(response)
    }
    .instrument(span)
    .await
}

/// A path without its secret: whoever has the address of a calendar can read it.
fn logged(path: &str) -> String {
    if path.starts_with(calendar::PREFIX) { format!("{}…", calendar::PREFIX) } else { path.to_owned() }
}

impl Shared {
    /// Who is asking; nobody when there is neither a token nor a session. A wrong token is an error.
    async fn viewer(&self, request: &Request) -> Result<Option<Viewer>> {
        if let Some(value) = request.header(header::AUTHORIZATION) {
            let token = value.strip_prefix("Bearer ").ok_or(Error::Unauthenticated)?;
            return authn::viewer_of_token(&self.app, token).await?.map(Some).ok_or(Error::Unauthenticated);
        }
        match session_secret(request) {
            Some(secret) => authn::viewer_of_session(&self.app, &secret).await,
            None => Ok(None),
        }
    }
}

const COOKIE: &str = "jfn_session";

/// The value of the session cookie.
fn session_secret(request: &Request) -> Option<String> {
    cookie(request, COOKIE)
}

/// The value of the cookie of that name.
fn cookie(request: &Request, wanted: &str) -> Option<String> {
    let cookies = request.header(header::COOKIE)?;
    cookies.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then(|| value.to_owned())
    })
}

/// A small JSON answer.
fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    Response::builder().status(status).content_type("application/json").body(body.to_string())
}

/// Logs the cause of our own fault and answers without it.
fn failure(id: RequestId, error: &Error) -> Response {
    if let Some(cause) = error.cause() {
        tracing::error!(request_id = %id.0, cause, "request failed");
    }
    let status = match error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) | Error::Lacking(_) => StatusCode::FORBIDDEN,
        Error::Database(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    json(
        status,
        &serde_json::json!({ "code": error.code(), "message": error.to_string(), "requestId": id.0 }),
    )
}
