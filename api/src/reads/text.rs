//! Text search that means the same on both databases.

use sea_orm::{
    ColumnTrait, DbBackend,
    sea_query::{Expr, SimpleExpr},
};

/// The column holds these words, whatever their case; `%` and `_` stand for themselves.
pub fn contains(backend: DbBackend, column: impl ColumnTrait, words: &str) -> SimpleExpr {
    let pattern = words.trim().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    // Written out, because the builder puts ESCAPE into brackets that PostgreSQL does not take.
    let sql = match backend {
        DbBackend::Postgres => "LOWER($1) LIKE LOWER($2) ESCAPE '!'",
        _ => "LOWER(?) LIKE LOWER(?) ESCAPE '!'",
    };
    Expr::cust_with_exprs(sql, [Expr::col(column.as_column_ref()), Expr::val(format!("%{pattern}%"))])
}
