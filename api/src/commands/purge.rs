//! `jfn purge`: what of the raw calls nobody needs any more, shown first and removed only when it is said.

use super::print;
use crate::{app::App, error::Result, reads::retention, writes::purge::carry_out};

/// Whether to do it.
#[derive(clap::Args)]
pub struct Purge {
    /// Remove what is shown without it. What was removed does not come back but from a backup.
    #[arg(long)]
    really: bool,
}

pub async fn run(app: &App, arguments: &Purge) -> Result<()> {
    let plan = retention::plan(app).await?;
    let stated = &app.city.preset.retention;
    print(&format!(
        "Calls are kept from {} on: the longest window of a rule, and {} days more. {}\n",
        plan.keeps_from, stated.appeal_days, stated.citation
    ))?;
    for share in plan.feeds.iter().filter(|share| share.goes + share.stays > 0) {
        print(&format!(
            "{}: {} older calls go, {} stay as evidence, by a challenge or under a litigation hold\n",
            share.key, share.goes, share.stays
        ))?;
    }
    if !arguments.really {
        return print("Nothing was removed; `jfn purge --really` removes it.\n");
    }
    let gone = carry_out(app, &plan).await?;
    tracing::info!(gone, keeps_from = %plan.keeps_from, "raw calls were purged");
    print(&format!("{gone} calls were removed; the daily sums of their places stay.\n"))
}
