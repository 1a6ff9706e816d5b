//! Every remedy of the city can be walked, by the rules of its steps, from the referral to an end.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use entity::{
    court_order::CourtOrderKind, id::LegalActionId, legal_action::LegalActionStatus as S, notice::NoticeKind,
    notice_service::ServiceMethod, staff::StaffRole,
};

use super::Preset;
use crate::domain::{
    cost_ledger::Balance,
    legal_facts::{Clock, Facts, NoticeServed, Served},
    legal_step::{Step, blocks, blocks_referral},
    remedy::Remedy,
};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
}

/// Every fact that a step may ask for, as of months ago.
fn everything() -> Facts {
    let day = today() - Days::new(90);
    let services =
        ServiceMethod::ALL.iter().map(|method| Served { recipient: None, method: *method, on: day });
    let services: Vec<Served> = services.collect();
    let notice = |kind: &NoticeKind| NoticeServed {
        kind: *kind,
        action: None,
        services: services.clone(),
        over_on: Some(day + Days::new(30)),
    };
    let clock = |rule: &str| Clock { rule: rule.to_owned(), from: day, over_on: day + Days::new(30) };
    let action = LegalActionId::generate();
    let mut notices: Vec<NoticeServed> = NoticeKind::ALL.iter().map(notice).collect();
    notices.push(NoticeServed { action: Some(action), ..notice(&NoticeKind::LegalPapers) });
    Facts {
        grew_from_flag: true,
        flag_is_confirmed: true,
        has_conduct_evidence: true,
        has_document: true,
        entry_was_refused: true,
        verified_on: Some(day),
        balance: Balance { assessed: 100, collected: 100, waived: 0 },
        responses: vec![day, day + Days::new(59)],
        notices,
        clocks: ["HSG_NOTICE", "CA_UD_OWNER", "RESP_COST_APPEAL"].map(clock).to_vec(),
        action: Some(action),
        filed_on: Some(day),
        has_hearing_ahead: true,
        hearing_was_held: true,
        order_was_violated: true,
        orders: vec![(CourtOrderKind::CostsConfirmed, day)],
        ..Facts::default()
    }
}

/// The statuses that an attorney with everything on record reaches from this one.
fn walk(remedy: &Remedy, start: S) -> BTreeSet<S> {
    let facts = everything();
    let step = |to| Step {
        to,
        on: today(),
        role: StaffRole::Attorney,
        reason: Some("because"),
        court: Some("Superior Court"),
        court_case_number: Some("26CV001234"),
    };
    let mut reached = BTreeSet::from([start]);
    let mut ahead = vec![start];
    while let Some(from) = ahead.pop() {
        for to in S::ALL {
            if blocks(remedy, from, &step(*to), &facts).is_empty() && reached.insert(*to) {
                ahead.push(*to);
            }
        }
    }
    reached
}

#[test]
fn every_remedy_can_be_walked_from_its_start_to_an_end() {
    let preset = Preset::sacramento().unwrap();
    assert!(!preset.remedies.is_empty());
    for remedy in preset.remedies {
        // Counsel may confirm a lapsed one tomorrow, so it has to be whole as well.
        let remedy =
            Remedy { enabled: true, valid_from: None, valid_to: None, disabled_reason: None, ..remedy };
        let key = &remedy.key;
        for role in StaffRole::TEAM.into_iter().chain([StaffRole::CityAttorney]) {
            assert_eq!(blocks_referral(&remedy, role, today()), [], "{key}: {role} refers");
        }
        let named: BTreeSet<S> =
            remedy.steps.iter().flat_map(|step| step.from.into_iter().chain([step.to])).collect();
        assert_eq!(walk(&remedy, S::Referred), named, "{key}: every status can be reached");
        for status in named {
            let ends = walk(&remedy, status).into_iter().any(S::is_final);
            assert!(ends, "{key}: {status} has no way to an end");
        }
    }
}
