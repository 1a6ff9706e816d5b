//! `jfn audit verify`: whether what happened is still told as it was written.

use clap::Subcommand;
use indicatif::ProgressBar;

use super::print;
use crate::{
    app::App,
    error::{Error, Result},
    reads::case_chain,
};

/// What to do about the record of what happened.
#[derive(Subcommand)]
pub enum Audit {
    /// Walks the timeline of every case and names the first entry that is changed, missing or not bound to the one before it.
    Verify,
}

pub async fn run(app: &App, what: Audit) -> Result<()> {
    let Audit::Verify = what;
    print(&verify(app).await?)
}

/// What holds, in words; an error that names the first link that does not.
pub async fn verify(app: &App) -> Result<String> {
    let progress = ProgressBar::new_spinner();
    let told = case_chain::verify(app, |so_far| {
        progress.set_message(format!("{} cases, {} entries", so_far.cases, so_far.entries));
        progress.tick();
    });
    let told = told.await?;
    progress.finish_and_clear();
    match told {
        Ok(verified) => Ok(format!(
            "Every link holds: {} entries in the timelines of {} cases.\n",
            verified.entries, verified.cases
        )),
        Err(broken) => Err(Error::BadInput(format!(
            "The timeline of {} is broken at entry {}: {}.",
            broken.case, broken.position, broken.why
        ))),
    }
}
