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
    /// Address and port to listen on.
    #[arg(long, global = true, env = "JFN_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A folder with the city's facts; without it, Sacramento's, which are built in.
    #[arg(long, global = true, env = "JFN_PRESET")]
    pub preset: Option<PathBuf>,
    /// Production mode: no GraphiQL, no introspection, JSON logs.
    #[arg(long, global = true, env = "JFN_PRODUCTION")]
    pub production: bool,
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
    /// Seconds that running requests get when the server is told to stop.
    #[arg(long, global = true, env = "JFN_GRACE_SECONDS", default_value_t = 20)]
    pub grace_seconds: u64,
}

impl Config {
    /// Where the files of evidence lie.
    #[must_use]
    pub fn evidence_place(&self) -> String {
        if let Some(place) = &self.evidence {
            return place.clone();
        }
        let database = self.database_url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//"));
        let Some(file) = database else { return "jfn-evidence".to_owned() };
        let file = file.split('?').next().unwrap_or_default();
        Path::new(file).with_extension("evidence").display().to_string()
    }
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
    read_secret("JFN_OPENID_CLIENT_SECRET", "the provider of identities", file)
}

fn secret(prefix: &str, key: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    let variable = format!("{prefix}{}", key.to_uppercase().replace('-', "_"));
    read_secret(&variable, &format!("feed {key}"), file)
}

fn read_secret(variable: &str, whose: &str, file: Option<&Path>) -> Result<Option<Secret>> {
    let told = match file {
        Some(file) => fs::read_to_string(file).map_err(|error| {
            Error::BadInput(format!("The secret of {whose} in {} cannot be read: {error}.", file.display()))
        })?,
        None => match std::env::var(variable) {
            Ok(told) => told,
            Err(_) => return Ok(None),
        },
    };
    let told = told.trim();
    if told.is_empty() {
        return Err(Error::BadInput(format!("The secret of {whose} is empty.")));
    }
    Ok(Some(Secret::new(told)))
}
