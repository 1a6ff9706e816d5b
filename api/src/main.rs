//! The binary `jfn`.

// The answer to a query is one future within another, deeper than the compiler looks by default.
#![recursion_limit = "256"]

use std::process::ExitCode;

use api::commands::Jfn;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let asked = Jfn::parse();
    let telemetry = match api::telemetry::begin(asked.config()) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let ran = asked.run().await;
    telemetry.end();
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What an error displays has no cause in it; the command line is where the cause may be shown.
            tracing::error!("{}", error.cause().unwrap_or_else(|| error.to_string()));
            ExitCode::FAILURE
        }
    }
}
