//! What a nuisance rule counts at a place: each call is counted or left out for one reason, and the rest is measured.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    call::{AddressPrecision, CallCategory},
    flag_call::ExclusionReason,
    id::CallId,
    nuisance_rule::{Band, Model as Rule, RuleComparison, RuleMeasure},
};

use super::{
    call_behavior::{CallBehavior, behavior},
    day_window::DayWindow,
};

/// What a rule needs to know of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainCall<'a> {
    pub id: CallId,
    pub occurred_at: DateTime<Utc>,
    /// The city's calendar day.
    pub day: NaiveDate,
    pub category: CallCategory,
    pub precision: AddressPrecision,
    /// In the words of its feed.
    pub disposition: Option<&'a str>,
    /// The feed's mapping takes this disposition out of every count.
    pub disposition_excludes: bool,
    pub officer_initiated: bool,
    /// The source no longer lists it.
    pub withdrawn: bool,
    /// Why people took it out: by a review or an upheld challenge.
    pub taken_out: Option<ExclusionReason>,
}

/// A call that counts, as far as the threshold is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    pub day: NaiveDate,
    pub category: CallCategory,
}

/// Why a call never counts, whatever else happened that day; of several reasons the strictest.
///
/// Without a rule, every qualifying category counts and what officers opened does not.
#[must_use]
pub fn exclusion(call: &PlainCall<'_>, rule: Option<&Rule>) -> Option<ExclusionReason> {
    use ExclusionReason as E;
    let counts = |category| {
        behavior(category) == CallBehavior::Qualifying
            && rule.is_none_or(|rule| rule.categories.0.contains(&category))
    };
    let with_officers = rule.is_some_and(|rule| rule.include_officer_initiated);
    let disposed = call.disposition_excludes || rule.is_some_and(|rule| names_disposition(rule, call));
    let reasons = [
        (behavior(call.category) == CallBehavior::Protected, E::Protected),
        (call.withdrawn, E::WithdrawnBySource),
        (call.category == CallCategory::Unmapped, E::Unmapped),
        (!counts(call.category), E::NotQualifying),
        (disposed, E::Disposition),
        (!is_exact(call.precision, rule), E::Precision),
        (call.officer_initiated && !with_officers, E::OfficerInitiated),
    ];
    reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason).or(call.taken_out)
}

// Dispatchers write the same word in small and large letters.
fn names_disposition(rule: &Rule, call: &PlainCall<'_>) -> bool {
    let same = |told: &str, named: &String| told.trim().eq_ignore_ascii_case(named);
    call.disposition.is_some_and(|told| rule.excluded_dispositions.0.iter().any(|named| same(told, named)))
}

// Whatever a rule asks for, less than an address never names a place.
fn is_exact(precision: AddressPrecision, rule: Option<&Rule>) -> bool {
    match precision {
        AddressPrecision::Unit => true,
        AddressPrecision::Address => rule.is_none_or(|rule| rule.min_precision != AddressPrecision::Unit),
        _ => false,
    }
}

/// What a rule found at a place in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub window: DayWindow,
    /// Every call of the window but the protected ones, in order of time; none for counted ones.
    pub calls: Vec<(CallId, Option<ExclusionReason>)>,
    /// None where the rule divides by a number of units that nobody knows.
    pub measured: Option<f64>,
    pub threshold: f64,
    pub crossed: bool,
    /// The day of the newest counted call.
    pub newest: Option<NaiveDate>,
}

/// Counts the calls of the window by the rule, at a place with so many units.
#[must_use]
pub fn count(rule: &Rule, window: DayWindow, units: Option<i32>, calls: &[PlainCall<'_>]) -> Count {
    let mut calls: Vec<&PlainCall<'_>> = calls.iter().filter(|call| window.contains(call.day)).collect();
    calls.sort_by_key(|call| (call.occurred_at, call.id));
    let mut pace = Pace::new(rule);
    let verdict = |call: &&PlainCall<'_>| exclusion(call, Some(rule)).or_else(|| pace.exclusion(call));
    let verdicts: Vec<_> = calls.iter().map(verdict).collect();
    let counted: Vec<Counted> = calls
        .iter()
        .zip(&verdicts)
        .filter(|(_, reason)| reason.is_none())
        .map(|(call, _)| Counted { day: call.day, category: call.category })
        .collect();
    let listed = calls.iter().zip(verdicts.iter().copied());
    Count {
        window,
        calls: listed
            .filter(|(_, reason)| *reason != Some(ExclusionReason::Protected))
            .map(|(call, reason)| (call.id, reason))
            .collect(),
        measured: measured(rule.measure, units, &counted),
        threshold: threshold(rule, units),
        crossed: reaches(rule, units, &counted),
        newest: counted.iter().map(|call| call.day).max(),
    }
}

/// Whether these counted calls cross the rule's threshold, with one of a category that it asks for among them.
#[must_use]
pub fn reaches(rule: &Rule, units: Option<i32>, counted: &[Counted]) -> bool {
    let required = &rule.require_one_of.0;
    let has_required = required.is_empty() || counted.iter().any(|call| required.contains(&call.category));
    has_required && crosses(rule, units, measured(rule.measure, units, counted))
}

/// Whether a count that has not crossed the threshold is so near to it that the rule has people warned early.
#[must_use]
pub fn warns_early(rule: &Rule, count: &Count) -> bool {
    let (Some(percent), Some(measured)) = (rule.early_warning_percent, count.measured) else { return false };
    // 80 % of 0.4 is a little more than 0.32 in binary fractions; a call counts as a whole, so nothing is that close.
    const ROUNDING: f64 = 1e-9;
    !count.crossed && measured * 100.0 + ROUNDING >= count.threshold * f64::from(percent)
}

/// What the rule measures of counted calls.
#[must_use]
pub fn measured(measure: RuleMeasure, units: Option<i32>, counted: &[Counted]) -> Option<f64> {
    // Nobody calls four thousand million times.
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    match measure {
        RuleMeasure::Count => Some(number(counted.len())),
        RuleMeasure::DistinctDays => {
            Some(number(counted.iter().map(|call| call.day).collect::<BTreeSet<_>>().len()))
        }
        RuleMeasure::PerUnit => {
            let units = units.filter(|units| *units > 0)?;
            Some(number(counted.len()) / f64::from(units))
        }
    }
}

/// The rule's threshold for a place with so many units.
#[must_use]
pub fn threshold(rule: &Rule, units: Option<i32>) -> f64 {
    band(rule, units).map_or(rule.threshold, |band| band.threshold)
}

/// The rule's band that holds so many units.
#[must_use]
pub fn band(rule: &Rule, units: Option<i32>) -> Option<&Band> {
    let units = units?;
    let holds = |band: &&Band| band.from <= units && band.to.is_none_or(|to| units <= to);
    rule.unit_bands.0.iter().find(holds)
}

fn crosses(rule: &Rule, units: Option<i32>, measured: Option<f64>) -> bool {
    let threshold = threshold(rule, units);
    measured.is_some_and(|measured| match rule.comparison {
        RuleComparison::AtLeast => measured >= threshold,
        RuleComparison::MoreThan => measured > threshold,
    })
}

/// How many calls of a day count, and how close upon each other.
struct Pace<'a> {
    rule: &'a Rule,
    of_day: HashMap<NaiveDate, i32>,
    last: Option<DateTime<Utc>>,
}

impl<'a> Pace<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self { rule, of_day: HashMap::new(), last: None }
    }

    // Calls come in order of time; only one that counts takes a place of its day.
    fn exclusion(&mut self, call: &PlainCall<'_>) -> Option<ExclusionReason> {
        let of_day = self.of_day.entry(call.day).or_default();
        let full = self.rule.max_per_day.is_some_and(|most| *of_day >= most);
        let gap = TimeDelta::hours(self.rule.min_gap_hours.unwrap_or(0).into());
        let too_close = self.last.is_some_and(|last| call.occurred_at - last < gap);
        if full || too_close {
            return Some(ExclusionReason::SameDay);
        }
        *of_day += 1;
        self.last = Some(call.occurred_at);
        None
    }
}

#[cfg(test)]
#[path = "call_count_tests.rs"]
pub(crate) mod tests;
