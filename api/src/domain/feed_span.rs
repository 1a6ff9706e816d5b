//! Spans of time over which a feed is looked at: its newest days, and its months by its own clock.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Days before a feed's newest call over which its match rate and its unmatched addresses are told.
pub const RECENT_DAYS: i64 = 30;

/// When the recent days of a feed begin whose newest call is of that time.
#[must_use]
pub fn recent(newest: DateTime<Utc>) -> DateTime<Utc> {
    newest - TimeDelta::days(RECENT_DAYS)
}

/// A calendar month in some time zone, as the moments it lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
    /// It begins here.
    pub from: DateTime<Utc>,
    /// The next one begins here.
    pub to: DateTime<Utc>,
}

impl Month {
    /// The month as people write it: `2021-09`.
    #[must_use]
    pub fn text(&self) -> String {
        self.first.format("%Y-%m").to_string()
    }
}

/// The last `count` months up to the one in which `newest` lies, the oldest first.
#[must_use]
pub fn months(zone: Tz, newest: DateTime<Utc>, count: u32) -> Vec<Month> {
    let last = newest.with_timezone(&zone).date_naive();
    let Some(last) = last.with_day(1) else { return Vec::new() };
    let month = |back: u32| {
        let first = last.checked_sub_months(Months::new(back))?;
        let next = first.checked_add_months(Months::new(1))?;
        Some(Month { first, from: midnight(zone, first)?, to: midnight(zone, next)? })
    };
    (0..count).rev().filter_map(month).collect()
}

// Where the clocks skip midnight, the day begins when they have.
fn midnight(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let at = day.and_time(NaiveTime::MIN);
    let found =
        (0..=3).find_map(|hours| zone.from_local_datetime(&(at + TimeDelta::hours(hours))).earliest());
    found.map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::{New_York, Santiago};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_begins_and_ends_by_the_clock_of_its_zone() {
        let [march, april] = months(New_York, at("2016-04-01T04:00:00Z"), 2)[..] else {
            panic!("two months")
        };
        assert_eq!((march.text(), april.text()), ("2016-03".to_owned(), "2016-04".to_owned()));
        assert_eq!((march.from, march.to), (at("2016-03-01T05:00:00Z"), at("2016-04-01T04:00:00Z")));
        assert_eq!(april.from, march.to, "no moment is in two months or in none");
        let before = months(New_York, at("2016-04-01T03:59:59Z"), 1);
        assert_eq!(before[0].text(), "2016-03");
    }

    #[test]
    fn a_year_has_its_months_in_order() {
        let texts: Vec<String> =
            months(New_York, at("2021-02-28T12:00:00Z"), 3).iter().map(Month::text).collect();
        assert_eq!(texts, ["2020-12", "2021-01", "2021-02"]);
    }

    #[test]
    fn where_the_clocks_skip_midnight_the_day_begins_when_they_have() {
        // Chile's clocks went from midnight to one o'clock on 4 September 2022.
        let day = NaiveDate::from_ymd_opt(2022, 9, 11).unwrap();
        assert_eq!(midnight(Santiago, day), Some(at("2022-09-11T04:00:00Z")));
    }
}
