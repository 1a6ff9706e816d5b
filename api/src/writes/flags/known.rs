//! What is known of places before their flags are decided on: flags, the calls they list, reviews and calls.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    flag::{self, FlagStatus},
    flag_call::{self, ExclusionReason},
    id::{CallId, FlagId, PropertyId},
    property::{self, UseType},
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::ExprTrait,
};
use uuid::Uuid;

use crate::{
    app::Tx,
    domain::{
        call_behavior::{CallBehavior, behaving},
        call_count::PlainCall,
    },
    error::Result,
    scope::{LockRows, unscoped},
    writes::many,
};

/// Flags that change with the calls they rest on.
pub const OPEN: [FlagStatus; 3] = [FlagStatus::NeedsReview, FlagStatus::Confirmed, FlagStatus::CaseOpened];

/// Places, locked in the order of their ids, so that no two transactions decide on one place at the same time.
pub async fn lock_places(tx: &Tx, ids: &[PropertyId]) -> Result<Vec<property::Model>> {
    Ok(unscoped::<property::Entity>()
        .filter(many::any_of(tx, property::Column::Id, ids.iter().copied()))
        .order_by_asc(property::Column::Id)
        .lock_rows()
        .all(tx.conn())
        .await?)
}

/// All flags there ever were at these places.
pub async fn flags_at(tx: &Tx, places: &[PropertyId]) -> Result<Vec<flag::Model>> {
    Ok(unscoped::<flag::Entity>()
        .filter(many::any_of(tx, flag::Column::PropertyId, places.iter().copied()))
        .order_by_asc(flag::Column::Id)
        .all(tx.conn())
        .await?)
}

/// The calls listed by the flags at these places that still change or that were reviewed.
pub async fn listed_at(tx: &Tx, places: &[PropertyId]) -> Result<HashMap<FlagId, Vec<flag_call::Model>>> {
    let flags = unscoped::<flag::Entity>()
        .select_only()
        .column(flag::Column::Id)
        .filter(many::any_of(tx, flag::Column::PropertyId, places.iter().copied()))
        .filter(
            Condition::any()
                .add(flag::Column::Status.is_in(OPEN))
                .add(flag::Column::ReviewedAt.is_not_null()),
        );
    let rows =
        unscoped::<flag_call::Entity>().filter(flag_call::Column::FlagId.in_subquery(flags.into_query()));
    let mut listed: HashMap<FlagId, Vec<flag_call::Model>> = HashMap::new();
    for row in rows.all(tx.conn()).await? {
        listed.entry(row.flag_id).or_default().push(row);
    }
    Ok(listed)
}

/// The columns of a call that counting needs.
#[derive(Clone, Debug, FromQueryResult)]
pub struct CallRow {
    pub id: CallId,
    pub property_id: PropertyId,
    occurred_at: DateTime<Utc>,
    occurred_on: NaiveDate,
    category: CallCategory,
    precision: AddressPrecision,
    disposition: Option<String>,
    disposition_excludes: bool,
    officer_initiated: bool,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl CallRow {
    pub fn plain(&self, taken_out: Option<ExclusionReason>) -> PlainCall<'_> {
        PlainCall {
            id: self.id,
            occurred_at: self.occurred_at,
            day: self.occurred_on,
            category: self.category,
            precision: self.precision,
            disposition: self.disposition.as_deref(),
            disposition_excludes: self.disposition_excludes,
            officer_initiated: self.officer_initiated,
            withdrawn: self.withdrawn_at.is_some(),
            taken_out,
        }
    }
}

/// Those of these places at which a rule could do something: they are used for what some rule runs on, or a flag is open
/// there. Most of a city are homes, of which nothing more is read.
pub async fn concerned(tx: &Tx, places: &[PropertyId], uses: &[UseType]) -> Result<Vec<PropertyId>> {
    let flagged = unscoped::<flag::Entity>()
        .select_only()
        .column(flag::Column::PropertyId)
        .filter(many::any_of(tx, flag::Column::PropertyId, places.iter().copied()))
        .filter(flag::Column::Status.is_in(OPEN));
    let concerned = property::Column::UseType
        .is_in(uses.iter().copied())
        .or(property::Column::Id.in_subquery(flagged.into_query()));
    Ok(unscoped::<property::Entity>()
        .select_only()
        .column(property::Column::Id)
        .filter(many::any_of(tx, property::Column::Id, places.iter().copied()))
        .filter(concerned)
        .order_by_asc(property::Column::Id)
        .into_tuple()
        .all(tx.conn())
        .await?)
}

// One place after the other by the index of its calls, whatever PostgreSQL takes a growing table for.
const CALLS: &str = "SELECT calls.* FROM UNNEST($1::uuid[], $2::date[], $3::timestamptz[]) AS at (place, day, since) \
    CROSS JOIN LATERAL (SELECT id, property_id, occurred_at, occurred_on, category, precision, disposition, \
    disposition_excludes, officer_initiated, withdrawn_at FROM call WHERE property_id = at.place \
    AND occurred_at >= at.since AND occurred_on >= at.day AND category <> ALL($4) OFFSET 0) AS calls";

/// The calls at these places, each from its day on. Protected ones are not even looked at.
pub async fn calls_at(tx: &Tx, places: &[(PropertyId, NaiveDate)]) -> Result<Vec<CallRow>> {
    let Some(first) = places.iter().map(|(_, from)| *from).min() else { return Ok(Vec::new()) };
    if tx.is_postgres() {
        let ids: Vec<Uuid> = places.iter().map(|(place, _)| place.0).collect();
        let days: Vec<NaiveDate> = places.iter().map(|(_, from)| *from).collect();
        let began = |day: &NaiveDate| tx.city.start_of(*day).unwrap_or(DateTime::UNIX_EPOCH);
        let since: Vec<DateTime<Utc>> = days.iter().map(began).collect();
        let protected: Vec<String> = behaving(CallBehavior::Protected).map(CallCategory::word).collect();
        let values = vec![ids.into(), days.into(), since.into(), protected.into()];
        return Ok(CallRow::find_by_statement(many::statement(tx, CALLS, values)).all(tx.conn()).await?);
    }
    let calls = countable()
        .filter(many::any_of(tx, call::Column::PropertyId, places.iter().map(|(place, _)| *place)))
        .filter(call::Column::OccurredAt.gte(tx.city.start_of(first).unwrap_or(DateTime::UNIX_EPOCH)))
        .filter(call::Column::OccurredOn.gte(first));
    Ok(calls.into_model::<CallRow>().all(tx.conn()).await?)
}

/// Those of the calls that a flag lists which are still at its place and not protected.
pub async fn calls_of(tx: &Tx, flag: &flag::Model) -> Result<Vec<CallRow>> {
    let listed = unscoped::<flag_call::Entity>()
        .select_only()
        .column(flag_call::Column::CallId)
        .filter(flag_call::Column::FlagId.eq(flag.id));
    let calls = countable()
        .filter(call::Column::PropertyId.eq(flag.property_id))
        .filter(call::Column::Id.in_subquery(listed.into_query()));
    Ok(calls.into_model::<CallRow>().all(tx.conn()).await?)
}

fn countable() -> Select<call::Entity> {
    use call::Column as C;
    unscoped::<call::Entity>()
        .select_only()
        .columns([C::Id, C::PropertyId, C::OccurredAt, C::OccurredOn, C::Category, C::Precision])
        .columns([C::Disposition, C::DispositionExcludes, C::OfficerInitiated, C::WithdrawnAt])
        .filter(C::Category.is_not_in(behaving(CallBehavior::Protected)))
}
