//! From the columns of a row to the call they tell: the same for every way a feed is fetched.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{
    clock::{Clock, iso_utc, shortened},
    mapping::{FeedMapping, key_of},
    row::{Line, SourceRow, UnreadableRow},
};

/// Longer values are no addresses or call types.
const LONGEST_VALUE: usize = 2_000;

/// Reads the rows of one feed.
#[derive(Clone, Debug)]
pub struct RowReader {
    mapping: FeedMapping,
    clock: Clock,
}

/// Reads one row by a feed's mapping; `columns` holds the mapped columns, missing ones being blank.
pub fn row_of(mapping: &FeedMapping, line: u64, columns: BTreeMap<String, String>) -> Line {
    RowReader::of(mapping).row(line, columns)
}

impl RowReader {
    /// The reader of a feed with that mapping.
    #[must_use]
    pub fn of(mapping: &FeedMapping) -> Self {
        Self { clock: Clock::of(mapping), mapping: mapping.clone() }
    }

    /// Reads one row; `columns` holds the mapped columns, missing ones being blank.
    pub fn row(&self, line: u64, mut columns: BTreeMap<String, String>) -> Line {
        let read = match cleaned(&mut columns) {
            Some(reason) => Err(reason),
            None => self.call(line, &columns),
        };
        match read {
            Ok(mut row) => {
                row.columns = columns;
                Ok(row)
            }
            Err(reason) => Err(UnreadableRow { line, reason, columns }),
        }
    }

    /// A row that is known to be unreadable for that reason.
    pub(super) fn refuse(&self, line: u64, reason: String, mut columns: BTreeMap<String, String>) -> Line {
        cleaned(&mut columns);
        Err(UnreadableRow { line, reason, columns })
    }

    /// The source's key of a row; an error when it has none.
    pub(super) fn key(&self, columns: &BTreeMap<String, String>) -> Result<String, String> {
        self.source_key(|column| self.told(columns, column))
    }

    /// The key and the time of a row whose values are fit to read; none when the row cannot be read.
    pub(super) fn noted<'a>(&self, value: impl Fn(&str) -> &'a str) -> Option<(String, DateTime<Utc>)> {
        let value = |column: &str| self.meant(value(column));
        let (key, at) = (self.source_key(value).ok()?, self.clock.read(value).ok()?);
        let changed = self.mapping.changed_at.as_deref();
        changed.is_none_or(|column| changed_at(column, value(column)).is_ok()).then_some((key, at))
    }

    /// The call that the columns tell, without the columns themselves.
    fn call(&self, line: u64, columns: &BTreeMap<String, String>) -> Result<SourceRow, String> {
        let value = |column: &str| self.told(columns, column);
        let optional = |column: &str| Some(value(column).to_owned()).filter(|text| !text.is_empty());
        let mapping = &self.mapping;
        let source_id = self.source_key(value)?;
        let occurred_at = self.clock.read(value)?;
        let changed_at =
            mapping.changed_at.as_deref().map_or(Ok(None), |column| changed_at(column, value(column)))?;
        let initial_type = mapping.initial_type.as_deref().and_then(optional).map(|told| self.bare(told));
        let final_type = optional(&mapping.final_type).map(|told| self.bare(told));
        let disposition = mapping.disposition.as_ref().and_then(|d| optional(&d.column));
        Ok(SourceRow {
            line,
            source_id,
            occurred_at,
            changed_at,
            address: self.address(value),
            excluded_disposition: match (&mapping.disposition, &disposition) {
                (Some(mapped), Some(told)) => mapped.excludes.contains(&key_of(told)),
                _ => false,
            },
            officer_initiated: self
                .officer_initiated(value, [initial_type.as_deref(), final_type.as_deref()]),
            initial_type,
            final_type,
            disposition,
            columns: BTreeMap::new(),
        })
    }

    /// The value of a column, trimmed; empty where it is missing or stands for nothing.
    fn told<'a>(&self, columns: &'a BTreeMap<String, String>, column: &str) -> &'a str {
        self.meant(columns.get(column).map_or("", String::as_str))
    }

    /// A value without the space around it; empty where it stands for nothing.
    fn meant<'a>(&self, text: &'a str) -> &'a str {
        let text = text.trim();
        if self.mapping.blanks.iter().any(|blank| blank == text) { "" } else { text }
    }

    fn source_key<'a>(&self, value: impl Fn(&str) -> &'a str) -> Result<String, String> {
        let columns = &self.mapping.source_key;
        if self.mapping.fingerprint {
            if columns.iter().all(|column| value(column).is_empty()) {
                return Err(format!("{}: are all blank, so the call has no key", columns.join(", ")));
            }
            return Ok(fingerprint(columns.iter().map(|column| value(column))));
        }
        let mut key = String::new();
        for (index, column) in columns.iter().enumerate() {
            if value(column).is_empty() {
                return Err(format!("{column}: is blank, so the call has no key"));
            }
            if index > 0 {
                key.push('/');
            }
            key.push_str(value(column));
        }
        Ok(key)
    }

    fn address<'a>(&self, value: impl Fn(&str) -> &'a str) -> String {
        let mapped = &self.mapping.address;
        let joined = |names: &[String]| {
            let parts = names.iter().map(|name| value(name));
            let told = parts.filter(|part| !part.is_empty() && !mapped.blanks.iter().any(|b| b == part));
            told.collect::<Vec<_>>().join(" ")
        };
        let address = joined(&mapped.columns);
        let intersecting = joined(&mapped.intersecting);
        if intersecting.is_empty() { address } else { format!("{address} & {intersecting}") }
    }

    /// A call type without what the source hangs on at its end.
    fn bare(&self, told: String) -> String {
        if self.mapping.strip_suffixes.is_empty() {
            return told;
        }
        let key = key_of(&told);
        let hung_on = self.mapping.strip_suffixes.iter().find_map(|suffix| key.strip_suffix(suffix.as_str()));
        let bare = hung_on.map(|rest| rest.trim_end_matches([' ', '-', ',', '/', ':', '(']));
        // A type of nothing but such words is left as it is, for people to map.
        bare.filter(|bare| !bare.is_empty()).map_or(told, str::to_owned)
    }

    fn officer_initiated<'a>(&self, value: impl Fn(&str) -> &'a str, types: [Option<&str>; 2]) -> bool {
        let Some(rule) = &self.mapping.officer_initiated else {
            return false;
        };
        let by_column =
            rule.column.as_ref().is_some_and(|said| said.values.contains(&key_of(value(&said.column))));
        let by_scene = rule.on_scene_undispatched.as_ref().is_some_and(|scene| {
            value(&scene.dispatched).is_empty()
                && !value(&scene.arrived).is_empty()
                && value(&scene.arrived) == value(&scene.received)
        });
        let by_type = || {
            let mut told = types.into_iter().flatten();
            !rule.call_types.is_empty() && told.any(|t| rule.call_types.contains(&key_of(t)))
        };
        by_column || by_scene || by_type()
    }
}

fn changed_at(column: &str, told: &str) -> Result<Option<DateTime<Utc>>, String> {
    if told.is_empty() {
        return Ok(None);
    }
    let time = iso_utc(told)
        .ok_or_else(|| format!("{column}: `{}` is no time as ISO 8601 has it", shortened(told)))?;
    Ok(Some(time))
}

/// Whether a value is fit to read and to keep.
pub(super) fn is_fit(text: &str) -> bool {
    text.len() <= LONGEST_VALUE && !text.contains('\0')
}

/// Makes the values fit to keep; tells what is wrong with the first that is not fit to read.
fn cleaned(columns: &mut BTreeMap<String, String>) -> Option<String> {
    let mut refusal = None;
    for (column, text) in columns {
        if text.contains('\0') {
            refusal.get_or_insert(format!("{column}: holds a NUL character"));
            *text = text.replace('\0', "\u{fffd}");
        }
        if text.len() > LONGEST_VALUE {
            refusal.get_or_insert(format!("{column}: is longer than {LONGEST_VALUE} bytes"));
            *text = shortened(text);
        }
    }
    refusal
}

// Half of a hash: enough that no two of a city's calls ever share one. Lengths keep `a|bc` apart from `ab|c`.
fn fingerprint<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update((value.len() as u64).to_be_bytes());
        hash.update(value);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
