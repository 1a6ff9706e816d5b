//! How the columns of a feed become a call: what a city writes down instead of code.

use std::collections::BTreeSet;

use chrono::format::{Item, StrftimeItems};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de};

/// How to read the rows of one feed. Columns that are not named here are never kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedMapping {
    /// The zone of the wall-clock times.
    pub time_zone: Zone,
    /// The columns that together are the source's own key; joined by `/`.
    #[serde(deserialize_with = "at_least_one")]
    pub source_key: Vec<String>,
    /// The source has no key of its own: the key is a hash of the key columns, any of which may be blank.
    #[serde(default)]
    pub fingerprint: bool,
    /// Values that stand for "nothing" in any column, such as `NULL`.
    #[serde(default)]
    pub blanks: Vec<String>,
    /// Which row stands when a file has several with one key.
    #[serde(default)]
    pub repeated_keys: RepeatedKeys,
    /// The columns that together say when it happened, each with its form.
    #[serde(deserialize_with = "at_least_one")]
    pub occurred_at: Vec<TimeColumn>,
    /// The column that tells when the source last changed the row, as ISO 8601. Where it is given, a row that comes after
    /// a newer one of its key is left aside.
    pub changed_at: Option<String>,
    pub address: AddressColumns,
    /// The call type as first reported, where the source tells both.
    pub initial_type: Option<String>,
    /// The call type as the source last gave it.
    pub final_type: String,
    /// What the source hangs on at the end of a call type and is no part of it, such as `IN PROGRESS`; one is taken off.
    #[serde(default, deserialize_with = "longest_first")]
    pub strip_suffixes: Vec<String>,
    pub disposition: Option<DispositionColumn>,
    pub officer_initiated: Option<OfficerInitiated>,
    /// All columns of the source as last seen. Where given, a column that is missing or new stops the reading.
    pub header: Option<Vec<String>>,
}

/// Which of several rows with one key stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RepeatedKeys {
    /// The last row of the file; what a log does that is written again as a call moves on.
    #[default]
    LastWins,
    /// The first row of the file.
    FirstWins,
}

/// A column that holds all or part of a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeColumn {
    pub column: String,
    pub format: TimeFormat,
    /// What a blank stands for, such as `00:00`. Without it a row whose date or time is blank is rejected.
    pub blank: Option<String>,
}

/// How addresses are written and which columns hold them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressColumns {
    /// Joined by one space, blank ones left out.
    #[serde(deserialize_with = "at_least_one")]
    pub columns: Vec<String>,
    /// The columns of the intersecting street; they follow after ` & `.
    #[serde(default)]
    pub intersecting: Vec<String>,
    /// Values that stand for "nothing", such as `0` for no house number.
    #[serde(default)]
    pub blanks: Vec<String>,
    /// `3433 HIGUERA S` is 3433 South Higuera.
    #[serde(default)]
    pub direction_follows_street: bool,
    /// What follows a semicolon is a place's name, not part of the address.
    #[serde(default)]
    pub place_after_semicolon: bool,
    /// Numbers stand for hundred blocks, never for a single place.
    #[serde(default)]
    pub block_level: bool,
}

/// Where the outcome is, and which outcomes say that there was nothing to count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispositionColumn {
    pub column: String,
    /// Cancelled, unfounded, a duplicate, no such address, gone on arrival.
    #[serde(default, deserialize_with = "keys")]
    pub excludes: BTreeSet<String>,
}

/// How to tell a call that an officer began; one sign is enough.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerInitiated {
    /// A column whose value says so.
    pub column: Option<ValuesOf>,
    /// Call types that only officers begin, whether first or last reported.
    #[serde(default, deserialize_with = "keys")]
    pub call_types: BTreeSet<String>,
    pub on_scene_undispatched: Option<OnSceneUndispatched>,
}

/// A column and the values that mean yes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValuesOf {
    pub column: String,
    #[serde(deserialize_with = "keys")]
    pub values: BTreeSet<String>,
}

/// Nobody was dispatched, and an officer was there at the very time the call was received.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnSceneUndispatched {
    pub received: String,
    pub dispatched: String,
    pub arrived: String,
}

/// An IANA time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Zone(pub Tz);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
            .map(Self)
            .map_err(|_| format!("`{name}` is no IANA time zone; write one such as `America/Los_Angeles`"))
    }
}

/// The form of a date or time: a word, or the signs of `strftime`, such as `%m/%d/%y %H:%M`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeFormat(String);

/// What a form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// `EPOCH_MILLISECONDS`: a moment, in milliseconds since 1970 by UTC.
    Epoch,
    /// `EPOCH_MILLISECONDS_DAY`: such a moment, of which only the day in the feed's zone counts.
    EpochDay,
    /// `EPOCH_MILLISECONDS_UTC_DAY`: such a moment, of which only the day by UTC counts.
    EpochUtcDay,
    /// `ISO`: `2026-01-02T03:04:05.000` in the feed's zone, or with an offset or `Z`, which is obeyed.
    Iso,
    /// Signs of `strftime`.
    Signs,
}

impl TimeFormat {
    /// The form as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it tells.
    #[must_use]
    pub fn form(&self) -> TimeForm {
        match self.0.as_str() {
            "EPOCH_MILLISECONDS" => TimeForm::Epoch,
            "EPOCH_MILLISECONDS_DAY" => TimeForm::EpochDay,
            "EPOCH_MILLISECONDS_UTC_DAY" => TimeForm::EpochUtcDay,
            "ISO" => TimeForm::Iso,
            _ => TimeForm::Signs,
        }
    }
}

impl TryFrom<String> for TimeFormat {
    type Error = String;

    fn try_from(format: String) -> Result<Self, String> {
        if Self(format.clone()).form() != TimeForm::Signs {
            return Ok(Self(format));
        }
        // Without a sign it would match nothing but its own letters, like a misspelt word.
        let told = StrftimeItems::new(&format).any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_)));
        let mut items = StrftimeItems::new(&format).peekable();
        if !told || items.peek().is_none() || items.any(|item| item == Item::Error) {
            return Err(format!(
                "`{format}` is no form of a time; write one such as `%m/%d/%y %H:%M`, `ISO` or `EPOCH_MILLISECONDS`"
            ));
        }
        Ok(Self(format))
    }
}

impl FeedMapping {
    /// Every column that is read, in the order of their names.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut columns: BTreeSet<&str> = BTreeSet::new();
        columns.extend(self.source_key.iter().map(String::as_str));
        columns.extend(self.occurred_at.iter().map(|part| part.column.as_str()));
        columns.extend(self.address.columns.iter().map(String::as_str));
        columns.extend(self.address.intersecting.iter().map(String::as_str));
        columns.extend(self.changed_at.as_deref());
        columns.extend(self.initial_type.as_deref());
        columns.insert(&self.final_type);
        columns.extend(self.disposition.as_ref().map(|d| d.column.as_str()));
        if let Some(officer) = &self.officer_initiated {
            columns.extend(officer.column.as_ref().map(|c| c.column.as_str()));
            if let Some(scene) = &officer.on_scene_undispatched {
                columns.extend([scene.received.as_str(), scene.dispatched.as_str(), scene.arrived.as_str()]);
            }
        }
        columns
    }
}

/// A call type or outcome as it is compared: in upper case, white space folded.
#[must_use]
pub fn key_of(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_uppercase));
    }
    key
}

fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    Ok(Vec::<String>::deserialize(from)?.iter().map(|value| key_of(value)).collect())
}

// Of `AGO` and `LESS THAN 5 AGO` the longer one is meant.
fn longest_first<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let mut suffixes: Vec<String> = keys(from)?.into_iter().filter(|suffix| !suffix.is_empty()).collect();
    suffixes.sort_by_key(|suffix| std::cmp::Reverse(suffix.len()));
    Ok(suffixes)
}

fn at_least_one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let values = Vec::deserialize(from)?;
    if values.is_empty() {
        return Err(de::Error::custom("name at least one column"));
    }
    Ok(values)
}
