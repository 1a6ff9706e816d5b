//! When the calls at a place call for a look: the city's rules, checked so that none counts what may not count.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{
    call::{AddressPrecision, CallCategory},
    nuisance_rule::{Band, RuleBasis, RuleComparison, RuleMeasure, WindowUnit},
    property::{ResidentialOccupancy, UseType},
};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Day, Document, above_zero, positive, some, words},
    error::PresetError,
};
use crate::domain::call_behavior::{CallBehavior, behaving, behavior};

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
    /// What it counts, `excluded_categories` already taken out.
    pub categories: Vec<CallCategory>,
    pub excluded_categories: Vec<CallCategory>,
    pub excluded_dispositions: Vec<String>,
    /// At least one counted call must be of these; none asked for when empty.
    pub require_one_of: Vec<CallCategory>,
    pub min_precision: AddressPrecision,
    pub measure: RuleMeasure,
    pub threshold: f64,
    pub comparison: RuleComparison,
    pub window_n: u32,
    pub window_unit: WindowUnit,
    pub unit_bands: Vec<Band>,
    pub max_per_day: Option<u32>,
    pub min_gap_hours: Option<u32>,
    pub include_officer_initiated: bool,
    /// The share of the threshold from which a place is shown as an early warning.
    pub early_warning_percent: Option<u32>,
    pub exclusive_group: Option<String>,
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
    categories: Option<Vec<Spanned<CallCategory>>>,
    #[serde(default)]
    categories_out: Vec<Spanned<CallCategory>>,
    #[serde(default)]
    dispositions_out: Vec<Spanned<String>>,
    #[serde(default)]
    require_one_of: Vec<Spanned<CallCategory>>,
    min_precision: Option<Spanned<AddressPrecision>>,
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
    early_warning_percent: Option<Spanned<u32>>,
    exclusive_group: Option<Spanned<String>>,
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
    let categories = categories(document, &rule)?;
    check_scope(document, &rule)?;
    check_bands(document, &rule.unit_bands)?;
    check_words(document, &rule)?;
    Ok(NuisanceRule {
        key: rule.key.into_inner(),
        label: rule.label,
        citation: rule.citation,
        basis: rule.basis,
        effective_from: rule.effective_from.0,
        effective_to: rule.effective_to.map(|to| to.into_inner().0),
        use_types: plain(rule.use_types),
        occupancies: rule.occupancies,
        categories,
        excluded_categories: plain(rule.categories_out),
        excluded_dispositions: plain(rule.dispositions_out)
            .iter()
            .map(|word| word.trim().to_owned())
            .collect(),
        require_one_of: plain(rule.require_one_of),
        min_precision: rule.min_precision.map_or(AddressPrecision::Address, Spanned::into_inner),
        measure: rule.measure,
        threshold: rule.threshold,
        comparison: rule.comparison,
        window_n: rule.window.n,
        window_unit: rule.window.unit,
        unit_bands: plain(rule.unit_bands).into_iter().map(Band::from).collect(),
        max_per_day: rule.max_per_day.map(|above| above.0),
        min_gap_hours: rule.min_gap_hours.map(|above| above.0),
        include_officer_initiated: rule.include_officer_initiated,
        early_warning_percent: rule.early_warning_percent.map(Spanned::into_inner),
        exclusive_group: rule.exclusive_group.map(Spanned::into_inner),
    })
}

impl From<BandToml> for Band {
    fn from(BandToml { from, to, threshold }: BandToml) -> Self {
        Self { from, to, threshold }
    }
}

fn plain<T>(list: Vec<Spanned<T>>) -> Vec<T> {
    list.into_iter().map(Spanned::into_inner).collect()
}

// What the rule counts: the categories it names, or every one that may count, without those it takes out.
fn categories(document: Document<'_>, rule: &RuleToml) -> Result<Vec<CallCategory>, PresetError> {
    for category in rule.categories.iter().flatten() {
        let reason = match behavior(*category.get_ref()) {
            CallBehavior::Qualifying => continue,
            CallBehavior::Protected => "is protected: no rule may count it",
            CallBehavior::Context => "is context: there the place is the victim, no rule may count it",
            CallBehavior::Never => "never counts",
        };
        return Err(document.wrong(category, format!("{} {reason}", category.get_ref())));
    }
    let named: Vec<CallCategory> = match &rule.categories {
        Some(named) => named.iter().map(|category| *category.get_ref()).collect(),
        None if rule.categories_out.is_empty() => {
            return Err(
                document.wrong(&rule.key, "a rule says what it counts: `categories` or `categories_out`")
            );
        }
        None => behaving(CallBehavior::Qualifying).collect(),
    };
    let out: BTreeSet<_> = rule.categories_out.iter().map(|category| *category.get_ref()).collect();
    let counted: Vec<CallCategory> = named.into_iter().filter(|category| !out.contains(category)).collect();
    if counted.is_empty() {
        return Err(document.wrong(&rule.key, "the rule counts nothing"));
    }
    match rule.require_one_of.iter().find(|category| !counted.contains(category.get_ref())) {
        Some(category) => {
            Err(document.wrong(category, format!("{} is not among what the rule counts", category.get_ref())))
        }
        None => Ok(counted),
    }
}

fn check_scope(document: Document<'_>, rule: &RuleToml) -> Result<(), PresetError> {
    for use_type in &rule.use_types {
        if matches!(use_type.get_ref(), UseType::SingleFamily | UseType::MultiFamily | UseType::Unknown) {
            let reason = format!("no rule runs on {}: it is or may be a home", use_type.get_ref());
            return Err(document.wrong(use_type, reason));
        }
    }
    match &rule.effective_to {
        Some(to) if *to.get_ref() <= rule.effective_from => {
            Err(document.wrong(to, "effective_to must be after effective_from"))
        }
        _ => Ok(()),
    }
}

fn check_bands(document: Document<'_>, bands: &[Spanned<BandToml>]) -> Result<(), PresetError> {
    let mut next = 0;
    for band in bands {
        let units = band.get_ref();
        if units.from < next || units.to.is_some_and(|to| to < units.from) {
            return Err(document.wrong(band, "unit bands must rise and may not overlap"));
        }
        next = units.to.map_or(i32::MAX, |to| to.saturating_add(1));
    }
    Ok(())
}

fn check_words(document: Document<'_>, rule: &RuleToml) -> Result<(), PresetError> {
    let blank = |word: &&Spanned<String>| word.get_ref().trim().is_empty();
    if let Some(word) = rule.dispositions_out.iter().chain(&rule.exclusive_group).find(blank) {
        return Err(document.wrong(word, "must not be blank"));
    }
    if let Some(precision) = &rule.min_precision
        && !matches!(precision.get_ref(), AddressPrecision::Address | AddressPrecision::Unit)
    {
        let reason = format!("{} names no single place; ADDRESS or UNIT does", precision.get_ref());
        return Err(document.wrong(precision, reason));
    }
    match &rule.early_warning_percent {
        Some(percent) if !(1..100).contains(percent.get_ref()) => {
            Err(document.wrong(percent, "an early warning comes at 1 to 99 percent of the threshold"))
        }
        _ => Ok(()),
    }
}
