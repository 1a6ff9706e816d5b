//! Scalars of the contract: calendar days, money and geometry.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

use crate::domain::money::decimal;

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
        NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(Self).map_err(|_| wrong())
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
