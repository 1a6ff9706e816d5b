//! Calls in windows of wall-clock time: the raw counting that knows no rule, only an address and when it was called about.
//!
//! Times are local wall-clock times, a day being 24 hours of them, so that a window neither gains nor loses an hour when
//! clocks change. A window of W days is any half-open interval `[t, t + W days)`.

use std::{collections::BTreeMap, num::NonZeroUsize};

use chrono::{Days, NaiveDateTime};

/// The times of the calls at one address, earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallTimes(Vec<NaiveDateTime>);

/// The busiest window of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busiest {
    pub calls: usize,
    /// The earliest call that opens a window with so many.
    pub from: NaiveDateTime,
}

impl FromIterator<NaiveDateTime> for CallTimes {
    fn from_iter<I: IntoIterator<Item = NaiveDateTime>>(times: I) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }
}

impl CallTimes {
    /// All calls.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.len()
    }

    /// The newest call.
    #[must_use]
    pub fn newest(&self) -> Option<NaiveDateTime> {
        self.0.last().copied()
    }

    /// The most calls that any window of so many days holds; none without a call.
    #[must_use]
    pub fn busiest(&self, days: u32) -> Option<Busiest> {
        let mut best: Option<Busiest> = None;
        let mut end = 0;
        for (start, &from) in self.0.iter().enumerate() {
            while end < self.0.len() && is_before(self.0[end], from, days) {
                end += 1;
            }
            let calls = end - start;
            if best.is_none_or(|best| calls > best.calls) {
                best = Some(Busiest { calls, from });
            }
        }
        best
    }

    /// The call that first completed so many calls within less than so many days. Calls at the same time count
    /// separately.
    #[must_use]
    pub fn first_crossing(&self, calls: NonZeroUsize, days: u32) -> Option<NaiveDateTime> {
        let completed = |window: &&[NaiveDateTime]| is_before(window[window.len() - 1], window[0], days);
        self.0.windows(calls.get()).find(completed).map(|window| window[window.len() - 1])
    }

    /// The calls of the last so many days: later than that long before `as_of`, and not after it.
    #[must_use]
    pub fn trailing(&self, as_of: NaiveDateTime, days: u32) -> usize {
        let until = self.0.partition_point(|&at| at <= as_of);
        let Some(start) = as_of.checked_sub_days(Days::new(days.into())) else { return until };
        until - self.0.partition_point(|&at| at <= start)
    }
}

// A sum that leaves the calendar is later than every call.
fn is_before(at: NaiveDateTime, from: NaiveDateTime, days: u32) -> bool {
    from.checked_add_days(Days::new(days.into())).is_none_or(|end| at < end)
}

/// What raw counting takes for one address: the text as it came, in upper case and without white space around it.
/// None for a text without an address.
#[must_use]
pub fn address_key(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_uppercase())
}

/// The times of the calls at each address, by address key in code-point order.
#[must_use]
pub fn by_address(calls: impl IntoIterator<Item = (String, NaiveDateTime)>) -> BTreeMap<String, CallTimes> {
    let mut places: BTreeMap<String, Vec<NaiveDateTime>> = BTreeMap::new();
    for (key, at) in calls {
        places.entry(key).or_default().push(at);
    }
    places.into_iter().map(|(key, times)| (key, times.into_iter().collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    fn times(list: &[&str]) -> CallTimes {
        list.iter().map(|text| at(text)).collect()
    }

    fn n(calls: usize) -> NonZeroUsize {
        NonZeroUsize::new(calls).unwrap()
    }

    #[test]
    fn a_call_exactly_the_windows_length_later_is_outside() {
        let exact = times(&["2026-03-01 12:00:00", "2026-03-31 12:00:00"]);
        assert_eq!(exact.busiest(30), Some(Busiest { calls: 1, from: at("2026-03-01 12:00:00") }));
        assert_eq!(exact.first_crossing(n(2), 30), None);
        let second_before = times(&["2026-03-01 12:00:00", "2026-03-31 11:59:59"]);
        assert_eq!(second_before.busiest(30).unwrap().calls, 2);
        assert_eq!(second_before.first_crossing(n(2), 30), Some(at("2026-03-31 11:59:59")));
    }

    #[test]
    fn calls_at_the_same_time_count_separately() {
        let same = times(&["2026-03-01 12:00:00", "2026-03-01 12:00:00", "2026-03-01 12:00:00"]);
        assert_eq!(same.busiest(30).unwrap().calls, 3);
        assert_eq!(same.first_crossing(n(3), 30), Some(at("2026-03-01 12:00:00")));
        assert_eq!(same.first_crossing(n(4), 30), None);
    }

    #[test]
    fn of_equally_busy_windows_the_earliest_is_named() {
        let two_pairs = times(&[
            "2026-06-02 00:00:00",
            "2026-01-01 00:00:00",
            "2026-06-01 00:00:00",
            "2026-01-02 00:00:00",
        ]);
        assert_eq!(two_pairs.busiest(7), Some(Busiest { calls: 2, from: at("2026-01-01 00:00:00") }));
    }

    #[test]
    fn the_hour_that_clocks_skip_or_repeat_changes_no_window() {
        // 2026-03-08 has 23 hours in Sacramento: by wall clock these are still exactly 7 days apart.
        let spring = times(&["2026-03-05 12:00:00", "2026-03-12 12:00:00"]);
        assert_eq!(spring.first_crossing(n(2), 7), None);
        // 2026-11-01 has 25 hours; one second less than 7 days by wall clock is inside.
        let autumn = times(&["2026-10-29 12:00:00", "2026-11-05 11:59:59"]);
        assert_eq!(autumn.first_crossing(n(2), 7), Some(at("2026-11-05 11:59:59")));
    }

    #[test]
    fn trailing_leaves_out_its_start_and_takes_in_its_end() {
        let calls = times(&[
            "2026-03-01 12:00:00",
            "2026-03-01 12:00:01",
            "2026-03-31 12:00:00",
            "2026-04-01 00:00:00",
        ]);
        assert_eq!(calls.trailing(at("2026-03-31 12:00:00"), 30), 2);
        assert_eq!(calls.trailing(at("2026-04-01 00:00:00"), 1), 2);
        assert_eq!(calls.trailing(at("2020-01-01 00:00:00"), 30), 0);
    }

    #[test]
    fn nothing_crosses_where_nobody_called() {
        let none = times(&[]);
        assert_eq!(none.busiest(30), None);
        assert_eq!(none.first_crossing(n(1), 30), None);
        assert_eq!(none.newest(), None);
    }

    #[test]
    fn an_address_key_touches_case_and_outer_space_only() {
        assert_eq!(address_key("  12 Elm St;  Apt 4 \n").as_deref(), Some("12 ELM ST;  APT 4"));
        assert_eq!(address_key(" \t "), None);
        let places = by_address([
            ("B".to_owned(), at("2026-01-02 00:00:00")),
            ("B".to_owned(), at("2026-01-01 00:00:00")),
        ]);
        assert_eq!(places["B"].newest(), Some(at("2026-01-02 00:00:00")));
        assert_eq!(places["B"].total(), 2);
    }
}
