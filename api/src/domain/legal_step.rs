//! The steps of a legal action: which may follow, who may take them, and what must be on record first.
//!
//! What a step has to find on record is told by `legal_requirement`, fact by fact.

use chrono::NaiveDate;
use entity::{legal_action::LegalActionStatus, staff::StaffRole};

use super::{
    legal_facts::Facts,
    legal_requirement::{announced_until, missing, still_waiting},
    refusal::{Code, Refusal},
    remedy::{Remedy, RemedyStep, Requirement, Unavailable},
};

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
    found.extend(known.requires.iter().filter_map(|asked| missing(remedy, *asked, step, facts)));
    // Whatever the remedy says: an attorney authorises nothing on a pattern of calls that nobody reviewed.
    let asks_for_flag = known.requires.contains(&Requirement::FlagConfirmed);
    if from == LegalActionStatus::Referred && !step.to.is_final() && !asks_for_flag {
        found.extend(missing(remedy, Requirement::FlagConfirmed, step, facts));
    }
    // Whatever the remedy says: a power that waits for a day is not used before it. The wait after a notice of a petition is
    // told by that notice already.
    let is_told = known.requires.contains(&Requirement::PrePetitionNotice)
        && facts.waits_until == announced_until(step.on, facts);
    if step.to == LegalActionStatus::Filed && !is_told {
        found.extend(still_waiting(step, facts));
    }
    found.extend(wrong_actor(known, step.role));
    found
}

/// What the remedy still lacks until it can be filed in a case, and what each lack is; what comes with the steps (a
/// reason, the court, its number) is left out.
#[must_use]
pub fn lacking(
    remedy: &Remedy,
    role: StaffRole,
    today: NaiveDate,
    facts: &Facts,
) -> Vec<(Requirement, Refusal)> {
    use LegalActionStatus as S;
    let way = [(S::Referred, S::Authorized), (S::Authorized, S::Filed)];
    let steps = way.into_iter().filter_map(|(from, to)| remedy.step(Some(from), to));
    let mut found: Vec<(Requirement, Refusal)> = Vec::new();
    for known in steps {
        let step = Step { to: known.to, on: today, role, reason: None, court: None, court_case_number: None };
        let flag = (known.to == S::Authorized).then_some(Requirement::FlagConfirmed);
        for asked in known.requires.iter().copied().chain(flag) {
            let comes_with_it =
                matches!(asked, Requirement::Reason | Requirement::Court | Requirement::CourtCaseNumber);
            if !comes_with_it && found.iter().all(|(known, _)| *known != asked) {
                found.extend(missing(remedy, asked, &step, facts).map(|refusal| (asked, refusal)));
            }
        }
    }
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

/// REMEDY_NOT_AVAILABLE for a remedy that cannot be used on that day.
#[must_use]
pub fn unavailable(remedy: &Remedy, day: NaiveDate) -> Option<Refusal> {
    let name = format!("{} ({})", remedy.name, remedy.citation);
    let why = remedy.disabled_reason.as_deref().unwrap_or_default();
    let message = match remedy.unavailable_on(day)? {
        Unavailable::Disabled(reason) => format!("{name} is not enabled in this city. {reason}"),
        Unavailable::NotYet(from) => format!("{name} can be used from {from} on."),
        Unavailable::Lapsed(to) => format!("{name} lapsed: {to} was the first day without it. {why}"),
    };
    Some(Refusal::new(Code::RemedyNotAvailable, message.trim_end()))
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
