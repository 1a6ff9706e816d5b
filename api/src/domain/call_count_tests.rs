//! What counts and what does not, at the edges.

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::America::Los_Angeles;
use entity::{
    id::NuisanceRuleId,
    nuisance_rule::{Categories, Dispositions, Occupancies, RuleBasis, UnitBands, UseTypes, WindowUnit},
    property::{ResidentialOccupancy, UseType},
};

use super::*;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A rule over all qualifying categories in the last 30 days, at bars.
pub fn rule(measure: RuleMeasure, comparison: RuleComparison, threshold: f64) -> Rule {
    let qualifying = |category: &CallCategory| behavior(*category) == CallBehavior::Qualifying;
    Rule {
        id: NuisanceRuleId::generate(),
        key: "a-rule".to_owned(),
        version: 1,
        label: "A rule".to_owned(),
        citation: "None".to_owned(),
        basis: RuleBasis::Policy,
        effective_from: day("2020-01-01"),
        effective_to: None,
        use_types: UseTypes(vec![UseType::Bar]),
        occupancies: Occupancies(vec![ResidentialOccupancy::None]),
        categories: Categories(CallCategory::ALL.iter().copied().filter(qualifying).collect()),
        measure,
        threshold,
        comparison,
        window_n: 30,
        window_unit: WindowUnit::Days,
        unit_bands: UnitBands::default(),
        max_per_day: None,
        min_gap_hours: None,
        include_officer_initiated: false,
        excluded_categories: Categories::default(),
        excluded_dispositions: Dispositions::default(),
        require_one_of: Categories::default(),
        min_precision: AddressPrecision::Address,
        early_warning_percent: None,
        exclusive_group: None,
    }
}

/// A call that counts, at that wall-clock time in Sacramento; of a repeated hour the first.
pub fn call(local: &str) -> PlainCall<'static> {
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    let at = Los_Angeles.from_local_datetime(&local).earliest().unwrap();
    PlainCall {
        id: CallId::generate(),
        occurred_at: at.to_utc(),
        day: at.date_naive(),
        category: CallCategory::Noise,
        precision: AddressPrecision::Address,
        disposition: None,
        disposition_excludes: false,
        officer_initiated: false,
        withdrawn: false,
        taken_out: None,
    }
}

const MARCH: fn() -> DayWindow = || DayWindow { from: day("2026-03-01"), to: day("2026-03-31") };

fn at_least(threshold: f64) -> Rule {
    rule(RuleMeasure::Count, RuleComparison::AtLeast, threshold)
}

fn reasons(count: &Count) -> Vec<Option<ExclusionReason>> {
    count.calls.iter().map(|(_, reason)| *reason).collect()
}

#[test]
fn each_call_is_left_out_for_the_strictest_reason_only() {
    use ExclusionReason as E;
    let good = call("2026-03-05 22:00");
    let bad_at_all = PlainCall {
        category: CallCategory::Domestic,
        withdrawn: true,
        disposition_excludes: true,
        precision: AddressPrecision::Block,
        officer_initiated: true,
        taken_out: Some(ExclusionReason::ExcludedByReview),
        ..good
    };
    let steps = [
        (bad_at_all, E::Protected),
        (PlainCall { category: CallCategory::Unmapped, ..bad_at_all }, E::WithdrawnBySource),
        (PlainCall { category: CallCategory::Unmapped, withdrawn: false, ..bad_at_all }, E::Unmapped),
        (PlainCall { category: CallCategory::Theft, withdrawn: false, ..bad_at_all }, E::NotQualifying),
        (PlainCall { category: CallCategory::Noise, withdrawn: false, ..bad_at_all }, E::Disposition),
        (PlainCall { precision: AddressPrecision::Place, officer_initiated: true, ..good }, E::Precision),
        (
            PlainCall { officer_initiated: true, taken_out: Some(ExclusionReason::ExcludedByReview), ..good },
            E::OfficerInitiated,
        ),
        (PlainCall { taken_out: Some(ExclusionReason::ExcludedByReview), ..good }, E::ExcludedByReview),
    ];
    for (call, reason) in steps {
        assert_eq!(exclusion(&call, Some(&at_least(3.0))), Some(reason));
    }
    assert_eq!(exclusion(&good, Some(&at_least(3.0))), None);
    assert_eq!(exclusion(&PlainCall { precision: AddressPrecision::Unit, ..good }, None), None);
}

#[test]
fn no_category_that_is_not_qualifying_counts_even_if_a_rule_lists_it() {
    let everything = Rule { categories: Categories(CallCategory::ALL.to_vec()), ..at_least(1.0) };
    for &category in CallCategory::ALL {
        let counted =
            exclusion(&PlainCall { category, ..call("2026-03-05 22:00") }, Some(&everything)).is_none();
        assert_eq!(counted, behavior(category) == CallBehavior::Qualifying, "{category}");
    }
}

#[test]
fn a_rule_counts_only_the_categories_it_names() {
    let noise_only = Rule { categories: Categories(vec![CallCategory::Noise]), ..at_least(1.0) };
    let fight = PlainCall { category: CallCategory::Fight, ..call("2026-03-05 22:00") };
    assert_eq!(exclusion(&fight, Some(&noise_only)), Some(ExclusionReason::NotQualifying));
    assert_eq!(exclusion(&fight, None), None);
}

#[test]
fn officers_own_calls_count_only_where_the_rule_says_so() {
    let own = PlainCall { officer_initiated: true, ..call("2026-03-05 22:00") };
    let with_them = Rule { include_officer_initiated: true, ..at_least(1.0) };
    assert!(count(&with_them, MARCH(), None, &[own]).crossed);
    assert!(!count(&at_least(1.0), MARCH(), None, &[own]).crossed);
}

#[test]
fn protected_calls_are_not_even_listed_and_take_no_place_of_their_day() {
    let rule = Rule { max_per_day: Some(1), min_gap_hours: Some(24), ..at_least(1.0) };
    let protected = PlainCall { category: CallCategory::Medical, ..call("2026-03-05 21:00") };
    let noise = call("2026-03-05 22:00");
    let found = count(&rule, MARCH(), None, &[protected, noise]);
    assert_eq!(found.calls, [(noise.id, None)]);
    assert_eq!(found.measured, Some(1.0));
}

#[test]
fn the_first_and_the_last_day_of_the_window_are_in_it() {
    let calls = ["2026-02-28 23:59", "2026-03-01 00:00", "2026-03-31 23:59", "2026-04-01 00:00"].map(call);
    let found = count(&at_least(2.0), MARCH(), None, &calls);
    assert_eq!(found.measured, Some(2.0));
    assert!(found.crossed);
    assert_eq!(found.newest, Some(day("2026-03-31")));
}

#[test]
fn a_day_is_the_citys_and_not_utcs() {
    // 23:30 and 00:30 in Sacramento lie on the same UTC day.
    let calls = ["2026-03-10 23:30", "2026-03-11 00:30"].map(call);
    assert_eq!(calls[0].occurred_at.date_naive(), calls[1].occurred_at.date_naive());
    let one_a_day = Rule { max_per_day: Some(1), ..at_least(2.0) };
    assert_eq!(reasons(&count(&one_a_day, MARCH(), None, &calls)), [None, None]);
    // 16:30 and 18:30 lie on two UTC days, but on one of the city's.
    let calls = ["2026-03-10 16:30", "2026-03-10 18:30"].map(call);
    assert_ne!(calls[0].occurred_at.date_naive(), calls[1].occurred_at.date_naive());
    let found = count(&one_a_day, MARCH(), None, &calls);
    assert_eq!(reasons(&found), [None, Some(ExclusionReason::SameDay)]);
}

#[test]
fn of_one_day_the_earliest_calls_count() {
    let two_a_day = Rule { max_per_day: Some(2), ..at_least(1.0) };
    let calls = ["2026-03-10 12:00", "2026-03-10 08:00", "2026-03-10 20:00"].map(call);
    let found = count(&two_a_day, MARCH(), None, &calls);
    let ids: Vec<CallId> = found.calls.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [calls[1].id, calls[0].id, calls[2].id]);
    assert_eq!(reasons(&found), [None, None, Some(ExclusionReason::SameDay)]);
}

#[test]
fn calls_at_the_same_time_are_two_calls_on_one_day() {
    let calls = ["2026-03-10 12:00", "2026-03-10 12:00"].map(call);
    assert_eq!(count(&at_least(2.0), MARCH(), None, &calls).measured, Some(2.0));
    let days = rule(RuleMeasure::DistinctDays, RuleComparison::AtLeast, 2.0);
    assert_eq!(count(&days, MARCH(), None, &calls).measured, Some(1.0));
}

#[test]
fn a_call_taken_out_leaves_its_place_of_the_day_to_the_next() {
    let one_a_day = Rule { max_per_day: Some(1), ..at_least(1.0) };
    let first = PlainCall { taken_out: Some(ExclusionReason::ExcludedByReview), ..call("2026-03-10 08:00") };
    let found = count(&one_a_day, MARCH(), None, &[first, call("2026-03-10 09:00")]);
    assert_eq!(reasons(&found), [Some(ExclusionReason::ExcludedByReview), None]);
}

#[test]
fn a_gap_is_elapsed_time_and_runs_from_the_last_call_that_counted() {
    let a_day_apart = Rule { min_gap_hours: Some(24), ..at_least(1.0) };
    let calls = ["2026-03-10 22:00", "2026-03-11 21:59", "2026-03-11 22:00", "2026-03-12 21:00"].map(call);
    let same = Some(ExclusionReason::SameDay);
    assert_eq!(reasons(&count(&a_day_apart, MARCH(), None, &calls)), [None, same, None, same]);
}

#[test]
fn the_night_on_which_clocks_go_forward_is_an_hour_shorter() {
    // From 12:00 to 12:00 across 2026-03-08 only 23 hours pass.
    let a_day_apart = Rule { min_gap_hours: Some(24), ..at_least(1.0) };
    let calls = ["2026-03-07 12:00", "2026-03-08 12:00"].map(call);
    assert_eq!(reasons(&count(&a_day_apart, MARCH(), None, &calls)), [None, Some(ExclusionReason::SameDay)]);
    let days = rule(RuleMeasure::DistinctDays, RuleComparison::AtLeast, 2.0);
    assert!(count(&days, MARCH(), None, &calls).crossed);
}

#[test]
fn the_hour_that_clocks_repeat_is_two_hours_of_one_day() {
    let first = call("2026-11-01 01:30");
    let again =
        PlainCall { occurred_at: first.occurred_at + TimeDelta::hours(1), ..call("2026-11-01 01:30") };
    assert_eq!(again.occurred_at.with_timezone(&Los_Angeles).date_naive(), day("2026-11-01"));
    let november = DayWindow { from: day("2026-11-01"), to: day("2026-11-30") };
    let hour_apart = Rule { min_gap_hours: Some(1), ..at_least(2.0) };
    assert!(count(&hour_apart, november, None, &[again, first]).crossed);
    let one_a_day = Rule { max_per_day: Some(1), ..at_least(2.0) };
    assert!(!count(&one_a_day, november, None, &[again, first]).crossed);
}

#[test]
fn at_least_is_reached_and_more_than_is_passed() {
    let three = ["2026-03-01 12:00", "2026-03-02 12:00", "2026-03-03 12:00"].map(call);
    assert!(count(&at_least(3.0), MARCH(), None, &three).crossed);
    assert!(!count(&at_least(3.0), MARCH(), None, &three[..2]).crossed);
    let more_than = rule(RuleMeasure::Count, RuleComparison::MoreThan, 3.0);
    assert!(!count(&more_than, MARCH(), None, &three).crossed);
    assert!(
        count(&more_than, MARCH(), None, &[three.as_slice(), &[call("2026-03-04 12:00")]].concat()).crossed
    );
}

#[test]
fn half_a_call_per_room_is_not_more_than_half() {
    let per_room = rule(RuleMeasure::PerUnit, RuleComparison::MoreThan, 0.5);
    let calls: Vec<PlainCall<'_>> = (1..=11).map(|day| call(&format!("2026-03-{day:02} 12:00"))).collect();
    let ten = count(&per_room, MARCH(), Some(20), &calls[..10]);
    assert_eq!((ten.measured, ten.crossed), (Some(0.5), false));
    let eleven = count(&per_room, MARCH(), Some(20), &calls);
    assert_eq!((eleven.measured, eleven.crossed), (Some(0.55), true));
}

#[test]
fn a_ratio_that_equals_its_threshold_does_so_in_every_number_of_rooms() {
    for tenths in 1..=20_i32 {
        let threshold = f64::from(tenths) / 10.0;
        let more_than = rule(RuleMeasure::PerUnit, RuleComparison::MoreThan, threshold);
        let at_least = rule(RuleMeasure::PerUnit, RuleComparison::AtLeast, threshold);
        for rooms in (10..=500).step_by(10) {
            let calls = usize::try_from(tenths * rooms / 10).unwrap();
            let days = vec![Counted { day: day("2026-03-01"), category: CallCategory::Noise }; calls];
            assert!(!reaches(&more_than, Some(rooms), &days), "{calls} calls at {rooms} rooms");
            assert!(reaches(&at_least, Some(rooms), &days), "{calls} calls at {rooms} rooms");
        }
    }
}

#[test]
fn without_a_number_of_units_nothing_is_measured_per_unit() {
    let per_room = rule(RuleMeasure::PerUnit, RuleComparison::MoreThan, 0.5);
    for units in [None, Some(0), Some(-1)] {
        let found = count(&per_room, MARCH(), units, &[call("2026-03-01 12:00")]);
        assert_eq!((found.measured, found.crossed), (None, false));
    }
}

#[test]
fn the_threshold_follows_the_number_of_units() {
    // Cincinnati Municipal Code 761-3.
    let band = |from, to, threshold| Band { from, to, threshold };
    let bands = vec![band(2, Some(3), 6.0), band(4, Some(19), 14.0), band(20, None, 18.0)];
    let rule = Rule { unit_bands: UnitBands(bands), ..at_least(3.0) };
    let thresholds = [None, Some(1), Some(2), Some(3), Some(4), Some(19), Some(20), Some(5_000)]
        .map(|units| threshold(&rule, units));
    assert_eq!(thresholds, [3.0, 3.0, 6.0, 6.0, 14.0, 14.0, 18.0, 18.0]);
    let calls: Vec<PlainCall<'_>> = (1..=6).map(|day| call(&format!("2026-03-{day:02} 12:00"))).collect();
    assert!(count(&rule, MARCH(), Some(3), &calls).crossed);
    assert!(!count(&rule, MARCH(), Some(4), &calls).crossed);
}

#[test]
fn a_rule_leaves_out_the_dispositions_it_names_in_the_feeds_words() {
    let words = Dispositions(vec!["Report taken".to_owned()]);
    let rule = Rule { excluded_dispositions: words, ..at_least(1.0) };
    let ended = |disposition| PlainCall { disposition, ..call("2026-03-05 22:00") };
    let reason = |disposition| exclusion(&ended(disposition), Some(&rule));
    assert_eq!(reason(Some("REPORT TAKEN ")), Some(ExclusionReason::Disposition));
    assert_eq!(reason(Some("REPORT")), None);
    assert_eq!(reason(None), None);
    assert_eq!(exclusion(&ended(Some("Report taken")), Some(&at_least(1.0))), None, "another rule counts it");
}

#[test]
fn a_rule_may_ask_for_a_unit_but_never_for_less_than_an_address() {
    use AddressPrecision as P;
    let exact = |min_precision| Rule { min_precision, ..at_least(1.0) };
    for &precision in P::ALL {
        let told = PlainCall { precision, ..call("2026-03-05 22:00") };
        let counts = |min_precision| exclusion(&told, Some(&exact(min_precision))).is_none();
        assert_eq!(counts(P::Unit), precision == P::Unit, "{precision}");
        for asked in [P::Address, P::Block, P::Unparsed] {
            assert_eq!(counts(asked), matches!(precision, P::Unit | P::Address), "{precision}");
        }
    }
}

#[test]
fn a_threshold_is_crossed_only_with_one_of_the_categories_that_the_rule_asks_for() {
    let grave = Rule { require_one_of: Categories(vec![CallCategory::Weapon]), ..at_least(3.0) };
    let mut calls = ["2026-03-01 12:00", "2026-03-02 12:00", "2026-03-03 12:00"].map(call);
    let without = count(&grave, MARCH(), None, &calls);
    assert_eq!((without.measured, without.crossed), (Some(3.0), false));
    calls[1].category = CallCategory::Weapon;
    assert!(count(&grave, MARCH(), None, &calls).crossed);
    calls[1].taken_out = Some(ExclusionReason::ExcludedByReview);
    let more = [calls.as_slice(), &[call("2026-03-04 12:00")]].concat();
    assert!(!count(&grave, MARCH(), None, &more).crossed, "one that does not count does not help");
}

#[test]
fn an_early_warning_comes_before_the_threshold_and_only_where_the_rule_says_so() {
    let rule = Rule { early_warning_percent: Some(50), ..at_least(4.0) };
    let calls: Vec<PlainCall<'_>> = (1..=4).map(|day| call(&format!("2026-03-{day:02} 12:00"))).collect();
    let warned =
        |rule: &Rule| [1, 2, 3, 4].map(|n| warns_early(rule, &count(rule, MARCH(), None, &calls[..n])));
    assert_eq!(warned(&rule), [false, true, true, false]);
    assert_eq!(warned(&at_least(4.0)), [false; 4]);
}

#[test]
fn what_people_took_out_keeps_their_reason() {
    use ExclusionReason as E;
    for reason in [E::ExcludedByReview, E::CallerIsVictimOrOwner, E::ChallengeUpheld] {
        let out = PlainCall { taken_out: Some(reason), ..call("2026-03-05 22:00") };
        assert_eq!(exclusion(&out, Some(&at_least(1.0))), Some(reason));
        let protected = PlainCall { category: CallCategory::Medical, ..out };
        assert_eq!(exclusion(&protected, Some(&at_least(1.0))), Some(E::Protected));
    }
}
