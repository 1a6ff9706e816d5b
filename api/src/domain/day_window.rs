//! Windows of whole calendar days of the city.

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::nuisance_rule::WindowUnit;

use super::refusal::Refusal;

/// From a day to a day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayWindow {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// Days of a window that somebody asks for at most.
pub const MOST: i64 = 1_100;

impl DayWindow {
    /// The last `n` days that end with `to`.
    #[must_use]
    pub fn last(n: u32, unit: WindowUnit, to: NaiveDate) -> Self {
        let before = match unit {
            WindowUnit::Days => to.checked_sub_days(Days::new(n.into())),
            // A month ends on its own last day: one month up to March 31 begins on March 1.
            WindowUnit::Months => to.checked_sub_months(Months::new(n)),
            WindowUnit::CalendarYears => years_before(to, n),
        };
        let from = before.and_then(|day| day.succ_opt()).unwrap_or(NaiveDate::MIN);
        Self { from, to }
    }

    /// How many days it has; none when it ends before it begins.
    #[must_use]
    pub fn days(self) -> i64 {
        ((self.to - self.from).num_days() + 1).max(0)
    }

    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }

    /// The part of it that begins on `day` or later; none when nothing is left.
    #[must_use]
    pub fn since(self, day: NaiveDate) -> Option<Self> {
        let from = self.from.max(day);
        (from <= self.to).then_some(Self { from, to: self.to })
    }
}

// The last day before the last `n` calendar years, that of `to` included.
fn years_before(to: NaiveDate, n: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(to.year().checked_sub_unsigned(n)?, 12, 31)
}

/// A window as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The last so many days of the data.
    Days(u32),
    Between(DayWindow),
}

impl Asked {
    /// Checks what was asked: `days`, or `from` and `to`.
    pub fn read(days: Option<i32>, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Self, Refusal> {
        let wrong = |message: String| Err(Refusal::invalid("window", message));
        match (days, from, to) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                wrong("Give `days`, or `from` and `to`, not both.".to_owned())
            }
            (Some(days), None, None) => match u32::try_from(days) {
                Ok(n) if (1..=MOST).contains(&i64::from(n)) => Ok(Self::Days(n)),
                _ => wrong(format!("`days` is {days}; it must be from 1 to {MOST}.")),
            },
            (None, Some(from), Some(to)) => {
                let window = DayWindow { from, to };
                match window.days() {
                    0 => wrong(format!("The window ends on {to}, before it begins on {from}.")),
                    days if days > MOST => {
                        wrong(format!("The window has {days} days; at most {MOST} can be asked for."))
                    }
                    _ => Ok(Self::Between(window)),
                }
            }
            (None, None, None) => wrong(format!("Give `days`, from 1 to {MOST}, or `from` and `to`.")),
            (None, _, _) => wrong("`from` and `to` belong together: give both.".to_owned()),
        }
    }

    /// The days that are meant, when the data reach up to that day.
    #[must_use]
    pub fn up_to(self, as_of: NaiveDate) -> DayWindow {
        match self {
            Self::Days(n) => DayWindow::last(n, WindowUnit::Days, as_of),
            Self::Between(window) => window,
        }
    }
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
    fn the_last_days_include_both_ends() {
        assert_eq!(
            DayWindow::last(30, WindowUnit::Days, day("2026-03-31")),
            window("2026-03-02", "2026-03-31")
        );
        assert_eq!(
            DayWindow::last(1, WindowUnit::Days, day("2026-03-31")),
            window("2026-03-31", "2026-03-31")
        );
        assert_eq!(window("2026-03-02", "2026-03-31").days(), 30);
    }

    #[test]
    fn months_are_the_calendars() {
        let last = |n, to| DayWindow::last(n, WindowUnit::Months, day(to));
        assert_eq!(last(12, "2026-03-31"), window("2025-04-01", "2026-03-31"));
        assert_eq!(last(12, "2024-02-29"), window("2023-03-01", "2024-02-29"));
        assert_eq!(last(1, "2026-03-31"), window("2026-03-01", "2026-03-31"));
        assert_eq!(last(1, "2026-03-15"), window("2026-02-16", "2026-03-15"));
        assert_eq!(last(12, "2024-03-01").days(), 366);
    }

    #[test]
    fn a_window_cut_behind_its_end_is_none() {
        let march = window("2026-03-01", "2026-03-31");
        assert_eq!(march.since(day("2026-03-31")), Some(window("2026-03-31", "2026-03-31")));
        assert_eq!(march.since(day("2026-04-01")), None);
        assert_eq!(march.since(day("2025-01-01")), Some(march));
    }

    #[test]
    fn a_window_is_asked_for_in_one_way() {
        let refused = |days, from: Option<&str>, to: Option<&str>| {
            Asked::read(days, from.map(day), to.map(day)).is_err()
        };
        assert!(refused(None, None, None));
        assert!(refused(Some(30), Some("2026-01-01"), None));
        assert!(refused(Some(30), None, Some("2026-01-01")));
        assert!(refused(None, Some("2026-01-01"), None));
        assert!(refused(None, None, Some("2026-01-01")));
        assert!(refused(Some(0), None, None));
        assert!(refused(Some(-30), None, None));
        assert!(refused(Some(1_101), None, None));
        assert!(refused(None, Some("2026-01-02"), Some("2026-01-01")));
        assert!(refused(None, Some("2023-01-01"), Some("2026-01-06")));
        assert_eq!(Asked::read(Some(1_100), None, None), Ok(Asked::Days(1_100)));
        let year = Asked::read(None, Some(day("2026-01-01")), Some(day("2026-12-31"))).unwrap();
        assert_eq!(year.up_to(day("2020-01-01")), window("2026-01-01", "2026-12-31"));
        assert_eq!(Asked::Days(7).up_to(day("2026-01-07")), window("2026-01-01", "2026-01-07"));
    }
}
