//! The court's calendar: on which days it is closed, and counting by the days on which it is open.
//!
//! Code of Civil Procedure 10, 12a, 134 and 135: Saturdays, Sundays and judicial holidays do not count as court days,
//! also when the court is open on one of them (134(d)).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};

/// Which way days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Forward,
    Backward,
}

impl Way {
    /// The next day that way; none at the end of the calendar.
    #[must_use]
    pub fn step(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Forward => day.succ_opt(),
            Self::Backward => day.pred_opt(),
        }
    }
}

/// Why the court is closed on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Saturday or Sunday.
    Weekend,
    /// A judicial holiday, by its name.
    Holiday(String),
}

/// Why a day cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncountable {
    #[error("The court holidays of {0} are not recorded, so no date that depends on them can be computed.")]
    UnknownYear(i32),
    #[error("The day lies outside the calendar.")]
    OutOfRange,
}

/// The judicial holidays of the years that somebody recorded.
#[derive(Clone, Debug, Default)]
pub struct CourtCalendar {
    years: BTreeMap<i32, Year>,
}

#[derive(Clone, Debug, Default)]
struct Year {
    holidays: BTreeMap<NaiveDate, String>,
    unconfirmed: bool,
}

impl CourtCalendar {
    /// A calendar without any year.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same calendar with one year more. `unconfirmed` says that its list was derived from the rule and not compared
    /// with the one that the court published.
    #[must_use]
    pub fn with_year(
        mut self,
        year: i32,
        unconfirmed: bool,
        holidays: impl IntoIterator<Item = (NaiveDate, String)>,
    ) -> Self {
        let holidays = holidays.into_iter().filter(|(day, _)| day.year() == year).collect();
        self.years.insert(year, Year { holidays, unconfirmed });
        self
    }

    /// Why the court is closed that day; none when it is open.
    pub fn closed(&self, day: NaiveDate) -> Result<Option<Closed>, Uncountable> {
        let year = self.years.get(&day.year()).ok_or(Uncountable::UnknownYear(day.year()))?;
        if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            return Ok(Some(Closed::Weekend));
        }
        Ok(year.holidays.get(&day).cloned().map(Closed::Holiday))
    }

    /// Whether the list of that year still has to be compared with the court's own.
    #[must_use]
    pub fn is_unconfirmed(&self, year: i32) -> bool {
        self.years.get(&year).is_some_and(|year| year.unconfirmed)
    }

    /// The day itself when the court is open, else the nearest open one that way.
    pub fn open_day(&self, mut day: NaiveDate, way: Way) -> Result<NaiveDate, Uncountable> {
        while self.closed(day)?.is_some() {
            day = way.step(day).ok_or(Uncountable::OutOfRange)?;
        }
        Ok(day)
    }

    /// The day that is so many court days away, `from` not counted and the last one counted.
    pub fn court_days(&self, from: NaiveDate, days: u32, way: Way) -> Result<NaiveDate, Uncountable> {
        let mut day = from;
        let mut left = days;
        while left > 0 {
            day = way.step(day).ok_or(Uncountable::OutOfRange)?;
            left -= u32::from(self.closed(day)?.is_none());
        }
        Ok(day)
    }
}
