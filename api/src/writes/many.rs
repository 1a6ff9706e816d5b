//! Many rows in few statements.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, Iterable, Statement,
    Value,
    sea_query::{
        Expr, ExprTrait, Func, OnConflict, Query, SelectStatement, SimpleExpr, extension::postgres::PgFunc,
    },
};

use uuid::Uuid;

use crate::{app::Tx, error::Result};

/// Values that one statement may carry: SQLite's limit is 32,766, PostgreSQL's 65,535.
pub const VALUES: usize = 32_000;
/// Rows that are written by one statement, however many they are.
const FEW: usize = 64;

/// Inserts the rows, as many to a statement as the databases take.
pub async fn insert<A>(tx: &Tx, rows: impl IntoIterator<Item = impl Into<A>>) -> Result<()>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    for some in portions(rows) {
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
    for some in portions(rows) {
        A::Entity::insert_many(some).on_conflict(conflict.clone()).exec_without_returning(tx.conn()).await?;
    }
    Ok(())
}

// Connections keep their statements, with room for every value: many rows come in powers of two, so that there are few
// texts to keep. Few rows come as they are, in one statement.
fn portions<A: ActiveModelTrait>(
    rows: impl IntoIterator<Item = impl Into<A>>,
) -> impl Iterator<Item = Vec<A>> {
    let most = VALUES / <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let mut rows: Vec<A> = rows.into_iter().map(|row| row.into().reset_all()).collect();
    std::iter::from_fn(move || {
        let some = match rows.len().min(most) {
            few @ ..=FEW => few,
            many => 1 << many.ilog2(),
        };
        let rest = rows.split_off(some);
        let portion = std::mem::replace(&mut rows, rest);
        (!portion.is_empty()).then_some(portion)
    })
}

/// The column holds one of these ids. The text of the statement does not depend on how many they are, so that it is
/// planned once and kept once.
pub fn any_of(
    tx: &Tx,
    column: impl ColumnTrait,
    ids: impl IntoIterator<Item = impl Into<Uuid>>,
) -> SimpleExpr {
    let ids = ids.into_iter().map(Into::into);
    if tx.is_postgres() {
        Expr::col(column.as_column_ref()).eq(PgFunc::any(Expr::val(ids.collect::<Vec<Uuid>>())))
    } else {
        let ids = ids.map(|id| id.simple().to_string()).collect();
        Expr::col(column.as_column_ref()).in_subquery(listed("unhex(value)", ids))
    }
}

/// The column holds one of these texts; the statement's text does not depend on how many they are.
pub fn any_text(tx: &Tx, column: impl ColumnTrait, texts: Vec<String>) -> SimpleExpr {
    let column = Expr::col(column.as_column_ref());
    if tx.is_postgres() {
        column.eq(PgFunc::any(Expr::val(texts)))
    } else {
        column.in_subquery(listed("value", texts))
    }
}

// What SQLite has for arrays.
fn listed(value: &'static str, texts: Vec<String>) -> SelectStatement {
    let texts = serde_json::Value::from(texts).to_string();
    let each = Func::cust("json_each").arg(texts);
    Query::select().expr(Expr::cust(value)).from_function(each, "listed").to_owned()
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
