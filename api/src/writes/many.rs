//! Many rows in few statements.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, Iterable, Statement,
    Value,
    sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr, extension::postgres::PgFunc},
};

use uuid::Uuid;

use crate::{app::Tx, error::Result};

/// Values that one statement may carry: SQLite's limit is 32,766, PostgreSQL's 65,535.
pub const VALUES: usize = 32_000;

/// Inserts the rows, as many to a statement as the databases take.
pub async fn insert<A>(tx: &Tx, rows: impl IntoIterator<Item = impl Into<A>>) -> Result<()>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let most = VALUES / <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let mut rows = rows.into_iter().map(|row| row.into().reset_all()).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(most).collect();
        A::Entity::insert_many(some).exec_without_returning(tx.conn()).await?;
    }
    Ok(())
}

/// The same, but a row that is there already is changed as `conflict` says.
pub async fn upsert<A>(
    tx: &Tx,
    rows: impl IntoIterator<Item = impl Into<A>>,
    conflict: &OnConflict,
) -> Result<()>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let most = VALUES / <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let mut rows = rows.into_iter().map(|row| row.into().reset_all()).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(most).collect();
        A::Entity::insert_many(some).on_conflict(conflict.clone()).exec_without_returning(tx.conn()).await?;
    }
    Ok(())
}

/// The column holds one of these ids. On PostgreSQL the text of the statement does not depend on how many they are, so
/// that it is planned once.
pub fn any_of(
    tx: &Tx,
    column: impl ColumnTrait,
    ids: impl IntoIterator<Item = impl Into<Uuid>>,
) -> SimpleExpr {
    let ids: Vec<Uuid> = ids.into_iter().map(Into::into).collect();
    if tx.is_postgres() {
        Expr::col(column.as_column_ref()).eq(PgFunc::any(Expr::val(ids)))
    } else {
        column.is_in(ids)
    }
}

/// Runs a statement of PostgreSQL.
pub async fn execute(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<()> {
    tx.conn().execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// A statement whose arguments are arrays, such as PostgreSQL takes.
pub fn statement(tx: &Tx, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(tx.conn().get_database_backend(), sql, values)
}
