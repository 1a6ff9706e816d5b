//! The daily roll-up of calls at places, kept in the transactions that change the calls.
//!
//! Every change of a call takes it out of the cell where it was and puts it into the one where it is. Cells are moved by
//! differences and never set: batches of two feeds may move one cell at the same time, and neither loses what the other
//! added. Who changes a call holds its feed locked (`ingest::lock`), so that it stays as it was read.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    call_roll_up::{self, PROTECTED, QUALIFYING},
    flag_call::ExclusionReason,
    id::{CallId, PropertyId},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::many;
use crate::{
    app::Tx,
    domain::call_count::{PlainCall, exclusion},
    error::Result,
    scope::unscoped,
};

/// What the roll-up reads of a call at a place.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Rolled {
    pub property_id: PropertyId,
    pub occurred_on: NaiveDate,
    pub category: CallCategory,
    pub precision: AddressPrecision,
    pub disposition_excludes: bool,
    pub officer_initiated: bool,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl Rolled {
    /// None of a call at no known place, which is in no sum.
    #[must_use]
    pub fn of(call: &call::Model) -> Option<Self> {
        Some(Self {
            property_id: call.property_id?,
            occurred_on: call.occurred_on,
            category: call.category,
            precision: call.precision,
            disposition_excludes: call.disposition_excludes,
            officer_initiated: call.officer_initiated,
            withdrawn_at: call.withdrawn_at,
        })
    }

    fn cell(&self) -> Cell {
        let reason = exclusion(&self.plain(), None);
        // What a protected call was about is not kept.
        let category = (reason != Some(ExclusionReason::Protected)).then_some(self.category);
        (self.property_id, self.occurred_on, category, reason)
    }

    // Neither its id nor its time of day matters to why it does not count.
    fn plain(&self) -> PlainCall<'static> {
        PlainCall {
            id: CallId(uuid::Uuid::nil()),
            occurred_at: DateTime::<Utc>::UNIX_EPOCH,
            day: self.occurred_on,
            category: self.category,
            precision: self.precision,
            disposition: None,
            disposition_excludes: self.disposition_excludes,
            officer_initiated: self.officer_initiated,
            withdrawn: self.withdrawn_at.is_some(),
            taken_out: None,
        }
    }
}

/// A place, a day, a category and why such calls do not count.
type Cell = (PropertyId, NaiveDate, Option<CallCategory>, Option<ExclusionReason>);

/// By how much cells change.
#[derive(Clone, Debug, Default)]
pub struct Shift(BTreeMap<Cell, i32>);

impl Shift {
    /// A call is there now.
    pub fn add(&mut self, call: &Rolled) {
        *self.0.entry(call.cell()).or_default() += 1;
    }

    /// A call is no longer there, or no longer so.
    pub fn remove(&mut self, call: &Rolled) {
        *self.0.entry(call.cell()).or_default() -= 1;
    }

    /// Moves the cells, in an order that all transactions share, so that none waits for another in a circle.
    pub async fn write(mut self, tx: &Tx) -> Result<()> {
        self.0.retain(|_, by| *by != 0);
        let shrinks = self.0.values().any(|by| *by < 0);
        let rows = self.0.into_iter().map(|((property_id, occurred_on, category, reason), calls)| {
            call_roll_up::Model {
                property_id,
                occurred_on,
                category: category.map_or_else(|| PROTECTED.to_owned(), CallCategory::word),
                reason: reason.map_or_else(|| QUALIFYING.to_owned(), ExclusionReason::word),
                calls,
            }
        });
        upsert(tx, rows.collect()).await?;
        if shrinks {
            call_roll_up::Entity::delete_many().filter(Expr::cust("calls = 0")).exec(tx.conn()).await?;
        }
        Ok(())
    }
}

/// Lets `change` change those of these calls that it will, and the roll-up follow. The condition must find the same calls
/// before and after.
pub async fn follow<T>(tx: &Tx, calls: Condition, change: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
    let mut shift = Shift::default();
    for call in at_places(tx, calls.clone()).await? {
        shift.remove(&call);
    }
    let value = change(tx).await?;
    for call in at_places(tx, calls).await? {
        shift.add(&call);
    }
    shift.write(tx).await?;
    Ok(value)
}

async fn at_places(tx: &Tx, calls: Condition) -> Result<Vec<Rolled>> {
    use call::Column as C;
    Ok(unscoped::<call::Entity>()
        .select_only()
        .columns([C::PropertyId, C::OccurredOn, C::Category, C::Precision])
        .columns([C::DispositionExcludes, C::OfficerInitiated, C::WithdrawnAt])
        .filter(calls)
        .filter(C::PropertyId.is_not_null())
        .into_model::<Rolled>()
        .all(tx.conn())
        .await?)
}

async fn upsert(tx: &Tx, rows: Vec<call_roll_up::Model>) -> Result<()> {
    use call_roll_up::Column as R;
    if rows.is_empty() {
        return Ok(());
    }
    if tx.is_postgres() {
        let sql = "INSERT INTO call_roll_up (property_id, occurred_on, category, reason, calls) \
            SELECT * FROM UNNEST($1::uuid[], $2::date[], $3::text[], $4::text[], $5::int[]) \
            ON CONFLICT (property_id, occurred_on, category, reason) \
            DO UPDATE SET calls = call_roll_up.calls + excluded.calls";
        let (mut places, mut days, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        let (mut categories, mut reasons) = (Vec::new(), Vec::new());
        for row in rows {
            places.push(row.property_id.0);
            days.push(row.occurred_on);
            categories.push(row.category);
            reasons.push(row.reason);
            calls.push(row.calls);
        }
        let columns = vec![places.into(), days.into(), categories.into(), reasons.into(), calls.into()];
        return many::execute(tx, sql, columns).await;
    }
    let sum = Expr::col((call_roll_up::Entity, R::Calls)).add(Expr::col(("excluded", R::Calls)));
    let conflict = OnConflict::columns([R::PropertyId, R::OccurredOn, R::Category, R::Reason])
        .value(R::Calls, sum)
        .to_owned();
    many::upsert::<call_roll_up::ActiveModel>(tx, rows, &conflict).await
}
