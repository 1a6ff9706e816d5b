//! The command line: what the binary `jfn` can be told to do.

pub mod import_calls;
pub mod import_places;
pub mod migrate;
pub mod parcel_mapping;
pub mod serve;
pub mod staff;
pub mod token;

use std::io::{self, Write};

use clap::{Parser, Subcommand};

use crate::{config::Config, error::Result};

/// Justice for Neighbors: cases, legal actions and 911 call volume for a city's district teams.
#[derive(Parser)]
#[command(name = "jfn", version)]
pub struct Jfn {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve(Config),
    /// Brings the database's schema up to date, or tells what is missing.
    Migrate(migrate::Migrate),
    /// Prints the GraphQL schema.
    Schema,
}

impl Jfn {
    /// Whether the log is for machines.
    #[must_use]
    pub fn is_production(&self) -> bool {
        matches!(&self.command, Command::Serve(config) if config.production)
    }

    /// Does what was asked.
    pub async fn run(self) -> Result<()> {
        match self.command {
            Command::Serve(config) => serve::run(&config).await,
            Command::Migrate(arguments) => migrate::run(arguments).await,
            Command::Schema => print(&crate::graphql::sdl()),
        }
    }
}

/// Writes to standard output; that it was closed is not an error worth a trace.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(())
}
