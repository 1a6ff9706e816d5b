//! Asks sources over HTTP: only those that the feed names, patiently, and never for more than memory bears.

use std::{error::Error as _, net::IpAddr, sync::Once, time::Duration};

use chrono::{DateTime, Utc};
use rand::Rng;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{DATE, HeaderValue, LOCATION, RETRY_AFTER},
};
use serde_json::Value;

use super::{
    clock::shortened,
    connection::{Connection, HostName, Patience},
    fetch_error::{FetchError, advice},
    reachable::{Judging, OnlyPrivate, is_reachable},
    secret::Secret,
};

/// Addresses that a source may send us on to, one after the other.
const REDIRECTS: usize = 5;

/// Asks the sources of one feed.
pub(super) struct Fetcher {
    client: reqwest::Client,
    home: HostName,
    hosts: Vec<HostName>,
    allow_private: bool,
    patience: Patience,
    /// The name of the header that bears the token, and the token.
    token: Option<(&'static str, HeaderValue)>,
}

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) url: Url,
    /// Sent by POST when there is one.
    pub(super) form: Option<Vec<(&'static str, String)>>,
}

/// Why one try gave no answer.
pub(super) enum Trouble {
    /// It may be over soon; the source may have said when.
    Passing(FetchError, Option<Duration>),
    /// Asking again would not help.
    Lasting(FetchError),
}

impl Fetcher {
    /// The fetcher of a feed; `token` goes in the header of that name, to the host of the feed's `url` only.
    pub(super) fn new(
        connection: &Connection,
        token: Option<(&'static str, &Secret)>,
    ) -> Result<Self, FetchError> {
        install_cryptography();
        let wrong = |why: &str| FetchError::Connection(why.to_owned());
        let url = connection.url.url();
        let home = HostName::of(url).ok_or_else(|| wrong("`url` names no host"))?;
        let mut hosts = vec![home.clone()];
        hosts.extend(connection.hosts.iter().cloned());
        let patience = connection.patience.clone();
        let client = reqwest::Client::builder()
            .user_agent(concat!("justice-for-neighbors/", env!("CARGO_PKG_VERSION")))
            // A proxy would connect in our place, to addresses that nobody judged.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Judging { allow_private: connection.allow_private_addresses })
            .connect_timeout(patience.connect())
            .read_timeout(patience.read())
            .timeout(patience.total())
            .build()
            .map_err(|_| wrong("no HTTPS client can be made; are the system's certificates installed?"))?;
        let token = match token {
            Some(_) if url.scheme() != "https" && !connection.allow_private_addresses => {
                return Err(wrong("a token is not sent in the clear; use https"));
            }
            Some((header, secret)) => {
                let mut value = HeaderValue::from_str(secret.reveal())
                    .map_err(|_| wrong("the token holds a character that no token has"))?;
                value.set_sensitive(true);
                Some((header, value))
            }
            None => None,
        };
        let allow_private = connection.allow_private_addresses;
        Ok(Self { client, home, hosts, allow_private, patience, token })
    }

    /// The answer as JSON. `judge` looks at it before it counts as one: a portal may tell of trouble with status 200.
    pub(super) async fn json(
        &self,
        ask: &Ask,
        judge: impl Fn(Value) -> Result<Value, Trouble>,
    ) -> Result<Value, FetchError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let (error, asked) = match self.once(ask).await.and_then(&judge) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(error)) => return Err(error.after(tried)),
                Err(Trouble::Passing(error, asked)) => (error.after(tried), asked),
            };
            if let Some(wait) = asked.filter(|wait| *wait > self.patience.longest_wait()) {
                return Err(FetchError::Busy { host: host_of(&ask.url), wait });
            }
            if tried >= self.patience.attempts {
                return Err(error);
            }
            tokio::time::sleep(asked.unwrap_or_default().max(shaken(self.patience.wait(tried)))).await;
        }
    }

    /// Asks once, following redirects.
    async fn once(&self, ask: &Ask) -> Result<Value, Trouble> {
        let mut ask = ask.clone();
        for _ in 0..=REDIRECTS {
            let host = host_of(&ask.url);
            self.admit(&ask.url).map_err(Trouble::Lasting)?;
            let response = self.request(&ask).send().await.map_err(|error| trouble(&host, &error))?;
            let status = response.status();
            if status.is_redirection() {
                ask = sent_on(ask, &response, &host)?;
                continue;
            }
            if !status.is_success() {
                return Err(self.refused(response, &host).await);
            }
            let body = self.body(response, &host).await?;
            return serde_json::from_slice(&body).map_err(|error| {
                let strange = FetchError::Strange {
                    host,
                    why: format!("its answer is no JSON, at line {}", error.line()),
                };
                // A connection that ends without saying how much there was to come looks like this.
                if error.is_eof() { Trouble::Passing(strange, None) } else { Trouble::Lasting(strange) }
            });
        }
        let why = "too many redirects";
        Err(Trouble::Lasting(FetchError::BadRedirect { host: host_of(&ask.url), why }))
    }

    /// Refuses what the feed does not name, and private addresses that are written out.
    fn admit(&self, url: &Url) -> Result<(), FetchError> {
        let host = || host_of(url);
        let is_web = matches!(url.scheme(), "http" | "https");
        if !is_web || !self.hosts.iter().any(|named| named.has(url)) {
            return Err(FetchError::HostNotNamed { host: host() });
        }
        let written = url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        let address: Option<IpAddr> = written.and_then(|host| host.parse().ok());
        if address.is_some_and(|address| !is_reachable(address, self.allow_private)) {
            return Err(FetchError::PrivateAddress { host: host() });
        }
        Ok(())
    }

    fn request(&self, ask: &Ask) -> reqwest::RequestBuilder {
        let method = if ask.form.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, ask.url.clone());
        if let Some(form) = &ask.form {
            request = request.form(form);
        }
        if let Some((header, token)) = self.token.as_ref().filter(|_| self.home.has(&ask.url)) {
            request = request.header(*header, token.clone());
        }
        request
    }

    async fn refused(&self, response: Response, host: &str) -> Trouble {
        let status = response.status();
        let wait = wait_asked(&response);
        // What a portal says may quote the question, so of that only the code which it gives the trouble is told.
        let told = self.body(response, host).await.ok().and_then(|body| serde_json::from_slice(&body).ok());
        let code = |value: Value| value.get("errorCode").or(value.get("code"))?.as_str().map(str::to_owned);
        let said = told.and_then(code).map(|code| format!(" ({})", shortened(&code))).unwrap_or_default();
        let status = status.as_u16();
        let error =
            FetchError::Status { host: host.to_owned(), status, said, advice: advice(status), attempts: 1 };
        match status {
            408 | 425 | 429 | 500..=599 => Trouble::Passing(error, wait),
            _ => Trouble::Lasting(error),
        }
    }

    async fn body(&self, mut response: Response, host: &str) -> Result<Vec<u8>, Trouble> {
        let limit = self.patience.body_bytes;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| trouble(host, &error))? {
            if body.len() + piece.len() > limit {
                return Err(Trouble::Lasting(FetchError::TooLarge { host: host.to_owned(), limit }));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

/// Where a redirect leads; its host is judged like any other before it is asked.
fn sent_on(ask: Ask, response: &Response, host: &str) -> Result<Ask, Trouble> {
    let refused = |why| Trouble::Lasting(FetchError::BadRedirect { host: host.to_owned(), why });
    let told = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let url =
        told.and_then(|told| ask.url.join(told).ok()).ok_or_else(|| refused("it does not say where to"))?;
    if ask.url.scheme() == "https" && url.scheme() != "https" {
        return Err(refused("it leads from https into the clear"));
    }
    match response.status() {
        StatusCode::SEE_OTHER => Ok(Ask { url, form: None }),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Ok(Ask { url, form: ask.form }),
        _ => Err(refused("it is of no known kind")),
    }
}

fn trouble(host: &str, error: &reqwest::Error) -> Trouble {
    let host = host.to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<OnlyPrivate>() {
            return Trouble::Lasting(FetchError::PrivateAddress { host });
        }
        cause = inner.source();
    }
    // The client's own words may quote the address, and with it the question.
    let why = if error.is_timeout() {
        "it takes too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Trouble::Passing(FetchError::Unreachable { host, why, attempts: 1 }, None)
}

/// What `Retry-After` asks for: seconds, or a date by the source's own clock.
fn wait_asked(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = header(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc());
    let now =
        header(DATE).and_then(date).unwrap_or_else(|| DateTime::<Utc>::from(std::time::SystemTime::now()));
    Some((date(asked)? - now).to_std().unwrap_or_default())
}

/// Between half of a wait and all of it, by chance, so that feeds that failed together do not come back together.
fn shaken(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// Host and port, for people.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an address without a host");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What every HTTPS client of ours needs once.
pub fn install_cryptography() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else may have installed it first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
