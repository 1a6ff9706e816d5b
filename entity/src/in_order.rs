//! Rows read by the place of their columns. By name, each value of a joined table costs a copy of its name and a search.

use sea_orm::{
    DbErr, FromQueryResult, QueryResult, RuntimeErr, TryGetError, TryGetable, prelude::Uuid, sqlx,
};

/// The columns of one row, taken one after the other.
pub struct Columns<'a> {
    row: &'a QueryResult,
    next: usize,
}

impl<'a> Columns<'a> {
    /// All columns of the row.
    #[must_use]
    pub fn of(row: &'a QueryResult) -> Self {
        Self { row, next: 0 }
    }

    /// The value of the next column.
    pub fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let value = self.row.try_get_by_index(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// So many columns are left aside.
    pub fn pass(&mut self, columns: usize) {
        self.next += columns;
    }

    /// Whether the row has a table's columns behind `prefix`, and then whether it has a row of that table. Every table has an
    /// id.
    pub fn joined(&self, prefix: &str) -> Result<Option<bool>, DbErr> {
        match self.row.try_get_by_nullable::<Uuid, _>(format!("{prefix}id").as_str()) {
            Ok(_) => Ok(Some(true)),
            Err(TryGetError::Null(_)) => Ok(Some(false)),
            Err(TryGetError::DbErr(DbErr::Query(RuntimeErr::SqlxError(error))))
                if matches!(*error, sqlx::Error::ColumnNotFound(_)) =>
            {
                Ok(None)
            }
            Err(TryGetError::DbErr(error)) => Err(error),
        }
    }
}

/// What can be read from columns that come in a known order.
pub trait InOrder: Sized {
    /// Reads it.
    fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr>;
    /// Leaves its columns aside, which are there but empty.
    fn skip(columns: &mut Columns<'_>) -> Result<(), DbErr>;
}

/// One row of a statement that selects such columns and nothing else.
pub struct Row<T>(pub T);

impl<T: InOrder> FromQueryResult for Row<T> {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        T::read(&mut Columns::of(row)).map(Self)
    }
}

/// Reads the model of a table by its columns, which are named in the order in which they are declared.
macro_rules! in_order {
    ($($column:ident),+ $(,)?) => {
        impl $crate::in_order::InOrder for Model {
            fn read(columns: &mut $crate::in_order::Columns<'_>) -> Result<Self, DbErr> {
                Ok(Self { $($column: columns.take()?),+ })
            }

            fn skip(columns: &mut $crate::in_order::Columns<'_>) -> Result<(), DbErr> {
                columns.pass([$(stringify!($column)),+].len());
                Ok(())
            }
        }

        #[cfg(test)]
        mod in_order {
            #[test]
            fn the_columns_are_read_in_the_order_in_which_they_are_selected() {
                use sea_orm::{IdenStatic, Iterable};
                let selected: Vec<&str> = super::Column::iter().map(|column| column.as_str()).collect();
                assert_eq!(selected, [$(stringify!($column)),+]);
            }
        }
    };
}
