//! From the wall-clock times of a feed to UTC.

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc,
    format::{self, Item, Parsed, StrftimeItems},
};
use chrono_tz::Tz;

use super::mapping::{FeedMapping, TimeForm};

/// Years in which a call can have happened; outside them a date stands for "none", as 1899 does in some systems.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// Reads the times of one feed.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: Tz,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    column: String,
    format: String,
    form: TimeForm,
    items: Vec<Item<'static>>,
    blank: Option<String>,
}

impl Clock {
    /// The clock of a feed.
    #[must_use]
    pub fn of(mapping: &FeedMapping) -> Self {
        let parts = mapping.occurred_at.iter().map(|part| Part {
            column: part.column.clone(),
            format: part.format.as_str().to_owned(),
            form: part.format.form(),
            items: StrftimeItems::new(part.format.as_str()).map(Item::to_owned).collect(),
            blank: part.blank.clone(),
        });
        Self { zone: mapping.time_zone.0, parts: parts.collect() }
    }

    /// The time that the columns tell, `value` giving the text of each; or what is wrong with them.
    pub fn read<'a>(&self, value: impl Fn(&str) -> &'a str) -> Result<DateTime<Utc>, String> {
        let mut parsed = Parsed::new();
        for part in &self.parts {
            let text = match (value(&part.column), &part.blank) {
                ("", None) => return Err(format!("{}: is blank", part.column)),
                ("", Some(meant)) => meant,
                (told, _) => told,
            };
            part.add(&mut parsed, text, self.zone).ok_or_else(|| part.refusal(text))?;
        }
        let read = match parsed.offset() {
            // The source says itself how far from UTC it is.
            Some(_) => parsed.to_datetime().map(|time| time.to_utc()).ok(),
            None => parsed.to_naive_datetime_with_offset(0).ok().and_then(|local| in_zone(self.zone, local)),
        };
        match read {
            Some(time) if YEARS.contains(&time.year()) => Ok(time),
            Some(time) => {
                Err(format!("{}: the year {} stands for no real date", self.columns(), time.year()))
            }
            None => {
                let texts: Vec<&str> = self.parts.iter().map(|p| value(&p.column)).collect();
                Err(format!(
                    "{}: `{}` is a day or time that does not exist",
                    self.columns(),
                    shortened(&texts.join(" "))
                ))
            }
        }
    }

    fn columns(&self) -> String {
        let columns: Vec<&str> = self.parts.iter().map(|p| p.column.as_str()).collect();
        columns.join(", ")
    }
}

impl Part {
    /// Adds what the text tells; none when it is not of the form.
    fn add(&self, parsed: &mut Parsed, text: &str, zone: Tz) -> Option<()> {
        match self.form {
            TimeForm::Signs => format::parse(parsed, text, self.items.iter()).ok(),
            TimeForm::Iso => iso(parsed, text),
            TimeForm::Epoch => {
                let time = epoch(text)?;
                parsed.set_timestamp(time.timestamp()).ok()?;
                parsed.set_nanosecond(i64::from(time.timestamp_subsec_nanos())).ok()?;
                parsed.set_offset(0).ok()
            }
            TimeForm::EpochDay => day(parsed, epoch(text)?.with_timezone(&zone).date_naive()),
            TimeForm::EpochUtcDay => day(parsed, epoch(text)?.date_naive()),
        }
    }

    fn refusal(&self, text: &str) -> String {
        let has_day = self.form != TimeForm::Signs
            || ["%d", "%e", "%D", "%F", "%j", "%+", "%c", "%x", "%s", "%v"]
                .iter()
                .any(|sign| self.format.contains(sign));
        format!(
            "{}: `{}` is not a {} of the form {}",
            self.column,
            shortened(text),
            if has_day { "date" } else { "time" },
            self.format
        )
    }
}

/// Milliseconds since 1970, written as a whole number; some portals write them with a point and a nought.
fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, rest)| if rest.bytes().all(|digit| digit == b'0') { whole } else { text });
    DateTime::from_timestamp_millis(whole.parse().ok()?)
}

/// A time that a portal keeps itself: by UTC, whether it says so or not.
pub(super) fn iso_utc(text: &str) -> Option<DateTime<Utc>> {
    let mut parsed = Parsed::new();
    iso(&mut parsed, text)?;
    match parsed.offset() {
        Some(_) => parsed.to_datetime().ok().map(|time| time.to_utc()),
        None => parsed.to_naive_datetime_with_offset(0).ok().map(|time| time.and_utc()),
    }
}

fn day(parsed: &mut Parsed, day: NaiveDate) -> Option<()> {
    parsed.set_year(i64::from(day.year())).ok()?;
    parsed.set_month(i64::from(day.month())).ok()?;
    parsed.set_day(i64::from(day.day())).ok()
}

fn iso(parsed: &mut Parsed, text: &str) -> Option<()> {
    // One sign between day and time stands for both that the standard and the portals use.
    let text = text.replacen(' ', "T", 1);
    [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M%#z",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d",
        "%H:%M:%S%.f",
        "%H:%M",
    ]
    .into_iter()
    .find_map(|form| {
        let mut told = parsed.clone();
        format::parse(&mut told, &text, StrftimeItems::new(form)).ok()?;
        *parsed = told;
        Some(())
    })
}

/// Wall-clock time to UTC. An hour that occurs twice is read as the first; a time in the gap is moved past it.
#[must_use]
pub fn in_zone(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(time) = zone.from_local_datetime(&local).earliest() {
        return Some(time.to_utc());
    }
    // In the gap: read by the offset that was in force before it, which moves the time on by the gap's length.
    (1..=25)
        .map(TimeDelta::hours)
        .find_map(|step| {
            let before = zone.from_local_datetime(&local.checked_sub_signed(step)?).latest()?;
            before.checked_add_signed(step)
        })
        .map(|time| time.to_utc())
}

/// Enough of a value to find it again, and no more.
#[must_use]
pub fn shortened(text: &str) -> String {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str, parts: &str) -> Clock {
        Clock::of(
            &toml::from_str(&format!(
                "time_zone = '{zone}'\nsource_key = ['id']\nfinal_type = 'type'\noccurred_at = {parts}\n\
                 [address]\ncolumns = ['address']"
            ))
            .unwrap(),
        )
    }

    fn split() -> Clock {
        clock(
            "America/Los_Angeles",
            "[{ column = 'date', format = '%m/%d/%y' }, { column = 'received', format = '%H:%M' }]",
        )
    }

    fn read(clock: &Clock, date: &str, received: &str) -> Result<String, String> {
        let (date, received) = (date.to_owned(), received.to_owned());
        clock.read(|column| if column == "date" { &date } else { &received }).map(|time| time.to_rfc3339())
    }

    #[test]
    fn a_date_and_a_time_make_a_moment() {
        let told = read(&split(), "09/14/21", "07:08");
        assert_eq!(told.unwrap(), "2021-09-14T14:08:00+00:00");
    }

    #[test]
    fn an_hour_that_occurs_twice_is_the_first_one() {
        let told = read(&split(), "11/07/21", "01:30");
        assert_eq!(told.unwrap(), "2021-11-07T08:30:00+00:00");
    }

    #[test]
    fn a_time_that_the_clocks_jumped_over_is_moved_past_the_gap() {
        let told = read(&split(), "03/14/21", "02:30");
        assert_eq!(told.unwrap(), "2021-03-14T10:30:00+00:00"); // 03:30 daylight time
    }

    #[test]
    fn what_is_wrong_is_said_with_the_column() {
        assert_eq!(
            read(&split(), "13/45/21", "07:08").unwrap_err(),
            "date: `13/45/21` is not a date of the form %m/%d/%y"
        );
        assert_eq!(
            read(&split(), "02/30/21", "07:08").unwrap_err(),
            "date, received: `02/30/21 07:08` is a day or time that does not exist"
        );
        assert_eq!(
            read(&split(), "02/03/21", "7.08").unwrap_err(),
            "received: `7.08` is not a time of the form %H:%M"
        );
        assert_eq!(read(&split(), "", "07:08").unwrap_err(), "date: is blank");
    }

    #[test]
    fn a_date_that_stands_for_none_is_refused() {
        let clock = clock("UTC", "[{ column = 'date', format = '%Y-%m-%d %H:%M:%S' }]");
        let told = read(&clock, "1899-01-01 00:00:00", "");
        assert_eq!(told.unwrap_err(), "date: the year 1899 stands for no real date");
    }

    #[test]
    fn milliseconds_since_1970_are_a_moment_by_utc() {
        let clock = clock("America/Chicago", "[{ column = 'date', format = 'EPOCH_MILLISECONDS' }]");
        let told = |text| read(&clock, text, "");
        assert_eq!(told("1787882766890").unwrap(), "2026-08-28T02:06:06.890+00:00");
        assert_eq!(told("1420156800000.0").unwrap(), "2015-01-02T00:00:00+00:00");
        assert_eq!(told("-2240524800000").unwrap_err(), "date: the year 1899 stands for no real date");
        assert_eq!(told("soon").unwrap_err(), "date: `soon` is not a date of the form EPOCH_MILLISECONDS");
    }

    #[test]
    fn of_milliseconds_beside_a_time_only_the_day_counts() {
        let parts = |form: &str| {
            format!(
                "[{{ column = 'date', format = '{form}' }}, {{ column = 'received', format = 'ISO', blank = '00:00' }}]"
            )
        };
        let local = clock("America/Los_Angeles", &parts("EPOCH_MILLISECONDS_DAY"));
        let utc = clock("America/Los_Angeles", &parts("EPOCH_MILLISECONDS_UTC_DAY"));
        // Midnight in Sacramento, and midnight by UTC, of 2 January 2026.
        assert_eq!(read(&local, "1767340800000", "03:04:05").unwrap(), "2026-01-02T11:04:05+00:00");
        assert_eq!(read(&utc, "1767312000000", "03:04").unwrap(), "2026-01-02T11:04:00+00:00");
        assert_eq!(read(&utc, "1767312000000", "").unwrap(), "2026-01-02T08:00:00+00:00");
    }

    #[test]
    fn a_floating_time_is_the_zones_and_a_fixed_one_is_its_own() {
        let clock = clock("America/Los_Angeles", "[{ column = 'date', format = 'ISO' }]");
        let told = |text| read(&clock, text, "").unwrap();
        assert_eq!(told("2026-01-02T03:04:05.000"), "2026-01-02T11:04:05+00:00");
        assert_eq!(told("2026-01-02 03:04:05"), "2026-01-02T11:04:05+00:00");
        assert_eq!(told("2026-01-02T03:04:05.250Z"), "2026-01-02T03:04:05.250+00:00");
        assert_eq!(told("2026-01-02T03:04:05-08:00"), "2026-01-02T11:04:05+00:00");
    }

    #[test]
    fn an_offset_in_the_value_is_obeyed_only_when_the_form_names_it() {
        let parts = |format: &str| format!("[{{ column = 'date', format = '{format}' }}]");
        let true_utc = clock("America/New_York", &parts("%Y/%m/%d %H:%M:%S%#z"));
        let local = clock("America/New_York", &parts("%Y/%m/%d %H:%M:%S+00"));
        let written = "2015/06/01 14:14:00+00";
        assert_eq!(read(&true_utc, written, "").unwrap(), "2015-06-01T14:14:00+00:00");
        assert_eq!(read(&local, written, "").unwrap(), "2015-06-01T18:14:00+00:00");
    }

    proptest::proptest! {
        #[test]
        fn no_date_however_odd_brings_the_reader_down(date in ".{0,30}", digits in "[-+0-9TZ:./ ]{0,30}", received in "[0-9: ]{0,9}") {
            for form in ["ISO", "EPOCH_MILLISECONDS", "%m/%d/%Y %H:%M", "%d %b %Y"] {
                let one = clock("America/Los_Angeles", &format!("[{{ column = 'date', format = '{form}' }}]"));
                for text in [&date, &digits] {
                    if let Ok(read) = read(&one, text, "") {
                        let year: i32 = read[..4].parse().expect("a year of four digits");
                        proptest::prop_assert!(YEARS.contains(&year), "{}", read);
                    }
                }
            }
            let _ = read(&split(), &digits, &received);
        }

        #[test]
        fn a_moment_is_read_as_it_was_written(seconds in 946_684_800_i64..4_000_000_000) {
            let moment = DateTime::from_timestamp(seconds, 0).expect("a moment").to_rfc3339();
            let one = clock("America/Los_Angeles", "[{ column = 'date', format = 'ISO' }]");
            proptest::prop_assert_eq!(read(&one, &moment, ""), Ok(moment));
        }
    }
}
