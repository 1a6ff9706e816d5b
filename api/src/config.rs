//! Settings: the only reader of the environment.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    evidence_store::LARGEST,
    feeds::Secret,
};

/// How the server runs. Flags win over the environment; with nothing set it runs on an embedded database.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where the data is: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        default_value = "sqlite:jfn.db",
        hide_env_values = true
    )]
    pub database_url: String,
    /// A file with the database's address, in place of `DATABASE_URL`: for one that holds a password.
    #[arg(long, global = true, env = "DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Where migrations run on PostgreSQL: the same database as another role, which owns the tables. The server's own role
    /// then owns nothing and is given what it needs, no more; without it, the server migrates as itself.
    #[arg(long, global = true, env = "DATABASE_MIGRATE_URL", hide_env_values = true)]
    pub database_migrate_url: Option<String>,
    /// A replica of the PostgreSQL database, from which queries are answered when it is young enough and has all that the
    /// viewer wrote. All servers of a city name one, or none does.
    #[arg(long, global = true, env = "DATABASE_REPLICA_URL", hide_env_values = true)]
    pub database_replica_url: Option<String>,
    /// Seconds by which the replica may be behind at most for anything to be read from it.
    #[arg(long, global = true, env = "JFN_REPLICA_LAG_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub replica_lag_seconds: u32,
    /// Address and port to listen on.
    #[arg(long, global = true, env = "JFN_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A folder with the city's facts; without it, Sacramento's, which are built in.
    #[arg(long, global = true, env = "JFN_PRESET")]
    pub preset: Option<PathBuf>,
    /// Production mode: no GraphiQL, no introspection, of browsers only trusted documents, JSON logs.
    #[arg(long, global = true, env = "JFN_PRODUCTION")]
    pub production: bool,
    /// A file with the documents that a browser may run in production mode, which the app's build or `jfn documents` writes.
    #[arg(long, global = true, env = "JFN_TRUSTED_DOCUMENTS", value_name = "FILE")]
    pub trusted_documents: Option<PathBuf>,
    /// Do not migrate the database at the start.
    #[arg(long, global = true, env = "JFN_NO_MIGRATE")]
    pub no_migrate: bool,
    /// Database connections at most.
    #[arg(long, global = true, env = "JFN_CONNECTIONS", default_value_t = 16)]
    pub connections: u32,
    /// Bytes of a request's body at most.
    #[arg(long, global = true, env = "JFN_BODY_LIMIT", default_value_t = 2 * 1024 * 1024)]
    pub body_limit: usize,
    /// Seconds that a GraphQL request may take, and one statement of it in the database.
    #[arg(long, global = true, env = "JFN_REQUEST_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub request_seconds: u64,
    /// Requests of one address a minute at most; 0 for no limit.
    #[arg(long, global = true, env = "JFN_REQUESTS_BY_ADDRESS", default_value_t = 3_000)]
    pub requests_by_address: u32,
    /// Requests of one member of staff or one program a minute at most; 0 for no limit.
    #[arg(long, global = true, env = "JFN_REQUESTS_BY_VIEWER", default_value_t = 1_200)]
    pub requests_by_viewer: u32,
    /// Subscriptions, and as many sockets, that one member of staff or one program may have open at once.
    #[arg(long, global = true, env = "JFN_SUBSCRIPTIONS_BY_VIEWER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub subscriptions_by_viewer: u32,
    /// Hours that somebody stays signed in at most.
    #[arg(long, global = true, env = "JFN_SESSION_HOURS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=720))]
    pub session_hours: u32,
    /// Minutes without a request after which somebody must sign in again.
    #[arg(long, global = true, env = "JFN_SESSION_IDLE_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(2..=43_200))]
    pub session_idle_minutes: u32,
    /// Addresses of the reverse proxies in front, whose word in `X-Forwarded-For` is taken.
    #[arg(long, global = true, env = "JFN_PROXIES", value_delimiter = ',', value_name = "ADDRESS")]
    pub proxies: Vec<IpAddr>,
    /// Do not read feeds by their schedule; `feedRun` and `jfn feed run` work all the same.
    #[arg(long, global = true, env = "JFN_NO_SCHEDULE")]
    pub no_schedule: bool,
    /// Seconds after which a server that reads a feed and no longer says that it is alive loses the feed to another.
    /// The clocks of the servers must agree to within it.
    #[arg(long, global = true, env = "JFN_FEED_LEASE_SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub feed_lease_seconds: u32,
    /// Where the files of evidence lie: a folder, or `s3://BUCKET/PREFIX` with the usual `AWS_…` variables. Without it, a
    /// folder beside the SQLite database, or `jfn-evidence` here.
    #[arg(long, global = true, env = "JFN_EVIDENCE", value_name = "FOLDER")]
    pub evidence: Option<String>,
    /// Bytes of a file of evidence at most.
    #[arg(long, global = true, env = "JFN_EVIDENCE_LIMIT", default_value_t = LARGEST)]
    pub evidence_limit: u64,
    /// What whoever reads `/metrics` must send as a bearer token; without it nobody reads them in production mode.
    #[arg(long, global = true, env = "JFN_METRICS_TOKEN", hide_env_values = true, value_parser = secret_told)]
    pub metrics_token: Option<Secret>,
    /// A file with that token.
    #[arg(long, global = true, env = "JFN_METRICS_TOKEN_FILE", value_name = "FILE")]
    pub metrics_token_file: Option<PathBuf>,
    /// What is logged, as filters of `tracing` are written.
    #[arg(long, global = true, env = "JFN_LOG", default_value = "info,sqlx=warn")]
    pub log: String,
    /// Where traces are sent, by OTLP over HTTP; none are made without.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    pub otlp_endpoint: Option<String>,
    /// What the traces are filed under.
    #[arg(long, global = true, env = "OTEL_SERVICE_NAME", default_value = "jfn")]
    pub otlp_service: String,
    /// Connections open at once at most; whoever comes then gets the place of the client that was waited for the longest.
    #[arg(long, global = true, env = "JFN_OPEN_CONNECTIONS", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub open_connections: u32,
    /// Seconds that the head of a request may take, and a connection stay idle; a proxy should let go of it earlier.
    #[arg(long, global = true, env = "JFN_HEAD_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub head_seconds: u64,
    /// Seconds for which the server goes on when it is told to stop, and tells at `/readyz` that it will, so that whoever
    /// shares requests out among servers sends it no more.
    #[arg(long, global = true, env = "JFN_DRAIN_SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=600))]
    pub drain_seconds: u32,
    /// Seconds that running requests get when the server stops.
    #[arg(long, global = true, env = "JFN_GRACE_SECONDS", default_value_t = 20)]
    pub grace_seconds: u64,
}

fn secret_told(told: &str) -> std::result::Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(told))
}

impl Config {
    /// The same, with the secrets that stand in files.
    pub fn with_secrets(&self) -> Result<Self> {
        let mut whole = self.clone();
        if let Some(file) = &self.database_url_file {
            if std::env::var_os("DATABASE_URL").is_some() {
                return Err(Error::BadInput(
                    "Set `DATABASE_URL` or `DATABASE_URL_FILE`, not both.".to_owned(),
                ));
            }
            whole.database_url = secret_in(file, "The database's address")?;
        }
        if let Some(file) = &self.metrics_token_file {
            if self.metrics_token.is_some() {
                let both = "Set `JFN_METRICS_TOKEN` or `JFN_METRICS_TOKEN_FILE`, not both.";
                return Err(Error::BadInput(both.to_owned()));
            }
            whole.metrics_token = Some(Secret::new(secret_in(file, "The token of the figures")?));
        }
        Ok(whole)
    }

    /// Where the files of evidence lie.
    #[must_use]
    pub fn evidence_place(&self) -> String {
        if let Some(place) = &self.evidence {
            return place.clone();
        }
        match self.sqlite_file() {
            Some(file) => file.with_extension("evidence").display().to_string(),
            None => "jfn-evidence".to_owned(),
        }
    }

    /// The file of the SQLite database; none where the data is in PostgreSQL.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let file = self.database_url.strip_prefix("sqlite:")?.trim_start_matches("//");
        Some(PathBuf::from(file.split('?').next().unwrap_or_default()))
    }
}

/// The environment's name for what we share with the city's provider of identities; it may end in `_FILE` too.
pub const OPENID_CLIENT_SECRET: &str = "JFN_OPENID_CLIENT_SECRET";

/// The environment's names for the secrets of a feed; each may end in `_FILE` and then names a file.
#[must_use]
pub fn feed_variables(key: &str) -> [String; 2] {
    ["JFN_FEED_TOKEN_", "JFN_FEED_SIGNING_KEY_"].map(|prefix| variable(prefix, key))
}

/// Names in the environment that begin like ours and are none of these.
#[must_use]
pub fn unknown_variables(known: &[String]) -> Vec<String> {
    let told = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> =
        told.filter(|name| name.starts_with("JFN_") && !known.contains(name)).collect();
    unknown.sort();
    unknown
}

fn variable(prefix: &str, key: &str) -> String {
    format!("{prefix}{}", key.to_uppercase().replace('-', "_"))
}

/// The app token of a feed: of the file that its connection names, or `JFN_FEED_TOKEN_` and the feed's key in capitals
/// with `_` for `-`. None when neither is set; an error when the file cannot be read.
pub fn feed_token(key: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    secret("JFN_FEED_TOKEN_", key, file)
}

/// The key that signs what is pushed to a feed: of the file that it names, or `JFN_FEED_SIGNING_KEY_` and the feed's key in
/// capitals with `_` for `-`.
pub fn feed_signing_key(key: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    secret("JFN_FEED_SIGNING_KEY_", key, file)
}

/// What a bucket of files needs: the settings of the environment whose names begin with `AWS_`.
#[must_use]
pub fn store_options() -> Vec<(String, Secret)> {
    let told = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    told.filter(|(name, _)| name.starts_with("AWS_"))
        .map(|(name, value)| (name, Secret::new(value)))
        .collect()
}

/// What we share with the city's provider of identities: of the file that the preset names, or `JFN_OPENID_CLIENT_SECRET`.
/// None when neither is set, as for a client that has no secret.
pub fn openid_client_secret(file: Option<&Path>) -> Result<Option<Secret>> {
    read_secret(OPENID_CLIENT_SECRET, "The secret of the provider of identities", file)
}

fn secret(prefix: &str, key: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    read_secret(&variable(prefix, key), &format!("The secret of feed {key}"), file)
}

// The first that is set: the file that the preset names, the one that the environment names, the environment.
fn read_secret(variable: &str, what: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    let told_file = std::env::var_os(format!("{variable}_FILE")).map(PathBuf::from);
    let told = match file.or(told_file.as_deref()) {
        Some(file) => secret_in(file, what)?,
        None => match std::env::var(variable) {
            Ok(told) => told.trim().to_owned(),
            Err(_) => return Ok(None),
        },
    };
    if told.is_empty() {
        return Err(Error::BadInput(format!("{what} is empty.")));
    }
    Ok(Some(Secret::new(told)))
}

fn secret_in(file: &Path, what: &str) -> Result<String> {
    let told = fs::read_to_string(file);
    let told = told
        .map_err(|error| Error::BadInput(format!("{what} in {} cannot be read: {error}.", file.display())))?;
    match told.trim() {
        "" => Err(Error::BadInput(format!("{what} is empty."))),
        told => Ok(told.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;

    use super::Config;

    #[derive(Parser)]
    struct Told {
        #[command(flatten)]
        config: Config,
    }

    proptest! {
        #[test]
        fn a_length_of_time_is_a_whole_number_within_its_bounds_or_refused(told in "-?[0-9]{1,20}|.{0,12}") {
            for (flag, most) in [("request-seconds", 600), ("head-seconds", 600), ("feed-lease-seconds", 3_600)] {
                let read = Told::try_parse_from(["jfn".to_owned(), format!("--{flag}={told}")]);
                let number = told.parse::<u64>().ok().filter(|number| (1..=most).contains(number));
                let config = read.ok().map(|told| told.config);
                let seconds = config.map(|config| match flag {
                    "request-seconds" => config.request_seconds,
                    "head-seconds" => config.head_seconds,
                    _ => u64::from(config.feed_lease_seconds),
                });
                prop_assert_eq!(seconds, number, "--{}={}", flag, told);
            }
        }
    }
}
