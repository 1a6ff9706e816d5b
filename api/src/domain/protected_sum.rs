//! The sum of protected calls that may be shown, made so that no two answers together tell of a single call.
//!
//! Each whole calendar month that is over is one cell, rounded down to a multiple of 5; a window shows the sum of the cells
//! that lie in it. Whatever windows somebody asks for, the difference of two answers is a sum of such cells and nothing finer:
//! neither a day nor a number below 5 comes out of it.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::day_window::DayWindow;

/// Days that a window must have before protected calls are summed over it.
pub const DAYS: i64 = 30;
/// What each month's sum is rounded down to a multiple of; so it is the smallest sum that is shown, too.
pub const STEP: i64 = 5;

/// The whole calendar months in the window that are over when the data reach up to `as_of`; none in a window of fewer than 30
/// days. The month that still runs is left out: whoever asked every day would see on which day a call came.
#[must_use]
pub fn months(window: DayWindow, as_of: NaiveDate) -> Vec<DayWindow> {
    let mut months = Vec::new();
    let mut first = window.from.with_day(1);
    if window.days() < DAYS {
        first = None;
    }
    while let Some(from) = first {
        let next = from.checked_add_months(Months::new(1));
        let Some(to) = next.and_then(|day| day.checked_sub_days(Days::new(1))) else { break };
        if to > window.to || to >= as_of {
            break;
        }
        if from >= window.from {
            months.push(DayWindow { from, to });
        }
        first = next;
    }
    months
}

/// What is shown of the months' protected calls; none when that is nothing.
#[must_use]
pub fn shown(months: impl IntoIterator<Item = i64>) -> Option<i32> {
    let sum: i64 = months.into_iter().map(|calls| calls / STEP * STEP).sum();
    (sum > 0).then(|| i32::try_from(sum).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn window(from: &str, to: &str) -> DayWindow {
        DayWindow { from: day(from), to: day(to) }
    }

    #[test]
    fn only_whole_months_that_are_over_are_summed() {
        let found = months(window("2026-01-02", "2026-04-29"), day("2026-06-15"));
        assert_eq!(found, [window("2026-02-01", "2026-02-28"), window("2026-03-01", "2026-03-31")]);
        assert_eq!(months(window("2026-03-01", "2026-03-31"), day("2026-03-31")), [], "it still runs");
        let over = months(window("2026-03-01", "2026-03-31"), day("2026-04-01"));
        assert_eq!(over, [window("2026-03-01", "2026-03-31")]);
        assert_eq!(months(window("2026-02-01", "2026-02-28"), day("2026-06-15")), [], "fewer than 30 days");
        assert_eq!(months(window("2026-02-02", "2026-03-30"), day("2026-06-15")), []);
    }

    #[test]
    fn each_month_is_rounded_down_before_it_is_added() {
        assert_eq!(shown([4, 4, 4]), None, "three months of four tell nothing");
        assert_eq!(shown([5]), Some(5));
        assert_eq!(shown([9, 9]), Some(10));
        assert_eq!(shown([14, 3, 6]), Some(15));
        assert_eq!(shown([]), None);
    }

    #[test]
    fn a_window_that_slides_by_a_day_changes_by_whole_cells_only() {
        let calls = |month: &DayWindow| i64::from(month.from.month()) * 3 % 17;
        let as_of = day("2026-12-31");
        let sum = |window| shown(months(window, as_of).iter().map(calls)).unwrap_or_default();
        for from in day("2025-12-15").iter_days().take(120) {
            for length in [29_u64, 30, 31, 60, 61, 90] {
                let at = |length: u64| sum(DayWindow { from, to: from + Days::new(length - 1) });
                assert_eq!((at(length + 1) - at(length)) % 5, 0, "from {from}, {length} days");
            }
        }
    }
}
