//! When a flag was reached and when it would clear, told in words.

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::nuisance_rule::{Model as Rule, RuleComparison, RuleMeasure, WindowUnit};

use super::{
    call_count::{self, Counted},
    day_window::DayWindow,
};

/// The day on which the counted calls first reached the threshold; none when they do not.
#[must_use]
pub fn reached_on(rule: &Rule, units: Option<i32>, counted: &[Counted]) -> Option<NaiveDate> {
    let mut calls = counted.to_vec();
    calls.sort_unstable();
    (1..=calls.len()).find(|n| call_count::reaches(rule, units, &calls[..*n])).map(|n| calls[n - 1].day)
}

/// The first day whose window holds too few calls, if none of later days counts; none when they are too few already.
#[must_use]
pub fn clears_on(rule: &Rule, units: Option<i32>, counted: &[Counted]) -> Option<NaiveDate> {
    let mut calls = counted.to_vec();
    calls.sort_unstable();
    if !call_count::reaches(rule, units, &calls) {
        return None;
    }
    let gone = calls.iter().enumerate().find(|(index, call)| {
        // A day leaves the window with all its calls.
        calls.get(index + 1).is_none_or(|next| next.day != call.day)
            && !call_count::reaches(rule, units, &calls[index + 1..])
    });
    gone.and_then(|(_, call)| first_window_without(rule, call.day))
}

// The last day of the first window that begins after `day`.
fn first_window_without(rule: &Rule, day: NaiveDate) -> Option<NaiveDate> {
    let n = u32::try_from(rule.window_n).ok()?;
    let about = match rule.window_unit {
        WindowUnit::Days => day.checked_add_days(Days::new(n.into()))?,
        WindowUnit::Months => day.checked_add_months(Months::new(n))?,
        WindowUnit::CalendarYears => {
            return NaiveDate::from_ymd_opt(day.year().checked_add_unsigned(n)?, 1, 1);
        }
    };
    // Months differ in length, so the day itself lies a few days around.
    let candidates = about.checked_sub_days(Days::new(4))?.iter_days().take(9);
    candidates.into_iter().find(|to| DayWindow::last(n, rule.window_unit, *to).from > day)
}

/// What the rule asks for at a place with so many units.
#[must_use]
pub fn asks_for(rule: &Rule, units: Option<i32>) -> String {
    let threshold = call_count::threshold(rule, units);
    let comparison = match rule.comparison {
        RuleComparison::AtLeast => "at least",
        RuleComparison::MoreThan => "more than",
    };
    let measure = match rule.measure {
        RuleMeasure::Count => "calls",
        RuleMeasure::DistinctDays => "days with a call",
        RuleMeasure::PerUnit => "calls per unit",
    };
    let unit = match rule.window_unit {
        WindowUnit::Days => "days",
        WindowUnit::Months => "months",
        WindowUnit::CalendarYears => "calendar years",
    };
    let asks =
        format!("The rule asks for {comparison} {threshold} {measure} within {} {unit}", rule.window_n);
    let required: Vec<String> = rule.require_one_of.0.iter().map(|category| category.word()).collect();
    if required.is_empty() {
        format!("{asks}.")
    } else {
        format!("{asks}, one of them {}.", required.join(" or "))
    }
}

/// What would have to happen for the flag to clear.
#[must_use]
pub fn would_clear_when(rule: &Rule, units: Option<i32>, counted: &[Counted]) -> String {
    let asks = asks_for(rule, units);
    match clears_on(rule, units, counted) {
        Some(day) => format!(
            "{asks} If no further call counts, too few are left in the window that ends on {day}. It clears earlier \
             when the review takes out enough of the counted calls, or the source withdraws them."
        ),
        None => format!("{asks} The calls that count now are too few: it has cleared."),
    }
}

#[cfg(test)]
mod tests {
    use entity::call::CallCategory;

    use super::*;
    use crate::domain::call_count::tests::{day, rule};

    fn days(list: &[&str]) -> Vec<Counted> {
        let noise = |text: &&str| Counted { day: day(text), category: CallCategory::Noise };
        list.iter().map(noise).collect()
    }

    #[test]
    fn it_clears_when_the_call_that_makes_the_difference_leaves_the_window() {
        let three = rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0);
        let counted = days(&["2026-03-20", "2026-03-02", "2026-03-10"]);
        assert_eq!(reached_on(&three, None, &counted), Some(day("2026-03-20")));
        // The window of 30 days that ends on April 1 begins on March 3.
        assert_eq!(clears_on(&three, None, &counted), Some(day("2026-04-01")));
        let four = days(&["2026-03-20", "2026-03-02", "2026-03-10", "2026-03-21"]);
        assert_eq!(clears_on(&three, None, &four), Some(day("2026-04-09")));
    }

    #[test]
    fn calls_of_one_day_leave_together() {
        let three = rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0);
        let counted = days(&["2026-03-02", "2026-03-02", "2026-03-10", "2026-03-10"]);
        assert_eq!(clears_on(&three, None, &counted), Some(day("2026-04-01")));
        assert_eq!(reached_on(&three, None, &counted), Some(day("2026-03-10")));
    }

    #[test]
    fn in_months_it_clears_on_the_calendars_day() {
        let months = Rule {
            window_n: 12,
            window_unit: WindowUnit::Months,
            ..rule(RuleMeasure::DistinctDays, RuleComparison::AtLeast, 2.0)
        };
        for (first, clears) in [
            ("2026-03-02", "2027-03-02"),
            ("2024-02-29", "2025-03-01"),
            ("2026-02-28", "2027-02-28"),
            ("2026-01-31", "2027-01-31"),
        ] {
            let counted = days(&[first, "2026-12-31"]);
            let found = clears_on(&months, None, &counted);
            assert_eq!(found, Some(day(clears)), "{first}");
            let window = |to| DayWindow::last(12, WindowUnit::Months, to);
            assert!(window(day(clears)).from > day(first));
            assert!(window(day(clears).pred_opt().unwrap()).contains(day(first)));
        }
    }

    #[test]
    fn a_calendar_year_clears_with_new_year() {
        let year = Rule {
            window_n: 1,
            window_unit: WindowUnit::CalendarYears,
            ..rule(RuleMeasure::Count, RuleComparison::AtLeast, 2.0)
        };
        let counted = days(&["2026-01-01", "2026-12-31"]);
        assert_eq!(clears_on(&year, None, &counted), Some(day("2027-01-01")));
        assert_eq!(
            DayWindow::last(1, WindowUnit::CalendarYears, day("2026-12-31")),
            DayWindow { from: day("2026-01-01"), to: day("2026-12-31") }
        );
        assert_eq!(DayWindow::last(2, WindowUnit::CalendarYears, day("2026-03-01")).from, day("2025-01-01"));
    }

    #[test]
    fn it_says_which_categories_the_rule_asks_for() {
        let grave = Rule {
            require_one_of: entity::nuisance_rule::Categories(vec![CallCategory::Weapon, CallCategory::Drug]),
            ..rule(RuleMeasure::Count, RuleComparison::AtLeast, 3.0)
        };
        let text = asks_for(&grave, None);
        assert_eq!(text, "The rule asks for at least 3 calls within 30 days, one of them WEAPON or DRUG.");
    }

    #[test]
    fn what_does_not_reach_the_threshold_has_cleared() {
        let per_room = rule(RuleMeasure::PerUnit, RuleComparison::MoreThan, 0.5);
        let counted = days(&["2026-03-02"]);
        assert_eq!(clears_on(&per_room, Some(2), &counted), None);
        assert_eq!(reached_on(&per_room, Some(2), &counted), None);
        assert!(would_clear_when(&per_room, Some(2), &counted).contains("it has cleared"));
        let text = would_clear_when(&per_room, Some(1), &counted);
        assert!(text.starts_with("The rule asks for more than 0.5 calls per unit within 30 days."), "{text}");
        assert!(text.contains("the window that ends on 2026-04-01"), "{text}");
    }
}
