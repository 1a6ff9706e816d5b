//! One batch of a run's lines, taken in a fixed number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    address_alias,
    call::{self, AddressPrecision, CallCategory},
    call_type_mapping, feed,
    id::{FeedId, FeedRunId, PropertyId, RejectedRowId},
    rejected_row,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{
    reading::{self, Reading},
    summary::Summary,
};
use crate::{
    app::Tx,
    domain::{address::Writing, repeated_rows::RepeatedRows},
    error::{Error, Result},
    feeds::{Line, SourceRow, UnreadableRow},
    scope::unscoped,
    writes::{
        many,
        roll_up::{Rolled, Shift},
    },
};

/// Where the lines come from.
pub(super) struct Source<'a> {
    pub(super) feed: FeedId,
    pub(super) run: FeedRunId,
    pub(super) writing: Writing,
    pub(super) repeats: &'a RepeatedRows,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) summary: Summary,
    /// Places whose calls changed.
    pub(super) touched: BTreeSet<PropertyId>,
}

/// What the database has of a call.
#[derive(FromQueryResult)]
struct Known {
    source_id: String,
    row_hash: String,
    property_id: Option<PropertyId>,
    occurred_on: NaiveDate,
    category: CallCategory,
    precision: AddressPrecision,
    disposition_excludes: bool,
    officer_initiated: bool,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl Known {
    fn rolled(&self) -> Option<Rolled> {
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

pub(super) async fn take(tx: &mut Tx, source: &Source<'_>, lines: &[Line]) -> Result<Taken> {
    // Who maps a call type or names a place waits for this batch, or this batch for them; nothing falls in between.
    lock(tx, Some(source.feed)).await?;
    let mut taken = Taken::default();
    let readings = sort(tx, source, lines, &mut taken.summary).await?;
    let types = readings.iter().flat_map(|reading| reading::types(reading.row)).flatten().collect();
    let mapped = mapped(tx, source.feed, types).await?;
    let places = places(tx, &readings).await?;
    let known = known(tx, source.feed, &readings).await?;
    let (mut written, mut shift) = (Vec::new(), Shift::default());
    for reading in readings {
        let category = reading.category(&mapped);
        taken.summary.tally(reading.left_out(category));
        let place = places.get(&reading.place_key).copied();
        let counts = &mut taken.summary.counts;
        match known.get(&reading.row.source_id) {
            Some(known) if is_as_known(known, &reading, category, place) => {
                counts.unchanged += 1;
                continue;
            }
            Some(known) => {
                counts.updated += 1;
                taken.touched.extend(known.property_id);
                if let Some(rolled) = known.rolled() {
                    shift.remove(&rolled);
                }
            }
            None => counts.inserted += 1,
        }
        counts.matched += i32::from(place.is_some());
        taken.touched.extend(place);
        let call = reading.into_call(tx, source.feed, category, place);
        if let Some(rolled) = Rolled::of(&call) {
            shift.add(&rolled);
        }
        written.push(call);
    }
    let newest = written.iter().map(|call| call.occurred_at).max();
    write(tx, written).await?;
    shift.write(tx).await?;
    if let Some(newest) = newest {
        advance(tx, source.feed, newest).await?;
    }
    Ok(taken)
}

/// Locks one feed or all of them against batches, in the one order in which everybody locks them.
pub(in crate::writes) async fn lock(tx: &Tx, only: Option<FeedId>) -> Result<()> {
    // SQLite has one writer, which we are.
    if tx.is_postgres() {
        let mut feeds = unscoped::<feed::Entity>().order_by_asc(feed::Column::Id).lock_exclusive();
        if let Some(feed) = only {
            feeds = feeds.filter(feed::Column::Id.eq(feed));
        }
        feeds.all(tx.conn()).await?;
    }
    Ok(())
}

// Sorts out lines that cannot be taken and rows for which another one stands; what is left comes in the order of keys.
async fn sort<'a>(
    tx: &Tx,
    source: &Source<'_>,
    lines: &'a [Line],
    summary: &mut Summary,
) -> Result<Vec<Reading<'a>>> {
    let mut rows: BTreeMap<&str, &SourceRow> = BTreeMap::new();
    let mut rejected = Vec::new();
    for line in lines {
        summary.counts.read += 1;
        let unreadable = match line {
            Ok(row) => match reading::refusal(row, tx.now) {
                Some(reason) => UnreadableRow { line: row.line, reason, columns: row.columns.clone() },
                None => {
                    summary.counts.duplicates += i32::from(!keep(&mut rows, row, source.repeats));
                    continue;
                }
            },
            Err(line) => line.clone(),
        };
        rejected.push(rejected_row::Model {
            id: RejectedRowId::generate(),
            feed_id: source.feed,
            feed_run_id: source.run,
            received_at: tx.now,
            line: i32::try_from(unreadable.line).unwrap_or(i32::MAX),
            reason: unreadable.reason.clone(),
            columns: serde_json::to_string(&unreadable.columns)
                .map_err(|error| Error::Internal(error.to_string()))?,
        });
        summary.reject(unreadable);
    }
    many::insert::<rejected_row::ActiveModel>(tx, rejected).await?;
    Ok(rows.into_values().map(|row| Reading::of(row, &source.writing)).collect())
}

// Keeps the row that stands for its key; false when that leaves one row out, this one or another.
fn keep<'a>(rows: &mut BTreeMap<&'a str, &'a SourceRow>, row: &'a SourceRow, repeats: &RepeatedRows) -> bool {
    if !repeats.stands(&row.source_id, row.line) {
        return false;
    }
    // Lines that nobody noted, such as pushed ones, may still repeat a key within the batch.
    let is_new = !rows.contains_key(row.source_id.as_str());
    if is_new || repeats.last_wins() {
        rows.insert(&row.source_id, row);
    }
    is_new
}

/// The categories of these call types of a feed, as far as they are mapped.
pub(in crate::writes) async fn mapped(
    tx: &Tx,
    feed: FeedId,
    types: HashSet<String>,
) -> Result<HashMap<String, CallCategory>> {
    let rows: Vec<(String, CallCategory)> = unscoped::<call_type_mapping::Entity>()
        .select_only()
        .columns([call_type_mapping::Column::Description, call_type_mapping::Column::Category])
        .filter(call_type_mapping::Column::FeedId.eq(feed))
        .filter(call_type_mapping::Column::Description.is_in(types))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

async fn places(tx: &Tx, readings: &[Reading<'_>]) -> Result<HashMap<String, PropertyId>> {
    let keys: HashSet<&str> = readings.iter().map(|reading| reading.place_key.as_str()).collect();
    let rows: Vec<(String, PropertyId)> = unscoped::<address_alias::Entity>()
        .select_only()
        .columns([address_alias::Column::Key, address_alias::Column::PropertyId])
        .filter(address_alias::Column::Key.is_in(keys.into_iter().filter(|key| !key.is_empty())))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

async fn known(tx: &Tx, feed: FeedId, readings: &[Reading<'_>]) -> Result<HashMap<String, Known>> {
    use call::Column as C;
    let rows = unscoped::<call::Entity>()
        .select_only()
        .columns([C::SourceId, C::RowHash, C::PropertyId, C::OccurredOn, C::Category, C::Precision])
        .columns([C::DispositionExcludes, C::OfficerInitiated, C::WithdrawnAt])
        .filter(C::FeedId.eq(feed))
        .filter(C::SourceId.is_in(readings.iter().map(|reading| reading.row.source_id.as_str())))
        .into_model::<Known>()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.source_id.clone(), row)).collect())
}

fn is_as_known(
    known: &Known,
    reading: &Reading<'_>,
    category: CallCategory,
    place: Option<PropertyId>,
) -> bool {
    known.row_hash == reading.hash
        && known.category == category
        && known.property_id == place
        && known.withdrawn_at.is_none()
}

// A call that is there already keeps its id and when the server first learned of it.
async fn write(tx: &Tx, calls: Vec<call::Model>) -> Result<()> {
    use call::Column as C;
    let columns =
        C::iter().filter(|column| !matches!(column, C::Id | C::FeedId | C::SourceId | C::RecordedAt));
    let conflict = OnConflict::columns([C::FeedId, C::SourceId]).update_columns(columns).to_owned();
    let most = many::VALUES / C::iter().count();
    for calls in calls.chunks(most) {
        let rows = calls.iter().map(|call| call::ActiveModel::from(call.clone()).reset_all());
        call::Entity::insert_many(rows)
            .on_conflict(conflict.clone())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

async fn advance(tx: &Tx, feed: FeedId, newest: DateTime<Utc>) -> Result<()> {
    use feed::Column as C;
    feed::Entity::update_many()
        .col_expr(C::DataAsOf, Expr::value(newest))
        .filter(C::Id.eq(feed))
        .filter(C::DataAsOf.is_null().or(C::DataAsOf.lt(newest)))
        .exec(tx.conn())
        .await?;
    Ok(())
}
