//! The steps of a legal action: which may follow, who may take them, and what must be on record first.
//!
//! Of what a remedy requires, `is_enforced` tells what is checked here; the rest is shown and left to the attorney.

use chrono::NaiveDate;
use entity::{legal_action::LegalActionStatus, staff::StaffRole};

use super::{
    refusal::{Code, Refusal},
    remedy::{Remedy, RemedyStep, Requirement, Unavailable},
};

/// What is on record when somebody wants to take a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// A hearing is scheduled on the day of the step or later.
    pub has_hearing_ahead: bool,
    /// The case was opened from a call-volume flag.
    pub grew_from_flag: bool,
    /// A sergeant confirmed that flag.
    pub flag_is_confirmed: bool,
    /// People live at the place, or may, and nobody recorded what becomes of them.
    pub residents_unanswered: bool,
    /// The violation of an order in this action is on record.
    pub order_was_violated: bool,
    /// Something that the action put on record against the title was not released.
    pub has_unreleased_recording: bool,
}

/// A step as somebody wants to take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    pub to: LegalActionStatus,
    /// The day it happened.
    pub on: NaiveDate,
    pub role: StaffRole,
    pub reason: Option<&'a str>,
    /// The court, once the step is taken.
    pub court: Option<&'a str>,
    /// The court's number, once the step is taken.
    pub court_case_number: Option<&'a str>,
}

/// Whether this server refuses a step for the lack of it. Nothing checks the others yet.
#[must_use]
pub fn is_enforced(requirement: Requirement) -> bool {
    use Requirement as R;
    matches!(
        requirement,
        R::Reason
            | R::Court
            | R::CourtCaseNumber
            | R::HearingScheduled
            | R::FlagConfirmed
            | R::TenantImpact
            | R::OrderViolation
            | R::RecordingReleased
    )
}

/// The word that the remedies' file and the API use.
#[must_use]
pub fn word(requirement: Requirement) -> String {
    match serde_json::to_value(requirement) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{requirement:?}"),
    }
}

/// What stands in the way of referring this remedy today.
#[must_use]
pub fn blocks_referral(remedy: &Remedy, role: StaffRole, today: NaiveDate) -> Vec<Refusal> {
    let mut found: Vec<Refusal> =
        unavailable(remedy, today).into_iter().map(|refusal| refusal.at("remedyKey")).collect();
    match remedy.step(None, LegalActionStatus::Referred) {
        Some(step) => found.extend(wrong_actor(step, role)),
        None => found.push(Refusal::blocked("This remedy has no way to be referred.").at("remedyKey")),
    }
    found
}

/// What stands in the way of that step; nothing when it may be taken.
#[must_use]
pub fn blocks(remedy: &Remedy, from: LegalActionStatus, step: &Step<'_>, facts: &Facts) -> Vec<Refusal> {
    let Some(known) = remedy.step(Some(from), step.to) else {
        return vec![no_such_step(remedy, from, step.to)];
    };
    let mut found = Vec::new();
    // Until it is filed, an action rests on a power that the city has; ending it needs none.
    if is_before_filing(from) && !step.to.is_final() {
        found.extend(unavailable(remedy, step.on));
    }
    found.extend(known.requires.iter().filter_map(|requirement| missing(*requirement, step, facts)));
    // Whatever the remedy says: an attorney authorises nothing on a pattern of calls that nobody reviewed.
    let asks_for_flag = known.requires.contains(&Requirement::FlagConfirmed);
    if from == LegalActionStatus::Referred && !step.to.is_final() && !asks_for_flag {
        found.extend(missing(Requirement::FlagConfirmed, step, facts));
    }
    found.extend(wrong_actor(known, step.role));
    found
}

/// What is wrong with the day of a step, which lies between the step before it and today.
#[must_use]
pub fn wrong_day(on: NaiveDate, last_step: NaiveDate, today: NaiveDate) -> Option<Refusal> {
    let message = if on > today {
        format!("{on} is in the future; a step is recorded once it was taken.")
    } else if on < last_step {
        format!("The last step was on {last_step}; this one cannot be earlier.")
    } else {
        return None;
    };
    Some(Refusal::invalid("on", message))
}

fn is_before_filing(status: LegalActionStatus) -> bool {
    use LegalActionStatus as S;
    matches!(status, S::Referred | S::Authorized | S::Preparing)
}

fn unavailable(remedy: &Remedy, day: NaiveDate) -> Option<Refusal> {
    let name = format!("{} ({})", remedy.name, remedy.citation);
    let why = remedy.disabled_reason.as_deref().unwrap_or_default();
    let message = match remedy.unavailable_on(day)? {
        Unavailable::Disabled(reason) => format!("{name} is not enabled in this city. {reason}"),
        Unavailable::NotYet(from) => format!("{name} can be used from {from} on."),
        Unavailable::Lapsed(to) => format!("{name} lapsed: {to} was the first day without it. {why}"),
    };
    Some(Refusal::new(Code::RemedyNotAvailable, message.trim_end()))
}

fn missing(requirement: Requirement, step: &Step<'_>, facts: &Facts) -> Option<Refusal> {
    let is_blank = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
    match requirement {
        Requirement::Reason if is_blank(step.reason) => Some(Refusal::required("reason", "Say why.")),
        Requirement::Court if is_blank(step.court) => {
            Some(Refusal::required("court", format!("For {} name the court.", step.to)))
        }
        Requirement::CourtCaseNumber if is_blank(step.court_case_number) => {
            let message = format!("For {} give the number that the court uses for it.", step.to);
            Some(Refusal::required("courtCaseNumber", message))
        }
        Requirement::HearingScheduled if !facts.has_hearing_ahead => {
            let message =
                format!("No hearing is scheduled on {} or later; set one with `hearingSchedule`.", step.on);
            Some(Refusal::blocked(message).at("to"))
        }
        Requirement::FlagConfirmed if facts.grew_from_flag && !facts.flag_is_confirmed => {
            let message = "The case grew from a call-volume flag that no sergeant has confirmed; the district's \
                           sergeant reviews it with `flagReview`.";
            Some(Refusal::blocked(message).at("to"))
        }
        Requirement::TenantImpact if facts.residents_unanswered => {
            let message = "People live at the place, or may; record whether it is occupied and what becomes of them \
                           with `tenantImpactRecord`.";
            Some(Refusal::blocked(message).at("to"))
        }
        Requirement::OrderViolation if !facts.order_was_violated => {
            let message = "No violation of an order in this action is on record; record it with \
                           `orderViolationRecord`.";
            Some(Refusal::blocked(message).at("to"))
        }
        Requirement::RecordingReleased if facts.has_unreleased_recording => {
            let message = "What the action put on record against the title still stands; record its release with \
                           `titleRecordingRelease`.";
            Some(Refusal::blocked(message).at("to"))
        }
        _ => None,
    }
}

fn wrong_actor(step: &RemedyStep, role: StaffRole) -> Option<Refusal> {
    if step.actors.contains(&role) {
        return None;
    }
    let actors: Vec<String> = step.actors.iter().map(|actor| actor.word()).collect();
    let message = format!("{} is a step for {}.", step.to, listed(&actors));
    Some(Refusal::new(Code::NotAllowed, message))
}

fn no_such_step(remedy: &Remedy, from: LegalActionStatus, to: LegalActionStatus) -> Refusal {
    let next: Vec<String> = remedy.steps_from(Some(from)).map(|step| step.to.word()).collect();
    let message = if from.is_final() {
        format!("This action has ended: it is {from}.")
    } else if next.is_empty() {
        format!("{} has no step after {from}.", remedy.name)
    } else {
        format!("{} does not go from {from} to {to}, but to {}.", remedy.name, listed(&next))
    };
    Refusal::blocked(message).at("to")
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
#[path = "legal_step_tests.rs"]
mod tests;
