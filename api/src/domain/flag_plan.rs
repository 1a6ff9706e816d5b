//! What becomes of a place's flags when its calls have changed: which are raised, renewed, cut or withdrawn.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    flag::{self, FlagStatus},
    flag_call::ExclusionReason,
    id::{CallId, FlagId},
    nuisance_rule::Model as Rule,
    property,
};

use super::{
    call_count::{self, Count, Counted, PlainCall, count},
    day_window::DayWindow,
    rule_scope,
};

/// A flag that is there already.
#[derive(Clone, Debug)]
pub struct Known {
    pub flag: flag::Model,
    /// The calls it lists, each with the reason why it is not counted.
    pub calls: Vec<(CallId, Option<ExclusionReason>)>,
    /// The city's day of its review.
    pub reviewed_on: Option<NaiveDate>,
}

impl Known {
    fn window(&self) -> DayWindow {
        DayWindow { from: self.flag.window_from, to: self.flag.window_to }
    }

    fn is(&self, status: FlagStatus) -> bool {
        self.flag.status == status
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A place has crossed a rule's threshold.
    Raise(Box<Rule>, Count),
    /// It waits for review and still reaches the threshold: show what it rests on now.
    Renew(FlagId, Count),
    /// It was reviewed; calls that it counted no longer count, and none is added.
    Cut(FlagId, Count),
    /// What it rests on no longer reaches the threshold, or the rule does not run there any more.
    Withdraw(FlagId, Count),
}

/// What to do with the flags of a place. `known` are all its flags, `calls` those of every window that may be looked at,
/// and the data reach up to `as_of`.
#[must_use]
pub fn plan(
    place: &property::Model,
    rules: &[Rule],
    known: &[Known],
    calls: &[PlainCall<'_>],
    as_of: NaiveDate,
) -> Vec<Step> {
    let of_id: HashMap<_, &Rule> = rules.iter().map(|rule| (rule.id, rule)).collect();
    let in_force = rule_scope::in_force(rules, as_of);
    let running = rule_scope::running(&in_force, place);
    let looking = Looking { place, running: &running, calls, as_of, past: past_of_keys(known, &of_id) };
    let mut steps = Vec::new();
    let mut open: HashSet<&str> = HashSet::new();
    for known in known {
        let Some(rule) = of_id.get(&known.flag.rule_id) else { continue };
        let step = match known.flag.status {
            FlagStatus::NeedsReview => {
                Some(looking.renew(known, rule, in_force.iter().any(|current| current.id == rule.id)))
            }
            FlagStatus::Confirmed | FlagStatus::CaseOpened => looking.cut(known, rule),
            FlagStatus::Dismissed | FlagStatus::Stale | FlagStatus::Withdrawn => None,
        };
        let stays = !matches!(step, Some(Step::Withdraw(..)));
        if stays && (known.is(FlagStatus::NeedsReview) || known.is(FlagStatus::Confirmed)) {
            open.insert(&rule.key);
        }
        steps.extend(step);
    }
    let raised = running
        .iter()
        .filter(|rule| !open.contains(rule.key.as_str()))
        .filter_map(|rule| looking.raise(rule));
    steps.extend(raised);
    steps
}

/// What the earlier flags of one rule, in any version, leave for a new one.
#[derive(Clone, Copy, Default)]
struct Past {
    /// Reviewed calls are not held against the place again.
    reviewed_on: Option<NaiveDate>,
    /// Nobody looked at the calls up to this day in time.
    stale_to: Option<NaiveDate>,
}

fn past_of_keys<'a>(
    known: &[Known],
    rules: &HashMap<entity::id::NuisanceRuleId, &'a Rule>,
) -> HashMap<&'a str, Past> {
    let mut past: HashMap<&str, Past> = HashMap::new();
    for known in known {
        let Some(rule) = rules.get(&known.flag.rule_id) else { continue };
        let past = past.entry(&rule.key).or_default();
        match known.flag.status {
            FlagStatus::Dismissed | FlagStatus::CaseOpened => {
                past.reviewed_on = past.reviewed_on.max(known.reviewed_on)
            }
            FlagStatus::Stale => past.stale_to = past.stale_to.max(Some(known.flag.window_to)),
            FlagStatus::NeedsReview | FlagStatus::Confirmed | FlagStatus::Withdrawn => {}
        }
    }
    past
}

struct Looking<'a> {
    place: &'a property::Model,
    /// The rules in force that judge the place.
    running: &'a [&'a Rule],
    calls: &'a [PlainCall<'a>],
    as_of: NaiveDate,
    past: HashMap<&'a str, Past>,
}

impl Looking<'_> {
    fn runs(&self, rule: &Rule) -> bool {
        rule_scope::runs_on(rule, self.place.use_type, self.place.residential_occupancy)
            && !rule_scope::is_displaced(rule, self.running)
    }

    fn count(&self, rule: &Rule, window: DayWindow) -> Count {
        count(rule, window, self.place.unit_count, self.calls)
    }

    // The rule's window up to now, as far as its calls were not reviewed before.
    fn count_now(&self, rule: &Rule) -> Option<Count> {
        let reviewed = self.past.get(rule.key.as_str()).and_then(|past| past.reviewed_on);
        let window = rule_scope::window(rule, self.as_of)?;
        let window = match reviewed.and_then(|day| day.succ_opt()) {
            Some(day) => window.since(day)?,
            None => window,
        };
        Some(self.count(rule, window))
    }

    fn raise(&self, rule: &Rule) -> Option<Step> {
        self.place.district_id?;
        let count = self.count_now(rule).filter(|count| count.crossed)?;
        let stale_to = self.past.get(rule.key.as_str()).and_then(|past| past.stale_to);
        (count.newest > stale_to).then(|| Step::Raise(Box::new(rule.clone()), count))
    }

    fn renew(&self, known: &Known, rule: &Rule, in_force: bool) -> Step {
        let id = known.flag.id;
        if self.runs(rule)
            && in_force
            && let Some(count) = self.count_now(rule).filter(|count| count.crossed)
        {
            return Step::Renew(id, count);
        }
        // That the window moved on takes nothing back: it is held against the days it was raised for.
        let count = self.count(rule, known.window());
        if self.runs(rule) && count.crossed { Step::Renew(id, count) } else { Step::Withdraw(id, count) }
    }

    fn cut(&self, known: &Known, rule: &Rule) -> Option<Step> {
        let id = known.flag.id;
        let count = self.still_counted(known, rule);
        if known.is(FlagStatus::Confirmed) && !(count.crossed && self.runs(rule)) {
            return Some(Step::Withdraw(id, count));
        }
        // The number of units may have been corrected, too.
        let differs = count.measured.is_some_and(|now| now != known.flag.measured);
        (differs || count.calls != known.calls).then_some(Step::Cut(id, count))
    }

    // What a sergeant has confirmed may lose calls, but gains none unseen.
    fn still_counted(&self, known: &Known, rule: &Rule) -> Count {
        let of_id: HashMap<CallId, &PlainCall<'_>> = self.calls.iter().map(|call| (call.id, call)).collect();
        let units = self.place.unit_count;
        let mut calls = Vec::with_capacity(known.calls.len());
        let mut counted = Vec::new();
        for (id, reason) in &known.calls {
            // One that is not found now belongs to another place or day, or is protected.
            let Some(call) = of_id.get(id).filter(|call| known.window().contains(call.day)) else { continue };
            let reason = match call_count::exclusion(call, Some(rule)) {
                Some(ExclusionReason::Protected) => continue,
                now => reason.or(now),
            };
            if reason.is_none() {
                counted.push(Counted { day: call.day, category: call.category });
            }
            calls.push((*id, reason));
        }
        Count {
            window: known.window(),
            calls,
            measured: call_count::measured(rule.measure, units, &counted),
            threshold: call_count::threshold(rule, units),
            crossed: call_count::reaches(rule, units, &counted),
            newest: counted.into_iter().map(|call| call.day).max(),
        }
    }
}

#[cfg(test)]
#[path = "flag_plan_tests.rs"]
mod tests;
