//! Nuisance rules modelled on other cities' ordinances, which a city takes by naming them.

use super::{
    city::City,
    document::Document,
    error::PresetError,
    nuisance_rules::{self, NuisanceRule},
};

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../presets/rules/", $name, ".toml")))),+]
    };
}

/// Name and text of each set.
const SETS: [(&str, &str); 6] =
    embedded!["chula-vista", "cincinnati", "costa-mesa", "milwaukee", "seattle", "shoreline"];

/// The rules of one set.
pub(super) fn read(name: &str) -> Option<Result<Vec<NuisanceRule>, PresetError>> {
    let (name, text) = SETS.into_iter().find(|(known, _)| *known == name)?;
    Some(nuisance_rules::read(Document { place: "rules", name: &format!("{name}.toml"), text }))
}

/// The rules of every set that the city names.
pub(super) fn taken_by(city: &City, document: Document<'_>) -> Result<Vec<NuisanceRule>, PresetError> {
    let mut rules: Vec<NuisanceRule> = Vec::new();
    for name in &city.nuisance_rules_from {
        let Some(set) = read(name.get_ref()) else {
            let known = SETS.map(|(known, _)| known).join(", ");
            return Err(
                document.wrong(name, format!("no rules are built in by that name; there are {known}"))
            );
        };
        rules.extend(set?);
    }
    Ok(rules)
}

#[cfg(test)]
#[path = "rule_sets_tests.rs"]
mod tests;
