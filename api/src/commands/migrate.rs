//! `jfn migrate up|status`.

use migration::{MigrationStatus, Migrator, MigratorTrait};

use super::print;
use crate::{
    config::Config,
    database::{self, Opening},
    error::Result,
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
    /// List all, and which are missing.
    Status,
}

pub async fn run(config: &Config, arguments: &Migrate) -> Result<()> {
    let opening = Opening::of(config);
    if matches!(arguments.what, What::Up) {
        database::prepare(&opening, config.database_migrate_url.as_deref()).await?;
    }
    let db = database::open(&opening).await?;
    for migration in Migrator::get_migration_with_status(&db).await? {
        let status = if migration.status() == MigrationStatus::Applied { "applied" } else { "missing" };
        print(&format!("{status}  {}\n", migration.name()))?;
    }
    Ok(())
}
