//! Whether the server can serve, and what it lacks when it cannot.

use std::time::Duration;

use entity::district;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, PaginatorTrait, QueryFilter, Statement};

use crate::{app::App, error::Result, scope::unscoped};

/// How long the database may take over it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is missing, in words; nothing when the server can serve.
pub async fn missing(app: &App) -> Vec<String> {
    let found = tokio::time::timeout(PATIENCE, found(app)).await;
    found.ok().and_then(Result::ok).unwrap_or_else(|| vec!["the database".to_owned()])
}

async fn found(app: &App) -> Result<Vec<String>> {
    app.db.ping().await?;
    let mut missing: Vec<String> =
        pending(&app.db).await?.into_iter().map(|name| format!("the migration {name}")).collect();
    if missing.is_empty() {
        let stated: Vec<_> = app.city.districts().iter().map(|district| district.id).collect();
        let known = unscoped::<district::Entity>()
            .filter(district::Column::Id.is_in(stated.iter().copied()))
            .count(&app.db)
            .await?;
        if known != stated.len() as u64 || stated.is_empty() {
            missing.push("the preset: its districts are not in the database".to_owned());
        }
    }
    Ok(missing)
}

/// The migrations that the database lacks, oldest first.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>> {
    let applied = applied(db).await;
    let all = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    Ok(all.filter(|name| !applied.contains(name)).collect())
}

/// The migrations that the database has.
pub async fn applied(db: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT version FROM seaql_migrations";
    // The table comes with the first migration.
    let rows =
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap_or_default();
    rows.iter().filter_map(|row| row.try_get("", "version").ok()).collect()
}
