//! The replay of the rules: every flag and every place told again from the stored calls, and what differs.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    call::{AddressPrecision, CallCategory},
    call_challenge::{self, ChallengeStatus},
    flag::{self, FlagStatus},
    flag_call::{self, ExclusionReason},
    id::{CallId, FlagId, PropertyId},
    nuisance_rule::{self, Model as Rule},
    property::{self, UseType},
};
use futures_util::TryStreamExt;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Statement, sea_query::ExprTrait,
};

use super::rule_differences::{Seen, differences};
use crate::{
    app::App,
    city::City,
    domain::rule_replay::{StoredCall, in_force_on, span},
    error::Result,
    scope::unscoped,
};

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Flags that were held against the calls.
    pub flags: usize,
    /// Places at which calls were counted.
    pub places: usize,
    pub calls: usize,
    /// What differs; empty when everything agrees.
    pub differences: Vec<String>,
}

/// Replays all rules over all places, in one view of the database.
pub async fn replay(app: &App) -> Result<Replay> {
    app.steady(async |conn| Stored::load(conn, &app.city, app.today()).await?.replay(conn).await).await
}

/// A flag with the calls it lists.
#[derive(Clone, Debug)]
pub struct StoredFlag {
    pub flag: flag::Model,
    pub listed: Vec<flag_call::Model>,
    /// The city's day of its review.
    pub reviewed_on: Option<NaiveDate>,
    /// The city's day up to which the data reached when it was counted.
    pub as_of: NaiveDate,
}

struct Stored {
    as_of: NaiveDate,
    rules: Vec<Rule>,
    places: BTreeMap<PropertyId, property::Model>,
    flags: HashMap<PropertyId, Vec<StoredFlag>>,
    upheld: HashMap<PropertyId, Vec<CallId>>,
}

const CALLS: &str = "SELECT call.id, call.property_id, call.occurred_at, call.occurred_on, call.category, call.precision, \
    call.disposition, call.disposition_excludes, call.officer_initiated, call.withdrawn_at FROM call \
    JOIN property ON property.id = call.property_id WHERE call.occurred_on >= $1 \
    AND (property.use_type NOT IN ('SINGLE_FAMILY', 'MULTI_FAMILY', 'UNKNOWN') \
    OR property.id IN (SELECT property_id FROM flag)) ORDER BY call.property_id, call.occurred_at, call.id";

#[derive(FromQueryResult)]
struct Row {
    id: CallId,
    property_id: PropertyId,
    occurred_at: DateTime<Utc>,
    occurred_on: NaiveDate,
    category: CallCategory,
    precision: AddressPrecision,
    disposition: Option<String>,
    disposition_excludes: bool,
    officer_initiated: bool,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl From<Row> for StoredCall {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            occurred_at: row.occurred_at,
            occurred_on: row.occurred_on,
            category: row.category,
            precision: row.precision,
            disposition: row.disposition,
            disposition_excludes: row.disposition_excludes,
            officer_initiated: row.officer_initiated,
            withdrawn: row.withdrawn_at.is_some(),
        }
    }
}

impl Stored {
    async fn load(conn: &DatabaseTransaction, city: &City, today: NaiveDate) -> Result<Self> {
        let as_of = super::calls::data_as_of(conn).await?.map_or(today, |at| city.day_of(at));
        let rules = unscoped::<nuisance_rule::Entity>().all(conn).await?;
        let mut listed: HashMap<FlagId, Vec<flag_call::Model>> = HashMap::new();
        for row in unscoped::<flag_call::Entity>().all(conn).await? {
            listed.entry(row.flag_id).or_default().push(row);
        }
        let mut flags: HashMap<PropertyId, Vec<StoredFlag>> = HashMap::new();
        for flag in unscoped::<flag::Entity>().order_by_asc(flag::Column::Id).all(conn).await? {
            let (reviewed_on, as_of) =
                (flag.reviewed_at.map(|at| city.day_of(at)), city.day_of(flag.data_as_of));
            let listed = listed.remove(&flag.id).unwrap_or_default();
            flags.entry(flag.property_id).or_default().push(StoredFlag { flag, listed, reviewed_on, as_of });
        }
        let mut upheld: HashMap<PropertyId, Vec<CallId>> = HashMap::new();
        let challenges = unscoped::<call_challenge::Entity>()
            .filter(call_challenge::Column::Status.eq(ChallengeStatus::Upheld));
        for row in challenges.all(conn).await? {
            upheld.entry(row.property_id).or_default().push(row.call_id);
        }
        let homes = [UseType::SingleFamily, UseType::MultiFamily, UseType::Unknown];
        let flagged = unscoped::<flag::Entity>().select_only().column(flag::Column::PropertyId).into_query();
        let judged = property::Column::UseType.is_not_in(homes).or(property::Column::Id.in_subquery(flagged));
        let places = unscoped::<property::Entity>().filter(judged).all(conn).await?;
        let places = places.into_iter().map(|place| (place.id, place)).collect();
        Ok(Self { as_of, rules, places, flags, upheld })
    }

    async fn replay(mut self, conn: &DatabaseTransaction) -> Result<Replay> {
        let mut found = Replay { flags: self.flags.values().map(Vec::len).sum(), ..Replay::default() };
        let statement =
            Statement::from_sql_and_values(conn.get_database_backend(), CALLS, [self.first_day().into()]);
        let mut rows = Row::find_by_statement(statement).stream(conn).await?;
        let mut here: Option<(PropertyId, Vec<StoredCall>)> = None;
        while let Some(row) = rows.try_next().await? {
            found.calls += 1;
            match &mut here {
                Some((place, calls)) if *place == row.property_id => calls.push(row.into()),
                _ => {
                    let before = here.replace((row.property_id, Vec::new()));
                    if let Some((_, calls)) = &mut here {
                        calls.push(row.into());
                    }
                    self.judge(before, &mut found);
                }
            }
        }
        self.judge(here, &mut found);
        // Where no call is left, a flag may still be open.
        let quiet: Vec<PropertyId> = self.flags.keys().copied().collect();
        for place in quiet {
            self.judge(Some((place, Vec::new())), &mut found);
        }
        found.differences.sort();
        Ok(found)
    }

    // Each place once.
    fn judge(&mut self, here: Option<(PropertyId, Vec<StoredCall>)>, found: &mut Replay) {
        let Some((id, calls)) = here else { return };
        let Some(place) = self.places.get(&id) else { return };
        let flags = self.flags.remove(&id).unwrap_or_default();
        let out = taken_out(&flags, self.upheld.get(&id).map_or(&[], Vec::as_slice));
        let seen =
            Seen { place, rules: &self.rules, flags: &flags, calls: &calls, out: &out, as_of: self.as_of };
        found.places += 1;
        found.differences.extend(differences(&seen));
    }

    // The first day of the oldest window that matters.
    fn first_day(&self) -> NaiveDate {
        let current = in_force_on(&self.rules, self.as_of);
        let windows =
            current.into_iter().filter_map(|rule| span(rule, self.as_of, None)).map(|(from, _)| from);
        let open = [FlagStatus::NeedsReview, FlagStatus::Confirmed, FlagStatus::CaseOpened];
        let flags = self.flags.values().flatten().filter(|stored| open.contains(&stored.flag.status));
        // A flag that was counted earlier had its window then.
        let held = flags.clone().map(|stored| stored.flag.window_from);
        let then = flags.flat_map(|stored| {
            let current = in_force_on(&self.rules, stored.as_of);
            current.into_iter().filter_map(|rule| span(rule, stored.as_of, None)).map(|(from, _)| from)
        });
        windows.chain(held).chain(then).min().unwrap_or(self.as_of)
    }
}

// What people took out at a place: the latest review of a call stands, an upheld challenge before all reviews.
fn taken_out(flags: &[StoredFlag], upheld: &[CallId]) -> HashMap<CallId, ExclusionReason> {
    type Said = ((DateTime<Utc>, FlagId), Option<ExclusionReason>);
    let mut latest: HashMap<CallId, Said> = HashMap::new();
    for stored in flags {
        let Some(at) = stored.flag.reviewed_at else { continue };
        for row in stored.listed.iter().filter(|row| row.review_note.is_some()) {
            let why = match row.reason {
                _ if row.counted => None,
                Some(ExclusionReason::CallerIsVictimOrOwner) => Some(ExclusionReason::CallerIsVictimOrOwner),
                Some(ExclusionReason::ChallengeUpheld) => Some(ExclusionReason::ChallengeUpheld),
                _ => Some(ExclusionReason::ExcludedByReview),
            };
            let when = (at, stored.flag.id);
            if latest.get(&row.call_id).is_none_or(|(before, _)| *before < when) {
                latest.insert(row.call_id, (when, why));
            }
        }
    }
    let mut out: HashMap<CallId, ExclusionReason> =
        latest.into_iter().filter_map(|(call, (_, why))| Some((call, why?))).collect();
    out.extend(upheld.iter().map(|call| (*call, ExclusionReason::ChallengeUpheld)));
    out
}
