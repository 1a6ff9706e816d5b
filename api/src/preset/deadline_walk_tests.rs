//! Every deadline rule of the preset from every day of 2026 and 2027, against a second way of counting that walks day by
//! day, reads the preset's files itself and shares nothing with the first.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use entity::notice_service::ServiceMethod;
use toml::Value;

use super::Preset;

const RULES: &str = include_str!("../../presets/sacramento/deadline-rules.toml");
const HOLIDAYS: &str = include_str!("../../presets/sacramento/court-holidays.toml");

/// Year to its closed weekdays.
struct Walk(BTreeMap<i64, Vec<String>>);

impl Walk {
    fn read() -> Self {
        let file: Value = toml::from_str(HOLIDAYS).unwrap();
        let years = file["year"].as_array().unwrap();
        let days = |year: &Value| {
            let holidays = year["holidays"].as_array().unwrap();
            holidays.iter().map(|holiday| holiday["day"].as_datetime().unwrap().to_string()).collect()
        };
        Self(years.iter().map(|year| (year["year"].as_integer().unwrap(), days(year))).collect())
    }

    fn is_open(&self, day: NaiveDate) -> Option<bool> {
        let closed = self.0.get(&i64::from(day.year()))?;
        let weekday = day.weekday().num_days_from_monday() < 5;
        Some(weekday && !closed.contains(&day.to_string()))
    }

    /// Goes on, a day at a time, until `left` days that count have passed. None where a year is not known.
    fn go(&self, mut day: NaiveDate, mut left: i64, back: bool, court: bool) -> Option<NaiveDate> {
        while left > 0 {
            day = if back { day.pred_opt().unwrap() } else { day.succ_opt().unwrap() };
            if !court || self.is_open(day)? {
                left -= 1;
            }
        }
        Some(day)
    }

    fn to_open(&self, mut day: NaiveDate, back: bool) -> Option<NaiveDate> {
        while !self.is_open(day)? {
            day = if back { day.pred_opt().unwrap() } else { day.succ_opt().unwrap() };
        }
        Some(day)
    }

    /// The same day so many years later; the last day of February for the 29th.
    fn years(day: NaiveDate, n: i32) -> NaiveDate {
        let there = |d| NaiveDate::from_ymd_opt(day.year() + n, day.month(), d);
        there(day.day()).or_else(|| there(28)).unwrap()
    }

    fn due(&self, rule: &Value, from: NaiveDate, method: Option<ServiceMethod>) -> Option<NaiveDate> {
        let word = |name: &str| rule[name].as_str().unwrap();
        let (n, back) = (rule["n"].as_integer().unwrap(), word("direction") == "BACKWARD");
        let last = match word("basis") {
            "CALENDAR" => self.go(from, n, back, false)?,
            "COURT" => self.go(from, n, back, true)?,
            "MONTHS" => Self::years(from, i32::try_from(n / 12).unwrap()),
            "YEARS" => Self::years(from, i32::try_from(n).unwrap()),
            other => panic!("{other}"),
        };
        let (more, court) = added(word("extension"), method);
        let last = self.go(last, more, back, court)?;
        if word("kind") == "EXPIRES" { Some(last) } else { self.to_open(last, back) }
    }
}

/// Days that service adds, and whether they are court days.
fn added(extension: &str, method: Option<ServiceMethod>) -> (i64, bool) {
    let method = method.map(|method| method.to_string()).unwrap_or_default();
    match (extension, method.as_str()) {
        ("RESPONSE" | "MOTION", "MAIL_IN_STATE" | "CERTIFIED_MAIL") => (5, false),
        ("RESPONSE" | "MOTION", "MAIL_OUT_OF_STATE") | ("SUMMONS", "SUBSTITUTED") => (10, false),
        ("RESPONSE" | "MOTION", "MAIL_ABROAD") => (20, false),
        ("MOTION", "OVERNIGHT" | "FAX") => (2, false),
        ("RESPONSE", "OVERNIGHT" | "FAX") | ("RESPONSE" | "MOTION", "ELECTRONIC") => (2, true),
        _ => (0, false),
    }
}

#[test]
fn both_ways_of_counting_agree_on_every_rule_and_every_day_of_two_years() {
    let preset = Preset::sacramento().unwrap();
    let calendar = preset.court_calendar();
    let walk = Walk::read();
    let file: Value = toml::from_str(RULES).unwrap();
    let rules = file["rule"].as_array().unwrap();
    let (mut agreed, mut refused) = (0, 0);
    assert_eq!(rules.len(), preset.deadline_rules.len());
    for rule in rules {
        let key = rule["key"].as_str().unwrap();
        let engine = preset.deadline_rule(key).unwrap();
        let methods = [None].into_iter().chain(ServiceMethod::ALL.iter().copied().map(Some));
        for method in methods {
            for from in NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().iter_days().take(730) {
                let computed = engine.compute(&calendar, from, method).ok().map(|computed| computed.due_on);
                assert_eq!(computed, walk.due(rule, from, method), "{key} from {from} by {method:?}");
                agreed += i32::from(computed.is_some());
                refused += i32::from(computed.is_none());
            }
        }
    }
    assert!(agreed > 200_000, "{agreed}");
    assert_eq!(refused, 0, "the calendars reach up to 2028");
}

#[test]
fn where_a_year_is_missing_both_ways_refuse_the_same_days() {
    let preset = Preset::sacramento().unwrap();
    let mut known = preset.court_holidays.clone();
    known.retain(|year, _| *year == 2026);
    let calendar = Preset { court_holidays: known, ..preset.clone() }.court_calendar();
    let mut walk = Walk::read();
    walk.0.retain(|year, _| *year == 2026);
    let file: Value = toml::from_str(RULES).unwrap();
    let mut refused = 0;
    for rule in file["rule"].as_array().unwrap() {
        let engine = preset.deadline_rule(rule["key"].as_str().unwrap()).unwrap();
        for from in NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().iter_days().take(730) {
            let computed = engine.compute(&calendar, from, None).ok().map(|computed| computed.due_on);
            assert_eq!(computed, walk.due(rule, from, None), "{} from {from}", engine.key);
            refused += i32::from(computed.is_none());
        }
    }
    assert!(refused > 5_000, "{refused}");
}
