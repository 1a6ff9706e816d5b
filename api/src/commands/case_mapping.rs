//! How the columns of a register of cases become cases: what a city writes down instead of code.

mod words;

use std::collections::BTreeMap;

use chrono::{
    NaiveDate,
    format::{Item, StrftimeItems},
};
use csv::StringRecord;
use entity::{
    case::{CasePriority, CaseSource, CaseStage},
    case_kind::CaseKind,
    imported_case::Told,
};
use serde::Deserialize;

use self::words::Words;
use super::parcel_mapping::{degrees, exact, positions, shown};
use crate::{
    domain::address::Writing,
    writes::{
        cases::{BODY, TITLE},
        existing_cases::{Record, Snapshot, UnknownPlaces},
        property_edit::APN,
    },
};

/// Characters of a register's own number at most.
const KEY: usize = 100;
/// Characters of a last action at most.
const ACTION: usize = 200;

/// How to read the rows of one register. Columns that are not named here are never read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMapping {
    /// What the register is known by from the first import on; another key is another register.
    key: String,
    /// What people call it.
    name: String,
    /// How its days are written.
    #[serde(default = "iso")]
    date_format: String,
    /// How the days of its snapshots are written.
    #[serde(default = "iso")]
    snapshot_format: String,
    /// What is done with a case whose place nobody knows yet.
    #[serde(default)]
    unknown_places: UnknownPlaces,
    columns: Columns,
    #[serde(default)]
    address: Form,
    #[serde(default)]
    kinds: Words<CaseKind>,
    #[serde(default)]
    priorities: Words<CasePriority>,
    #[serde(default)]
    stages: Words<CaseStage>,
    #[serde(default)]
    sources: Words<CaseSource>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    key: String,
    opened_on: String,
    address: String,
    /// The day of the snapshot a row is of, in files that hold several.
    snapshot: Option<String>,
    /// What the title is made of; the register's number follows it.
    #[serde(default)]
    title: Vec<String>,
    description: Option<String>,
    apn: Option<String>,
    latitude: Option<String>,
    longitude: Option<String>,
    district: Option<String>,
    kind: Option<String>,
    priority: Option<String>,
    stage: Option<String>,
    source: Option<String>,
    last_action: Option<String>,
    last_action_on: Option<String>,
    due_on: Option<String>,
    closed_on: Option<String>,
    /// The day on which somebody first looked at the place. A register that tells it has its cases' response clocks run
    /// from when they were opened; without it they have none.
    responded_on: Option<String>,
}

/// How the addresses are written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    direction_follows_street: bool,
    #[serde(default)]
    place_after_semicolon: bool,
    /// Beginnings of what stands for no address, such as that of the department itself.
    #[serde(default)]
    placeholders: Vec<String>,
}

fn iso() -> String {
    "%Y-%m-%d".to_owned()
}

/// A mapping together with where its columns stand in one file.
pub struct Reading<'m> {
    mapping: &'m CaseMapping,
    positions: BTreeMap<&'m str, usize>,
}

impl CaseMapping {
    /// Reads a mapping; the reason names the line or the entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if mapping.key.trim().is_empty() || mapping.name.trim().is_empty() {
            return Err("`key` and `name` tell which register it is, so neither is blank".to_owned());
        }
        for format in [&mapping.date_format, &mapping.snapshot_format] {
            if StrftimeItems::new(format).any(|item| item == Item::Error) {
                return Err(format!("`{format}` is no way to write a day, such as `%m/%d/%Y`"));
            }
        }
        for stage in [CaseStage::Litigation, CaseStage::Closed] {
            if mapping.stages.name(stage) {
                return Err(format!(
                    "`[stages]` cannot lead to {stage}: an attorney authorises a legal action here \
                     (`legalActionRefer`), and people close a case with its outcome (`caseClose`)"
                ));
            }
        }
        Ok(mapping)
    }

    /// The register on that day.
    #[must_use]
    pub fn snapshot(&self, as_of: NaiveDate) -> Snapshot {
        Snapshot {
            key: self.key.trim().to_owned(),
            name: self.name.trim().to_owned(),
            as_of,
            unknown_places: self.unknown_places,
        }
    }

    /// Finds the columns in a header, or says which are missing.
    pub fn reading(&self, header: &StringRecord) -> Result<Reading<'_>, String> {
        Ok(Reading { mapping: self, positions: positions(self.columns.all(), header)? })
    }
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &str> {
        let optional = [
            &self.snapshot,
            &self.description,
            &self.apn,
            &self.latitude,
            &self.longitude,
            &self.district,
            &self.kind,
            &self.priority,
            &self.stage,
            &self.source,
            &self.last_action,
            &self.last_action_on,
            &self.due_on,
            &self.closed_on,
            &self.responded_on,
        ];
        [&self.key, &self.opened_on, &self.address]
            .into_iter()
            .chain(&self.title)
            .chain(optional.into_iter().flatten())
            .map(String::as_str)
    }
}

impl Reading<'_> {
    /// The register's number in a row, whatever else is wrong with it.
    pub fn key(&self, row: &StringRecord) -> Result<String, String> {
        let key = self.cell(row, Some(&self.mapping.columns.key)).ok_or("it has no number")?;
        if key.chars().count() > KEY {
            return Err(format!("its number has more than {KEY} characters"));
        }
        Ok(key.to_owned())
    }

    /// The day of the snapshot a row is of; none when the file does not tell.
    pub fn snapshot(&self, row: &StringRecord) -> Result<Option<NaiveDate>, String> {
        let Some(column) = &self.mapping.columns.snapshot else { return Ok(None) };
        let text = self.cell(row, Some(column)).ok_or("it does not tell its snapshot")?;
        day(text, &self.mapping.snapshot_format).map(Some)
    }

    /// One row as a case on the register's day `as_of`, or why it cannot be one.
    pub fn record(&self, line: u64, as_of: NaiveDate, row: &StringRecord) -> Result<Record, String> {
        let columns = &self.mapping.columns;
        let key = self.key(row)?;
        let opened_on =
            self.day(row, Some(&columns.opened_on))?.ok_or("it does not tell when it was opened")?;
        let last_action_on = self.day(row, columns.last_action_on.as_ref())?;
        let closed_on = self.day(row, columns.closed_on.as_ref())?;
        let responded_on = self.day(row, columns.responded_on.as_ref())?;
        // A last action of a later day is one that was planned.
        for day in [Some(opened_on), closed_on, responded_on].into_iter().flatten() {
            if day > as_of {
                return Err(format!("it tells of {day}, which on {as_of} was still to come"));
            }
        }
        let text = self.cell(row, Some(&columns.address));
        let settled = text.filter(|text| !self.is_placeholder(text));
        let form = &self.mapping.address;
        let writing = Writing {
            direction_follows_street: form.direction_follows_street,
            place_after_semicolon: form.place_after_semicolon,
            block_level: false,
        };
        let told = Told {
            title: self.title(row, &key),
            opened_on,
            address: text.map(str::to_owned),
            description: self.limited(row, columns.description.as_ref(), BODY)?,
            kind: self.mapping.kinds.of(self.cell(row, columns.kind.as_ref()), "kind")?,
            priority: self.mapping.priorities.of(self.cell(row, columns.priority.as_ref()), "priority")?,
            stage: self.mapping.stages.of(self.cell(row, columns.stage.as_ref()), "stage")?,
            last_action: self.limited(row, columns.last_action.as_ref(), ACTION)?,
            last_action_on,
            due_on: self.day(row, columns.due_on.as_ref())?,
            closed_on,
            responded_on,
        };
        let source = self.mapping.sources.of(self.cell(row, columns.source.as_ref()), "source")?;
        Ok(Record {
            line,
            key,
            told,
            address: settled.and_then(|text| exact(text, &writing)),
            apn: self.limited(row, columns.apn.as_ref(), APN)?,
            point: self.point(row)?,
            district: self.district(row)?,
            source: source.unwrap_or(CaseSource::Other),
            tells_response: columns.responded_on.is_some(),
        })
    }

    fn cell<'r>(&self, row: &'r StringRecord, column: Option<&String>) -> Option<&'r str> {
        let position = self.positions.get(column?.as_str())?;
        row.get(*position).map(str::trim).filter(|text| !text.is_empty())
    }

    fn limited(
        &self,
        row: &StringRecord,
        column: Option<&String>,
        most: usize,
    ) -> Result<Option<String>, String> {
        let text = self.cell(row, column);
        match text.filter(|text| text.chars().count() > most) {
            Some(long) => Err(format!(
                "`{}…` has {} characters; at most {most} can be",
                shown(long),
                long.chars().count()
            )),
            None => Ok(text.map(str::to_owned)),
        }
    }

    fn day(&self, row: &StringRecord, column: Option<&String>) -> Result<Option<NaiveDate>, String> {
        self.cell(row, column).map(|text| day(text, &self.mapping.date_format)).transpose()
    }

    // The old number stays in the title, so that whoever knows it finds the case by it.
    fn title(&self, row: &StringRecord, key: &str) -> String {
        let cells = self.mapping.columns.title.iter().filter_map(|column| self.cell(row, Some(column)));
        let words = cells.collect::<Vec<_>>().join(": ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = if words.is_empty() { self.mapping.name.trim().to_owned() } else { words };
        let left = TITLE.saturating_sub(key.chars().count() + 3);
        format!("{} ({key})", words.chars().take(left).collect::<String>().trim_end())
    }

    fn is_placeholder(&self, text: &str) -> bool {
        let text = text.to_uppercase();
        self.mapping.address.placeholders.iter().any(|beginning| text.starts_with(&beginning.to_uppercase()))
    }

    fn point(&self, row: &StringRecord) -> Result<Option<(f64, f64)>, String> {
        let columns = &self.mapping.columns;
        match (self.cell(row, columns.latitude.as_ref()), self.cell(row, columns.longitude.as_ref())) {
            (None, None) => Ok(None),
            (Some(latitude), Some(longitude)) => degrees(latitude, longitude).map(Some),
            _ => Err("it has only one of latitude and longitude".to_owned()),
        }
    }

    fn district(&self, row: &StringRecord) -> Result<Option<i32>, String> {
        let Some(text) = self.cell(row, self.mapping.columns.district.as_ref()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("`{}` is no number of a district", shown(text)))
    }
}

fn day(text: &str, format: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, format)
        .map_err(|_| format!("`{}` is no day written as `{format}`", shown(text)))
}

#[cfg(test)]
mod tests;
