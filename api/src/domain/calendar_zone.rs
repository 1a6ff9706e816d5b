//! A time zone as iCalendar text: when its clocks change, and to what (RFC 5545 3.6.5).

use std::fmt::Write;

use chrono::{DateTime, Datelike, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

/// One onset of an offset from UTC.
struct Observance {
    at: DateTime<Utc>,
    from_seconds: i32,
    to_seconds: i32,
    name: String,
    saves_daylight: bool,
}

/// The VTIMEZONE that is right for every moment between these two: each change of the clocks stands in it by itself, so that
/// no rule of a year that came later is read into an earlier one.
#[must_use]
pub fn vtimezone(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> String {
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n", zone.name());
    for observance in observances(zone, first, last) {
        let kind = if observance.saves_daylight { "DAYLIGHT" } else { "STANDARD" };
        // The onset is told by the clock that shows it for the last time.
        let wall = observance.at.naive_utc() + TimeDelta::seconds(observance.from_seconds.into());
        let (from, to) = (offset(observance.from_seconds), offset(observance.to_seconds));
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "BEGIN:{kind}\r\nDTSTART:{}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\nTZNAME:{}\r\nEND:{kind}\r\n",
            wall.format("%Y%m%dT%H%M%S"),
            observance.name
        );
    }
    text.push_str("END:VTIMEZONE\r\n");
    text
}

// From the beginning of the year before the first moment to the end of the year after the last.
fn observances(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> Vec<Observance> {
    let year = |number: i32| Utc.with_ymd_and_hms(number, 1, 1, 0, 0, 0).single();
    let start = year(first.year() - 1).unwrap_or(first);
    let end = year(last.year() + 2).unwrap_or(last);
    let mut found = vec![observance(zone, start, seconds(zone, start))];
    let mut day = start;
    while day < end {
        let next = day + TimeDelta::days(1);
        if seconds(zone, day) != seconds(zone, next) {
            let at = onset(zone, day, next);
            found.push(observance(zone, at, seconds(zone, day)));
        }
        day = next;
    }
    found
}

fn observance(zone: Tz, at: DateTime<Utc>, from_seconds: i32) -> Observance {
    let offset = *at.with_timezone(&zone).offset();
    Observance {
        at,
        from_seconds,
        to_seconds: offset.fix().local_minus_utc(),
        name: offset.abbreviation().unwrap_or("local").to_owned(),
        saves_daylight: !offset.dst_offset().is_zero(),
    }
}

fn seconds(zone: Tz, at: DateTime<Utc>) -> i32 {
    at.with_timezone(&zone).offset().fix().local_minus_utc()
}

// The first second with the later offset, between two moments with different ones.
fn onset(zone: Tz, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
    let (mut before, mut after) = (before, after);
    let later = seconds(zone, after);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if seconds(zone, middle) == later {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

// +hhmm, or +hhmmss where there are seconds.
fn offset(seconds: i32) -> String {
    let (sign, rest) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let hours = format!("{sign}{:02}{:02}", rest / 3600, rest / 60 % 60);
    if rest % 60 == 0 { hours } else { format!("{hours}{:02}", rest % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_clocks_of_california_change_when_the_law_says() {
        let text = vtimezone(
            chrono_tz::America::Los_Angeles,
            at("2026-11-20T18:00:00Z"),
            at("2026-12-01T18:00:00Z"),
        );
        for (kind, onset, from, to) in [
            ("DAYLIGHT", "20260308T020000", "-0800", "-0700"),
            ("STANDARD", "20261101T020000", "-0700", "-0800"),
            ("DAYLIGHT", "20270314T020000", "-0800", "-0700"),
            ("STANDARD", "20271107T020000", "-0700", "-0800"),
        ] {
            let lines =
                format!("BEGIN:{kind}\r\nDTSTART:{onset}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n");
            assert!(text.contains(&lines), "{lines} in {text}");
        }
        assert_eq!(text.matches("TZNAME:PST").count(), 4, "the one before all, and three autumns: {text}");
    }

    #[test]
    fn a_zone_whose_clocks_never_change_has_one_offset() {
        let text =
            vtimezone(chrono_tz::Asia::Kolkata, at("2026-11-20T18:00:00Z"), at("2026-11-20T18:00:00Z"));
        assert_eq!(text.matches("BEGIN:STANDARD").count(), 1);
        assert!(text.contains("TZOFFSETTO:+0530"), "{text}");
    }
}
