//! What other cities' ordinances count, on the very edge. The figures are read from the ordinances, not from our code.

use chrono::{Days, NaiveDate};
use entity::{
    call::CallCategory,
    nuisance_rule::{Categories, Dispositions, Model as Rule, Occupancies, UnitBands, UseTypes, WindowUnit},
    property::{self, ResidentialOccupancy, UseType},
};

use super::*;
use crate::domain::{
    call_count::{
        self, PlainCall,
        tests::{call, day},
    },
    day_window::DayWindow,
    rule_scope,
};

fn rules(set: &str) -> Vec<Rule> {
    read(set).expect("a set of that name").expect("rules that are whole").into_iter().map(stored).collect()
}

fn rule(set: &str, key: &str) -> Rule {
    rules(set).into_iter().find(|rule| rule.key == key).expect("a rule of that key")
}

fn stored(rule: NuisanceRule) -> Rule {
    Rule {
        id: entity::id::NuisanceRuleId::generate(),
        key: rule.key,
        version: 1,
        label: rule.label,
        citation: rule.citation,
        basis: rule.basis,
        effective_from: rule.effective_from,
        effective_to: rule.effective_to,
        use_types: UseTypes(rule.use_types),
        occupancies: Occupancies(rule.occupancies),
        categories: Categories(rule.categories),
        excluded_categories: Categories(rule.excluded_categories),
        excluded_dispositions: Dispositions(rule.excluded_dispositions),
        require_one_of: Categories(rule.require_one_of),
        min_precision: rule.min_precision,
        measure: rule.measure,
        threshold: rule.threshold,
        comparison: rule.comparison,
        window_n: rule.window_n.try_into().unwrap(),
        window_unit: rule.window_unit,
        unit_bands: UnitBands(rule.unit_bands),
        max_per_day: rule.max_per_day.map(|most| most.try_into().unwrap()),
        min_gap_hours: rule.min_gap_hours.map(|hours| hours.try_into().unwrap()),
        include_officer_initiated: rule.include_officer_initiated,
        early_warning_percent: rule.early_warning_percent.map(|percent| percent.try_into().unwrap()),
        exclusive_group: rule.exclusive_group,
    }
}

/// What the rule measures up to the last day of June 2026, and whether its threshold is crossed.
fn found(rule: &Rule, units: Option<i32>, calls: &[PlainCall<'_>]) -> (Option<f64>, bool) {
    let window = rule_scope::window(rule, day("2026-06-30")).expect("a window");
    let count = call_count::count(rule, window, units, calls);
    (count.measured, count.crossed)
}

fn nights(days: &[&str]) -> Vec<PlainCall<'static>> {
    days.iter().map(|day| call(&format!("{day} 22:00"))).collect()
}

/// So many calls, one an evening, the last on June 30, 2026.
fn evenings(calls: u64) -> Vec<PlainCall<'static>> {
    let last = day("2026-06-30");
    let days: Vec<NaiveDate> = (0..calls).map(|ago| last - Days::new(ago)).collect();
    days.iter().map(|day| call(&format!("{day} 22:00"))).collect()
}

#[test]
fn seattle_counts_three_in_sixty_days_or_seven_in_twelve_months_and_no_junk() {
    let sixty = rule("seattle", "seattle-3-calls-in-60-days");
    // The 60 days that end with June 30 begin on May 2.
    let three = nights(&["2026-05-02", "2026-06-01", "2026-06-30"]);
    assert_eq!(found(&sixty, None, &three), (Some(3.0), true));
    assert_eq!(found(&sixty, None, &nights(&["2026-05-01", "2026-06-01", "2026-06-30"])), (Some(2.0), false));
    let junk = PlainCall { category: CallCategory::Dumping, ..three[1] };
    assert_eq!(found(&sixty, None, &[three[0], junk, three[2]]), (Some(2.0), false));
    let year = rule("seattle", "seattle-7-calls-in-12-months");
    let seven =
        ["2025-07-01", "2025-08-01", "2025-09-01", "2025-10-01", "2025-11-01", "2026-01-01", "2026-06-30"];
    assert_eq!(found(&year, None, &nights(&seven)), (Some(7.0), true));
    assert_eq!(found(&year, None, &nights(&seven[1..])), (Some(6.0), false));
    let a_day_too_old = [&["2025-06-30"], &seven[1..]].concat();
    assert_eq!(found(&year, None, &nights(&a_day_too_old)), (Some(6.0), false));
}

#[test]
fn milwaukee_counts_three_separate_days_and_one_in_24_hours() {
    let rule = rule("milwaukee", "milwaukee-3-days-in-30");
    assert_eq!(found(&rule, None, &nights(&["2026-06-01", "2026-06-15", "2026-06-30"])), (Some(3.0), true));
    let two_on_one_day = ["2026-06-01 10:00", "2026-06-15 09:00", "2026-06-15 22:00"].map(call);
    assert_eq!(found(&rule, None, &two_on_one_day), (Some(2.0), false));
    // 23 hours apart on two days is still within 24 hours.
    let two_in_a_day_and_night = ["2026-06-01 22:00", "2026-06-15 22:00", "2026-06-16 21:00"].map(call);
    assert_eq!(found(&rule, None, &two_in_a_day_and_night), (Some(2.0), false));
    // The 30 days that end with June 30 begin on June 1.
    assert_eq!(found(&rule, None, &nights(&["2026-05-31", "2026-06-15", "2026-06-30"])), (Some(2.0), false));
}

#[test]
fn milwaukee_counts_two_grave_calls_in_a_year() {
    let rule = rule("milwaukee", "milwaukee-2-grave-calls-in-12-months");
    let of = |category, at: &str| PlainCall { category, ..call(at) };
    let (drug, shots) =
        (of(CallCategory::Drug, "2025-07-01 22:00"), of(CallCategory::ShotsFired, "2026-06-30 22:00"));
    assert_eq!(found(&rule, None, &[drug, shots]), (Some(2.0), true));
    assert_eq!(found(&rule, None, &[drug, of(CallCategory::Noise, "2026-06-30 22:00")]), (Some(1.0), false));
    let beating_at_home = of(CallCategory::Domestic, "2026-06-30 22:00");
    assert_eq!(found(&rule, None, &[drug, beating_at_home]), (Some(1.0), false));
}

fn premises(units: Option<i32>) -> property::Model {
    let at = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    property::Model {
        id: entity::id::PropertyId::generate(),
        version: 1,
        apn: None,
        address: "12 ELM ST".to_owned(),
        latitude: None,
        longitude: None,
        district_id: None,
        district_override_reason: None,
        use_type: UseType::Motel,
        residential_occupancy: ResidentialOccupancy::None,
        unit_count: units,
        created_at: at,
        updated_at: at,
    }
}

fn judging(set: &str, units: Option<i32>) -> Vec<String> {
    let rules = rules(set);
    let in_force = rule_scope::in_force(&rules, day("2026-06-30"));
    let running = rule_scope::running(&in_force, &premises(units));
    running.into_iter().map(|rule| rule.key.clone()).collect()
}

#[test]
fn cincinnati_judges_single_premises_by_days_and_several_units_by_bands() {
    for single in [None, Some(1)] {
        assert_eq!(judging("cincinnati", single), ["cincinnati-single-3-days-in-30"]);
    }
    for several in [2, 3, 4, 19, 20, 39, 40, 119, 120, 199, 200, 201, 5_000] {
        assert_eq!(judging("cincinnati", Some(several)), ["cincinnati-by-units"], "{several} units");
    }
    let single = rule("cincinnati", "cincinnati-single-3-days-in-30");
    assert_eq!(found(&single, None, &nights(&["2026-06-01", "2026-06-02", "2026-06-30"])), (Some(3.0), true));
    assert_eq!(
        found(&single, None, &nights(&["2026-06-02", "2026-06-02", "2026-06-30"])),
        (Some(2.0), false)
    );
}

#[test]
fn cincinnati_scales_with_the_units() {
    let rule = rule("cincinnati", "cincinnati-by-units");
    let bands =
        [(2, 6), (3, 6), (4, 14), (19, 14), (20, 18), (39, 18), (40, 20), (119, 20), (120, 26), (199, 26)];
    for (units, calls) in bands.into_iter().chain([(201, 30)]) {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let measured = calls as f64;
        assert_eq!(found(&rule, Some(units), &evenings(calls)), (Some(measured), true), "{units} units");
        assert_eq!(
            found(&rule, Some(units), &evenings(calls - 1)),
            (Some(measured - 1.0), false),
            "{units} units"
        );
    }
    // 14 calls are enough at 19 units and not at 20.
    assert!(found(&rule, Some(19), &evenings(14)).1);
    assert!(!found(&rule, Some(20), &evenings(14)).1);
}

#[test]
fn shoreline_counts_different_days_in_180_and_scales_with_the_units() {
    let single = ["shoreline-single-3-days-in-180", "shoreline-single-5-calls-in-12-months"];
    assert_eq!(judging("shoreline", Some(1)), single);
    assert_eq!(judging("shoreline", Some(40)), ["shoreline-by-units"]);
    let days = rule("shoreline", single[0]);
    // The 180 days that end with June 30 begin on January 2.
    assert_eq!(found(&days, None, &nights(&["2026-01-02", "2026-03-01", "2026-06-30"])), (Some(3.0), true));
    assert_eq!(found(&days, None, &nights(&["2026-01-01", "2026-03-01", "2026-06-30"])), (Some(2.0), false));
    let year = rule("shoreline", single[1]);
    let five = ["2025-07-01", "2025-09-01", "2025-11-01", "2026-01-01", "2026-06-30"];
    assert_eq!(found(&year, None, &nights(&five)), (Some(5.0), true));
    assert_eq!(found(&year, None, &nights(&five[1..])), (Some(4.0), false));
    let units = rule("shoreline", "shoreline-by-units");
    for (units_there, calls) in [(2, 6), (3, 6), (4, 12), (19, 12), (20, 18), (39, 18), (40, 24), (100, 24)] {
        assert!(found(&units, Some(units_there), &evenings(calls)).1, "{units_there} units");
        assert!(!found(&units, Some(units_there), &evenings(calls - 1)).1, "{units_there} units");
    }
    assert!(!found(&units, Some(101), &evenings(24)).1, "more above 100 units");
}

#[test]
fn chula_vista_allows_half_a_call_per_room_and_not_one_more() {
    let rule = rule("chula-vista", "chula-vista-calls-per-room");
    assert_eq!(found(&rule, Some(40), &evenings(20)), (Some(0.5), false));
    assert_eq!(found(&rule, Some(40), &evenings(21)), (Some(0.525), true));
    // It counts calls, not days.
    let one_night: Vec<PlainCall<'_>> = (0..21).map(|at| call(&format!("2026-06-30 {at:02}:30"))).collect();
    assert_eq!(found(&rule, Some(40), &one_night), (Some(0.525), true));
    assert_eq!(found(&rule, None, &one_night), (None, false), "nobody knows how many rooms it has");
}

#[test]
fn costa_mesa_allows_forty_calls_at_a_hundred_rooms_and_warns_before() {
    let rule = rule("costa-mesa", "costa-mesa-calls-per-room");
    assert_eq!(found(&rule, Some(100), &evenings(40)), (Some(0.4), false));
    assert_eq!(found(&rule, Some(100), &evenings(41)), (Some(0.41), true));
    let opened_by_officers: Vec<PlainCall<'_>> =
        evenings(41).into_iter().map(|call| PlainCall { officer_initiated: true, ..call }).collect();
    assert!(found(&rule, Some(100), &opened_by_officers).1, "officer-initiated calls are in");
    let mut with_domestic_violence = evenings(41);
    with_domestic_violence[7].category = CallCategory::Domestic;
    assert_eq!(found(&rule, Some(100), &with_domestic_violence), (Some(0.4), false));
    let window = DayWindow::last(12, WindowUnit::Months, day("2026-06-30"));
    let warned = |calls| {
        call_count::warns_early(&rule, &call_count::count(&rule, window, Some(100), &evenings(calls)))
    };
    assert_eq!([31, 32, 40, 41].map(warned), [false, true, true, false], "80 % of 40 is 32");
}

#[test]
fn no_set_counts_what_is_protected_or_runs_on_homes() {
    use CallCategory as C;
    let protected = [
        C::Domestic,
        C::SexCrime,
        C::Stalking,
        C::ChildOrElder,
        C::MissingPerson,
        C::Medical,
        C::MentalHealth,
        C::Welfare,
        C::Death,
    ];
    for (name, _) in SETS {
        for rule in rules(name) {
            assert!(rule.key.starts_with(name), "{} tells its city", rule.key);
            assert!(rule.citation.contains("Code"), "{} is cited", rule.key);
            assert!(!rule.categories.0.iter().any(|category| protected.contains(category)), "{}", rule.key);
            let homes = [UseType::SingleFamily, UseType::MultiFamily, UseType::Unknown];
            assert!(!rule.use_types.0.iter().any(|use_type| homes.contains(use_type)), "{}", rule.key);
            let only_motels = rule.use_types.0 == [UseType::Motel];
            let lived_in = rule.occupancies.0 != [ResidentialOccupancy::None];
            assert!(only_motels || !lived_in, "{} runs where nobody lives", rule.key);
        }
    }
}
