//! When the calls at a place call for a look: the city's rules, checked so that none counts what may not count.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{
    call::CallCategory,
    nuisance_rule::{Band, RuleBasis, RuleComparison, RuleMeasure, WindowUnit},
    property::{ResidentialOccupancy, UseType},
};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Day, Document, above_zero, positive, some, words},
    error::PresetError,
};
use crate::domain::call_behavior::{CallBehavior, behavior};

/// A nuisance rule as the preset has it; its version is given when it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NuisanceRule {
    pub key: String,
    pub label: String,
    pub citation: String,
    pub basis: RuleBasis,
    pub effective_from: NaiveDate,
    /// The first day on which it no longer applies.
    pub effective_to: Option<NaiveDate>,
    pub use_types: Vec<UseType>,
    pub occupancies: Vec<ResidentialOccupancy>,
    pub categories: Vec<CallCategory>,
    pub measure: RuleMeasure,
    pub threshold: f64,
    pub comparison: RuleComparison,
    pub window_n: u32,
    pub window_unit: WindowUnit,
    pub unit_bands: Vec<Band>,
    pub max_per_day: Option<u32>,
    pub min_gap_hours: Option<u32>,
    pub include_officer_initiated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesToml {
    #[serde(default, rename = "rule")]
    rules: Vec<RuleToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleToml {
    key: Spanned<String>,
    #[serde(deserialize_with = "words")]
    label: String,
    #[serde(deserialize_with = "words")]
    citation: String,
    basis: RuleBasis,
    effective_from: Day,
    effective_to: Option<Spanned<Day>>,
    #[serde(deserialize_with = "some")]
    use_types: Vec<Spanned<UseType>>,
    #[serde(deserialize_with = "some")]
    occupancies: Vec<ResidentialOccupancy>,
    #[serde(deserialize_with = "some")]
    categories: Vec<Spanned<CallCategory>>,
    measure: RuleMeasure,
    #[serde(deserialize_with = "above_zero")]
    threshold: f64,
    comparison: RuleComparison,
    window: WindowToml,
    #[serde(default)]
    unit_bands: Vec<Spanned<BandToml>>,
    max_per_day: Option<Above>,
    min_gap_hours: Option<Above>,
    include_officer_initiated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowToml {
    #[serde(deserialize_with = "positive")]
    n: u32,
    unit: WindowUnit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandToml {
    from: i32,
    to: Option<i32>,
    #[serde(deserialize_with = "above_zero")]
    threshold: f64,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Above(#[serde(deserialize_with = "positive")] u32);

pub(super) fn read(document: Document<'_>) -> Result<Vec<NuisanceRule>, PresetError> {
    let rules: RulesToml = document.parse()?;
    let mut keys = BTreeSet::new();
    let mut read = Vec::with_capacity(rules.rules.len());
    for rule in rules.rules {
        document.unique(&mut keys, &rule.key, "the rule")?;
        read.push(checked(document, rule)?);
    }
    Ok(read)
}

fn checked(document: Document<'_>, rule: RuleToml) -> Result<NuisanceRule, PresetError> {
    if rule.key.get_ref().trim().is_empty() {
        return Err(document.wrong(&rule.key, "a rule needs a key"));
    }
    for category in &rule.categories {
        let reason = match behavior(*category.get_ref()) {
            CallBehavior::Qualifying => continue,
            CallBehavior::Protected => "is protected: no rule may count it",
            CallBehavior::Context => "is context: there the place is the victim, no rule may count it",
            CallBehavior::Never => "never counts",
        };
        return Err(document.wrong(category, format!("{} {reason}", category.get_ref())));
    }
    for use_type in &rule.use_types {
        if matches!(use_type.get_ref(), UseType::SingleFamily | UseType::MultiFamily | UseType::Unknown) {
            let reason = format!("no rule runs on {}: it is or may be a home", use_type.get_ref());
            return Err(document.wrong(use_type, reason));
        }
    }
    if let Some(to) = &rule.effective_to
        && *to.get_ref() <= rule.effective_from
    {
        return Err(document.wrong(to, "effective_to must be after effective_from"));
    }
    let mut next = 0;
    for band in &rule.unit_bands {
        let units = band.get_ref();
        if units.from < next || units.to.is_some_and(|to| to < units.from) {
            return Err(document.wrong(band, "unit bands must rise and may not overlap"));
        }
        next = units.to.map_or(i32::MAX, |to| to.saturating_add(1));
    }
    Ok(NuisanceRule {
        key: rule.key.into_inner(),
        label: rule.label,
        citation: rule.citation,
        basis: rule.basis,
        effective_from: rule.effective_from.0,
        effective_to: rule.effective_to.map(|to| to.into_inner().0),
        use_types: rule.use_types.into_iter().map(Spanned::into_inner).collect(),
        occupancies: rule.occupancies,
        categories: rule.categories.into_iter().map(Spanned::into_inner).collect(),
        measure: rule.measure,
        threshold: rule.threshold,
        comparison: rule.comparison,
        window_n: rule.window.n,
        window_unit: rule.window.unit,
        unit_bands: rule
            .unit_bands
            .into_iter()
            .map(|band| {
                let BandToml { from, to, threshold } = band.into_inner();
                Band { from, to, threshold }
            })
            .collect(),
        max_per_day: rule.max_per_day.map(|above| above.0),
        min_gap_hours: rule.min_gap_hours.map(|above| above.0),
        include_officer_initiated: rule.include_officer_initiated,
    })
}
