//! What a notice may say and when a citation may be served.

use chrono::NaiveDate;
use entity::{
    id::{PartyId, ViolationId},
    notice::NoticeKind,
    notice_service::ServiceMethod,
};

use super::refusal::{Code, Refusal};

/// How and when one recipient was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// None when the place itself was served, such as by posting.
    pub recipient: Option<PartyId>,
    pub method: ServiceMethod,
    pub served_on: NaiveDate,
    /// Which paper proves it, such as a declaration of service.
    pub proof: Option<String>,
}

/// A notice as it is about to be served.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    pub kind: NoticeKind,
    /// It names the legal action whose papers were served.
    pub names_action: bool,
    pub services: &'a [Service],
    pub comply_by: Option<NaiveDate>,
    pub amount_cents: Option<i64>,
}

/// A violation that a notice names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: ViolationId,
    pub code_section: String,
    pub found_on: NaiveDate,
    pub corrected_on: Option<NaiveDate>,
    pub immediate_danger: bool,
}

/// A notice that gave time to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeGiven {
    /// The day of its last service.
    pub served_on: NaiveDate,
    pub comply_by: NaiveDate,
    /// The violations it names; when it names none, it is about all that were found until it was served.
    pub names: Vec<ViolationId>,
}

/// Whether the compliance date of such a notice is time to correct a violation; of a cost statement it is a day of
/// payment, a notice before a petition announces the petition, and papers of an action or a lien ask for no correction.
#[must_use]
pub fn gives_time_to_correct(kind: NoticeKind) -> bool {
    use NoticeKind as K;
    !matches!(kind, K::CostStatement | K::PrePetitionNotice | K::LienNotice | K::LegalPapers)
}

/// What stands in the way of serving it; nothing when it may be served.
#[must_use]
pub fn blocks(draft: Draft<'_>, named: &[Named], today: NaiveDate) -> Vec<Refusal> {
    let mut found = Vec::new();
    if draft.services.is_empty() {
        found.push(Refusal::required("services", "Say who was served, how and when."));
    }
    for service in draft.services {
        if service.served_on > today {
            let message =
                format!("{} is still to come; record a service once it was made.", service.served_on);
            found.push(Refusal::invalid("services", message).at("servedOn"));
        }
        if service.recipient.is_none() && !serves_a_place(service.method) {
            let message = format!("{} reaches a party; name it in `partyId`.", service.method);
            found.push(Refusal::required("services", message).at("partyId"));
        }
    }
    if draft.kind == NoticeKind::LegalPapers && !draft.names_action {
        let message = "Papers are served in a legal action; say in which.";
        found.push(Refusal::required("legalActionId", message));
    }
    found.extend(wrong_date(draft));
    found.extend(wrong_amount(draft));
    if draft.kind != NoticeKind::CostStatement && draft.kind != NoticeKind::AdministrativeCitation {
        for violation in named.iter().filter(|violation| violation.corrected_on.is_some()) {
            let message =
                format!("The violation of {} is corrected already; leave it out.", violation.code_section);
            found.push(Refusal::invalid("violationIds", message));
        }
    }
    found
}

// By post to whoever is there, on the door, or in the newspaper.
fn serves_a_place(method: ServiceMethod) -> bool {
    use ServiceMethod as M;
    matches!(method, M::Posting | M::Publication | M::MailInState | M::CertifiedMail | M::Overnight)
}

fn wrong_date(draft: Draft<'_>) -> Option<Refusal> {
    let last = draft.services.iter().map(|service| service.served_on).max()?;
    match draft.comply_by {
        Some(day) if day < last => {
            let message = format!("The last service is of {last}; nobody can comply by {day}, before it.");
            Some(Refusal::invalid("complyBy", message))
        }
        None if draft.kind == NoticeKind::NoticeOfViolation => Some(Refusal::required(
            "complyBy",
            "A notice of violation says by when the violation must be corrected.",
        )),
        _ => None,
    }
}

fn wrong_amount(draft: Draft<'_>) -> Option<Refusal> {
    let asks_for_money = matches!(draft.kind, NoticeKind::AdministrativeCitation | NoticeKind::CostStatement);
    match draft.amount_cents {
        Some(_) if !asks_for_money => {
            let message = format!(
                "{} carries no amount; an ADMINISTRATIVE_CITATION or a COST_STATEMENT does.",
                draft.kind
            );
            Some(Refusal::invalid("amount", message))
        }
        Some(cents) if cents <= 0 => {
            Some(Refusal::invalid("amount", "The amount must be more than nothing."))
        }
        None if draft.kind == NoticeKind::CostStatement => {
            Some(Refusal::required("amount", "A cost statement says how much the city wants back."))
        }
        _ => None,
    }
}

/// Why a citation that is first served on `served_on` comes too early, if it does.
///
/// Each violation it cites must be an immediate danger, or its time to correct must have run out without a correction
/// (Government Code 53069.4(a)(2)). A citation that cites none in particular rests on any such notice of its case.
#[must_use]
pub fn blocks_citation(cited: &[Named], given: &[TimeGiven], served_on: NaiveDate) -> Option<Refusal> {
    let expired = || given.iter().filter(|notice| notice.comply_by < served_on);
    let ripe = |violation: &Named| {
        let left_open = |notice: &TimeGiven| violation.corrected_on.is_none_or(|day| day > notice.comply_by);
        violation.immediate_danger || expired().any(|notice| covers(notice, violation) && left_open(notice))
    };
    let early: Vec<&Named> = cited.iter().filter(|violation| !ripe(violation)).collect();
    let what = if cited.is_empty() {
        if expired().next().is_some() {
            return None;
        }
        "in this case".to_owned()
    } else if early.is_empty() {
        return None;
    } else {
        let sections: Vec<&str> = early.iter().map(|violation| violation.code_section.as_str()).collect();
        format!("for {}", sections.join(", "))
    };
    let running = given.iter().filter(|notice| notice.comply_by >= served_on);
    let until = |violation: &&Named| {
        running.clone().filter(|notice| covers(notice, violation)).map(|notice| notice.comply_by).min()
    };
    let until: Option<Vec<NaiveDate>> = if cited.is_empty() {
        Some(running.clone().map(|notice| notice.comply_by).min().into_iter().collect())
    } else {
        early.iter().map(until).collect()
    };
    let message = match until.and_then(|days| days.into_iter().max()) {
        Some(day) => format!(
            "The time to correct {what} runs until {day}; it is cited after that day, or at once where an inspection \
             marked an immediate danger (Gov. Code 53069.4)."
        ),
        None => format!(
            "No served notice {what} had passed its compliance date uncorrected on {served_on}, and it is not marked as \
             an immediate danger (Gov. Code 53069.4); serve a NOTICE_OF_VIOLATION with `noticeServe` and let its \
             `complyBy` pass."
        ),
    };
    Some(Refusal::new(Code::ClockNotRun, message).at("kind"))
}

fn covers(notice: &TimeGiven, violation: &Named) -> bool {
    if notice.names.is_empty() {
        violation.found_on <= notice.served_on
    } else {
        notice.names.contains(&violation.id)
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
