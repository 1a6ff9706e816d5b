//! The command line: what the binary `jfn` can be told to do.

pub mod audit;
pub mod backup;
pub mod case_mapping;
pub mod config;
pub mod demo;
pub mod documents;
pub mod feed;
pub mod import_calls;
pub mod import_cases;
pub mod import_places;
pub mod migrate;
pub mod parcel_mapping;
pub mod purge;
pub mod restore;
pub mod rules;
pub mod serve;
pub mod staff;
pub mod token;

use std::io::{self, Write};

use clap::{Parser, Subcommand};
use futures_util::future::BoxFuture;

use crate::{
    app::{App, Clock},
    config::Config,
    error::Result,
};

/// Justice for Neighbors: cases, legal actions and 911 call volume for a city's district teams.
#[derive(Parser)]
#[command(name = "jfn", version)]
pub struct Jfn {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve,
    /// Builds a demo city around a real call log on an embedded database, and serves it.
    Demo(demo::Demo),
    /// The settings.
    #[command(subcommand)]
    Config(config::Settings),
    /// Prints the manifest of trusted documents of a folder.
    Documents(documents::Documents),
    /// Brings the database's schema up to date, or tells what is missing.
    Migrate(migrate::Migrate),
    /// Copies the SQLite database and the files of evidence into a folder, while the server runs.
    Backup(backup::Backup),
    /// Puts a backup in the place of the SQLite database and of the files of evidence; no server may run.
    Restore(restore::Restore),
    /// Prints the GraphQL schema.
    Schema,
    /// Loads calls for service from files, and says what it counted, left out and rejected.
    ImportCalls(import_calls::ImportCalls),
    /// Runs feeds by hand.
    #[command(subcommand)]
    Feed(feed::Feed),
    /// Takes a city's existing cases from files by a mapping.
    ImportCases(import_cases::ImportCases),
    /// Loads parcels from files by a mapping.
    ImportPlaces(import_places::ImportPlaces),
    /// Shows which raw calls nobody needs any more, and removes them when it is said.
    Purge(purge::Purge),
    /// The record of what happened.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The rules and the flags they raised.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Members of staff.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Access tokens of programs.
    #[command(subcommand)]
    Token(token::Token),
}

impl Jfn {
    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Does what was asked. As a whole it is built here, once: a binary that polled our own futures would build all of the
    /// server for itself again.
    #[must_use]
    pub fn run(self) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.carried_out())
    }

    async fn carried_out(self) -> Result<()> {
        if let Command::Config(what) = self.command {
            return config::run(&self.config, what).await;
        }
        let config = &self.config.with_secrets()?;
        match self.command {
            // It is done above, as it tells of settings that keep the others from running.
            Command::Config(_) => Ok(()),
            Command::Serve => serve::run(config).await,
            Command::Demo(arguments) => demo::run(config, arguments).await,
            Command::Documents(arguments) => documents::run(&arguments).await,
            Command::Migrate(arguments) => migrate::run(config, &arguments).await,
            Command::Backup(arguments) => backup::run(config, &arguments).await,
            Command::Restore(arguments) => restore::run(config, &arguments).await,
            Command::Schema => print(&crate::graphql::sdl()),
            Command::Audit(what) => audit::run(&app(config).await?, what).await,
            Command::ImportCalls(arguments) => import_calls::run(&app(config).await?, arguments).await,
            Command::Feed(what) => feed::run(&app(config).await?, what).await,
            Command::ImportCases(arguments) => import_cases::run(&app(config).await?, arguments).await,
            Command::ImportPlaces(arguments) => import_places::run(&app(config).await?, arguments).await,
            Command::Purge(arguments) => purge::run(&app(config).await?, &arguments).await,
            Command::Rules(what) => rules::run(&app(config).await?, what).await,
            Command::Staff(what) => staff::run(&app(config).await?, what).await,
            Command::Token(what) => token::run(&app(config).await?, what).await,
        }
    }
}

async fn app(config: &Config) -> Result<App> {
    serve::start(config, Clock::default()).await
}

/// Writes to standard output; that it was closed is not an error worth a trace.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(())
}
