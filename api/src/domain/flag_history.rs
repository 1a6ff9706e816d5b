//! Why a flag changed, in words that never tell which call is protected or what it was about.

use std::collections::{BTreeMap, HashMap};

use entity::{flag, flag_call::ExclusionReason, id::CallId};

use super::call_count::Count;

/// Calls with the reason why each is not counted.
pub type Verdicts = [(CallId, Option<ExclusionReason>)];

/// What a new flag rests on.
#[must_use]
pub fn raised(flag: &flag::Model) -> String {
    let (from, to) = (flag.window_from, flag.window_to);
    format!("Measured {} from {from} to {to}, with a threshold of {}.", flag.measured, flag.threshold)
}

/// Why a flag measures something else than before; `before` is what it listed then.
#[must_use]
pub fn changed(before: &Verdicts, count: &Count) -> String {
    let mut told = lost(before, count);
    let counted_before = |id: &CallId| before.iter().any(|(known, reason)| known == id && reason.is_none());
    if count.calls.iter().any(|(id, reason)| reason.is_none() && !counted_before(id)) {
        told.push("further calls count".to_owned());
    }
    sentence(told, "What it is measured by was corrected")
}

/// Why a flag was withdrawn.
#[must_use]
pub fn withdrawn(before: &Verdicts, count: &Count) -> String {
    if count.crossed {
        return "The rule does not judge this place any more: its use, occupancy or units, or the rules, changed."
            .to_owned();
    }
    let why = sentence(lost(before, count), "What it is measured by was corrected");
    format!("{why} It no longer reaches the threshold.")
}

fn sentence(told: Vec<String>, otherwise: &str) -> String {
    let told = if told.is_empty() { otherwise.to_owned() } else { told.join("; ") };
    let mut letters = told.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

// A call that is not listed any more is not numbered, and not told apart from one that moved.
fn lost(before: &Verdicts, count: &Count) -> Vec<String> {
    let now: HashMap<CallId, Option<ExclusionReason>> = count.calls.iter().copied().collect();
    let mut reasons: BTreeMap<ExclusionReason, usize> = BTreeMap::new();
    let mut is_gone = false;
    for (id, _) in before.iter().filter(|(_, reason)| reason.is_none()) {
        match now.get(id) {
            Some(Some(reason)) => *reasons.entry(*reason).or_default() += 1,
            Some(None) => {}
            None => is_gone = true,
        }
    }
    let gone = is_gone.then(|| {
        "calls that it counted are protected now, belong to another place or day, or lie before the window".to_owned()
    });
    let told = |(reason, calls): (ExclusionReason, usize)| {
        format!("{} no more: {}", calls_word(calls), words(reason))
    };
    gone.into_iter().chain(reasons.into_iter().map(told)).collect()
}

fn calls_word(calls: usize) -> String {
    if calls == 1 { "1 call counts".to_owned() } else { format!("{calls} calls count") }
}

fn words(reason: ExclusionReason) -> &'static str {
    use ExclusionReason as E;
    match reason {
        E::Protected => "must not be counted",
        E::Unmapped => "of a type that is mapped to no category",
        E::NotQualifying => "of a category that the rule does not count",
        E::Disposition => "taken back by the disposition",
        E::Precision => "no longer told with an exact address",
        E::OfficerInitiated => "opened by an officer",
        E::CallerIsVictimOrOwner => {
            "taken out by a review: the caller was a victim, an occupant in need, the owner or manager"
        }
        E::SameDay => "on a day or within hours for which another call counts",
        E::Duplicate => "told twice",
        E::ExcludedByReview => "taken out by a review",
        E::WithdrawnBySource => "no longer listed by the source",
        E::ChallengeUpheld => "taken out because a challenge was upheld",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        call_count::{
            count,
            tests::{call, day, rule},
        },
        day_window::DayWindow,
    };
    use entity::{
        call::CallCategory,
        nuisance_rule::{RuleComparison, RuleMeasure},
    };

    #[test]
    fn a_reason_tells_what_people_decided_and_hides_which_call_is_protected() {
        let three = rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0);
        let window = DayWindow { from: day("2026-03-01"), to: day("2026-03-31") };
        let mut calls = ["2026-03-01 12:00", "2026-03-02 12:00", "2026-03-03 12:00"].map(call);
        let before = count(&three, window, None, &calls).calls;
        calls[0].withdrawn = true;
        let told = withdrawn(&before, &count(&three, window, None, &calls));
        assert_eq!(
            told,
            "1 call counts no more: no longer listed by the source. It no longer reaches the threshold."
        );
        calls[0].withdrawn = false;
        calls[0].category = CallCategory::Domestic;
        let told = withdrawn(&before, &count(&three, window, None, &calls));
        assert!(
            told.starts_with("Calls that it counted are protected now, belong to another place"),
            "{told}"
        );
        for secret in ["DOMESTIC", "2026-03-01", "1 call"] {
            assert!(!told.contains(secret), "{told}");
        }
    }

    #[test]
    fn a_rule_that_does_not_run_there_any_more_is_the_reason_itself() {
        let one = rule(RuleMeasure::Count, RuleComparison::AtLeast, 1.0);
        let window = DayWindow { from: day("2026-03-01"), to: day("2026-03-31") };
        let found = count(&one, window, None, &[call("2026-03-01 12:00")]);
        assert!(withdrawn(&found.calls, &found).starts_with("The rule does not judge this place any more"));
        assert_eq!(changed(&[], &found), "Further calls count.");
    }
}
