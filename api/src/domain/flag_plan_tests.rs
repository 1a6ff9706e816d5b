//! What becomes of flags, step by step.

use chrono::{DateTime, Utc};
use entity::{
    call::CallCategory,
    id::{DistrictId, PropertyId},
    nuisance_rule::{RuleComparison, RuleMeasure, WindowUnit},
    property::{ResidentialOccupancy, UseType},
};

use super::*;
use crate::domain::call_count::tests::{call, day, rule};

fn three_in_thirty() -> Rule {
    rule(RuleMeasure::DistinctDays, RuleComparison::AtLeast, 3.0)
}

fn bar() -> property::Model {
    property::Model {
        id: PropertyId::generate(),
        version: 1,
        apn: None,
        address: "12 ELM ST".to_owned(),
        latitude: None,
        longitude: None,
        district_id: Some(DistrictId::generate()),
        district_override_reason: None,
        use_type: UseType::Bar,
        residential_occupancy: ResidentialOccupancy::None,
        unit_count: None,
        created_at: DateTime::<Utc>::MIN_UTC,
        updated_at: DateTime::<Utc>::MIN_UTC,
    }
}

fn nights(days: &[&str]) -> Vec<PlainCall<'static>> {
    days.iter().map(|day| call(&format!("{day} 22:00"))).collect()
}

/// The flag that `step` makes, in that status.
fn raised(place: &property::Model, step: &Step, status: FlagStatus, reviewed_on: Option<&str>) -> Known {
    let (Step::Raise(rule, count), Some(district_id)) = (step, place.district_id) else {
        unreachable!("{step:?}")
    };
    Known {
        flag: flag::Model {
            id: FlagId::generate(),
            version: 1,
            status,
            property_id: place.id,
            district_id,
            rule_id: rule.id,
            raised_at: DateTime::<Utc>::MIN_UTC,
            window_from: count.window.from,
            window_to: count.window.to,
            measured: count.measured.unwrap(),
            threshold: count.threshold,
            data_as_of: DateTime::<Utc>::MIN_UTC,
            reviewed_by: None,
            reviewed_at: None,
            review_reason: None,
            case_id: None,
        },
        calls: count.calls.clone(),
        reviewed_on: reviewed_on.map(day),
    }
}

struct Story {
    place: property::Model,
    rules: Vec<Rule>,
    calls: Vec<PlainCall<'static>>,
}

impl Story {
    fn of_three_nights() -> Self {
        let calls = nights(&["2026-03-10", "2026-03-15", "2026-03-20"]);
        Self { place: bar(), rules: vec![three_in_thirty()], calls }
    }

    fn plan(&self, known: &[Known], as_of: &str) -> Vec<Step> {
        plan(&self.place, &self.rules, known, &self.calls, day(as_of))
    }

    fn flag(&self, status: FlagStatus, reviewed_on: Option<&str>) -> Known {
        raised(&self.place, &self.plan(&[], "2026-03-31")[0], status, reviewed_on)
    }
}

#[test]
fn a_place_over_the_threshold_is_flagged_once_for_each_rule() {
    let story = Story::of_three_nights();
    let steps = story.plan(&[], "2026-03-31");
    let [Step::Raise(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!(count.window, DayWindow { from: day("2026-03-02"), to: day("2026-03-31") });
    assert_eq!(count.measured, Some(3.0));
    assert_eq!(story.plan(&[], "2026-04-09").len(), 0, "March 10 has left the window");
}

#[test]
fn no_flag_is_raised_in_no_district_or_at_a_home() {
    let story = Story::of_three_nights();
    let lost = Story { place: property::Model { district_id: None, ..bar() }, ..Story::of_three_nights() };
    assert_eq!(lost.plan(&[], "2026-03-31"), []);
    let home = property::Model { residential_occupancy: ResidentialOccupancy::Unknown, ..bar() };
    assert_eq!(Story { place: home, ..story }.plan(&[], "2026-03-31"), []);
}

#[test]
fn an_open_flag_is_renewed_and_not_doubled() {
    let mut story = Story::of_three_nights();
    let known = story.flag(FlagStatus::NeedsReview, None);
    story.calls.extend(nights(&["2026-04-02"]));
    let steps = story.plan(std::slice::from_ref(&known), "2026-04-02");
    let [Step::Renew(id, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!(*id, known.flag.id);
    assert_eq!(count.measured, Some(4.0));
    assert_eq!(count.window.to, day("2026-04-02"));
}

#[test]
fn a_window_that_moves_on_withdraws_nothing() {
    let story = Story::of_three_nights();
    let known = story.flag(FlagStatus::NeedsReview, None);
    let steps = story.plan(std::slice::from_ref(&known), "2026-05-31");
    let [Step::Renew(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!(count.window, known.window());
    assert_eq!(count.calls, known.calls);
}

#[test]
fn a_call_that_becomes_protected_withdraws_what_rested_on_it() {
    for status in [FlagStatus::NeedsReview, FlagStatus::Confirmed] {
        let mut story = Story::of_three_nights();
        let known = story.flag(status, None);
        let protected = story.calls[1].id;
        story.calls[1].category = CallCategory::Domestic;
        let steps = story.plan(&[known], "2026-03-31");
        let [Step::Withdraw(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
        assert_eq!(count.measured, Some(2.0));
        assert!(count.calls.iter().all(|(id, _)| *id != protected));
    }
}

#[test]
fn a_withdrawn_flag_gives_way_to_a_new_one_on_calls_nobody_reviewed() {
    let mut story = Story::of_three_nights();
    let known = story.flag(FlagStatus::Confirmed, Some("2026-04-01"));
    story.calls.extend(nights(&["2026-03-25"]));
    story.calls[1].withdrawn = true;
    let steps = story.plan(&[known], "2026-03-31");
    assert!(matches!(&steps[..], [Step::Withdraw(..), Step::Raise(..)]), "{steps:?}");
}

#[test]
fn a_confirmed_flag_gains_no_call_and_loses_those_that_no_longer_count() {
    let mut story = Story::of_three_nights();
    story.calls.extend(nights(&["2026-03-22"]));
    let known = story.flag(FlagStatus::Confirmed, Some("2026-04-01"));
    assert_eq!(story.plan(std::slice::from_ref(&known), "2026-03-31"), []);
    story.calls.extend(nights(&["2026-03-23"]));
    assert_eq!(story.plan(std::slice::from_ref(&known), "2026-03-31"), [], "a late call is not added");
    story.calls[0].withdrawn = true;
    let steps = story.plan(&[known], "2026-03-31");
    let [Step::Cut(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!(count.measured, Some(3.0));
    assert_eq!(count.calls[0].1, Some(ExclusionReason::WithdrawnBySource));
    assert_eq!(count.calls.len(), 4);
}

#[test]
fn a_call_the_review_took_out_does_not_come_back() {
    let mut story = Story::of_three_nights();
    story.calls.extend(nights(&["2026-03-22"]));
    let mut known = story.flag(FlagStatus::Confirmed, Some("2026-04-01"));
    known.calls[0].1 = Some(ExclusionReason::ExcludedByReview);
    known.flag.measured = 3.0; // as the review left it
    story.calls[0].taken_out = Some(ExclusionReason::ExcludedByReview);
    assert_eq!(story.plan(&[known], "2026-03-31"), []);
}

#[test]
fn the_flag_of_a_case_stays_with_it_but_loses_what_no_longer_counts() {
    let mut story = Story::of_three_nights();
    let known = story.flag(FlagStatus::CaseOpened, Some("2026-04-01"));
    assert_eq!(story.plan(std::slice::from_ref(&known), "2026-03-31"), []);
    story.calls[0].category = CallCategory::Medical;
    let steps = story.plan(&[known], "2026-03-31");
    let [Step::Cut(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!((count.measured, count.crossed), (Some(2.0), false));
}

#[test]
fn a_reviewed_pattern_is_raised_again_only_by_enough_calls_after_the_review() {
    for status in [FlagStatus::Dismissed, FlagStatus::CaseOpened] {
        let mut story = Story::of_three_nights();
        let known = [story.flag(status, Some("2026-04-01"))];
        assert_eq!(story.plan(&known, "2026-03-31"), []);
        story.calls.extend(nights(&["2026-04-01", "2026-04-02", "2026-04-03"]));
        assert_eq!(story.plan(&known, "2026-04-03"), [], "two nights after the review");
        story.calls.extend(nights(&["2026-04-04"]));
        let steps = story.plan(&known, "2026-04-04");
        let [Step::Raise(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
        assert_eq!(count.window, DayWindow { from: day("2026-04-02"), to: day("2026-04-04") });
        assert_eq!(count.measured, Some(3.0));
    }
}

#[test]
fn a_stale_flag_comes_back_only_with_a_new_call() {
    let mut story = Story::of_three_nights();
    let known = [story.flag(FlagStatus::Stale, None)];
    assert_eq!(story.plan(&known, "2026-04-02"), []);
    story.calls.extend(nights(&["2026-04-02"]));
    assert!(matches!(story.plan(&known, "2026-04-02")[..], [Step::Raise(..)]));
}

#[test]
fn a_place_that_turns_out_to_be_a_home_loses_its_flags() {
    for status in [FlagStatus::NeedsReview, FlagStatus::Confirmed] {
        let mut story = Story::of_three_nights();
        let known = story.flag(status, None);
        story.place.use_type = UseType::MultiFamily;
        let steps = story.plan(&[known], "2026-03-31");
        assert!(matches!(steps[..], [Step::Withdraw(..)]), "{steps:?}");
    }
}

#[test]
fn a_new_version_of_a_rule_leaves_the_open_flag_of_the_old_one() {
    let mut story = Story::of_three_nights();
    let known = story.flag(FlagStatus::NeedsReview, None);
    let old = story.rules[0].clone();
    story.rules.push(Rule { id: entity::id::NuisanceRuleId::generate(), version: 2, threshold: 2.0, ..old });
    let steps = story.plan(std::slice::from_ref(&known), "2026-04-20");
    let [Step::Renew(id, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!((*id, count.threshold, count.window), (known.flag.id, 3.0, known.window()));
}

#[test]
fn more_rooms_withdraw_what_too_few_rooms_made() {
    let per_room = Rule {
        window_n: 12,
        window_unit: WindowUnit::Months,
        ..rule(RuleMeasure::PerUnit, RuleComparison::MoreThan, 0.5)
    };
    let place = property::Model { unit_count: Some(5), ..bar() };
    let mut story = Story { place, rules: vec![per_room], ..Story::of_three_nights() };
    let known = story.flag(FlagStatus::Confirmed, Some("2026-04-01"));
    story.place.unit_count = Some(6);
    let steps = story.plan(&[known], "2026-03-31");
    let [Step::Withdraw(_, count)] = &steps[..] else { unreachable!("{steps:?}") };
    assert_eq!(count.measured, Some(0.5));
}
