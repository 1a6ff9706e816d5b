//! Keyset paging: a page is asked for by the sort values of the row before it, and every order ends in the id.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseConnection, EntityTrait, FromQueryResult, IntoSimpleExpr, Order,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, NullOrdering, Query, SelectStatement, SimpleExpr},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Items of a page when nobody says how many.
pub const DEFAULT: i32 = 25;
/// Items of a page at most.
pub const MOST: i32 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct Window {
    count: u64,
    /// The cursor to start behind; or to end before, when backward.
    cursor: Option<String>,
    backward: bool,
}

impl Window {
    /// Checks the paging arguments of a field.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Self> {
        let backward = last.is_some() || before.is_some();
        if backward && (first.is_some() || after.is_some()) {
            return Err(Error::BadInput(
                "Use `first` with `after`, or `last` with `before`, not both.".to_owned(),
            ));
        }
        let (name, count) = if backward { ("last", last) } else { ("first", first) };
        let count = count.unwrap_or(DEFAULT);
        if !(0..=MOST).contains(&count) {
            return Err(Error::BadInput(format!("`{name}` is {count}; it must be from 0 to {MOST}.")));
        }
        Ok(Self {
            count: u64::from(count.unsigned_abs()),
            cursor: if backward { before } else { after },
            backward,
        })
    }

    pub fn forward(first: Option<i32>, after: Option<String>) -> Result<Self> {
        Self::new(first, after, None, None)
    }
}

/// The value of one sort column, as a cursor carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    #[serde(rename = "n")]
    Number(i64),
    #[serde(rename = "x")]
    Text(String),
    #[serde(rename = "d")]
    Day(NaiveDate),
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    #[serde(rename = "u")]
    Id(Uuid),
    #[serde(rename = "0")]
    Nothing,
}

impl Key {
    // What no database takes cannot have come from one.
    fn can_be_asked(&self) -> bool {
        match self {
            Self::Text(text) => !text.contains('\0'),
            Self::Day(day) => (0..=9_999).contains(&day.year()),
            Self::Time(at) => (0..=9_999).contains(&at.year()),
            Self::Number(_) | Self::Id(_) | Self::Nothing => true,
        }
    }

    fn value(&self) -> Option<sea_orm::Value> {
        Some(match self {
            Self::Number(n) => (*n).into(),
            Self::Text(text) => text.clone().into(),
            Self::Day(day) => (*day).into(),
            Self::Time(at) => (*at).into(),
            Self::Id(id) => (*id).into(),
            Self::Nothing => return None,
        })
    }
}

impl<T: Into<Self>> From<Option<T>> for Key {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

macro_rules! keys {
    ($($from:ty => $variant:ident($value:ident => $into:expr)),+ $(,)?) => {$(
        impl From<$from> for Key {
            fn from($value: $from) -> Self {
                Self::$variant($into)
            }
        }
    )+};
}
keys! {
    i32 => Number(value => i64::from(value)),
    String => Text(value => value),
    NaiveDate => Day(value => value),
    DateTime<Utc> => Time(value => value),
    Uuid => Id(value => value),
}

/// One column of an order.
#[derive(Clone, Debug)]
pub struct SortColumn {
    expression: SimpleExpr,
    descending: bool,
    nullable: bool,
}

/// How a list is sorted; `name` is part of its cursors, so that one of another list is refused.
#[derive(Clone, Debug)]
pub struct Sorting {
    name: String,
    columns: Vec<SortColumn>,
}

impl Sorting {
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), columns: Vec::new() }
    }

    /// Then by this column, which is never null.
    #[must_use]
    pub fn by(self, column: impl IntoSimpleExpr, order: Order) -> Self {
        self.column(column.into_simple_expr(), order, false)
    }

    /// Then by this column; rows without a value come last in both directions.
    #[must_use]
    pub fn by_nullable(self, column: impl IntoSimpleExpr, order: Order) -> Self {
        self.column(column.into_simple_expr(), order, true)
    }

    fn column(mut self, expression: SimpleExpr, order: Order, nullable: bool) -> Self {
        let descending = order == Order::Desc;
        self.columns.push(SortColumn { expression, descending, nullable });
        self
    }

    /// The cursor of a row with these sort values.
    #[must_use]
    pub fn cursor(&self, keys: &[Key]) -> String {
        // Keys are plain values, which always have a JSON form.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_string(&(&self.name, keys)).unwrap_or_default())
    }

    fn keys(&self, cursor: &str) -> Result<Vec<Key>> {
        let text = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong_cursor())?;
        let (name, keys): (String, Vec<Key>) = serde_json::from_slice(&text).map_err(|_| wrong_cursor())?;
        let is_ours =
            name == self.name && keys.len() == self.columns.len() && keys.iter().all(Key::can_be_asked);
        if is_ours { Ok(keys) } else { Err(wrong_cursor()) }
    }

    /// The rows behind these sort values.
    fn behind(&self, keys: &[Key], backward: bool) -> Condition {
        let mut any = Condition::any();
        let mut equal = Condition::all();
        for (column, key) in self.columns.iter().zip(keys) {
            let expression = column.expression.clone();
            let value = key.value();
            // Nulls last: forward of a value come greater values and nulls; forward of a null, nothing.
            let further = match (&value, backward) {
                (Some(value), backward) => {
                    let beyond = if column.descending == backward {
                        expression.clone().gt(value.clone())
                    } else {
                        expression.clone().lt(value.clone())
                    };
                    let nulls = column.nullable && !backward;
                    Some(if nulls { beyond.or(expression.clone().is_null()) } else { beyond })
                }
                (None, true) => Some(expression.clone().is_not_null()),
                (None, false) => None,
            };
            if let Some(further) = further {
                any = any.add(equal.clone().add(further));
            }
            equal = equal.add(match value {
                Some(value) => expression.eq(value),
                None => expression.is_null(),
            });
        }
        any
    }

    fn order<E: EntityTrait>(&self, mut select: Select<E>, backward: bool) -> Select<E> {
        for column in &self.columns {
            let order = if column.descending == backward { Order::Asc } else { Order::Desc };
            let expression = column.expression.clone();
            select = if column.nullable {
                let nulls = if backward { NullOrdering::First } else { NullOrdering::Last };
                select.order_by_with_nulls(expression, order, nulls)
            } else {
                select.order_by(expression, order)
            };
        }
        select
    }
}

fn wrong_cursor() -> Error {
    Error::BadInput("This cursor does not belong to this list and order.".to_owned())
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Each row with its cursor.
    pub rows: Vec<(String, T)>,
    pub has_next: bool,
    pub has_previous: bool,
    pub count: Counting,
}

/// The statement that counts the whole list; run only when somebody asks.
#[derive(Clone, Debug)]
pub struct Counting(SelectStatement);

impl Counting {
    fn of<E: EntityTrait>(list: Select<E>) -> Self {
        let mut counted = list.into_query();
        counted.clear_selects().expr(Expr::val(1)).clear_order_by();
        Self(counted)
    }

    pub async fn total(&self, db: &DatabaseConnection) -> Result<i32> {
        let mut count = Query::select();
        count.expr_as(Expr::cust("COUNT(*)"), "total").from_subquery(self.0.clone(), "list");
        let row = db.query_one(&count).await?;
        let total: i64 = match row {
            Some(row) => row.try_get("", "total")?,
            None => 0,
        };
        Ok(i32::try_from(total).unwrap_or(i32::MAX))
    }
}

/// One page of a list that is in memory in the order that `order` tells from a row and `sorting` from its keys; `counted`
/// selects the same list.
pub fn of_ranked<E: EntityTrait, T: Clone, O: Ord>(
    list: &[T],
    sorting: &Sorting,
    window: &Window,
    order: impl Fn(&T) -> O,
    keys: impl Fn(&T) -> Vec<Key>,
    of_keys: impl Fn(&[Key]) -> Option<O>,
    counted: Select<E>,
) -> Result<Page<T>> {
    let most = usize::try_from(window.count).unwrap_or(usize::MAX);
    let at = match &window.cursor {
        Some(cursor) => Some(of_keys(&sorting.keys(cursor)?).ok_or_else(wrong_cursor)?),
        None => None,
    };
    let (from, to) = match (&at, window.backward) {
        (Some(at), false) => (list.partition_point(|row| order(row) <= *at), list.len()),
        (Some(at), true) => (0, list.partition_point(|row| order(row) < *at)),
        (None, _) => (0, list.len()),
    };
    let (from, to) = if window.backward {
        (to.saturating_sub(most).max(from), to)
    } else {
        (from, from.saturating_add(most).min(to))
    };
    let rows = list.get(from..to).unwrap_or_default();
    let rows = rows.iter().map(|row| (sorting.cursor(&keys(row)), row.clone())).collect();
    Ok(Page {
        rows,
        has_next: if window.backward { at.is_some() } else { to < list.len() },
        has_previous: if window.backward { from > 0 } else { at.is_some() },
        count: Counting::of(counted),
    })
}

/// Reads one page of `select`, in one statement.
pub async fn page<E: EntityTrait, T: FromQueryResult + Send + Sync>(
    db: &DatabaseConnection,
    select: Select<E>,
    sorting: &Sorting,
    window: &Window,
    keys: impl Fn(&T) -> Vec<Key>,
) -> Result<Page<T>> {
    let count = Counting::of(select.clone());
    let mut select = select;
    if let Some(cursor) = &window.cursor {
        select = select.filter(sorting.behind(&sorting.keys(cursor)?, window.backward));
    }
    let select = sorting.order(select, window.backward).limit(window.count + 1);
    let found = select.into_model::<T>().all(db).await.map_err(Error::from);
    let mut found = found.map_err(|error| match &window.cursor {
        // Values of the right number and of other types than the columns': somebody wrote the cursor.
        Some(_) if error.is_of_values() => wrong_cursor(),
        _ => error,
    })?;
    let more = found.len() as u64 > window.count;
    found.truncate(usize::try_from(window.count).unwrap_or(usize::MAX));
    if window.backward {
        found.reverse();
    }
    let rows = found.into_iter().map(|row| (sorting.cursor(&keys(&row)), row)).collect();
    let (has_next, has_previous) =
        if window.backward { (window.cursor.is_some(), more) } else { (more, window.cursor.is_some()) };
    Ok(Page { rows, has_next, has_previous, count })
}

#[cfg(test)]
mod tests {
    use entity::case;
    use proptest::prelude::*;

    use super::*;

    fn sorting() -> Sorting {
        let sorting = Sorting::new("cases:OPENED_ON").by_nullable(case::Column::NextActionOn, Order::Asc);
        sorting.by(case::Column::Number, Order::Desc).by(case::Column::Id, Order::Asc)
    }

    fn key() -> impl Strategy<Value = Key> {
        let day = (-60_000_i32..1_000_000).prop_filter_map("a day", NaiveDate::from_num_days_from_ce_opt);
        prop_oneof![
            any::<i64>().prop_map(Key::Number),
            "[^\0]{0,20}".prop_map(Key::Text),
            day.prop_map(Key::Day),
            (0..4_000_000_000_i64)
                .prop_filter_map("a moment", |at| DateTime::from_timestamp(at, 0))
                .prop_map(Key::Time),
            any::<u128>().prop_map(|id| Key::Id(Uuid::from_u128(id))),
            Just(Key::Nothing),
        ]
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written_and_by_no_other_list(keys in prop::collection::vec(key(), 3)) {
            let cursor = sorting().cursor(&keys);
            match sorting().keys(&cursor) {
                Ok(read) => {
                    prop_assert_eq!(&read, &keys);
                    let _ = (sorting().behind(&read, false), sorting().behind(&read, true));
                }
                Err(_) => prop_assert!(!keys.iter().all(Key::can_be_asked)),
            }
            let other = Sorting::new("properties:ADDRESS").by(case::Column::Number, Order::Asc);
            prop_assert!(other.keys(&cursor).is_err());
        }

        #[test]
        fn no_cursor_however_odd_brings_the_reader_down(odd in ".{0,80}", json in "[\\[\\]{}\":,a-z0-9]{0,60}") {
            let _ = sorting().keys(&odd);
            let _ = sorting().keys(&BASE64_URL_SAFE_NO_PAD.encode(json));
        }
    }
}
