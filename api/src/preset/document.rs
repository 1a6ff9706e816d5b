//! One file of a preset: read strictly, and every fault with its line.

use std::{collections::BTreeSet, ops::Range};

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use toml::{Spanned, value::Datetime};

use super::error::PresetError;

/// One file of a preset.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) place: &'a str,
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Document<'_> {
    /// Reads the file as TOML.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, PresetError> {
        toml::from_str(self.text).map_err(|error| {
            // A missing field has the span of the table that lacks it.
            let line = error.span().map_or(1, |span| self.line_of(&span));
            self.fault(line, error.message().trim())
        })
    }

    /// A fault at some value.
    pub(super) fn wrong<T>(&self, at: &Spanned<T>, reason: impl Into<String>) -> PresetError {
        self.fault(self.line_of(&at.span()), reason)
    }

    /// A fault at a line.
    pub(super) fn fault(&self, line: usize, reason: impl Into<String>) -> PresetError {
        PresetError {
            file: format!("{}/{}", self.place, self.name),
            line,
            reason: reason.into().replace('\n', " "),
        }
    }

    /// Refuses a key that was used before.
    pub(super) fn unique<T: Ord + Clone + std::fmt::Display>(
        &self,
        seen: &mut BTreeSet<T>,
        key: &Spanned<T>,
        what: &str,
    ) -> Result<(), PresetError> {
        if seen.insert(key.get_ref().clone()) {
            return Ok(());
        }
        Err(self.wrong(key, format!("{what} `{}` is given twice", key.get_ref())))
    }

    fn line_of(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|&&byte| byte == b'\n').count()
    }
}

/// A day, written as a TOML date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Datetime::deserialize(from)?;
        match (written.date, written.time, written.offset) {
            (Some(date), None, None) => {
                NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
                    .map(Self)
                    .ok_or_else(|| D::Error::custom(format!("{written} is a day that does not exist")))
            }
            _ => Err(D::Error::custom(format!("{written} is not a plain date such as 2026-01-31"))),
        }
    }
}

/// Words that may not be blank.
pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("must not be blank"));
    }
    Ok(text)
}

/// A whole number above zero.
pub(super) fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    if number == 0 {
        return Err(D::Error::custom("must be above zero"));
    }
    Ok(number)
}

/// A number above zero.
pub(super) fn above_zero<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(from)?;
    if !number.is_finite() || number <= 0.0 {
        return Err(D::Error::custom("must be above zero"));
    }
    Ok(number)
}

/// A list that may not be empty.
pub(super) fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(from)?;
    if list.is_empty() {
        return Err(D::Error::custom("the list must not be empty"));
    }
    Ok(list)
}
