//! `jfn rules replay`: every flag told once more from the stored calls, by other code than the one that raised it.

use clap::Subcommand;

use super::print;
use crate::{
    app::App,
    error::{Error, Result},
    reads,
};

/// What can be asked of the rules.
#[derive(Subcommand)]
pub enum Rules {
    /// Counts everything again from the stored calls and tells every difference to the flags; fails if there is one.
    ///
    /// While a feed's run goes on, the places of its new calls are not yet judged and may show as differences.
    Replay,
}

/// Does what was asked.
pub async fn run(app: &App, what: Rules) -> Result<()> {
    let Rules::Replay = what;
    let found = reads::rule_replay::replay(app).await?;
    for difference in &found.differences {
        print(&format!("{difference}\n"))?;
    }
    let (flags, places, calls) = (found.flags, found.places, found.calls);
    print(&format!("{flags} flags and {places} places with {calls} calls were replayed\n"))?;
    match found.differences.len() {
        0 => print("everything agrees\n"),
        n => Err(Error::BadInput(format!("The replay differs from the flags in {n} points."))),
    }
}
