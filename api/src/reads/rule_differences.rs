//! Where the flags of a place differ from what the replay of its calls comes to.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::{
    flag::FlagStatus, flag_call::ExclusionReason, id::CallId, nuisance_rule::Model as Rule, property,
};

use super::rule_replay::StoredFlag;
use crate::domain::rule_replay::{
    Replayed, Span, StoredCall, in_force_on, judges, may_raise, replay, replay_confirmed, span,
};

/// One place with all that bears on it.
pub struct Seen<'a> {
    pub place: &'a property::Model,
    pub rules: &'a [Rule],
    pub flags: &'a [StoredFlag],
    /// Oldest first.
    pub calls: &'a [StoredCall],
    /// Calls that people took out, and why.
    pub out: &'a HashMap<CallId, ExclusionReason>,
    pub as_of: NaiveDate,
}

/// What differs, in words that name flags, rules and calls by id or key and tell nothing else of a call.
pub fn differences(seen: &Seen<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for stored in seen.flags {
        let Some(rule) = seen.rules.iter().find(|rule| rule.id == stored.flag.rule_id) else { continue };
        let told = match stored.flag.status {
            FlagStatus::NeedsReview => seen.of_waiting(stored, rule),
            FlagStatus::Confirmed | FlagStatus::CaseOpened => seen.of_confirmed(stored, rule),
            FlagStatus::Dismissed | FlagStatus::Stale | FlagStatus::Withdrawn => Vec::new(),
        };
        found.extend(told.into_iter().map(|what| format!("{} ({}): {what}", stored.flag.id, rule.key)));
    }
    found.extend(seen.not_raised());
    found
}

impl Seen<'_> {
    fn span_of(&self, stored: &StoredFlag) -> Span {
        (stored.flag.window_from, stored.flag.window_to)
    }

    fn replay(&self, rule: &Rule, span: Span) -> Replayed {
        replay(rule, self.place.unit_count, span, self.calls, self.out)
    }

    // The window that ends on a day, behind the days that were reviewed before.
    fn span_at(&self, rule: &Rule, day: NaiveDate) -> Option<Span> {
        let reviewed = [FlagStatus::Dismissed, FlagStatus::CaseOpened];
        let of_key = self.of_key(rule).filter(|stored| reviewed.contains(&stored.flag.status));
        let since = of_key.filter_map(|stored| stored.reviewed_on?.succ_opt()).max();
        span(rule, day, since)
    }

    fn of_key(&self, rule: &Rule) -> impl Iterator<Item = &StoredFlag> {
        let key = rule.key.clone();
        self.flags.iter().filter(move |stored| {
            self.rules.iter().any(|other| other.id == stored.flag.rule_id && other.key == key)
        })
    }

    fn of_waiting(&self, stored: &StoredFlag, rule: &Rule) -> Vec<String> {
        let in_force = in_force_on(self.rules, stored.as_of);
        let mut found = compared(stored, &self.replay(rule, self.span_of(stored)));
        if !judges(rule, self.place, &in_force) {
            found.push("it is open, but the rule does not judge the place".to_owned());
        }
        // As long as the window that ends with the data crosses, it is the one that is shown.
        if in_force.iter().any(|current| current.id == rule.id)
            && let Some(current) = self.span_at(rule, stored.as_of)
            && current != self.span_of(stored)
            && self.replay(rule, current).crossed
        {
            found.push(format!(
                "its window is {} to {}, replayed {} to {}",
                stored.flag.window_from, stored.flag.window_to, current.0, current.1
            ));
        }
        found
    }

    fn of_confirmed(&self, stored: &StoredFlag, rule: &Rule) -> Vec<String> {
        let listed: Vec<_> = stored.listed.iter().map(|row| (row.call_id, row.reason)).collect();
        let (units, span) = (self.place.unit_count, self.span_of(stored));
        let replayed = replay_confirmed(rule, units, span, &listed, self.calls, self.out);
        let mut found = compared(stored, &replayed);
        if stored.flag.status == FlagStatus::CaseOpened {
            // A case stands whatever becomes of the count.
            found.retain(|what| what != BELOW);
        } else if !judges(rule, self.place, &in_force_on(self.rules, self.as_of)) {
            found.push("it is confirmed, but the rule does not judge the place".to_owned());
        }
        found
    }

    fn not_raised(&self) -> Vec<String> {
        let in_force = in_force_on(self.rules, self.as_of);
        let open = [FlagStatus::NeedsReview, FlagStatus::Confirmed];
        let mut found = Vec::new();
        for rule in in_force.iter().filter(|rule| may_raise(rule, self.place, &in_force)) {
            let standing = self.of_key(rule).filter(|stored| open.contains(&stored.flag.status)).count();
            if standing > 1 {
                found.push(format!("{} ({}): {standing} flags are open", self.place.id, rule.key));
            }
            if standing > 0 || self.place.district_id.is_none() {
                continue;
            }
            let Some(span) = self.span_at(rule, self.as_of) else { continue };
            let replayed = self.replay(rule, span);
            let stale = self.of_key(rule).filter(|stored| stored.flag.status == FlagStatus::Stale);
            let unseen_since = stale.map(|stored| stored.flag.window_to).max();
            if replayed.crossed && replayed.newest > unseen_since {
                let measured = replayed.measured.unwrap_or_default();
                let (place, key) = (self.place.id, &rule.key);
                found.push(format!(
                    "{place} ({key}): no flag is open, replayed {measured} from {} to {}",
                    span.0, span.1
                ));
            }
        }
        found
    }
}

const BELOW: &str = "it is open, but replayed it is below the threshold";

fn compared(stored: &StoredFlag, replayed: &Replayed) -> Vec<String> {
    let flag = &stored.flag;
    let mut found = Vec::new();
    // A ratio that nobody can tell any more stays what it was.
    if replayed.measured.is_some_and(|measured| measured != flag.measured) {
        found.push(format!(
            "it measured {}, replayed {}",
            flag.measured,
            replayed.measured.unwrap_or_default()
        ));
    }
    if replayed.threshold != flag.threshold {
        found.push(format!("its threshold is {}, replayed {}", flag.threshold, replayed.threshold));
    }
    if !replayed.crossed {
        found.push(BELOW.to_owned());
    }
    let listed: BTreeMap<CallId, Option<ExclusionReason>> =
        stored.listed.iter().map(|row| (row.call_id, row.reason)).collect();
    let wanted: BTreeMap<CallId, Option<ExclusionReason>> = replayed.listed.iter().copied().collect();
    for (call, why) in &wanted {
        match listed.get(call) {
            None => found.push(format!("it does not list {call}, replayed {}", told(*why))),
            Some(stored) if stored != why => {
                found.push(format!("it lists {call} as {}, replayed {}", told(*stored), told(*why)));
            }
            Some(_) => {}
        }
    }
    let gone = listed.keys().filter(|call| !wanted.contains_key(call));
    found.extend(gone.map(|call| format!("it lists {call}, which replayed is not there or not to be shown")));
    let crooked = stored.listed.iter().filter(|row| row.counted != row.reason.is_none());
    found.extend(crooked.map(|row| format!("{} is counted and left out at once", row.call_id)));
    found
}

fn told(why: Option<ExclusionReason>) -> String {
    why.map_or_else(|| "counted".to_owned(), ExclusionReason::word)
}
