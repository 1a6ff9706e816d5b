//! Every remedy of the city can be walked, by the rules of its steps, from the referral to an end.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{legal_action::LegalActionStatus as S, staff::StaffRole};

use super::Preset;
use crate::domain::{
    legal_step::{Facts, Step, blocks, blocks_referral},
    remedy::Remedy,
};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
}

/// The statuses that an attorney with everything on record reaches from this one.
fn walk(remedy: &Remedy, start: S) -> BTreeSet<S> {
    let facts = Facts {
        has_hearing_ahead: true,
        grew_from_flag: true,
        flag_is_confirmed: true,
        residents_unanswered: false,
        order_was_violated: true,
        has_unreleased_recording: false,
    };
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
