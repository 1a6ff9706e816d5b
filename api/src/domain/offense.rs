//! Which offense a violation is, on the ladder that raises a fine.

use chrono::{DateTime, Months, NaiveDate, Utc};

/// That a section was found violated at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    pub code_section: &'a str,
    /// When the inspection that found it was made.
    pub at: DateTime<Utc>,
    /// The city's calendar day of that.
    pub on: NaiveDate,
}

/// 1 and one more for every violation of the same section that was found at the same place by an earlier inspection
/// within so many months.
///
/// What one inspection finds does not raise itself; `others` are the findings of other inspections, in any case.
#[must_use]
pub fn offense_number(finding: Finding<'_>, others: &[Finding<'_>], months: u32) -> i32 {
    let since = looks_back_to(finding.on, months);
    let earlier = others
        .iter()
        .filter(|other| other.at <= finding.at && other.on >= since)
        .filter(|other| same_section(other.code_section, finding.code_section))
        .count();
    i32::try_from(earlier).unwrap_or(i32::MAX - 1) + 1
}

/// The first day that still counts: the same day of the month, so many months before.
#[must_use]
pub fn looks_back_to(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN)
}

/// Whether two texts name one section, as `SCC 8.96.130` and `scc 8.96.130` do.
#[must_use]
pub fn same_section(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    };
    letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code_section: &'static str, day: &str) -> Finding<'static> {
        let on: NaiveDate = day.parse().unwrap();
        Finding { code_section, at: on.and_hms_opt(18, 0, 0).unwrap().and_utc(), on }
    }

    #[test]
    fn the_first_violation_of_a_section_is_the_first_offense() {
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &[], 12), 1);
    }

    #[test]
    fn every_earlier_violation_of_the_section_within_the_year_raises_it() {
        let others = [found("SCC 8.96.130", "2025-06-01"), found("SCC 8.96.130", "2026-01-15")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &others, 12), 3);
    }

    #[test]
    fn another_section_does_not_raise_it() {
        let others = [found("SCC 17.232.010", "2026-01-15")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &others, 12), 1);
    }

    #[test]
    fn a_section_is_the_same_however_it_was_typed() {
        let others = [found("scc  8.96.130 ", "2026-01-15")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &others, 12), 2);
    }

    #[test]
    fn the_same_day_a_year_earlier_counts_and_the_day_before_does_not() {
        let violation = found("SCC 8.96.130", "2026-03-01");
        assert_eq!(offense_number(violation, &[found("SCC 8.96.130", "2025-03-01")], 12), 2);
        assert_eq!(offense_number(violation, &[found("SCC 8.96.130", "2025-02-28")], 12), 1);
    }

    #[test]
    fn the_ladder_looks_back_as_far_as_the_city_says() {
        let others = [found("SCC 8.96.130", "2024-06-01")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &others, 24), 2);
    }

    #[test]
    fn a_leap_day_falls_out_of_the_year_after_the_last_of_february() {
        let others = [found("SCC 8.96.130", "2024-02-29")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2025-02-28"), &others, 12), 2);
        assert_eq!(offense_number(found("SCC 8.96.130", "2025-03-01"), &others, 12), 1);
    }

    #[test]
    fn what_was_found_later_does_not_raise_an_inspection_that_is_recorded_late() {
        let others = [found("SCC 8.96.130", "2026-03-10")];
        assert_eq!(offense_number(found("SCC 8.96.130", "2026-03-01"), &others, 12), 1);
    }
}
