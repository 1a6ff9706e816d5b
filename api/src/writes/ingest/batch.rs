//! One batch of a run's lines, taken in a fixed number of statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    call::CallCategory,
    call_type_mapping, feed,
    id::{FeedId, FeedRunId, PropertyId, RejectedRowId},
    rejected_row,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    reading::{self, ReadLines, Reading},
    stored,
    summary::Summary,
};
use crate::{
    app::Tx,
    error::{Error, Result},
    feeds::UnreadableRow,
    scope::{LockRows, unscoped},
    writes::{
        many,
        roll_up::{Rolled, Shift},
    },
};

/// Where the lines come from.
pub(super) struct Source {
    pub(super) feed: FeedId,
    pub(super) run: FeedRunId,
    /// Most of the rows so far were known, so that it pays to have the database leave those out that are as they were.
    pub(super) comes_again: bool,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new call, or one that changed.
    Accepted,
    /// A call that is as it was, or that was purged.
    Unchanged,
    /// A call of which the source told something newer before.
    Superseded,
    /// It cannot be taken, for this reason.
    Rejected(String),
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) summary: Summary,
    /// Places whose calls changed.
    pub(super) touched: BTreeSet<PropertyId>,
    /// What became of the lines that another one of the batch does not stand for.
    pub(super) outcomes: Vec<(u64, Outcome)>,
}

pub(super) async fn take(tx: &mut Tx, source: &Source, lines: ReadLines) -> Result<Taken> {
    // Who maps a call type or names a place waits for this batch, or this batch for them; nothing falls in between.
    lock(tx, Some(source.feed)).await?;
    let ReadLines { readings, rejected, summary } = lines;
    let mut taken = Taken { summary, ..Taken::default() };
    taken.outcomes.reserve(rejected.len() + readings.len());
    taken.outcomes.extend(rejected.iter().map(|row| (row.line, Outcome::Rejected(row.reason.clone()))));
    reject(tx, source, rejected).await?;
    let mapped = categories(tx, source.feed, &readings).await?;
    let readings = if source.comes_again && tx.is_postgres() {
        leave_out_known(tx, source.feed, readings, &mapped, &mut taken).await?
    } else {
        readings
    };
    let keys = readings.iter().map(|reading| reading.row.source_id.clone()).collect();
    let known = stored::known(tx, source.feed, keys).await?;
    let purged_before = purged_before(tx, source.feed).await?;
    let (mut told, mut shift) = (Vec::new(), Shift::default());
    for reading in readings {
        let category = reading.category(&mapped);
        taken.summary.tally(reading.left_out(category));
        let counts = &mut taken.summary.counts;
        let before = known.get(&reading.row.source_id);
        let outcome = match before {
            Some(known) if known.is_newer_than(reading.row.changed_at) => {
                counts.unchanged += 1;
                Outcome::Superseded
            }
            Some(known) if known.is_as_told(&reading.hash, category) => {
                counts.unchanged += 1;
                Outcome::Unchanged
            }
            Some(known) => {
                counts.updated += 1;
                if let Some(rolled) = known.rolled() {
                    taken.touched.insert(rolled.property_id);
                    shift.remove(&rolled);
                }
                Outcome::Accepted
            }
            // It was kept until nobody needed it any more, and is in the sums.
            None if purged_before.is_some_and(|day| tx.city.day_of(reading.row.occurred_at) < day) => {
                counts.unchanged += 1;
                Outcome::Unchanged
            }
            None => {
                counts.inserted += 1;
                Outcome::Accepted
            }
        };
        let accepted = outcome == Outcome::Accepted;
        taken.outcomes.push((reading.row.line, outcome));
        if accepted {
            told.push((reading, before.map(|known| known.id), category));
        }
    }
    let places = stored::places(tx, told.iter().map(|(reading, ..)| reading)).await?;
    let mut written = Vec::with_capacity(told.len());
    for (reading, known, category) in told {
        let place = places.get(reading.place_key()).copied();
        let call = reading.into_call(tx, source.feed, known, category, place);
        if let Some(rolled) = Rolled::of(&call) {
            taken.summary.counts.matched += 1;
            taken.touched.insert(rolled.property_id);
            shift.add(&rolled);
        }
        written.push(call);
    }
    let newest = written.iter().map(|call| call.occurred_at).max();
    stored::write(tx, written).await?;
    shift.write(tx).await?;
    if let Some(newest) = newest {
        advance(tx, source.feed, newest).await?;
    }
    Ok(taken)
}

// The rows that are not exactly as they were; the others are counted, and nothing more of them is read.
async fn leave_out_known(
    tx: &Tx,
    feed: FeedId,
    readings: Vec<Reading>,
    mapped: &HashMap<String, CallCategory>,
    taken: &mut Taken,
) -> Result<Vec<Reading>> {
    let mut as_told = vec![false; readings.len()];
    for position in stored::as_told(tx, feed, &readings, mapped).await? {
        if let Some(same) = usize::try_from(position - 1).ok().and_then(|index| as_told.get_mut(index)) {
            *same = true;
        }
    }
    let mut others = Vec::new();
    for (reading, same) in readings.into_iter().zip(as_told) {
        if same {
            taken.summary.tally(reading.left_out(reading.category(mapped)));
            taken.summary.counts.unchanged += 1;
            taken.outcomes.push((reading.row.line, Outcome::Unchanged));
        } else {
            others.push(reading);
        }
    }
    Ok(others)
}

// By call types as the source writes them.
async fn categories(tx: &Tx, feed: FeedId, readings: &[Reading]) -> Result<HashMap<String, CallCategory>> {
    let keys = reading::type_keys(readings);
    let mapped = mapped(tx, feed, keys.values().cloned().collect()).await?;
    let of_type = keys.into_iter().filter_map(|(told, key)| Some((told.to_owned(), *mapped.get(&key)?)));
    Ok(of_type.collect())
}

/// Locks one feed or all of them against batches, in the one order in which everybody locks them, and counts that their
/// calls may change.
pub(in crate::writes) async fn lock(tx: &Tx, only: Option<FeedId>) -> Result<()> {
    // SQLite has one writer, which we are.
    if tx.is_postgres() && only.is_none() {
        unscoped::<feed::Entity>().order_by_asc(feed::Column::Id).lock_rows().all(tx.conn()).await?;
    }
    let count = Expr::col(feed::Column::CallsChanged).add(1);
    let counted = feed::Entity::update_many().col_expr(feed::Column::CallsChanged, count);
    let counted = match only {
        Some(feed) => counted.filter(feed::Column::Id.eq(feed)),
        None => counted,
    };
    counted.exec(tx.conn()).await?;
    Ok(())
}

async fn purged_before(tx: &Tx, feed: FeedId) -> Result<Option<NaiveDate>> {
    let feed = unscoped::<feed::Entity>().filter(feed::Column::Id.eq(feed)).one(tx.conn()).await?;
    Ok(feed.and_then(|feed| feed.purged_before))
}

async fn reject(tx: &Tx, source: &Source, rows: Vec<UnreadableRow>) -> Result<()> {
    let mut rejected = Vec::with_capacity(rows.len());
    for row in rows {
        rejected.push(rejected_row::Model {
            id: RejectedRowId::generate(),
            feed_id: source.feed,
            feed_run_id: source.run,
            received_at: tx.now,
            line: i32::try_from(row.line).unwrap_or(i32::MAX),
            reason: row.reason,
            columns: serde_json::to_string(&row.columns)
                .map_err(|error| Error::Internal(error.to_string()))?,
        });
    }
    many::insert::<rejected_row::ActiveModel>(tx, rejected).await
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
