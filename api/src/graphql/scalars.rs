//! Scalars of the contract: calendar days, money and geometry.

use std::ops::RangeInclusive;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::domain::money::decimal;

/// No day of a case, nor of what was before it, is in an earlier or a later year; a slip of the finger is.
const YEARS: RangeInclusive<i32> = 1800..=2200;

/// Holds a moment that somebody sends against the same years.
pub fn in_reach(moment: &DateTime<Utc>) -> Result<(), &'static str> {
    if YEARS.contains(&moment.year()) { Ok(()) } else { Err("a moment is in a year from 1800 to 2200") }
}

/// A calendar day in the city's time zone, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A calendar day in the city's time zone, `YYYY-MM-DD`.
#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let wrong = || InputValueError::custom("a day is written YYYY-MM-DD and must exist in the calendar");
        let Value::String(text) = value else { return Err(wrong()) };
        if text.len() != 10 {
            return Err(wrong());
        }
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| wrong())?;
        if !YEARS.contains(&day.year()) {
            return Err(InputValueError::custom("a day is between 1800-01-01 and 2200-12-31"));
        }
        Ok(Self(day))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

impl From<Date> for NaiveDate {
    fn from(day: Date) -> Self {
        day.0
    }
}

/// US dollars as a decimal string with two places, such as `"1250.00"`; never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount in cents.
    pub cents: i64,
}

/// US dollars as a decimal string with two places, such as `"1250.00"`; never a float.
#[Scalar]
impl ScalarType for Money {
    fn parse(value: Value) -> InputValueResult<Self> {
        let wrong =
            || InputValueError::custom("an amount is a decimal string of dollars, such as \"1250.00\"");
        let Value::String(text) = value else { return Err(wrong()) };
        let (dollars, cents) = text.split_once('.').unwrap_or((&text, "00"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(dollars) || !digits(cents) || cents.len() != 2 || dollars.len() > 12 {
            return Err(wrong());
        }
        let dollars: i64 = dollars.parse().map_err(|_| wrong())?;
        let cents: i64 = cents.parse().map_err(|_| wrong())?;
        Ok(Self { cents: dollars * 100 + cents })
    }

    fn to_value(&self) -> Value {
        Value::String(decimal(self.cents))
    }
}

impl From<i64> for Money {
    fn from(cents: i64) -> Self {
        Self { cents }
    }
}

/// An RFC 7946 geometry, WGS 84, longitude first.
#[derive(Clone, Debug, PartialEq)]
pub struct GeoJson(pub serde_json::Value);

/// An RFC 7946 geometry, WGS 84, longitude first.
#[Scalar]
impl ScalarType for GeoJson {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use entity::id::{CaseId, FeedId, StaffId};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_and_moments_are_of_our_centuries() {
        for day in
            ["0000-01-01", "1799-12-31", "2201-01-01", "9999-12-31", "+10000-01-01", "2026-02-30", "26-1-1"]
        {
            assert!(Date::parse(Value::from(day)).is_err(), "{day}");
        }
        for year in [-9_999, 0, 1_799, 2_201, 9_999, 250_000] {
            let moment = Utc.with_ymd_and_hms(year, 6, 1, 0, 0, 0).unwrap();
            assert!(in_reach(&moment).is_err(), "{moment}");
        }
        assert!(in_reach(&Utc.with_ymd_and_hms(1_800, 1, 1, 0, 0, 0).unwrap()).is_ok());
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_was_written(days in 657_072_i32..803_533, odd in "[-+0-9TZ: ]{0,12}") {
            let day = Date(NaiveDate::from_num_days_from_ce_opt(days).expect("a day"));
            prop_assert_eq!(Date::parse(day.to_value()).expect("what it writes it reads"), day);
            if let Ok(day) = Date::parse(Value::from(odd.as_str())) {
                prop_assert_eq!(day.to_value(), Value::from(odd));
            }
        }

        #[test]
        fn an_amount_is_read_as_it_was_written(cents in 0..100_000_000_000_000_i64, odd in "[-+.,0-9e ]{0,16}") {
            let amount = Money { cents };
            prop_assert_eq!(Money::parse(amount.to_value()).expect("what it writes it reads"), amount);
            if let Ok(amount) = Money::parse(Value::from(odd)) {
                prop_assert!(amount.cents >= 0);
            }
        }

        #[test]
        fn an_id_is_read_as_it_was_written_and_as_nothing_else(id in any::<u128>(), odd in ".{0,50}", case in "case_[0-9a-fA-F-]{0,40}") {
            let id = CaseId(uuid::Uuid::from_u128(id));
            prop_assert_eq!(id.to_string().parse::<CaseId>().expect("what it writes it reads"), id);
            prop_assert!(id.to_string().parse::<StaffId>().is_err() && id.to_string().parse::<FeedId>().is_err());
            for text in [odd, case] {
                if let Ok(id) = text.parse::<CaseId>() {
                    prop_assert_eq!(id.to_string(), text.to_ascii_lowercase());
                }
            }
        }
    }
}
