//! How long raw calls are kept: as long as a rule may look at them, and then as long as somebody may appeal.

use chrono::{Days, NaiveDate};
use entity::nuisance_rule::WindowUnit;

use super::day_window::DayWindow;

/// What a city states about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days after the longest window of any rule.
    pub appeal_days: u32,
    /// Days that a call is kept in any case.
    pub at_least_days: u32,
    /// What these numbers rest on.
    pub citation: String,
    /// What its source leaves open.
    pub note: Option<String>,
}

impl Retention {
    /// The first day whose calls are kept, where the data reach to `last` and the rules look back by `windows`; none without
    /// a rule, because then nobody knows how far one will look back.
    #[must_use]
    pub fn keeps_from(
        &self,
        windows: impl IntoIterator<Item = (u32, WindowUnit)>,
        last: NaiveDate,
    ) -> Option<NaiveDate> {
        let first = windows.into_iter().map(|(n, unit)| DayWindow::last(n, unit, last).from).min()?;
        let by_rules = first.checked_sub_days(Days::new(self.appeal_days.into()))?;
        Some(by_rules.min(last.checked_sub_days(Days::new(self.at_least_days.into()))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_window_counts_and_then_the_time_to_appeal() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let retention = |at_least_days| Retention {
            appeal_days: 90,
            at_least_days,
            citation: "a test".to_owned(),
            note: None,
        };
        let windows = [(30, WindowUnit::Days), (12, WindowUnit::Months), (1, WindowUnit::CalendarYears)];
        // Twelve months up to 20 November 2026 begin on 21 November 2025.
        assert_eq!(retention(30).keeps_from(windows, day("2026-11-20")), Some(day("2025-08-23")));
        assert_eq!(retention(731).keeps_from(windows, day("2026-11-20")), Some(day("2024-11-19")));
        assert_eq!(
            retention(30).keeps_from([(30, WindowUnit::Days)], day("2026-11-20")),
            Some(day("2026-07-24"))
        );
        assert_eq!(retention(30).keeps_from([], day("2026-11-20")), None);
    }
}
