//! What a step of a legal action has to find on record: which fact is missing, and which mutation supplies it.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use entity::{deadline::DeadlineKind, notice::NoticeKind, notice_service::ServiceMethod};

use super::{
    legal_facts::{Facts, Time},
    legal_step::Step,
    money::dollars,
    refusal::{Code, Refusal},
    remedy::{Remedy, Requirement},
};

/// The word that the remedies' file and the API use.
#[must_use]
pub fn word(requirement: Requirement) -> String {
    match serde_json::to_value(requirement) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{requirement:?}"),
    }
}

/// The mutation that puts the fact on record, or takes it along with the step.
#[must_use]
pub fn supplied_by(requirement: Requirement) -> &'static str {
    use Requirement as R;
    match requirement {
        R::Reason | R::Court | R::CourtCaseNumber => "legalActionAdvance",
        R::HearingScheduled => "hearingSchedule",
        R::FlagConfirmed => "flagReview",
        R::TenantImpact => "tenantImpactRecord",
        R::EvidenceOfConduct | R::ConsentRefused | R::ComplianceVerified => "inspectionRecord",
        R::ProofOfService
        | R::ServedNotice
        | R::CorrectionPeriodPassed
        | R::NoticeExpired
        | R::PrePetitionNotice
        | R::LienNotice => "noticeServe",
        R::OrderViolation => "orderViolationRecord",
        R::ArrestDocumentation => "evidenceAttach",
        R::EarlierResponse => "costRecord",
        R::CostConfirmed => "courtOrderRecord",
        R::Paid => "paymentRecord",
        R::RecordingReleased => "titleRecordingRelease",
    }
}

/// What is missing of it for that step, if anything is.
#[must_use]
pub fn missing(remedy: &Remedy, requirement: Requirement, step: &Step<'_>, facts: &Facts) -> Option<Refusal> {
    use Requirement as R;
    match requirement {
        R::Reason => is_blank(step.reason).then(|| Refusal::required("reason", "Say why.")),
        R::Court => is_blank(step.court)
            .then(|| Refusal::required("court", format!("For {} name the court.", step.to))),
        R::CourtCaseNumber => is_blank(step.court_case_number).then(|| {
            let message = format!("For {} give the number that the court uses for it.", step.to);
            Refusal::required("courtCaseNumber", message)
        }),
        R::HearingScheduled => lacking(facts.has_hearing_ahead, || {
            format!("No hearing is scheduled on {} or later; set one with `hearingSchedule`.", step.on)
        }),
        R::FlagConfirmed => lacking(!facts.grew_from_flag || facts.flag_is_confirmed, || {
            "The case grew from a call-volume flag that no sergeant has confirmed; the district's sergeant reviews it \
             with `flagReview`."
                .to_owned()
        }),
        R::TenantImpact => lacking(!facts.residents_unanswered, || {
            "People live at the place, or may; record whether it is occupied and what becomes of them with \
             `tenantImpactRecord`."
                .to_owned()
        }),
        R::EvidenceOfConduct => lacking(facts.has_conduct_evidence, || {
            "No conduct is on record, and a tally of calls is none: record an inspection that found a violation with \
             `inspectionRecord`, or attach reports, photographs or declarations with `evidenceAttach`."
                .to_owned()
        }),
        R::ProofOfService => unserved(remedy, step.on, facts),
        R::ServedNotice => lacking(facts.is_noticed(&remedy.grounds, step.on), || not_noticed(remedy)),
        R::CorrectionPeriodPassed => uncorrected_time(remedy, step, facts),
        R::NoticeExpired => time_left(remedy, facts.time(&remedy.grounds, step.on)),
        R::PrePetitionNotice => unannounced(step.on, facts),
        R::ConsentRefused => lacking(facts.entry_was_refused || !is_blank(step.reason), || {
            "No refused entry is on record; record an inspection with NO_ACCESS with `inspectionRecord`, or say in \
             `reason` why consent was not sought (Code of Civil Procedure 1822.51)."
                .to_owned()
        }),
        R::OrderViolation => lacking(facts.order_was_violated, || {
            "No violation of an order in this action is on record; record it with `orderViolationRecord`."
                .to_owned()
        }),
        R::ArrestDocumentation => lacking(facts.has_document, || {
            "The arrest report or other law-enforcement documentation is not attached; attach it with \
             `evidenceAttach`."
                .to_owned()
        }),
        R::EarlierResponse => no_earlier_response(remedy, step.on, facts),
        R::CostConfirmed => unconfirmed(remedy, step.on, facts),
        R::LienNotice => no_lien_notice(remedy, step.on, facts),
        R::ComplianceVerified => unverified(remedy, step.on, facts),
        R::Paid => unpaid(remedy, facts),
        R::RecordingReleased => lacking(!facts.has_unreleased_recording, || {
            "What the action put on record against the title still stands; record its release with \
             `titleRecordingRelease`."
                .to_owned()
        }),
    }
}

/// Why an action cannot be filed while a waiting period of its own runs, if one does.
#[must_use]
pub fn still_waiting(step: &Step<'_>, facts: &Facts) -> Option<Refusal> {
    let until = facts.waits_until.filter(|day| *day > step.on)?;
    let message = format!("A waiting period of this action runs; it can be filed from {until} on.");
    Some(Refusal::new(Code::ClockNotRun, message).at("on"))
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn lacking(is_there: bool, message: impl FnOnce() -> String) -> Option<Refusal> {
    (!is_there).then(|| Refusal::blocked(message()).at("to"))
}

fn not_run(message: String) -> Refusal {
    Refusal::new(Code::ClockNotRun, message).at("to")
}

fn kinds(kinds: &[NoticeKind]) -> String {
    kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ")
}

fn not_noticed(remedy: &Remedy) -> String {
    let grounds = &remedy.grounds;
    let clocks =
        format!("let {} start with a step of the action or with `deadlineStart`", grounds.waits.join(" or "));
    let serve = format!("serve {} with `noticeServe`", kinds(&grounds.notices));
    let supply = match (grounds.notices.is_empty(), grounds.waits.is_empty()) {
        (false, false) => format!("{serve}, or {clocks}"),
        (true, _) => clocks,
        (false, true) => serve,
    };
    format!("The notice that {} builds on was not served; {supply}.", remedy.name)
}

// Immediate danger makes the time shorter, if somebody says why (Government Code 53069.4(a)(2), Health and Safety Code
// 17980(a)).
fn uncorrected_time(remedy: &Remedy, step: &Step<'_>, facts: &Facts) -> Option<Refusal> {
    let refusal = time_left(remedy, facts.time(&remedy.grounds, step.on))?;
    if !facts.has_immediate_danger {
        return Some(refusal);
    }
    let message =
        "The time to correct has not run out; say why the immediate danger that is on record cannot wait.";
    is_blank(step.reason).then(|| Refusal::required("reason", message))
}

fn time_left(remedy: &Remedy, time: Time) -> Option<Refusal> {
    match time {
        Time::Over => None,
        Time::NotGiven => Some(not_run(not_noticed(remedy))),
        Time::Running(Some(day)) => {
            let message = format!("The time that the notice gives runs; from {day} on it has run out.");
            Some(not_run(message))
        }
        Time::Running(None) => {
            let message = "The notice that was served names no day by which to comply; serve one with `complyBy` with \
                           `noticeServe`.";
            Some(not_run(message.to_owned()))
        }
    }
}

// At least three days before the filing, posted and mailed (Health and Safety Code 17980.7(c)).
fn unannounced(on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    let kind = NoticeKind::PrePetitionNotice;
    match announced_until(on, facts) {
        None => {
            let message = format!(
                "A petition is announced to everyone with a recorded interest, posted and mailed; record the {kind} with \
                 both services with `noticeServe`."
            );
            Some(Refusal::blocked(message).at("to"))
        }
        Some(day) if day > on => {
            Some(not_run(format!("The {kind} was served; the petition can be filed from {day} on.")))
        }
        Some(_) => None,
    }
}

/// The first day on which a petition can be filed, the wait after posting and the wait after mailing both being over; none
/// until its notice was both posted and mailed.
#[must_use]
pub fn announced_until(on: NaiveDate, facts: &Facts) -> Option<NaiveDate> {
    let over = |by: fn(ServiceMethod) -> bool| {
        let reached = facts.served(&[NoticeKind::PrePetitionNotice], on);
        let reached = reached.filter(|notice| notice.services.iter().any(|service| by(service.method)));
        reached.map(|notice| notice.over_on.unwrap_or(on)).min()
    };
    Some(over(|method| method == ServiceMethod::Posting)?.max(over(is_mail)?))
}

fn is_mail(method: ServiceMethod) -> bool {
    use ServiceMethod as M;
    matches!(method, M::MailInState | M::MailOutOfState | M::MailAbroad | M::CertifiedMail)
}

// A paper of the action, or the instrument itself, served since it was filed or issued; on every defendant.
fn unserved(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    let is_its_paper = |kind: NoticeKind, of_action: bool| {
        remedy.grounds.serves.contains(&kind) || (kind == NoticeKind::LegalPapers && of_action)
    };
    let since = facts.filed_on.unwrap_or(NaiveDate::MIN);
    let served: Vec<_> = facts
        .notices
        .iter()
        .filter(|notice| notice.action.is_none() || notice.action == facts.action)
        .filter(|notice| is_its_paper(notice.kind, notice.action.is_some()))
        .flat_map(|notice| &notice.services)
        .filter(|service| service.on >= since && service.on <= on)
        .collect();
    let mut papers = remedy.grounds.serves.clone();
    papers.push(NoticeKind::LegalPapers);
    if served.is_empty() {
        let message = format!(
            "Nobody is on record as served since {since}; record whom, how and when with `noticeServe` as {} of this \
             legal action.",
            kinds(&papers)
        );
        return Some(Refusal::blocked(message).at("to"));
    }
    let reached: BTreeSet<_> = served.iter().filter_map(|service| service.recipient).collect();
    let left = facts.defendants.iter().filter(|party| !reached.contains(party)).count();
    lacking(left == 0, || {
        format!(
            "{left} of {} defendants are not on record as served; record each with `noticeServe` as {} of this legal \
             action.",
            facts.defendants.len(),
            kinds(&papers)
        )
    })
}

fn no_earlier_response(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    let window = remedy.grounds.response_window_days.unwrap_or_default();
    let days: BTreeSet<NaiveDate> = facts.responses.iter().copied().filter(|day| *day <= on).collect();
    let within =
        |(first, second): (&NaiveDate, &NaiveDate)| (*second - *first).num_days() < i64::from(window);
    let is_second = days.iter().zip(days.iter().skip(1)).any(within);
    lacking(is_second, || {
        format!(
            "Two responses to the place on different days within {window} days are not on record; record what each cost \
             as RESPONSE with `costRecord`."
        )
    })
}

// After a hearing, or when the time to object has passed without one.
fn unconfirmed(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    if !facts.hearing_was_held {
        match facts.time(&remedy.grounds, on) {
            Time::Over => {}
            Time::NotGiven => {
                let message = format!(
                    "{} Otherwise hold a hearing on them (`hearingSchedule`, `hearingRecord`).",
                    not_noticed(remedy)
                );
                return Some(Refusal::blocked(message).at("to"));
            }
            Time::Running(day) => {
                let until = day.map_or_else(String::new, |day| format!(" before {day}"));
                let message = format!(
                    "Nobody heard objections, and the time for them is not over{until}; hold a hearing \
                     (`hearingSchedule`, `hearingRecord`) or wait."
                );
                return Some(not_run(message));
            }
        }
    }
    lacking(facts.costs_confirmed_on(on).is_some(), || {
        "The costs are not confirmed in this action; record it as COSTS_CONFIRMED with `courtOrderRecord`."
            .to_owned()
    })
}

fn no_lien_notice(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    let ways = &remedy.grounds.lien_notice_by;
    let since = facts.costs_confirmed_on(on).unwrap_or(NaiveDate::MIN);
    let given = facts
        .served(&[NoticeKind::LienNotice], on)
        .filter(|notice| notice.action.is_none() || notice.action == facts.action)
        .flat_map(|notice| &notice.services)
        .any(|service| service.on >= since && ways.contains(&service.method));
    lacking(given, || {
        let ways: Vec<String> = ways.iter().map(|way| way.word()).collect();
        format!(
            "No notice of it was served since the costs were confirmed ({}: {}); record it as LIEN_NOTICE with \
             `noticeServe`.",
            remedy.citation,
            ways.join(" or ")
        )
    })
}

/// What stands in the way of putting a lien on record in the action: costs that were not confirmed, or a notice of the lien
/// that was not served (Government Code 38773.1).
#[must_use]
pub fn blocks_lien(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Vec<Refusal> {
    let found: Vec<Refusal> = if remedy.grounds.lien_notice_by.is_empty() {
        let message = format!(
            "{} makes no lien; refer a remedy that recovers costs with `legalActionRefer` and record it there.",
            remedy.name
        );
        vec![Refusal::blocked(message)]
    } else {
        unconfirmed(remedy, on, facts).into_iter().chain(no_lien_notice(remedy, on, facts)).collect()
    };
    found.into_iter().map(|refusal| Refusal { field: vec!["kind"], ..refusal }).collect()
}

fn unverified(remedy: &Remedy, on: NaiveDate, facts: &Facts) -> Option<Refusal> {
    let since = facts.filed_on.unwrap_or(NaiveDate::MIN);
    let inspected = facts.verified_on.is_some_and(|day| day >= since && day <= on);
    let shows = |kind| remedy.orders.iter().any(|order| order.kind == kind && order.shows_compliance);
    let papers: Vec<String> =
        remedy.orders.iter().filter(|order| order.shows_compliance).map(|order| order.kind.word()).collect();
    let found = facts.orders.iter().any(|(kind, day)| *day <= on && shows(*kind));
    lacking(inspected || found, || {
        let paper = if papers.is_empty() {
            String::new()
        } else {
            format!(", or the paper that shows it ({}) with `courtOrderRecord`", papers.join(" or "))
        };
        format!(
            "Nothing since the filing shows that what was ordered was done; record an inspection with \
             `verifiesCompliance` with `inspectionRecord`{paper}."
        )
    })
}

fn unpaid(remedy: &Remedy, facts: &Facts) -> Option<Refusal> {
    // A lien is paid by money; what it secures may stand as one.
    if remedy.grounds.lien_notice_by.is_empty() && facts.has_standing_lien {
        return None;
    }
    if facts.balance.assessed <= 0 {
        let message = "Nothing that was owed is on record; record it with `costRecord` and what came in with \
                       `paymentRecord`.";
        return Some(Refusal::blocked(message).at("to"));
    }
    let owed = facts.balance.outstanding();
    lacking(owed <= 0, || {
        format!("{} is still owed; record what came in with `paymentRecord`.", dollars(owed))
    })
}

/// The first day on which a clock has run out whose deadline is `due_on`: what has to be done by a day can be done on it,
/// and what waits for a day waits no more on it.
#[must_use]
pub fn over_on(kind: DeadlineKind, due_on: NaiveDate) -> NaiveDate {
    match kind {
        DeadlineKind::NotBefore => due_on,
        _ => due_on.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX),
    }
}

#[cfg(test)]
#[path = "legal_requirement_tests.rs"]
mod tests;
