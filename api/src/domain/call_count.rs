//! What a nuisance rule counts at a place: each call is counted or left out for one reason, and the rest is measured.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    call::{AddressPrecision, CallCategory},
    flag_call::ExclusionReason,
    id::CallId,
    nuisance_rule::{Model as Rule, RuleComparison, RuleMeasure},
};

use super::{
    call_behavior::{CallBehavior, behavior},
    day_window::DayWindow,
};

/// What a rule needs to know of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact that can take a call out")]
pub struct PlainCall {
    pub id: CallId,
    pub occurred_at: DateTime<Utc>,
    /// The city's calendar day.
    pub day: NaiveDate,
    pub category: CallCategory,
    pub precision: AddressPrecision,
    pub disposition_excludes: bool,
    pub officer_initiated: bool,
    /// The source no longer lists it.
    pub withdrawn: bool,
    /// A reviewing sergeant took it out.
    pub excluded_by_review: bool,
}

/// Why a call never counts, whatever else happened that day; of several reasons the strictest.
///
/// Without a rule, every qualifying category counts and what officers opened does not.
#[must_use]
pub fn exclusion(call: &PlainCall, rule: Option<&Rule>) -> Option<ExclusionReason> {
    use ExclusionReason as E;
    let counts = |category| {
        behavior(category) == CallBehavior::Qualifying
            && rule.is_none_or(|rule| rule.categories.0.contains(&category))
    };
    let with_officers = rule.is_some_and(|rule| rule.include_officer_initiated);
    let reasons = [
        (behavior(call.category) == CallBehavior::Protected, E::Protected),
        (call.withdrawn, E::WithdrawnBySource),
        (call.category == CallCategory::Unmapped, E::Unmapped),
        (!counts(call.category), E::NotQualifying),
        (call.disposition_excludes, E::Disposition),
        (!matches!(call.precision, AddressPrecision::Unit | AddressPrecision::Address), E::Precision),
        (call.officer_initiated && !with_officers, E::OfficerInitiated),
        (call.excluded_by_review, E::ExcludedByReview),
    ];
    reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason)
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
pub fn count(rule: &Rule, window: DayWindow, units: Option<i32>, calls: &[PlainCall]) -> Count {
    let mut calls: Vec<&PlainCall> = calls.iter().filter(|call| window.contains(call.day)).collect();
    calls.sort_by_key(|call| (call.occurred_at, call.id));
    let mut pace = Pace::new(rule);
    let verdict = |call: &&PlainCall| exclusion(call, Some(rule)).or_else(|| pace.exclusion(call));
    let verdicts: Vec<_> = calls.iter().map(verdict).collect();
    let counted =
        || calls.iter().zip(&verdicts).filter(|(_, reason)| reason.is_none()).map(|(call, _)| call.day);
    let days: Vec<NaiveDate> = counted().collect();
    let measured = measured(rule.measure, units, &days);
    let listed = calls.iter().zip(verdicts.iter().copied());
    Count {
        window,
        calls: listed
            .filter(|(_, reason)| *reason != Some(ExclusionReason::Protected))
            .map(|(call, reason)| (call.id, reason))
            .collect(),
        measured,
        threshold: threshold(rule, units),
        crossed: crosses(rule, units, measured),
        newest: days.iter().max().copied(),
    }
}

/// Whether the calls of these days reach the rule's threshold, each day standing for one counted call.
#[must_use]
pub fn reaches(rule: &Rule, units: Option<i32>, days: &[NaiveDate]) -> bool {
    crosses(rule, units, measured(rule.measure, units, days))
}

/// What the rule measures of counted calls on these days.
#[must_use]
pub fn measured(measure: RuleMeasure, units: Option<i32>, days: &[NaiveDate]) -> Option<f64> {
    // Nobody calls four thousand million times.
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    match measure {
        RuleMeasure::Count => Some(number(days.len())),
        RuleMeasure::DistinctDays => Some(number(days.iter().collect::<BTreeSet<_>>().len())),
        RuleMeasure::PerUnit => {
            let units = units.filter(|units| *units > 0)?;
            Some(number(days.len()) / f64::from(units))
        }
    }
}

/// The rule's threshold for a place with so many units.
#[must_use]
pub fn threshold(rule: &Rule, units: Option<i32>) -> f64 {
    let band = units.and_then(|units| {
        let holds = |from: i32, to: Option<i32>| from <= units && to.is_none_or(|to| units <= to);
        rule.unit_bands.0.iter().find(|band| holds(band.from, band.to))
    });
    band.map_or(rule.threshold, |band| band.threshold)
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
    fn exclusion(&mut self, call: &PlainCall) -> Option<ExclusionReason> {
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
pub(in crate::domain) mod tests;
