//! Orders in legal actions: which a remedy has, when, and what must be on record before one.

use chrono::NaiveDate;
use entity::{court_order::CourtOrderKind, legal_action::LegalActionStatus};

use super::{
    refusal::Refusal,
    remedy::{Remedy, RemedyOrder},
};

/// An order as somebody wants to record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    pub kind: CourtOrderKind,
    pub issued_on: NaiveDate,
    pub comply_by: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
    pub amount_cents: Option<i64>,
}

/// What is on record of the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    pub status: LegalActionStatus,
    /// The day it was filed or issued.
    pub filed_on: Option<NaiveDate>,
    /// Orders recorded before.
    pub orders: &'a [CourtOrderKind],
    /// The violation of one of them is on record.
    pub order_was_violated: bool,
}

/// What stands in the way of recording the order; nothing when it may be recorded.
#[must_use]
pub fn blocks(remedy: &Remedy, draft: &Draft, known: &Known<'_>, today: NaiveDate) -> Vec<Refusal> {
    let mut found = wrong_days(draft, known, today);
    if draft.amount_cents.is_some_and(|cents| cents <= 0) {
        found.push(Refusal::invalid("amount", "The amount must be more than nothing."));
    }
    match remedy.orders.iter().find(|order| order.kind == draft.kind) {
        Some(order) => found.extend(out_of_turn(order, known)),
        None if draft.kind == CourtOrderKind::Other => {}
        None => {
            let kinds: Vec<String> = remedy.orders.iter().map(|order| order.kind.word()).collect();
            let message = format!(
                "{} has no {}; its orders are {}, and OTHER.",
                remedy.name,
                draft.kind,
                if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") }
            );
            found.push(Refusal::invalid("kind", message));
        }
    }
    found
}

fn wrong_days(draft: &Draft, known: &Known<'_>, today: NaiveDate) -> Vec<Refusal> {
    let mut found = Vec::new();
    if draft.issued_on > today {
        let message = format!("{} is in the future; an order is recorded once it was made.", draft.issued_on);
        found.push(Refusal::invalid("issuedOn", message));
    }
    match known.filed_on {
        None => {
            let message =
                "Nothing was filed or issued yet; take the step to FILED with `legalActionAdvance`.";
            found.push(Refusal::blocked(message).at("legalActionId"));
        }
        Some(filed) if draft.issued_on < filed => {
            let message = format!("The action was filed on {filed}; no order in it is older.");
            found.push(Refusal::invalid("issuedOn", message));
        }
        Some(_) => {}
    }
    for (field, day) in [("complyBy", draft.comply_by), ("expiresOn", draft.expires_on)] {
        if let Some(day) = day.filter(|day| *day < draft.issued_on) {
            let message = format!("The order is of {}; {day} lies before it.", draft.issued_on);
            found.push(Refusal::invalid(field, message));
        }
    }
    found
}

fn out_of_turn(order: &RemedyOrder, known: &Known<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    if !order.during.contains(&known.status) {
        let during: Vec<String> = order.during.iter().map(|status| status.word()).collect();
        let message = format!(
            "{} belongs to {}; this action is {}. Take the step with `legalActionAdvance` first.",
            order.kind,
            during.join(", "),
            known.status
        );
        found.push(Refusal::blocked(message).at("kind"));
    }
    if let Some(before) = order.after.filter(|before| !known.orders.contains(before)) {
        let message = format!(
            "{} follows {before}, which is not on record; record it with `courtOrderRecord`.",
            order.kind
        );
        found.push(Refusal::blocked(message).at("kind"));
    }
    if order.needs_violation && !known.order_was_violated {
        let message = format!(
            "{} needs the violation of an earlier order in this action; record it with `orderViolationRecord`.",
            order.kind
        );
        found.push(Refusal::blocked(message).at("kind"));
    }
    found
}

#[cfg(test)]
mod tests {
    use entity::{case_kind::CaseKind, legal_action::LegalActionKind};

    use super::*;
    use crate::domain::refusal::Code;
    use crate::domain::remedy::RemedyGrounds;
    use CourtOrderKind as K;
    use LegalActionStatus as S;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, d).unwrap()
    }

    fn order(kind: K, after: Option<K>, needs_violation: bool) -> RemedyOrder {
        RemedyOrder {
            kind,
            name: String::new(),
            during: vec![S::Ordered],
            after,
            needs_violation,
            shows_compliance: false,
            starts: vec![],
        }
    }

    fn remedy() -> Remedy {
        Remedy {
            key: "example".into(),
            kind: LegalActionKind::DrugAbatement,
            name: "Example".into(),
            citation: "Example Code 1".into(),
            fits: vec![CaseKind::Other],
            valid_from: None,
            valid_to: None,
            enabled: true,
            disabled_reason: None,
            confirm_with_counsel: false,
            note: None,
            grounds: RemedyGrounds::default(),
            steps: Vec::new(),
            orders: vec![
                order(K::ReceiverAppointed, None, false),
                order(K::ReceiverQualified, Some(K::ReceiverAppointed), false),
                order(K::ClosureBeforeJudgment, None, true),
            ],
        }
    }

    fn draft(kind: K) -> Draft {
        Draft { kind, issued_on: day(10), comply_by: None, expires_on: None, amount_cents: None }
    }

    fn codes(draft: &Draft, orders: &[K], order_was_violated: bool, status: S) -> Vec<(Code, &'static str)> {
        let known = Known { status, filed_on: Some(day(2)), orders, order_was_violated };
        let found = blocks(&remedy(), draft, &known, day(12));
        found.iter().map(|refusal| (refusal.code, refusal.field[0])).collect()
    }

    #[test]
    fn an_order_comes_in_its_turn() {
        let blocked = (Code::TransitionBlocked, "kind");
        assert_eq!(codes(&draft(K::ReceiverAppointed), &[], false, S::Ordered), []);
        assert_eq!(codes(&draft(K::ReceiverAppointed), &[], false, S::Heard), [blocked]);
        assert_eq!(codes(&draft(K::ReceiverQualified), &[], false, S::Ordered), [blocked]);
        assert_eq!(codes(&draft(K::ReceiverQualified), &[K::ReceiverAppointed], false, S::Ordered), []);
        assert_eq!(codes(&draft(K::Warrant), &[], false, S::Ordered), [(Code::Invalid, "kind")]);
        assert_eq!(codes(&draft(K::Other), &[], false, S::Served), []);
    }

    #[test]
    fn nothing_is_closed_before_judgment_unless_an_order_was_violated() {
        let closure = draft(K::ClosureBeforeJudgment);
        assert_eq!(codes(&closure, &[], false, S::Ordered), [(Code::TransitionBlocked, "kind")]);
        assert_eq!(codes(&closure, &[], true, S::Ordered), []);
    }

    #[test]
    fn its_days_lie_between_the_filing_and_today_and_what_it_asks_for_comes_later() {
        let of = |issued: u32, comply: u32| Draft {
            issued_on: day(issued),
            comply_by: Some(day(comply)),
            ..draft(K::ReceiverAppointed)
        };
        assert_eq!(codes(&of(12, 12), &[], false, S::Ordered), []);
        assert_eq!(codes(&of(13, 20), &[], false, S::Ordered), [(Code::Invalid, "issuedOn")]);
        assert_eq!(codes(&of(1, 20), &[], false, S::Ordered), [(Code::Invalid, "issuedOn")]);
        assert_eq!(codes(&of(10, 9), &[], false, S::Ordered), [(Code::Invalid, "complyBy")]);
        let free = Draft { amount_cents: Some(0), ..draft(K::Other) };
        assert_eq!(codes(&free, &[], false, S::Ordered), [(Code::Invalid, "amount")]);
    }
}
