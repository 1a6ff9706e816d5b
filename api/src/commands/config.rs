//! `jfn config check`: every setting with its value, and what is wrong with them.

use clap::{ArgMatches, CommandFactory, Subcommand, parser::ValueSource};
use tracing_subscriber::EnvFilter;

use super::{Jfn, documents, print, serve};
use crate::{
    config::{self, Config},
    database::{self, Opening},
    error::{Error, Result},
    evidence_store::EvidenceStore,
    feeds::Secret,
    preset::Preset,
    reads::readiness,
};

/// What to do about the settings.
#[derive(Clone, Copy, Subcommand)]
pub enum Settings {
    /// Shows every setting, of a secret only whether it is set, and tells what is wrong; changes nothing.
    Check,
}

pub async fn run(config: &Config, what: Settings) -> Result<()> {
    let Settings::Check = what;
    let asked = Jfn::command().get_matches();
    print(&listed(&asked))?;
    let mut findings = Findings::default();
    match config.with_secrets() {
        Ok(whole) => look(&whole, &mut findings).await?,
        Err(error) => findings.wrong(&error),
    }
    for note in &findings.notes {
        print(&format!("note   {note}\n"))?;
    }
    for wrong in &findings.wrong {
        print(&format!("wrong  {wrong}\n"))?;
    }
    match findings.wrong.len() {
        0 => print("The settings are fine.\n"),
        1 => Err(Error::BadInput("One setting is wrong.".to_owned())),
        n => Err(Error::BadInput(format!("{n} settings are wrong."))),
    }
}

#[derive(Default)]
struct Findings {
    notes: Vec<String>,
    wrong: Vec<String>,
}

impl Findings {
    fn wrong(&mut self, error: &Error) {
        self.wrong.push(error.cause().unwrap_or_else(|| error.to_string()));
    }
}

// One line for each setting: its variable, its value, and where that comes from.
fn listed(asked: &ArgMatches) -> String {
    let mut inner = asked;
    while let Some((_, deeper)) = inner.subcommand() {
        inner = deeper;
    }
    let mut lines = String::new();
    for setting in Jfn::command().get_arguments() {
        let Some(variable) = setting.get_env() else { continue };
        let id = setting.get_id().as_str();
        let told = inner.try_get_raw(id).ok().flatten();
        let values: Vec<String> =
            told.into_iter().flatten().map(|value| value.to_string_lossy().into_owned()).collect();
        let is_secret =
            setting.is_hide_env_values_set() && !values.iter().all(|value| value.starts_with("sqlite:"));
        let value = match (values.is_empty(), is_secret) {
            (true, _) => "not set".to_owned(),
            (false, true) => "set".to_owned(),
            (false, false) => values.join(","),
        };
        let source = match inner.value_source(id) {
            Some(ValueSource::DefaultValue) => " (default)",
            Some(ValueSource::CommandLine) => " (command line)",
            _ => "",
        };
        lines.push_str(&format!("{} = {value}{source}\n", variable.to_string_lossy()));
    }
    lines
}

async fn look(config: &Config, findings: &mut Findings) -> Result<()> {
    let mut known: Vec<String> = Jfn::command()
        .get_arguments()
        .filter_map(|setting| setting.get_env().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    match serve::preset(config) {
        Ok(preset) => {
            known.extend(feed_secrets(&preset, findings)?);
            known.extend(openid_secret(&preset, findings)?);
        }
        Err(error) => findings.wrong(&error),
    }
    for name in config::unknown_variables(&known) {
        findings.wrong.push(format!("`{name}` is no setting."));
    }
    if let Err(error) = EnvFilter::try_new(&config.log) {
        findings.wrong.push(format!("`JFN_LOG` cannot be read: {error}."));
    }
    let place = config.evidence_place();
    if let Err(error) = EvidenceStore::open(&place, &config::store_options(), config.evidence_limit) {
        findings.wrong(&error);
    }
    if let Err(error) = documents::trusted(config).await {
        findings.wrong(&error);
    }
    if config.production && config.trusted_documents.is_none() {
        let message = "Nobody can ask anything from a browser: `JFN_TRUSTED_DOCUMENTS` is not set.";
        findings.notes.push(message.to_owned());
    }
    if !config.production && !config.listen.ip().is_loopback() {
        findings.notes.push("It listens beyond this machine and `JFN_PRODUCTION` is not set.".to_owned());
    }
    if config.production && config.metrics_token.is_none() {
        findings.notes.push("Nobody can read `/metrics`: `JFN_METRICS_TOKEN` is not set.".to_owned());
    }
    replica(config, findings).await?;
    database(config, findings).await
}

// Of each feed its secrets: whether they are set, and an error for a file that cannot be read.
fn feed_secrets(preset: &Preset, findings: &mut Findings) -> Result<Vec<String>> {
    let mut known = Vec::new();
    for feed in &preset.feeds {
        let files = [
            feed.connection.as_ref().and_then(|connection| connection.token_file.as_deref()),
            feed.push.signing_key_file.as_deref(),
        ];
        let told = [config::feed_token(&feed.key, files[0]), config::feed_signing_key(&feed.key, files[1])];
        for (variable, told) in config::feed_variables(&feed.key).into_iter().zip(told) {
            known.extend(secret(variable, told, findings)?);
        }
    }
    Ok(known)
}

// The same of what is shared with the city's provider of identities.
fn openid_secret(preset: &Preset, findings: &mut Findings) -> Result<[String; 2]> {
    let file = preset.sign_in.openid.as_ref().and_then(|openid| openid.client_secret_file.as_deref());
    secret(config::OPENID_CLIENT_SECRET.to_owned(), config::openid_client_secret(file), findings)
}

// Tells whether it is set; answers the names that it has in the environment.
fn secret(variable: String, told: Result<Option<Secret>>, findings: &mut Findings) -> Result<[String; 2]> {
    match told {
        Ok(Some(_)) => print(&format!("{variable} = set\n"))?,
        Ok(None) => {}
        Err(error) => findings.wrong(&error),
    }
    Ok([format!("{variable}_FILE"), variable])
}

// Servers start without it, so that it does not answer is only told.
async fn replica(config: &Config, findings: &mut Findings) -> Result<()> {
    let Some(url) = &config.database_replica_url else { return Ok(()) };
    match database::open_replica(&Opening { connections: 1, ..Opening::of(config) }, url).await {
        Ok(db) => {
            if db.ping().await.is_err() {
                let message = "The replica of `DATABASE_REPLICA_URL` does not answer; until it does, the primary is read from.";
                findings.notes.push(message.to_owned());
            }
            db.close().await?;
        }
        Err(error) => findings.wrong(&error),
    }
    Ok(())
}

async fn database(config: &Config, findings: &mut Findings) -> Result<()> {
    if let Some(file) = config.sqlite_file().filter(|file| !file.exists()) {
        findings.notes.push(format!("{} is not there yet; the server makes it.", file.display()));
        return Ok(());
    }
    match database::open(&Opening { connections: 1, ..Opening::of(config) }).await {
        Ok(db) => {
            let pending = readiness::pending(&db).await?;
            if !pending.is_empty() {
                let message = format!(
                    "{} migrations are pending; the server or `jfn migrate up` runs them.",
                    pending.len()
                );
                findings.notes.push(message);
            }
            db.close().await?;
        }
        // What the driver says may quote the address.
        Err(_) => findings.wrong.push("The database of `DATABASE_URL` cannot be opened.".to_owned()),
    }
    Ok(())
}
