//! The preset that is built in holds what the design and the law's sources say.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use entity::{
    call::CallCategory,
    legal_action::{LegalActionKind, LegalActionStatus},
    nuisance_rule::RuleBasis,
    property::{ResidentialOccupancy, UseType},
};

use super::Preset;
use crate::domain::remedy::{Requirement, Unavailable};

fn sacramento() -> Preset {
    Preset::sacramento().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn it_has_eight_districts_with_boundaries() {
    let preset = sacramento();
    let numbers: Vec<i32> = preset.districts.iter().map(|d| d.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(preset.city.time_zone, chrono_tz::America::Los_Angeles);
    let text = &preset.districts[4].boundary_geojson;
    assert!(text.parse::<geojson::Geometry>().is_ok());
}

#[test]
fn a_point_finds_its_district() {
    let preset = sacramento();
    // City hall; Sacramento State; the county seat of Yolo, across the river and outside the city.
    assert_eq!(preset.district_at(38.5823, -121.4939), Some(4));
    assert_eq!(preset.district_at(38.5611, -121.4240), Some(3));
    assert_eq!(preset.district_at(38.6785, -121.7733), None);
}

#[test]
fn landmarks_lie_in_the_districts_that_everybody_knows() {
    let preset = sacramento();
    let points = include_str!("../../../tests/data/sacramento-landmarks-points.csv");
    let rows: Vec<_> =
        csv::Reader::from_reader(points.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 8);
    for row in &rows {
        let found = preset.district_at(row[1].parse().unwrap(), row[2].parse().unwrap());
        assert_eq!(found, row[3].parse().ok(), "{}", &row[0]);
    }
}

#[test]
fn the_court_holidays_of_2026_and_2027_are_those_of_the_published_rule() {
    let preset = sacramento();
    let days = |year| -> Vec<(u32, u32)> {
        let holidays = preset.court_holidays[&year].iter();
        holidays.map(|h| (h.day.month(), h.day.day())).collect()
    };
    assert_eq!(
        days(2026),
        [
            (1, 1),
            (1, 19),
            (2, 12),
            (2, 16),
            (3, 31),
            (5, 25),
            (6, 19),
            (7, 3),
            (9, 7),
            (9, 25),
            (11, 11),
            (11, 26),
            (11, 27),
            (12, 25)
        ]
    );
    assert_eq!(
        days(2027),
        [
            (1, 1),
            (1, 18),
            (2, 12),
            (2, 15),
            (3, 31),
            (5, 31),
            (6, 18),
            (7, 5),
            (9, 6),
            (9, 24),
            (11, 11),
            (11, 25),
            (11, 26),
            (12, 24),
            (12, 31)
        ]
    );
    assert_eq!(preset.court_holidays.keys().copied().collect::<Vec<_>>(), [2025, 2026, 2027, 2028]);
    let confirmed = preset.court_holidays.values().flatten().filter(|h| !h.confirm_with_counsel);
    assert!(confirmed.into_iter().all(|h| h.day.year() == 2026));
}

#[test]
fn every_rule_is_policy_and_only_motels_are_looked_at_where_people_may_live() {
    for rule in sacramento().nuisance_rules {
        assert_eq!(rule.basis, RuleBasis::Policy, "{}", rule.key);
        assert!(rule.citation.contains("not an ordinance"), "{}", rule.key);
        assert!(!rule.include_officer_initiated, "{}", rule.key);
        assert_eq!(rule.max_per_day, Some(1), "{}", rule.key);
        if rule.use_types != [UseType::Motel] {
            assert_eq!(rule.occupancies, [ResidentialOccupancy::None], "{}", rule.key);
        }
    }
}

#[test]
fn there_is_a_remedy_of_every_kind_and_court_actions_are_filed_with_a_case_number() {
    use LegalActionStatus as S;
    let preset = sacramento();
    let kinds: BTreeSet<_> = preset.remedies.iter().filter(|r| r.enabled).map(|r| r.kind).collect();
    assert_eq!(kinds.len(), LegalActionKind::ALL.len());
    for remedy in &preset.remedies {
        for step in &remedy.steps {
            let needs = |fact| step.requires.contains(&fact);
            match step.to {
                S::Declined | S::Withdrawn | S::Dismissed | S::Denied | S::Settled => {
                    assert!(needs(Requirement::Reason), "{} {step:?}", remedy.key);
                }
                S::HearingSet => assert!(needs(Requirement::HearingScheduled), "{} {step:?}", remedy.key),
                S::Filed => assert_eq!(needs(Requirement::Court), needs(Requirement::CourtCaseNumber)),
                _ => {}
            }
        }
    }
    let filed = |key: &str| {
        let remedy = preset.remedy(key).unwrap();
        let step = remedy.step(Some(LegalActionStatus::Preparing), LegalActionStatus::Filed);
        step.unwrap().requires.clone()
    };
    assert!(filed("public-nuisance-suit").contains(&Requirement::CourtCaseNumber));
    assert!(filed("receivership").contains(&Requirement::PrePetitionNotice));
    assert!(!filed("administrative-citation").contains(&Requirement::Court));
}

#[test]
fn the_power_to_evict_for_drugs_has_lapsed() {
    let preset = sacramento();
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let sunset = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    for key in ["drug-eviction", "weapons-eviction"] {
        let remedy = preset.remedy(key).unwrap();
        assert_eq!(remedy.unavailable_on(today), Some(Unavailable::Lapsed(sunset)));
    }
}

#[test]
fn what_must_never_count_is_mapped_so() {
    use CallCategory as C;
    let preset = sacramento();
    let slo = &preset.feed("slo-police").unwrap().call_types;
    assert_eq!(slo["WELFARE CHECK"], C::Welfare);
    assert_eq!(slo["MENTAL SUBJ"], C::MentalHealth);
    assert_eq!(slo["THEFT-VEHICLE"], C::Theft);
    assert_eq!(slo.get("MUNI CODE VIOL"), None);
    let san_diego = &preset.feed("san-diego-police").unwrap().call_types;
    assert_eq!(san_diego["1140OD"], C::Medical);
    assert_eq!(san_diego["TRO"], C::Stalking);
    assert_eq!(san_diego["SELENF"], C::Administrative);
    assert_eq!(san_diego["459A"], C::Alarm);
    assert_eq!(preset.feed("demo-police").unwrap().call_types, *slo);
}

#[test]
fn imminent_danger_is_looked_at_on_the_same_day_and_what_is_less_urgent_never_sooner() {
    use entity::{case::CasePriority, response_pause::Within};
    let preset = sacramento();
    let within = |priority| preset.response_target(priority).unwrap().rule.within;
    assert_eq!(within(CasePriority::ImminentDanger), Within::Days(0));
    assert_eq!(within(CasePriority::High), Within::Hours(48));
    let hours = |within| match within {
        Within::Hours(hours) => hours,
        Within::Days(days) => (days + 1) * 24,
    };
    let lengths: Vec<u32> = CasePriority::ALL.iter().map(|priority| hours(within(*priority))).collect();
    assert!(lengths.is_sorted(), "{lengths:?}");
    let targets = &preset.response_targets;
    let bare = targets
        .iter()
        .filter(|target| !target.rule.citation.contains("no ordinance") && target.rule.note.is_none());
    assert_eq!(bare.count(), 0, "a number from elsewhere says that it was not verified");
}
