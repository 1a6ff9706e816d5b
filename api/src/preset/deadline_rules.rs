//! How deadlines follow from events, as the city's law has it.

use std::collections::BTreeSet;

use entity::{
    deadline::{CountDirection, DayBasis, DeadlineKind},
    inspection::InspectionResult,
    notice::NoticeKind,
};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, positive, words},
    error::PresetError,
};
use crate::domain::deadline_rule::{DeadlineRule, ServiceExtension};

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
    #[serde(deserialize_with = "words")]
    trigger: String,
    kind: Spanned<DeadlineKind>,
    #[serde(deserialize_with = "positive")]
    n: u32,
    basis: DayBasis,
    direction: CountDirection,
    extension: Spanned<ServiceExtension>,
    #[serde(deserialize_with = "words")]
    if_missed: String,
    #[serde(default)]
    confirm_with_counsel: bool,
    note: Option<String>,
    #[serde(default)]
    notices: Vec<NoticeKind>,
    #[serde(default)]
    named_by_notice: bool,
    #[serde(default)]
    inspections: Vec<InspectionResult>,
    #[serde(default)]
    after_compliance: bool,
}

pub(super) fn read(document: Document<'_>) -> Result<Vec<DeadlineRule>, PresetError> {
    let listed: RulesToml = document.parse()?;
    let mut keys = BTreeSet::new();
    let mut rules = Vec::with_capacity(listed.rules.len());
    for rule in listed.rules {
        document.unique(&mut keys, &rule.key, "the rule")?;
        rules.push(checked(document, rule)?);
    }
    Ok(rules)
}

fn checked(document: Document<'_>, rule: RuleToml) -> Result<DeadlineRule, PresetError> {
    if rule.key.get_ref().trim().is_empty() {
        return Err(document.wrong(&rule.key, "a rule needs a key"));
    }
    let (kind, extension) = (*rule.kind.get_ref(), *rule.extension.get_ref());
    if kind != DeadlineKind::Due && rule.direction == CountDirection::Backward {
        let reason = format!("what is counted back from an event is DUE, not {kind}");
        return Err(document.wrong(&rule.kind, reason));
    }
    if extension == ServiceExtension::Motion && rule.direction == CountDirection::Forward {
        let reason = "MOTION extends a count back from a hearing; use RESPONSE for a time to respond";
        return Err(document.wrong(&rule.extension, reason));
    }
    Ok(DeadlineRule {
        key: rule.key.into_inner(),
        label: rule.label,
        citation: rule.citation,
        trigger: rule.trigger,
        kind,
        n: rule.n,
        basis: rule.basis,
        direction: rule.direction,
        extension,
        if_missed: rule.if_missed,
        confirm_with_counsel: rule.confirm_with_counsel,
        note: rule.note,
        notices: rule.notices,
        named_by_notice: rule.named_by_notice,
        inspections: rule.inspections,
        after_compliance: rule.after_compliance,
    })
}
