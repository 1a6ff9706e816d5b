//! How the columns of a city's parcel file become places: what a city writes down instead of code.

use std::collections::BTreeMap;

use csv::StringRecord;
use entity::{
    party::PartyKind,
    property::{ResidentialOccupancy, UseType},
};
use sea_orm::ActiveEnum;
use serde::Deserialize;

use crate::{
    domain::{
        address::{Address, Writing},
        district::is_point,
    },
    writes::{
        parcels::{Owner, Parcel},
        property_edit::{APN, UNITS},
    },
};

/// Aliases of one parcel at most.
const ALIASES: usize = 50;
/// Stands for every value that a table of words does not name.
const ANY: &str = "*";

/// How to read the rows of one parcel file. Columns that are not named here are never read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelMapping {
    columns: Columns,
    /// How the situs addresses are written.
    #[serde(default)]
    address: Form,
    #[serde(default)]
    aliases: AliasForm,
    /// The file's words for uses, in upper case, and ours; `*` stands for every other one.
    #[serde(default)]
    use_types: BTreeMap<String, UseType>,
    #[serde(default)]
    occupancies: BTreeMap<String, ResidentialOccupancy>,
    #[serde(default)]
    owner_kinds: BTreeMap<String, PartyKind>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    apn: Option<String>,
    address: String,
    aliases: Option<String>,
    latitude: Option<String>,
    longitude: Option<String>,
    use_type: Option<String>,
    residential_occupancy: Option<String>,
    unit_count: Option<String>,
    owner: Option<String>,
    owner_kind: Option<String>,
    owner_mailing_address: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    direction_follows_street: bool,
    #[serde(default)]
    place_after_semicolon: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasForm {
    /// What stands between two aliases.
    #[serde(default = "bar")]
    separator: char,
    #[serde(default)]
    direction_follows_street: bool,
    #[serde(default)]
    place_after_semicolon: bool,
}

impl Default for AliasForm {
    fn default() -> Self {
        Self { separator: bar(), direction_follows_street: false, place_after_semicolon: false }
    }
}

const fn bar() -> char {
    '|'
}

/// A mapping together with where its columns stand in one file.
pub struct Reading<'m> {
    mapping: &'m ParcelMapping,
    positions: BTreeMap<&'m str, usize>,
}

impl ParcelMapping {
    /// Reads a mapping; the reason names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Finds the columns in a header, or says which are missing.
    pub fn reading(&self, header: &StringRecord) -> Result<Reading<'_>, String> {
        Ok(Reading { mapping: self, positions: positions(self.columns.all(), header)? })
    }
}

/// Where the columns stand in a header, or which it lacks.
pub(super) fn positions<'m>(
    columns: impl Iterator<Item = &'m str>,
    header: &StringRecord,
) -> Result<BTreeMap<&'m str, usize>, String> {
    let mut positions = BTreeMap::new();
    let mut missing = Vec::new();
    for column in columns {
        let mut found = header.iter().enumerate().filter(|(_, name)| clean(name) == column);
        match (found.next(), found.next()) {
            (Some((position, _)), None) => {
                positions.insert(column, position);
            }
            (Some(_), Some(_)) => return Err(format!("the header names `{column}` twice")),
            (None, _) => missing.push(format!("`{column}`")),
        }
    }
    if missing.is_empty() {
        return Ok(positions);
    }
    let found: Vec<String> = header.iter().map(|name| format!("`{}`", clean(name))).collect();
    Err(format!(
        "the header lacks {}; it has {}. Correct the mapping, or ask the source for the columns",
        missing.join(", "),
        found.join(", ")
    ))
}

// A byte order mark before the first column is no part of its name.
fn clean(name: &str) -> &str {
    name.trim_start_matches('\u{feff}').trim()
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &str> {
        let optional = [
            &self.apn,
            &self.aliases,
            &self.latitude,
            &self.longitude,
            &self.use_type,
            &self.residential_occupancy,
            &self.unit_count,
            &self.owner,
            &self.owner_kind,
            &self.owner_mailing_address,
        ];
        std::iter::once(self.address.as_str()).chain(optional.into_iter().flatten().map(String::as_str))
    }
}

impl Reading<'_> {
    /// One row as a parcel, or why it cannot be one.
    pub fn parcel(&self, line: u64, row: &StringRecord) -> Result<Parcel, String> {
        let columns = &self.mapping.columns;
        let apn = self.cell(row, columns.apn.as_ref()).map(str::to_owned);
        if let Some(long) = apn.as_ref().filter(|apn| apn.chars().count() > APN) {
            return Err(format!(
                "the parcel number has {} characters; at most {APN} can be",
                long.chars().count()
            ));
        }
        let (aliases, unread_aliases) = self.aliases(row)?;
        Ok(Parcel {
            line,
            apn,
            address: self.address(row)?,
            aliases,
            unread_aliases,
            point: self.point(row)?,
            use_type: word(self.cell(row, columns.use_type.as_ref()), &self.mapping.use_types, "use type")?,
            residential_occupancy: word(
                self.cell(row, columns.residential_occupancy.as_ref()),
                &self.mapping.occupancies,
                "occupancy",
            )?,
            unit_count: self.units(row)?,
            owner: self.owner(row)?,
        })
    }

    fn cell<'r>(&self, row: &'r StringRecord, column: Option<&String>) -> Option<&'r str> {
        let position = self.positions.get(column?.as_str())?;
        row.get(*position).map(str::trim).filter(|text| !text.is_empty())
    }

    fn address(&self, row: &StringRecord) -> Result<Address, String> {
        let text = self.cell(row, Some(&self.mapping.columns.address)).ok_or("it has no address")?;
        let Form { direction_follows_street, place_after_semicolon } = self.mapping.address;
        let writing = Writing { direction_follows_street, place_after_semicolon, block_level: false };
        exact(text, &writing).ok_or_else(|| format!("`{}` is not the address of one place", shown(text)))
    }

    fn aliases(&self, row: &StringRecord) -> Result<(Vec<Address>, Vec<String>), String> {
        let form = &self.mapping.aliases;
        let writing = Writing {
            direction_follows_street: form.direction_follows_street,
            place_after_semicolon: form.place_after_semicolon,
            block_level: false,
        };
        let cell = self.cell(row, self.mapping.columns.aliases.as_ref()).unwrap_or_default();
        let texts: Vec<&str> =
            cell.split(form.separator).map(str::trim).filter(|text| !text.is_empty()).collect();
        if texts.len() > ALIASES {
            return Err(format!("it has {} aliases; at most {ALIASES} can be", texts.len()));
        }
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for text in texts {
            match exact(text, &writing) {
                Some(alias) => read.push(alias),
                None => unread.push(shown(text)),
            }
        }
        Ok((read, unread))
    }

    fn point(&self, row: &StringRecord) -> Result<Option<(f64, f64)>, String> {
        let columns = &self.mapping.columns;
        let texts = (self.cell(row, columns.latitude.as_ref()), self.cell(row, columns.longitude.as_ref()));
        let (latitude, longitude) = match texts {
            (None, None) => return Ok(None),
            (Some(latitude), Some(longitude)) => (latitude, longitude),
            _ => return Err("it has only one of latitude and longitude".to_owned()),
        };
        degrees(latitude, longitude).map(Some)
    }

    fn units(&self, row: &StringRecord) -> Result<Option<i32>, String> {
        let Some(text) = self.cell(row, self.mapping.columns.unit_count.as_ref()) else { return Ok(None) };
        match text.parse::<i32>() {
            // Assessors write 0 for a parcel without dwellings.
            Ok(0) => Ok(None),
            Ok(units) if (1..=UNITS).contains(&units) => Ok(Some(units)),
            _ => Err(format!("`{}` is no number of units from 1 to {UNITS}", shown(text))),
        }
    }

    fn owner(&self, row: &StringRecord) -> Result<Option<Owner>, String> {
        let columns = &self.mapping.columns;
        let Some(name) = self.cell(row, columns.owner.as_ref()) else { return Ok(None) };
        let kind =
            word(self.cell(row, columns.owner_kind.as_ref()), &self.mapping.owner_kinds, "kind of owner")?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.chars().count() > crate::writes::parties::NAME {
            return Err("the owner's name is too long".to_owned());
        }
        let mailing_address = self
            .cell(row, columns.owner_mailing_address.as_ref())
            .map(|text| text.chars().take(500).collect());
        Ok(Some(Owner { kind: kind.unwrap_or(PartyKind::Organization), name, mailing_address }))
    }
}

/// Latitude and longitude, if they are those of a point on Earth.
pub(super) fn degrees(latitude: &str, longitude: &str) -> Result<(f64, f64), String> {
    match (latitude.parse::<f64>(), longitude.parse::<f64>()) {
        (Ok(north), Ok(east)) if is_point(north, east) => Ok((north, east)),
        _ => Err(format!("`{}`, `{}` is no point in degrees", shown(latitude), shown(longitude))),
    }
}

/// The address, if it is that of one place.
pub(super) fn exact(text: &str, writing: &Writing) -> Option<Address> {
    Some(Address::parse(text, writing)).filter(Address::is_exact)
}

// Without a table the file's words are ours.
fn word<E: ActiveEnum<Value = String> + Copy>(
    text: Option<&str>,
    words: &BTreeMap<String, E>,
    what: &str,
) -> Result<Option<E>, String> {
    let Some(text) = text else { return Ok(None) };
    let key = text.to_uppercase();
    let found = words.get(&key).or_else(|| words.get(ANY)).copied();
    let found = if words.is_empty() { E::try_from_value(&key).ok() } else { found };
    found.map(Some).ok_or_else(|| format!("the mapping has no {what} for `{}`", shown(text)))
}

/// As much of a text as a message shows.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
