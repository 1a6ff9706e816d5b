//! What nuisance rules come to at a place, told once more from the calls as they are stored.
//!
//! It is written apart from `call_count`, `rule_scope`, `day_window` and `flag_plan`, which raise the flags, and shares no
//! function with them: one pass over a place's calls in the order of time. Where the two disagree, one of them is wrong.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use entity::{
    call::{AddressPrecision, CallCategory},
    flag_call::ExclusionReason as Why,
    id::CallId,
    nuisance_rule::{Model as Rule, RuleComparison, RuleMeasure, WindowUnit},
    property::{self, ResidentialOccupancy, UseType},
};

/// A call as it is stored.
#[derive(Clone, Debug)]
pub struct StoredCall {
    pub id: CallId,
    pub occurred_at: DateTime<Utc>,
    pub occurred_on: NaiveDate,
    pub category: CallCategory,
    pub precision: AddressPrecision,
    pub disposition: Option<String>,
    pub disposition_excludes: bool,
    pub officer_initiated: bool,
    pub withdrawn: bool,
}

/// First and last day of a window.
pub type Span = (NaiveDate, NaiveDate);

/// What a rule comes to in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The calls of the window but the protected ones, oldest first, each with why it does not count.
    pub listed: Vec<(CallId, Option<Why>)>,
    /// None where the number of units is not known that the rule divides by.
    pub measured: Option<f64>,
    pub threshold: f64,
    pub crossed: bool,
    /// The day of the newest call that counts.
    pub newest: Option<NaiveDate>,
}

/// Goes through the calls, which come oldest first; `out` tells which of them people took out.
#[must_use]
pub fn replay(
    rule: &Rule,
    units: Option<i32>,
    (from, to): Span,
    calls: &[StoredCall],
    out: &HashMap<CallId, Why>,
) -> Replayed {
    let mut listed = Vec::new();
    let (mut counted, mut days, mut today) = (0_u32, 0_u32, 0_i32);
    let (mut newest, mut last): (Option<NaiveDate>, Option<DateTime<Utc>>) = (None, None);
    let mut asked_for = rule.require_one_of.0.is_empty();
    for call in calls {
        if call.occurred_on < from || to < call.occurred_on || is_protected(call.category) {
            continue;
        }
        let mut why = barred(rule, call).or_else(|| out.get(&call.id).copied());
        if why.is_none() {
            let so_far = if newest == Some(call.occurred_on) { today } else { 0 };
            let soon = |gap: i32| last.is_some_and(|at| call.occurred_at < at + TimeDelta::hours(gap.into()));
            if rule.max_per_day.is_some_and(|most| so_far >= most) || rule.min_gap_hours.is_some_and(soon) {
                why = Some(Why::SameDay);
            } else {
                days += u32::from(so_far == 0);
                counted += 1;
                (today, newest, last) = (so_far + 1, Some(call.occurred_on), Some(call.occurred_at));
                asked_for |= rule.require_one_of.0.contains(&call.category);
            }
        }
        listed.push((call.id, why));
    }
    let measured = measured(rule, units, counted, days);
    let threshold = threshold(rule, units);
    Replayed { listed, measured, threshold, crossed: asked_for && over(rule, measured, threshold), newest }
}

/// What a flag that a sergeant has confirmed comes to now. It may lose calls and gains none: a call that it left out stays
/// out for the same reason, and none is listed that is protected or not there.
#[must_use]
pub fn replay_confirmed(
    rule: &Rule,
    units: Option<i32>,
    (from, to): Span,
    stored: &[(CallId, Option<Why>)],
    calls: &[StoredCall],
    out: &HashMap<CallId, Why>,
) -> Replayed {
    let there: HashMap<CallId, &StoredCall> = calls
        .iter()
        .filter(|call| from <= call.occurred_on && call.occurred_on <= to && !is_protected(call.category))
        .map(|call| (call.id, call))
        .collect();
    let mut listed = Vec::new();
    let mut counting: Vec<&StoredCall> = Vec::new();
    for (id, left_out) in stored {
        let Some(call) = there.get(id) else { continue };
        let why = left_out.or_else(|| barred(rule, call)).or_else(|| out.get(id).copied());
        if why.is_none() {
            counting.push(call);
        }
        listed.push((*id, why));
    }
    let mut days: Vec<NaiveDate> = counting.iter().map(|call| call.occurred_on).collect();
    days.sort_unstable();
    days.dedup();
    let asked_for = rule.require_one_of.0.is_empty()
        || counting.iter().any(|call| rule.require_one_of.0.contains(&call.category));
    let measured = measured(rule, units, number(counting.len()), number(days.len()));
    let threshold = threshold(rule, units);
    let crossed = asked_for && over(rule, measured, threshold);
    Replayed { listed, measured, threshold, crossed, newest: days.last().copied() }
}

// Why the call never counts by this rule, the strictest reason first.
fn barred(rule: &Rule, call: &StoredCall) -> Option<Why> {
    use CallCategory as C;
    if call.withdrawn {
        return Some(Why::WithdrawnBySource);
    }
    let may_count = matches!(
        call.category,
        C::Noise
            | C::Disturbance
            | C::Fight
            | C::Drug
            | C::Prostitution
            | C::Gambling
            | C::Liquor
            | C::Weapon
            | C::ShotsFired
            | C::Assault
            | C::Trespass
            | C::Vandalism
            | C::Dumping
            | C::Intoxication
    );
    if call.category == C::Unmapped {
        return Some(Why::Unmapped);
    }
    if !may_count || !rule.categories.0.contains(&call.category) {
        return Some(Why::NotQualifying);
    }
    let named = |told: &String| {
        rule.excluded_dispositions.0.iter().any(|word| word.eq_ignore_ascii_case(told.trim()))
    };
    if call.disposition_excludes || call.disposition.as_ref().is_some_and(named) {
        return Some(Why::Disposition);
    }
    let exact = call.precision == AddressPrecision::Unit
        || (call.precision == AddressPrecision::Address && rule.min_precision != AddressPrecision::Unit);
    if !exact {
        return Some(Why::Precision);
    }
    (call.officer_initiated && !rule.include_officer_initiated).then_some(Why::OfficerInitiated)
}

fn is_protected(category: CallCategory) -> bool {
    use CallCategory as C;
    matches!(
        category,
        C::Domestic
            | C::SexCrime
            | C::Stalking
            | C::ChildOrElder
            | C::MissingPerson
            | C::Medical
            | C::MentalHealth
            | C::Welfare
            | C::Death
    )
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn measured(rule: &Rule, units: Option<i32>, counted: u32, days: u32) -> Option<f64> {
    match (rule.measure, units) {
        (RuleMeasure::Count, _) => Some(f64::from(counted)),
        (RuleMeasure::DistinctDays, _) => Some(f64::from(days)),
        (RuleMeasure::PerUnit, Some(units)) if units > 0 => Some(f64::from(counted) / f64::from(units)),
        (RuleMeasure::PerUnit, _) => None,
    }
}

fn threshold(rule: &Rule, units: Option<i32>) -> f64 {
    let mut bands = rule.unit_bands.0.iter();
    let banded =
        units.and_then(|n| bands.find(|band| (band.from..=band.to.unwrap_or(i32::MAX)).contains(&n)));
    banded.map_or(rule.threshold, |band| band.threshold)
}

fn over(rule: &Rule, measured: Option<f64>, threshold: f64) -> bool {
    match (rule.comparison, measured) {
        (_, None) => false,
        (RuleComparison::AtLeast, Some(measured)) => measured >= threshold,
        (RuleComparison::MoreThan, Some(measured)) => measured > threshold,
    }
}

/// The rules that are in force on a day: of each key the last version that has begun, if it has not ended.
#[must_use]
pub fn in_force_on(rules: &[Rule], day: NaiveDate) -> Vec<&Rule> {
    let begun = |rule: &&Rule| rule.effective_from <= day;
    let is_last = |rule: &&Rule| {
        !rules.iter().filter(begun).any(|other| other.key == rule.key && other.version > rule.version)
    };
    let ended = |rule: &&Rule| rule.effective_to.is_some_and(|to| to <= day);
    rules.iter().filter(begun).filter(is_last).filter(|rule| !ended(rule)).collect()
}

/// Whether the rule judges the place on a day when these are in force.
#[must_use]
pub fn judges(rule: &Rule, place: &property::Model, in_force: &[&Rule]) -> bool {
    if !is_meant_for(rule, place) {
        return false;
    }
    let Some(group) = rule.exclusive_group.as_deref() else { return true };
    let of_group =
        |other: &&&Rule| other.exclusive_group.as_deref() == Some(group) && is_meant_for(other, place);
    let fits = |other: &Rule| {
        let bands = &other.unit_bands.0;
        place.unit_count.is_some_and(|n| bands.iter().any(|b| b.from <= n && b.to.is_none_or(|to| n <= to)))
    };
    let some_fits = in_force.iter().filter(of_group).any(|other| fits(other));
    let chosen = |other: &&&Rule| if some_fits { fits(other) } else { other.unit_bands.0.is_empty() };
    let mut chosen = in_force.iter().filter(of_group).filter(chosen).peekable();
    // Where none of the group judges, none is displaced either.
    chosen.peek().is_none() || chosen.any(|other| other.key == rule.key)
}

/// Whether a rule that judges the place may raise a flag there: of a group only one that was chosen.
#[must_use]
pub fn may_raise(rule: &Rule, place: &property::Model, in_force: &[&Rule]) -> bool {
    let unbanded = rule.unit_bands.0.is_empty();
    let fits = place.unit_count.is_some_and(|n| {
        rule.unit_bands.0.iter().any(|band| band.from <= n && band.to.is_none_or(|to| n <= to))
    });
    judges(rule, place, in_force) && (rule.exclusive_group.is_none() || unbanded || fits)
}

fn is_meant_for(rule: &Rule, place: &property::Model) -> bool {
    use ResidentialOccupancy as O;
    let lived_in = match place.residential_occupancy {
        O::Unknown => vec![O::Some, O::Unknown],
        known => vec![known],
    };
    !matches!(place.use_type, UseType::SingleFamily | UseType::MultiFamily | UseType::Unknown)
        && rule.use_types.0.contains(&place.use_type)
        && lived_in.iter().all(|occupancy| rule.occupancies.0.contains(occupancy))
}

/// The window of a rule that ends on a day, not before it took effect nor before `since`.
#[must_use]
pub fn span(rule: &Rule, to: NaiveDate, since: Option<NaiveDate>) -> Option<Span> {
    let n = u32::try_from(rule.window_n).ok().filter(|n| *n > 0)?;
    let from = match rule.window_unit {
        WindowUnit::Days => to - Days::new(u64::from(n) - 1),
        WindowUnit::Months => to - Months::new(n) + Days::new(1),
        WindowUnit::CalendarYears => NaiveDate::from_ymd_opt(to.year() - rule.window_n + 1, 1, 1)?,
    };
    let from = from.max(rule.effective_from).max(since.unwrap_or(from));
    (from <= to).then_some((from, to))
}
