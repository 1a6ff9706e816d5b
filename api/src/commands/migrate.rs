//! `jfn migrate up|status`.

use migration::{Migrator, MigratorTrait};

use super::print;
use crate::{
    config::Config,
    database::{self, Opening},
    error::Result,
    reads::readiness,
};

/// What to do about migrations.
#[derive(clap::Args)]
pub struct Migrate {
    #[arg(value_enum, default_value = "up")]
    what: What,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    /// Run those that are missing.
    Up,
    /// List all, which are missing, and which of the database's are of a newer version.
    Status,
}

pub async fn run(config: &Config, arguments: &Migrate) -> Result<()> {
    let opening = Opening::of(config);
    if matches!(arguments.what, What::Up) {
        database::prepare(&opening, config.database_migrate_url.as_deref()).await?;
    }
    let db = database::open(&opening).await?;
    let lacking = readiness::pending(&db).await?;
    for migration in Migrator::migrations() {
        let is_missing = lacking.iter().any(|name| name == migration.name());
        let status = if is_missing { "missing" } else { "applied" };
        print(&format!("{status}  {}\n", migration.name()))?;
    }
    for newer in database::unknown(&db).await? {
        print(&format!("newer    {newer}\n"))?;
    }
    Ok(())
}
