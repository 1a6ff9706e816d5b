//! Two roles on PostgreSQL: one owns the tables and migrates them, the other serves and can do no more than that.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::error::{Error, Result};

/// The name of the role that this connection acts as.
pub async fn current(db: &DatabaseConnection) -> Result<String> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT current_user::text AS name");
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::Internal("PostgreSQL tells no current user".to_owned()))?;
    Ok(row.try_get("", "name")?)
}

/// What the serving role is given, a statement each. Tables that are only ever added to can be read and added to; of the list
/// of migrations it reads what is there; the months of the calls it reaches by way of the whole; rights that were given before and are not named here are taken back.
const ALLOWED: &str = "
    SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1)
    UNION ALL
    SELECT format('REVOKE ALL ON %I.%I FROM %I', current_schema(), relname, $1)
        FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    UNION ALL
    SELECT format('GRANT %s ON %I.%I TO %I',
            CASE WHEN relname = 'seaql_migrations' THEN 'SELECT'
                 WHEN EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = relname || '_append_only')
                     THEN 'SELECT, INSERT'
                 ELSE 'SELECT, INSERT, UPDATE, DELETE' END,
            current_schema(), relname, $1)
        FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition
    UNION ALL
    SELECT format('GRANT USAGE, SELECT ON SEQUENCE %I.%I TO %I', current_schema(), relname, $1)
        FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'";

/// Lets the role serve from the tables of this connection's role.
pub async fn allow(owner: &DatabaseConnection, role: &str) -> Result<()> {
    if current(owner).await? == role {
        let message =
            "DATABASE_URL and DATABASE_MIGRATE_URL name the same role; the server's is to be another one.";
        return Err(Error::BadInput(message.to_owned()));
    }
    let asked = Statement::from_sql_and_values(DbBackend::Postgres, ALLOWED, [role.into()]);
    let rows = owner.query_all_raw(asked).await?;
    let statements: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    // As one text they are one transaction: a server that is running never finds itself without a right.
    owner.execute_unprepared(&statements?.join(";\n")).await?;
    Ok(())
}
