//! The days on which the court is closed, year by year.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Day, Document, some, words},
    error::PresetError,
};

/// A day on which the court is closed although it is no weekend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtHoliday {
    /// The day it is observed on.
    pub day: NaiveDate,
    pub name: String,
    /// What it rests on.
    pub citation: String,
    /// The year's list was derived from the rule and not checked against the court's own calendar.
    pub confirm_with_counsel: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarToml {
    #[serde(rename = "year", deserialize_with = "some")]
    years: Vec<YearToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearToml {
    year: Spanned<i32>,
    #[serde(deserialize_with = "words")]
    citation: String,
    confirm_with_counsel: bool,
    #[serde(deserialize_with = "some")]
    holidays: Vec<HolidayToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayToml {
    day: Spanned<Day>,
    #[serde(deserialize_with = "words")]
    name: String,
}

pub(super) fn read(document: Document<'_>) -> Result<BTreeMap<i32, Vec<CourtHoliday>>, PresetError> {
    let calendar: CalendarToml = document.parse()?;
    let mut seen = BTreeSet::new();
    let mut years = BTreeMap::new();
    for year in calendar.years {
        document.unique(&mut seen, &year.year, "the year")?;
        let number = *year.year.get_ref();
        let mut holidays: Vec<CourtHoliday> = Vec::with_capacity(year.holidays.len());
        for holiday in year.holidays {
            let day = holiday.day.get_ref().0;
            if day.year() != number {
                let reason = format!("{day} is not in {number}");
                return Err(document.wrong(&holiday.day, reason));
            }
            if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                let reason = format!("{day} is a {}: give the day on which it is observed", day.format("%A"));
                return Err(document.wrong(&holiday.day, reason));
            }
            if holidays.last().is_some_and(|before| before.day >= day) {
                let reason = format!("{day} is given twice or out of order");
                return Err(document.wrong(&holiday.day, reason));
            }
            holidays.push(CourtHoliday {
                day,
                name: holiday.name,
                citation: year.citation.clone(),
                confirm_with_counsel: year.confirm_with_counsel,
            });
        }
        years.insert(number, holidays);
    }
    Ok(years)
}
