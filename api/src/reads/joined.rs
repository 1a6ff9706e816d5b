//! To-one relations, read in their parent's own statement when the query asks for them.

use std::sync::Arc;

use entity::in_order::{Columns, InOrder};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, Iden, Iterable, JoinType, QueryResult, QuerySelect,
    RelationDef, Select, sea_query::Expr,
};

/// A related row: not asked for, or asked for and there or not. It is shared by what answers about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Joined<T> {
    NotAsked,
    Asked(Option<Arc<T>>),
}

impl<T> Joined<T> {
    /// The row, where it was read with its parent.
    pub fn asked(&self) -> Option<Option<Arc<T>>> {
        match self {
            Self::NotAsked => None,
            Self::Asked(row) => Some(row.clone()),
        }
    }
}

impl<T: InOrder> Joined<T> {
    /// Reads the columns behind `prefix`, which come next; a statement without them was not asked to join.
    pub fn read(columns: &mut Columns<'_>, prefix: &str) -> Result<Self, DbErr> {
        match columns.joined(prefix)? {
            None => Ok(Self::NotAsked),
            Some(false) => T::skip(columns).map(|()| Self::Asked(None)),
            Some(true) => T::read(columns).map(|row| Self::Asked(Some(Arc::new(row)))),
        }
    }
}

/// The row behind `prefix`, in whatever order the columns come.
pub fn related<T: FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<Option<T>, DbErr> {
    match Columns::of(row).joined(prefix)? {
        Some(true) => T::from_query_result(row, prefix).map(Some),
        Some(false) | None => Ok(None),
    }
}

impl<T: FromQueryResult> Joined<T> {
    /// The same, where a statement may not have been asked to join.
    pub fn named(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        match Columns::of(row).joined(prefix)? {
            None => Ok(Self::NotAsked),
            Some(_) => Ok(Self::Asked(related(row, prefix)?.map(Arc::new))),
        }
    }
}

/// Joins `E` by `relation` under the alias `prefix` and selects its columns behind that prefix.
///
/// `from` is the alias of the table that the relation starts at, when that one was joined too.
pub fn join<P: EntityTrait, E: EntityTrait>(
    select: Select<P>,
    relation: RelationDef,
    from: Option<&'static str>,
    prefix: &'static str,
) -> Select<P> {
    let relation = match from {
        Some(alias) => relation.from_alias(alias),
        None => relation,
    };
    let mut select = select.join_as(JoinType::LeftJoin, relation, prefix);
    for column in E::Column::iter() {
        let name = format!("{prefix}{}", column.unquoted());
        select = select.expr_as(column.select_as(Expr::col((prefix, column))), name);
    }
    select
}
