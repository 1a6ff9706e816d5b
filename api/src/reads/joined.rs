//! To-one relations, read in their parent's own statement when the query asks for them.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, Iden, Iterable, JoinType, QueryResult, QuerySelect,
    RelationDef, Select, sea_query::Expr,
};

/// A related row: not asked for, or asked for and there or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Joined<T> {
    NotAsked,
    Asked(Option<T>),
}

impl<T: Clone> Joined<T> {
    /// The row, where it was read with its parent.
    pub fn asked(&self) -> Option<Option<T>> {
        match self {
            Self::NotAsked => None,
            Self::Asked(row) => Some(row.clone()),
        }
    }
}

impl<T: FromQueryResult> Joined<T> {
    /// Reads the columns behind `prefix`; a statement without them was not asked to join.
    pub fn from_row(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        if !row.column_names().iter().any(|column| column.starts_with(prefix)) {
            return Ok(Self::NotAsked);
        }
        T::from_query_result_optional(row, prefix).map(Self::Asked)
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
