//! Text search that means the same on both databases.

use sea_orm::{
    ColumnTrait, DbBackend,
    sea_query::{Expr, ExprTrait, LikeExpr, SimpleExpr, extension::postgres::PgExpr},
};

/// The column holds these words, whatever their case; `%` and `_` stand for themselves.
pub fn contains(backend: DbBackend, column: impl ColumnTrait, words: &str) -> SimpleExpr {
    // A backslash would be read once more by the databases' own string literals.
    let pattern = words.trim().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let like = LikeExpr::new(format!("%{pattern}%")).escape('!');
    let column = Expr::col(column.as_column_ref());
    // SQLite's LIKE ignores the case of ASCII letters by itself.
    if backend == DbBackend::Postgres { column.ilike(like) } else { column.like(like) }
}
