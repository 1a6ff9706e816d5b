//! The binary `jfn`.

// The answer to a query is one future within another, deeper than the compiler looks by default.
#![recursion_limit = "256"]

use std::process::ExitCode;

use api::commands::Jfn;
use clap::Parser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let asked = Jfn::parse();
    let filter = EnvFilter::try_from_env("JFN_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if asked.is_production() {
        log.json().init();
    } else {
        log.init();
    }
    match asked.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What an error displays has no cause in it; the command line is where the cause may be shown.
            tracing::error!("{}", error.cause().unwrap_or_else(|| error.to_string()));
            ExitCode::FAILURE
        }
    }
}
