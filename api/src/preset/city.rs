//! The city itself: its name, its clock and the periods it sets for itself.

use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, positive, words},
    error::PresetError,
};
use crate::feeds::mapping::Zone;

/// The city and its defaults.
#[derive(Clone, Debug)]
pub struct City {
    pub name: String,
    pub state: String,
    pub time_zone: Tz,
    /// What case numbers begin with.
    pub case_number_prefix: String,
    /// After so many days without an event a case is stale.
    pub stale: Days,
    /// The next action of a new case is due so many days after its opening.
    pub next_action: Days,
    /// A flag that nobody reviewed is stale after so many days.
    pub flag_stale: Days,
    /// How far back earlier violations of the same section raise a fine.
    pub offense_ladder: Months,
    /// Names of built-in rule sets, modelled on other cities' ordinances, that apply here too.
    pub(super) nuisance_rules_from: Vec<Spanned<String>>,
}

/// A period in days and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    #[serde(deserialize_with = "positive")]
    pub days: u32,
    #[serde(deserialize_with = "words")]
    pub citation: String,
}

/// A period in months and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Months {
    #[serde(deserialize_with = "positive")]
    pub months: u32,
    #[serde(deserialize_with = "words")]
    pub citation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CityToml {
    #[serde(deserialize_with = "words")]
    name: String,
    #[serde(deserialize_with = "words")]
    state: String,
    time_zone: Zone,
    #[serde(deserialize_with = "words")]
    case_number_prefix: String,
    stale: Days,
    next_action: Days,
    flag_stale: Days,
    offense_ladder: Months,
    #[serde(default)]
    nuisance_rules_from: Vec<Spanned<String>>,
}

pub(super) fn read(document: Document<'_>) -> Result<City, PresetError> {
    let city: CityToml = document.parse()?;
    Ok(City {
        name: city.name,
        state: city.state,
        time_zone: city.time_zone.0,
        case_number_prefix: city.case_number_prefix,
        stale: city.stale,
        next_action: city.next_action,
        flag_stale: city.flag_stale,
        offense_ladder: city.offense_ladder,
        nuisance_rules_from: city.nuisance_rules_from,
    })
}
