//! Short forms for the columns, keys and indexes that all tables share.

use sea_orm_migration::prelude::*;

/// A table whose `id` is a UUID.
pub fn table(name: &'static str) -> TableCreateStatement {
    bare(name).col(ColumnDef::new("id").uuid().not_null().primary_key()).take()
}

/// A table whose primary key the caller names.
pub fn bare(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).take()
}

pub fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

pub fn integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().take()
}

pub fn big_integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

pub fn double(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).double().not_null().take()
}

pub fn boolean(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

pub fn date(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).date().not_null().take()
}

pub fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

pub fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

pub fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json().not_null().take()
}

/// The same column, but it may be empty.
pub fn optional(mut column: ColumnDef) -> ColumnDef {
    column.null().take()
}

/// `table.column` names a row of `to`, which therefore cannot be deleted.
pub fn key(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fk"))
        .from(table, column)
        .to(to, "id")
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}

/// Creates the table with its foreign keys, and an index on each of them.
pub async fn create(
    manager: &SchemaManager<'_>,
    name: &'static str,
    mut statement: TableCreateStatement,
    keys: &[(&'static str, &'static str)],
) -> Result<(), DbErr> {
    for (column, to) in keys {
        statement.foreign_key(&mut key(name, column, to));
    }
    manager.create_table(statement).await?;
    for (column, _) in keys {
        index(manager, name, &[column]).await?;
    }
    Ok(())
}

/// An index named after its table and columns.
pub async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(indexed(table, columns).take()).await
}

/// An index that also holds its columns unique.
pub async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(indexed(table, columns).unique().take()).await
}

/// A unique index over the rows that meet `condition`.
pub async fn unique_where(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    condition: &str,
) -> Result<(), DbErr> {
    partial(manager, "UNIQUE INDEX", table, columns, condition).await
}

/// An index over the rows that meet `condition`.
pub async fn index_where(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    condition: &str,
) -> Result<(), DbErr> {
    partial(manager, "INDEX", table, columns, condition).await
}

async fn partial(
    manager: &SchemaManager<'_>,
    what: &str,
    table: &'static str,
    columns: &[&'static str],
    condition: &str,
) -> Result<(), DbErr> {
    let list = columns.join("\", \"");
    let name = format!("{table}_{}_current", columns.join("_"));
    let statement = format!("CREATE {what} \"{name}\" ON \"{table}\" (\"{list}\") WHERE {condition}");
    manager.get_connection().execute_unprepared(&statement).await?;
    Ok(())
}

/// Rows of `table` may be added, never changed or removed.
pub async fn append_only(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    let statements = if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
        ["UPDATE", "DELETE"]
            .map(|verb| {
                format!(
                    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            })
            .to_vec()
    } else {
        vec![
            format!(
                "CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
            ),
            format!(
                "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
            ),
        ]
    };
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    never_emptied(manager, table).await
}

/// The same for `TRUNCATE`, which asks no trigger of single rows; SQLite has no such statement.
pub async fn never_emptied(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == sea_orm_migration::sea_orm::DbBackend::Sqlite {
        return Ok(());
    }
    let statement = format!(
        "CREATE OR REPLACE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} \
         FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    );
    manager.get_connection().execute_unprepared(&statement).await?;
    Ok(())
}

fn indexed(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut statement =
        Index::create().name(format!("{table}_{}_index", columns.join("_"))).table(table).take();
    for column in columns {
        statement.col(*column);
    }
    statement
}

/// Declares a migration whose `up` is the given function; there is no way down.
macro_rules! migration {
    ($name:literal, $up:path) => {
        /// One step of the schema.
        pub struct Migration;

        impl sea_orm_migration::prelude::MigrationName for Migration {
            fn name(&self) -> &str {
                $name
            }
        }

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $up(manager).await
            }

            // PostgreSQL runs each migration in a transaction anyway; SQLite must be told to.
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
        }
    };
}
pub(crate) use migration;
