//! The HTTP edge: routes, request ids, health, and a shutdown that lets running requests finish.

mod body;
mod calendar;
mod documents;
mod event_stream;
mod evidence;
mod figures;
mod graphql;
mod health;
mod letters;
mod openid;
mod packet;
mod push;
mod rates;
mod room;
mod serving;
mod sign_in;
mod subscriptions;
mod websocket;

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response, Route,
    endpoint::BoxEndpoint,
    http::{HeaderValue, StatusCode, header},
};
use tracing::Instrument;
use uuid::Uuid;

use self::{
    rates::{Rates, TooMany},
    serving::Manners,
    subscriptions::OpenBy,
};
use crate::{
    app::App,
    audit::{self, ADDRESS, Attempt},
    authn,
    authz::Viewer,
    error::{Error, Result},
    feeds::Secret,
    graphql::{Background, JfnSchema},
    presence::Credential,
    schedule::{Runs, Stop},
    trusted_documents::TrustedDocuments,
};

/// How the edge behaves.
#[derive(Clone, Debug)]
pub struct Edge {
    /// No GraphiQL, no introspection, and of browsers only trusted documents.
    pub production: bool,
    /// The documents that a browser may run in production mode.
    pub documents: Arc<TrustedDocuments>,
    /// Bytes of a body at most.
    pub body_limit: usize,
    /// How long a GraphQL request may take.
    pub request_time: Duration,
    /// Requests of one address a minute at most; as many as come, when none.
    pub requests_by_address: Option<NonZeroU32>,
    /// The same for one member of staff or one program.
    pub requests_by_viewer: Option<NonZeroU32>,
    /// Subscriptions, and as many sockets, that one member of staff or one program may have open at once.
    pub subscriptions_by_viewer: usize,
    /// Reverse proxies whose word on a client's address is taken.
    pub proxies: Vec<IpAddr>,
    /// What whoever reads the figures must send; in production mode nobody reads them without.
    pub metrics_token: Option<Secret>,
    /// Connections open at once at most; whoever comes then gets the place of the client that was waited for the longest.
    pub connections: usize,
    /// How long the head of a request may take, and a connection stay idle.
    pub head_within: Duration,
    /// How long a client may take nothing of its answer.
    pub taken_within: Duration,
    /// How long it goes on after it was told to stop, saying so where it is asked whether it is ready.
    pub drain: Duration,
    /// How long running requests get at shutdown.
    pub grace: Duration,
    /// Read feeds when they are due.
    pub schedule: bool,
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            production: false,
            documents: Arc::default(),
            body_limit: 2 * 1024 * 1024,
            request_time: Duration::from_secs(20),
            requests_by_address: None,
            requests_by_viewer: None,
            subscriptions_by_viewer: 20,
            proxies: Vec::new(),
            metrics_token: None,
            connections: 1_024,
            head_within: Duration::from_secs(30),
            taken_within: Duration::from_secs(60),
            drain: Duration::ZERO,
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
    subscriptions: OpenBy,
    sockets: OpenBy,
    /// Told when the server stops: streams would go on for ever.
    stop: Stop,
    /// Told before: nobody is to send anything more.
    draining: Stop,
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
    let manners = Manners {
        connections: edge.connections,
        head_within: edge.head_within,
        taken_within: edge.taken_within,
        grace: edge.grace,
    };
    let (stopper, told) = Stop::new();
    let (drainer, draining) = Stop::new();
    let drain = edge.drain;
    let hearing = hear(app.clone(), told.clone());
    let runs = Runs::new(app.clone(), told.clone());
    if edge.schedule {
        runs.keep_looking();
    }
    let asked = runs.clone();
    let background = Background::new(move |run| asked.carry_out(run));
    let open = app.metrics.connections.clone();
    let shared = Arc::new(Shared {
        schema: crate::graphql::schema(app.clone(), edge.production, background),
        rates: Rates::of(&edge),
        subscriptions: OpenBy::default(),
        sockets: OpenBy::default(),
        stop: told.clone(),
        draining,
        pushes: tokio::sync::Semaphore::new(push::AT_ONCE),
        uploads: tokio::sync::Semaphore::new(evidence::AT_ONCE),
        packets: tokio::sync::Semaphore::new(packet::AT_ONCE),
        secure_cookies: !address.ip().is_loopback(),
        app,
        edge,
    });
    tracing::info!(%address, "listening");
    let telling = async {
        stop.await;
        drainer.stop();
        tokio::time::sleep(drain).await;
        stopper.stop();
    };
    let serving = serving::serve(socket, routes(shared), manners, &open, told);
    let (served, ()) = tokio::join!(serving, telling);
    runs.ended(manners.grace).await;
    hearing.abort();
    served
}

/// Hears what other servers tell and looks after the replica, until this one stops.
fn hear(app: App, mut stop: Stop) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        tokio::select! {
            ((), ()) = async { tokio::join!(app.newsroom.hear(&app.db), app.follow_replica()) } => {}
            () = stop.told() => {}
        }
    })
}

// Boxed, so that what lies behind the routes is compiled with this crate and not with each program that uses it.
fn routes(shared: Arc<Shared>) -> BoxEndpoint<'static, Response> {
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
        .at("/livez", poem::get(health::alive))
        .at("/metrics", poem::get(figures::metrics))
        .at("/readyz", poem::get(health::ready))
        .data(shared.clone())
        .around({
            let shared = shared.clone();
            move |endpoint, request| within_rate(shared.clone(), endpoint, request)
        })
        .around(move |endpoint, request| with_id(shared.clone(), endpoint, request))
        .boxed()
}

/// Refuses what comes too often from one address, before anything else is looked at, and lets the audit log know the address.
/// Whoever watches the server is not counted.
async fn within_rate<E: Endpoint>(
    shared: Arc<Shared>,
    endpoint: Arc<E>,
    request: Request,
) -> poem::Result<Response> {
    if matches!(request.uri().path(), "/healthz" | "/livez" | "/metrics" | "/readyz") {
        return endpoint.call(request).await.map(IntoResponse::into_response);
    }
    let client = shared.rates.client(&request);
    match shared.rates.address(client) {
        Ok(()) => ADDRESS.scope(client, endpoint.call(request)).await.map(IntoResponse::into_response),
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

/// The id that a proxy or a program gave its request, if it is a UUID as we make them; anything else is replaced.
fn given_id(request: &Request) -> Option<Uuid> {
    let told = request.header("x-request-id").filter(|told| told.len() == 36)?;
    Uuid::try_parse(told).ok().filter(|id| !id.is_nil())
}

/// Gives each request an id, logs and counts how it ended, and names the id in the answer. Bodies, query strings, headers and the
/// secrets in paths are not logged.
async fn with_id<E: Endpoint>(
    shared: Arc<Shared>,
    endpoint: Arc<E>,
    mut request: Request,
) -> poem::Result<Response> {
    let id = given_id(&request).unwrap_or_else(Uuid::now_v7);
    request.extensions_mut().insert(RequestId(id));
    let (method, path) = (request.method().clone(), logged(request.uri().path()));
    let route = figures::route_of(&path);
    let started = std::time::Instant::now();
    let running = shared.app.metrics.running.one_more();
    let span = tracing::info_span!("request", %id, %method, route, operation = tracing::field::Empty);
    async move {
        let mut response = match endpoint.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        };
        let took = started.elapsed();
        drop(running);
        shared.app.metrics.answered(route, response.status().as_u16(), took);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(%method, path, status = response.status().as_u16(), micros, "answered");
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert("x-request-id", value);
        }
        if shared.draining.is_told() {
            // Whoever asks again connects again, which leads to another server.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
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
        match credential(request)? {
            Some(Credential::Token(token)) => {
                let viewer = authn::viewer_of_token(&self.app, &token).await?;
                if viewer.is_none() {
                    let (action, result) = ("accessToken", Error::Unauthenticated.code());
                    self.app.noted(Attempt { who: None, action, subjects: &[], result }).await;
                }
                viewer.map(Some).ok_or(Error::Unauthenticated)
            }
            Some(Credential::Session(secret)) => authn::viewer_of_session(&self.app, &secret).await,
            None => Ok(None),
        }
    }

    /// Ends when the server is to stop.
    fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.clone();
        async move { stop.told().await }
    }
}

/// What the request signs in with.
fn credential(request: &Request) -> Result<Option<Credential>> {
    match request.header(header::AUTHORIZATION) {
        Some(value) => {
            let token = value.strip_prefix("Bearer ").ok_or(Error::Unauthenticated)?;
            Ok(Some(Credential::Token(token.to_owned())))
        }
        None => Ok(session_secret(request).map(Credential::Session)),
    }
}

/// Keeps in the audit log that the viewer was refused a file, and hands the refusal on.
async fn noting<T>(
    app: &App,
    viewer: &Viewer,
    action: &'static str,
    subject: impl ToString,
    outcome: Result<T>,
) -> Result<T> {
    if let Err(error) = &outcome {
        let (subjects, result) = ([subject.to_string()], audit::result_of(error));
        app.noted(Attempt { who: Some(viewer), action, subjects: &subjects, result }).await;
    }
    outcome
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
        Error::Forbidden(_) | Error::Lacking { .. } => StatusCode::FORBIDDEN,
        Error::Away(_) | Error::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Database(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    json(
        status,
        &serde_json::json!({ "code": error.code(), "message": error.to_string(), "requestId": id.0 }),
    )
}
