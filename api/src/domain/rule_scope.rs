//! Which nuisance rules are in force on a day, and which of them run on a place.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    nuisance_rule::Model as Rule,
    property::{self, ResidentialOccupancy, UseType},
};

use super::{call_count, day_window::DayWindow};

/// The rules in force on that day: of each key the highest version that has begun, unless it has ended.
#[must_use]
pub fn in_force(rules: &[Rule], day: NaiveDate) -> Vec<&Rule> {
    let mut newest: HashMap<&str, &Rule> = HashMap::new();
    for rule in rules.iter().filter(|rule| rule.effective_from <= day) {
        let present = newest.entry(&rule.key).or_insert(rule);
        if present.version < rule.version {
            *present = rule;
        }
    }
    let mut found: Vec<&Rule> =
        newest.into_values().filter(|rule| rule.effective_to.is_none_or(|to| day < to)).collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// Whether the rule runs on a place of that use and occupancy. None runs on a home or on what may be one.
#[must_use]
pub fn runs_on(rule: &Rule, use_type: UseType, occupancy: ResidentialOccupancy) -> bool {
    use ResidentialOccupancy as O;
    if matches!(use_type, UseType::SingleFamily | UseType::MultiFamily | UseType::Unknown) {
        return false;
    }
    let lists = |occupancy| rule.occupancies.0.contains(&occupancy);
    // Where nobody knows, somebody may live: a rule that does not run on residents does not run there either.
    let occupied = match occupancy {
        O::None | O::Some => lists(occupancy),
        O::Unknown => lists(O::Unknown) && lists(O::Some),
    };
    occupied && rule.use_types.0.contains(&use_type)
}

/// Those of the rules in force that judge the place. Of an exclusive group these are the ones whose unit bands hold the
/// place's units; where none does, the ones without bands.
#[must_use]
pub fn running<'a>(in_force: &[&'a Rule], place: &property::Model) -> Vec<&'a Rule> {
    let runs = |rule: &&Rule| runs_on(rule, place.use_type, place.residential_occupancy);
    let running: Vec<&Rule> = in_force.iter().copied().filter(runs).collect();
    let holds = |rule: &Rule| call_count::band(rule, place.unit_count).is_some();
    let judges = |rule: &&Rule| {
        let Some(group) = &rule.exclusive_group else { return true };
        let of_group = |other: &&Rule| other.exclusive_group.as_ref() == Some(group);
        let banded = running.iter().filter(|rule| of_group(rule)).any(|rule| holds(rule));
        if banded { holds(rule) } else { rule.unit_bands.0.is_empty() }
    };
    running.iter().copied().filter(judges).collect()
}

/// Whether other rules of its exclusive group judge the place in its stead.
#[must_use]
pub fn is_displaced(rule: &Rule, running: &[&Rule]) -> bool {
    let Some(group) = &rule.exclusive_group else { return false };
    let of_group = |other: &&&Rule| other.exclusive_group.as_ref() == Some(group);
    let mut judging = running.iter().filter(of_group).peekable();
    judging.peek().is_some() && judging.all(|other| other.key != rule.key)
}

/// The days that the rule judges when the data reach up to `as_of`: none from before it took effect.
#[must_use]
pub fn window(rule: &Rule, as_of: NaiveDate) -> Option<DayWindow> {
    let n = u32::try_from(rule.window_n).ok().filter(|n| *n > 0)?;
    DayWindow::last(n, rule.window_unit, as_of).since(rule.effective_from)
}

#[cfg(test)]
mod tests {
    use entity::nuisance_rule::{Occupancies, RuleComparison, RuleMeasure, UseTypes, WindowUnit};

    use super::*;
    use crate::domain::call_count::tests::{day, rule};

    fn version(key: &str, version: i32, from: &str, to: Option<&str>) -> Rule {
        Rule {
            key: key.to_owned(),
            version,
            effective_from: day(from),
            effective_to: to.map(day),
            ..rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0)
        }
    }

    fn running_on(use_types: &[UseType], occupancies: &[ResidentialOccupancy]) -> Rule {
        Rule {
            use_types: UseTypes(use_types.to_vec()),
            occupancies: Occupancies(occupancies.to_vec()),
            ..rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0)
        }
    }

    #[test]
    fn a_later_version_replaces_an_earlier_one_once_it_has_begun() {
        let rules = [
            version("bar", 1, "2020-01-01", None),
            version("bar", 2, "2026-07-01", None),
            version("motel", 1, "2020-01-01", Some("2026-07-01")),
        ];
        let on =
            |text| in_force(&rules, day(text)).iter().map(|r| (r.key.clone(), r.version)).collect::<Vec<_>>();
        assert_eq!(on("2026-06-30"), [("bar".to_owned(), 1), ("motel".to_owned(), 1)]);
        assert_eq!(on("2026-07-01"), [("bar".to_owned(), 2)]);
        assert!(on("2019-12-31").is_empty());
    }

    #[test]
    fn a_version_that_ended_does_not_bring_the_one_before_it_back() {
        let rules =
            [version("bar", 1, "2020-01-01", None), version("bar", 2, "2026-01-01", Some("2026-03-01"))];
        assert!(in_force(&rules, day("2026-03-01")).is_empty());
    }

    #[test]
    fn no_rule_runs_on_homes_or_on_an_unknown_use() {
        let everywhere = running_on(UseType::ALL, ResidentialOccupancy::ALL);
        for &use_type in UseType::ALL {
            let home = matches!(use_type, UseType::SingleFamily | UseType::MultiFamily | UseType::Unknown);
            for &occupancy in ResidentialOccupancy::ALL {
                assert_eq!(runs_on(&everywhere, use_type, occupancy), !home, "{use_type} {occupancy}");
            }
        }
    }

    #[test]
    fn an_unknown_occupancy_protects_like_a_resident() {
        use ResidentialOccupancy::{None, Some, Unknown};
        let bars = |occupancies: &[_]| running_on(&[UseType::Bar], occupancies);
        assert!(!runs_on(&bars(&[None]), UseType::Bar, Unknown));
        assert!(!runs_on(&bars(&[None]), UseType::Bar, Some));
        assert!(!runs_on(&bars(&[None, Unknown]), UseType::Bar, Unknown));
        assert!(!runs_on(&bars(&[None, Some]), UseType::Bar, Unknown));
        assert!(runs_on(&bars(&[Some, Unknown]), UseType::Bar, Unknown));
        assert!(runs_on(&bars(&[None]), UseType::Bar, None));
        assert!(!runs_on(&bars(&[None]), UseType::Retail, None));
    }

    #[test]
    fn a_rule_does_not_look_behind_the_day_it_took_effect() {
        let young = version("bar", 1, "2026-03-20", None);
        let days = |from, to| Some(DayWindow { from: day(from), to: day(to) });
        assert_eq!(window(&young, day("2026-03-31")), days("2026-03-20", "2026-03-31"));
        assert_eq!(window(&young, day("2026-06-30")), days("2026-06-01", "2026-06-30"));
        assert_eq!(window(&young, day("2026-03-19")), None);
        let months =
            Rule { window_n: 12, window_unit: WindowUnit::Months, ..version("bar", 1, "2020-01-01", None) };
        assert_eq!(window(&months, day("2026-03-31")), days("2025-04-01", "2026-03-31"));
    }
}
