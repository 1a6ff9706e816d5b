//! What the database has of a batch of rows, and how it takes them: statements whose text is the same for every batch.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use entity::{
    address_alias,
    call::{self, AddressPrecision, CallCategory},
    id::{CallId, FeedId, PropertyId},
    in_order::Columns,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, FromQueryResult, IdenStatic, Iterable, QueryFilter, QueryResult,
    QuerySelect, Value, sea_query::OnConflict,
};
use uuid::Uuid;

use super::reading::Reading;
use crate::{
    app::Tx,
    error::Result,
    scope::unscoped,
    writes::{many, roll_up::Rolled},
};

/// What the database has of a call.
pub(super) struct Known {
    pub(super) id: CallId,
    source_id: String,
    row_hash: String,
    source_changed_at: Option<DateTime<Utc>>,
    property_id: Option<PropertyId>,
    occurred_on: NaiveDate,
    category: CallCategory,
    precision: AddressPrecision,
    disposition_excludes: bool,
    officer_initiated: bool,
    withdrawn_at: Option<DateTime<Utc>>,
    /// When what the source told was last written.
    pub(super) updated_at: DateTime<Utc>,
}

/// What is asked of a call, in the order in which it is read.
const KNOWN: [call::Column; 12] = {
    use call::Column as C;
    [
        C::Id,
        C::SourceId,
        C::RowHash,
        C::SourceChangedAt,
        C::PropertyId,
        C::OccurredOn,
        C::Category,
        C::Precision,
        C::DispositionExcludes,
        C::OfficerInitiated,
        C::WithdrawnAt,
        C::UpdatedAt,
    ]
};

// By place rather than by name: of a log that comes again every row is read here.
impl FromQueryResult for Known {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut columns = Columns::of(row);
        Ok(Self {
            id: columns.take()?,
            source_id: columns.take()?,
            row_hash: columns.take()?,
            source_changed_at: columns.take()?,
            property_id: columns.take()?,
            occurred_on: columns.take()?,
            category: columns.take()?,
            precision: columns.take()?,
            disposition_excludes: columns.take()?,
            officer_initiated: columns.take()?,
            withdrawn_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

impl Known {
    /// Nothing about it changed. Its place is that of its address, which the hash covers: whoever gives an address another
    /// place moves the calls in the same transaction (`rematch`).
    pub(super) fn is_as_told(&self, hash: &str, category: CallCategory) -> bool {
        self.row_hash == hash && self.category == category && self.withdrawn_at.is_none()
    }

    /// The database has what the source told later.
    pub(super) fn is_newer_than(&self, told: Option<DateTime<Utc>>) -> bool {
        matches!((self.source_changed_at, told), (Some(known), Some(told)) if known > told)
    }

    pub(super) fn rolled(&self) -> Option<Rolled> {
        Some(Rolled {
            property_id: self.property_id?,
            occurred_on: self.occurred_on,
            category: self.category,
            precision: self.precision,
            disposition_excludes: self.disposition_excludes,
            officer_initiated: self.officer_initiated,
            withdrawn_at: self.withdrawn_at,
        })
    }
}

// PostgreSQL is told to look up one row after the other: what it knows of a table that grows by thousands of rows a second
// is always out of date, and a scan that it takes for cheap is not.
fn known_by_key() -> String {
    let columns = KNOWN.map(|column| column.as_str());
    format!(
        "SELECT known.* FROM UNNEST($2::text[]) AS told (key) CROSS JOIN LATERAL (\
         SELECT call_id FROM call_key WHERE feed_id = $1 AND source_id = told.key LIMIT 1) AS of \
         CROSS JOIN LATERAL (SELECT {} FROM call WHERE id = of.call_id LIMIT 1) AS known",
        columns.join(", ")
    )
}
const PLACES: &str = "SELECT known.* FROM UNNEST($1::text[]) AS told (key) CROSS JOIN LATERAL (\
    SELECT key, property_id FROM address_alias WHERE key = told.key LIMIT 1) AS known";

// As `Known::is_as_told` has it.
const AS_TOLD: &str = "SELECT array_agg(told.position) \
    FROM UNNEST($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS told (key, hash, category, position) \
    CROSS JOIN LATERAL (SELECT call_id FROM call_key WHERE feed_id = $1 AND source_id = told.key LIMIT 1) AS of \
    CROSS JOIN LATERAL (SELECT row_hash, category, withdrawn_at FROM call WHERE id = of.call_id LIMIT 1) AS known \
    WHERE known.row_hash = told.hash AND known.category = told.category AND known.withdrawn_at IS NULL";

/// Which of these rows, the first being 1, are of calls that are exactly as told. For PostgreSQL: of a log that comes
/// again, next to nothing is read then.
pub(super) async fn as_told(
    tx: &Tx,
    feed: FeedId,
    readings: &[Reading],
    mapped: &HashMap<String, CallCategory>,
) -> Result<Vec<i64>> {
    let each = |of: fn(&Reading) -> &str| readings.iter().map(|r| of(r).to_owned()).collect::<Vec<String>>();
    let categories: Vec<String> = readings.iter().map(|reading| reading.category(mapped).word()).collect();
    let values = vec![
        feed.0.into(),
        each(|reading| &reading.row.source_id).into(),
        each(|reading| &reading.hash).into(),
        categories.into(),
    ];
    let row = tx.conn().query_one_raw(many::statement(tx, AS_TOLD, values)).await?;
    let positions: Option<Vec<i64>> = row.map_or(Ok(None), |row| row.try_get_by_index(0))?;
    Ok(positions.unwrap_or_default())
}

/// The calls of the feed that have these keys, by key.
pub(super) async fn known(tx: &Tx, feed: FeedId, keys: Vec<String>) -> Result<HashMap<String, Known>> {
    use call::Column as C;
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = if tx.is_postgres() {
        let statement = many::statement(tx, &known_by_key(), vec![feed.0.into(), keys.into()]);
        Known::find_by_statement(statement).all(tx.conn()).await?
    } else {
        let calls = unscoped::<call::Entity>()
            .select_only()
            .columns(KNOWN)
            .filter(C::FeedId.eq(feed))
            .filter(many::any_text(tx, C::SourceId, keys));
        calls.into_model::<Known>().all(tx.conn()).await?
    };
    Ok(rows.into_iter().map(|row| (row.source_id.clone(), row)).collect())
}

#[derive(FromQueryResult)]
struct Named {
    key: String,
    property_id: PropertyId,
}

/// The places that the rows' addresses name, by address key.
pub(super) async fn places<'a>(
    tx: &Tx,
    readings: impl Iterator<Item = &'a Reading>,
) -> Result<HashMap<String, PropertyId>> {
    let keys: HashSet<&str> = readings.map(Reading::place_key).filter(|key| !key.is_empty()).collect();
    let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = if tx.is_postgres() {
        let statement = many::statement(tx, PLACES, vec![keys.into()]);
        Named::find_by_statement(statement).all(tx.conn()).await?
    } else {
        let aliases = unscoped::<address_alias::Entity>()
            .select_only()
            .columns([address_alias::Column::Key, address_alias::Column::PropertyId])
            .filter(many::any_text(tx, address_alias::Column::Key, keys));
        aliases.into_model::<Named>().all(tx.conn()).await?
    };
    Ok(rows.into_iter().map(|row| (row.key, row.property_id)).collect())
}

/// Writes calls, new ones and those that `known` has, under the ids that it has. When the server first learned of a call
/// stays as it is.
pub(super) async fn write(tx: &Tx, calls: Vec<call::Model>) -> Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    if tx.is_postgres() {
        make_months(tx, &calls).await?;
        return many::execute(tx, &upsert(), columns(calls)).await;
    }
    use call::Column as C;
    let kept = |column: &C| matches!(column, C::Id | C::FeedId | C::SourceId | C::RecordedAt);
    let conflict =
        OnConflict::column(C::Id).update_columns(C::iter().filter(|column| !kept(column))).to_owned();
    many::upsert::<call::ActiveModel>(tx, calls, &conflict).await
}

/// On PostgreSQL, the tables for the months of these calls, as far as they are not there.
pub async fn make_months(tx: &Tx, calls: &[call::Model]) -> Result<()> {
    if !tx.is_postgres() {
        return Ok(());
    }
    let month = |call: &call::Model| {
        call.id.moment().date_naive().with_day(1).map(|day| day.and_time(NaiveTime::MIN).and_utc())
    };
    let months: BTreeSet<DateTime<Utc>> = calls.iter().filter_map(month).collect();
    let months: Vec<DateTime<Utc>> = months.into_iter().collect();
    many::execute(tx, "SELECT make_call_months($1::timestamptz[])", vec![months.into()]).await
}

/// The columns of a call that differ from row to row, with their types; an array cannot hold a null, so that what may be
/// missing comes as an empty text, the nil UUID or the year 1970.
const COLUMNS: [(&str, &str); 16] = [
    ("id", "uuid"),
    ("source_id", "text"),
    ("occurred_at", "timestamptz"),
    ("occurred_on", "date"),
    ("source_changed_at", "timestamptz"),
    ("address", "text"),
    ("address_key", "text"),
    ("precision", "text"),
    ("category", "text"),
    ("description", "text"),
    ("initial_description", "text"),
    ("disposition", "text"),
    ("disposition_excludes", "boolean"),
    ("officer_initiated", "boolean"),
    ("property_id", "uuid"),
    ("row_hash", "text"),
];

fn upsert() -> String {
    let names = COLUMNS.map(|(name, _)| name);
    let told = COLUMNS.map(|(name, kind)| match (name, kind) {
        ("description" | "initial_description" | "disposition", _) => format!("NULLIF({name}, '')"),
        ("property_id", _) => format!("NULLIF({name}, '{}'::uuid)", Uuid::nil()),
        ("source_changed_at", _) => format!("NULLIF({name}, 'epoch')"),
        _ => name.to_owned(),
    });
    let arrays: Vec<String> =
        COLUMNS.iter().enumerate().map(|(index, (_, kind))| format!("${}::{kind}[]", index + 3)).collect();
    let changed: Vec<String> = names[2..].iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO call (feed_id, recorded_at, updated_at, {}) SELECT $1, $2, $2, {} FROM UNNEST({}) AS told ({}) \
         ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, withdrawn_at = NULL, {}",
        names.join(", "),
        told.join(", "),
        arrays.join(", "),
        names.join(", "),
        changed.join(", "),
    )
}

// In the order of `COLUMNS`, after the feed and the time.
fn columns(calls: Vec<call::Model>) -> Vec<Value> {
    let n = calls.len();
    let (feed, now) = calls.first().map_or_else(Default::default, |call| (call.feed_id.0, call.updated_at));
    let mut texts: [Vec<String>; 9] = std::array::from_fn(|_| Vec::with_capacity(n));
    let (mut ids, mut places) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let (mut times, mut days) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut changes = Vec::with_capacity(n);
    let (mut excluded, mut officers) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for call in calls {
        ids.push(call.id.0);
        places.push(call.property_id.map_or(Uuid::nil(), |id| id.0));
        times.push(call.occurred_at);
        days.push(call.occurred_on);
        changes.push(call.source_changed_at.unwrap_or_default());
        excluded.push(call.disposition_excludes);
        officers.push(call.officer_initiated);
        let of_call = [
            call.source_id,
            call.address,
            call.address_key,
            call.precision.word(),
            call.category.word(),
            call.description.unwrap_or_default(),
            call.initial_description.unwrap_or_default(),
            call.disposition.unwrap_or_default(),
            call.row_hash,
        ];
        for (column, text) in texts.iter_mut().zip(of_call) {
            column.push(text);
        }
    }
    let [source, address, key, precision, category, last, initial, disposition, hash] =
        texts.map(Value::from);
    vec![
        feed.into(),
        now.into(),
        ids.into(),
        source,
        times.into(),
        days.into(),
        changes.into(),
        address,
        key,
        precision,
        category,
        last,
        initial,
        disposition,
        excluded.into(),
        officers.into(),
        places.into(),
        hash,
    ]
}
