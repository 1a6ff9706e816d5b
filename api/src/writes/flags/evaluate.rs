//! Holding the rules in force against places whose calls changed.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case,
    case_event::CaseEventKind,
    flag::{self, FlagStatus},
    flag_call,
    id::{CallId, FlagId, PropertyId},
    nuisance_rule::{self, Model as Rule},
    property::{self, UseType},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    history,
    known::{self, CallRow},
    stale::mark_stale,
    stored,
};
use crate::{
    app::Tx,
    domain::{
        call_count::{Count, PlainCall},
        flag_plan::{Known, Step, plan},
        rule_scope,
    },
    error::Result,
    events::{self, Entry},
    reads::{
        self,
        call_decisions::{Decisions, decisions, upheld_at},
    },
    scope::{LockRows, unscoped},
};

/// Places of which it is asked at once whether a rule runs there.
const CONCERNED: usize = 10_000;
/// Places that are looked at together.
const PLACES: usize = 500;

/// Holds the rules in force against the calls at these places; answers how many flags were raised.
///
/// Windows end with the newest call that any feed has told of, so the feed's own record must be up to date by now.
/// Whoever changes what a rule asks of a place (use, occupancy, units, district, aliases) calls this too.
pub async fn evaluate(tx: &mut Tx, properties: &[PropertyId]) -> Result<i32> {
    let raised = evaluate_places(tx, properties).await?;
    mark_stale(tx).await?;
    Ok(raised)
}

/// The same, but flags of other places are left alone.
pub async fn evaluate_places(tx: &mut Tx, properties: &[PropertyId]) -> Result<i32> {
    let mut raised = 0;
    if let Some(as_of) = reads::calls::data_as_of(tx.conn()).await? {
        let rules = unscoped::<nuisance_rule::Entity>().all(tx.conn()).await?;
        let distinct: Vec<PropertyId> =
            properties.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let uses = uses(&rules, tx.city.day_of(as_of));
        for some in distinct.chunks(CONCERNED) {
            let concerned = known::concerned(tx, some, &uses).await?;
            for some in concerned.chunks(PLACES) {
                raised += Round::load(tx, some, &rules, as_of).await?.carry_out(tx, &rules).await?;
            }
        }
    }
    Ok(raised)
}

struct Round {
    as_of: DateTime<Utc>,
    places: Vec<property::Model>,
    flags: HashMap<FlagId, flag::Model>,
    listed: HashMap<FlagId, Vec<flag_call::Model>>,
    decisions: Decisions,
    calls: HashMap<PropertyId, Vec<CallRow>>,
}

impl Round {
    async fn load(tx: &Tx, ids: &[PropertyId], rules: &[Rule], as_of: DateTime<Utc>) -> Result<Self> {
        let places = known::lock_places(tx, ids).await?;
        let flags = known::flags_at(tx, ids).await?;
        let listed = known::listed_at(tx, ids).await?;
        let needed = needed(rules, &places, &flags, tx.city.day_of(as_of));
        let mut calls: HashMap<PropertyId, Vec<CallRow>> = HashMap::new();
        for call in known::calls_at(tx, &needed).await? {
            calls.entry(call.property_id).or_default().push(call);
        }
        let mut decisions = decisions(&flags, &listed);
        decisions.extend(upheld_at(tx.conn(), ids).await?);
        let flags = flags.into_iter().map(|flag| (flag.id, flag)).collect();
        Ok(Self { as_of, places, flags, listed, decisions, calls })
    }

    async fn carry_out(mut self, tx: &mut Tx, rules: &[Rule]) -> Result<i32> {
        let (mut flags, mut calls) = (Vec::new(), Vec::new());
        let places = std::mem::take(&mut self.places);
        for place in &places {
            for step in self.plan(tx, place, rules) {
                match step {
                    Step::Raise(rule, count) => {
                        let Some(flag) = self.raised(tx, place, &rule, &count) else { continue };
                        calls.extend(stored::rows(flag.id, &count, |call| self.note_of(place.id, call)));
                        flags.push(flag);
                    }
                    Step::Renew(id, count) => self.renew(tx, id, &count).await?,
                    Step::Cut(id, count) => self.cut(tx, id, &count).await?,
                    Step::Withdraw(id, count) => self.withdraw(tx, id, &count).await?,
                }
            }
        }
        let raised = i32::try_from(flags.len()).unwrap_or(i32::MAX);
        stored::insert(tx, flags, calls).await?;
        Ok(raised)
    }

    fn plan(&self, tx: &Tx, place: &property::Model, rules: &[Rule]) -> Vec<Step> {
        let here = self.flags.values().filter(|flag| flag.property_id == place.id);
        let mut known: Vec<Known> = here
            .map(|flag| Known {
                flag: flag.clone(),
                calls: self.listed_in_order(flag),
                reviewed_on: flag.reviewed_at.map(|at| tx.city.day_of(at)),
            })
            .collect();
        known.sort_by_key(|known| known.flag.id);
        plan(place, rules, &known, &self.plain(place.id), tx.city.day_of(self.as_of))
    }

    fn plain(&self, place: PropertyId) -> Vec<PlainCall<'_>> {
        let taken_out =
            |call: &CallRow| self.decisions.get(&(place, call.id)).and_then(|decided| decided.taken_out);
        self.calls.get(&place).into_iter().flatten().map(|call| call.plain(taken_out(call))).collect()
    }

    fn listed_in_order(&self, flag: &flag::Model) -> Vec<(CallId, Option<flag_call::ExclusionReason>)> {
        let listed = self.listed.get(&flag.id).into_iter().flatten();
        listed.map(|row| (row.call_id, row.reason)).collect()
    }

    fn note_of(&self, place: PropertyId, call: CallId) -> Option<String> {
        self.decisions
            .get(&(place, call))
            .filter(|decided| decided.taken_out.is_some())
            .map(|decided| decided.note.clone())
    }

    fn raised(&self, tx: &Tx, place: &property::Model, rule: &Rule, count: &Count) -> Option<flag::Model> {
        Some(flag::Model {
            id: FlagId::generate(),
            version: 1,
            status: FlagStatus::NeedsReview,
            property_id: place.id,
            district_id: place.district_id?,
            rule_id: rule.id,
            raised_at: tx.now,
            window_from: count.window.from,
            window_to: count.window.to,
            measured: count.measured?,
            threshold: count.threshold,
            data_as_of: self.as_of,
            reviewed_by: None,
            reviewed_at: None,
            review_reason: None,
            case_id: None,
        })
    }

    async fn renew(&mut self, tx: &mut Tx, id: FlagId, count: &Count) -> Result<()> {
        let Some(mut flag) = self.flags.remove(&id) else { return Ok(()) };
        let (before, listed) = (flag.clone(), self.listed.remove(&id).unwrap_or_default());
        stored::take_over(&mut flag, count);
        let mut rows = stored::rows(id, count, |call| self.note_of(flag.property_id, call));
        let mut known = listed.clone();
        rows.sort_by_key(|row| row.call_id);
        known.sort_by_key(|row| row.call_id);
        let changed = flag != before || rows != known;
        flag.data_as_of = self.as_of;
        if changed {
            stored::relist(tx, id, &listed, rows).await?;
            stored::update(tx, &mut flag).await?;
            history::recounted(tx, &flag, before.measured, &listed, count).await
        } else if flag != before {
            stored::update_quietly(tx, &flag).await
        } else {
            Ok(())
        }
    }

    async fn withdraw(&mut self, tx: &mut Tx, id: FlagId, count: &Count) -> Result<()> {
        if let Some(flag) = self.flags.get_mut(&id) {
            flag.status = FlagStatus::Withdrawn;
        }
        self.cut(tx, id, count).await
    }

    // What the review said of a call stays with it, and so does the reason of the review itself.
    async fn cut(&mut self, tx: &mut Tx, id: FlagId, count: &Count) -> Result<()> {
        let Some(mut flag) = self.flags.remove(&id) else { return Ok(()) };
        let (place, measured) = (flag.property_id, flag.measured);
        let listed = self.listed.remove(&id).unwrap_or_default();
        let notes: HashMap<CallId, Option<String>> =
            listed.iter().map(|row| (row.call_id, row.review_note.clone())).collect();
        let note = |call: CallId| notes.get(&call).cloned().flatten().or_else(|| self.note_of(place, call));
        stored::take_over(&mut flag, count);
        flag.data_as_of = self.as_of;
        stored::relist(tx, id, &listed, stored::rows(id, count, note)).await?;
        stored::update(tx, &mut flag).await?;
        history::recounted(tx, &flag, measured, &listed, count).await?;
        if flag.measured == measured { Ok(()) } else { tell_case(tx, &flag, measured).await }
    }
}

// What places are used for that some rule in force runs on.
fn uses(rules: &[Rule], as_of: NaiveDate) -> Vec<UseType> {
    let in_force = rule_scope::in_force(rules, as_of);
    let uses: BTreeSet<UseType> = in_force.iter().flat_map(|rule| rule.use_types.0.iter().copied()).collect();
    uses.into_iter().collect()
}

// The places whose calls are needed, each with the first day that may be counted again: by a rule that judges the place, or
// in the window of a flag that is open there.
fn needed(
    rules: &[Rule],
    places: &[property::Model],
    flags: &[flag::Model],
    as_of: NaiveDate,
) -> Vec<(PropertyId, NaiveDate)> {
    let in_force = rule_scope::in_force(rules, as_of);
    let mut held: HashMap<PropertyId, NaiveDate> = HashMap::new();
    for flag in flags.iter().filter(|flag| known::OPEN.contains(&flag.status)) {
        let first = held.entry(flag.property_id).or_insert(flag.window_from);
        *first = flag.window_from.min(*first);
    }
    let first = |place: &property::Model| {
        let running = rule_scope::running(&in_force, place);
        let flagged = held.get(&place.id).copied();
        // Rules that the place's flags rest on may run again once another one does not displace them.
        let judging = if flagged.is_some() { in_force.clone() } else { running };
        let windows = judging.into_iter().filter_map(|rule| rule_scope::window(rule, as_of));
        windows.map(|window| window.from).chain(flagged).min()
    };
    places.iter().filter_map(|place| Some((place.id, first(place)?))).collect()
}

// Those who work the case learn that its ground has changed; which call it was stands in the flag.
async fn tell_case(tx: &mut Tx, flag: &flag::Model, before: f64) -> Result<()> {
    let Some(id) = flag.case_id else { return Ok(()) };
    let locked =
        unscoped::<case::Entity>().filter(case::Column::Id.eq(id)).lock_rows().one(tx.conn()).await?;
    let Some(mut case) = locked else { return Ok(()) };
    let summary = format!(
        "What the flag measured has changed: {} instead of {before}, with a threshold of {}",
        flag.measured, flag.threshold
    );
    let entry = Entry::new(CaseEventKind::CallsChanged, summary).change(
        "measured",
        Some(before),
        Some(flag.measured),
    );
    events::append(tx, &mut case, entry).await?;
    Ok(())
}
