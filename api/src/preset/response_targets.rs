//! How soon somebody looks at the place of a case, by its priority.

use std::collections::BTreeSet;

use entity::{
    case::CasePriority,
    response_pause::{ResponsePauseReason, ResponseRule, Within},
};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, words},
    error::PresetError,
};
use crate::domain::response::Target;

/// Days of a target at most; its hours are held to as long.
const MOST_DAYS: u32 = 366;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetsToml {
    #[serde(rename = "target")]
    targets: Vec<TargetToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetToml {
    priority: Spanned<CasePriority>,
    hours: Option<u32>,
    days: Option<u32>,
    #[serde(default)]
    pauses: Vec<ResponsePauseReason>,
    #[serde(deserialize_with = "words")]
    citation: String,
    note: Option<String>,
}

pub(super) fn read(document: Document<'_>) -> Result<Vec<Target>, PresetError> {
    let written: TargetsToml = document.parse()?;
    let mut seen = BTreeSet::new();
    let mut targets = Vec::with_capacity(written.targets.len());
    for target in written.targets {
        document.unique(&mut seen, &target.priority, "the priority")?;
        let within = match (target.hours, target.days) {
            (Some(hours), None) if (1..=MOST_DAYS * 24).contains(&hours) => Within::Hours(hours),
            (None, Some(days)) if days <= MOST_DAYS => Within::Days(days),
            (Some(_), None) | (None, Some(_)) => {
                let reason = format!("a target lies within {MOST_DAYS} days, and `hours` are above zero");
                return Err(document.wrong(&target.priority, reason));
            }
            _ => return Err(document.wrong(&target.priority, "a target has either `hours` or `days`")),
        };
        targets.push(Target {
            priority: target.priority.into_inner(),
            rule: ResponseRule { within, citation: target.citation, note: target.note },
            pauses: target.pauses,
        });
    }
    if let Some(priority) = CasePriority::ALL.iter().find(|priority| !seen.contains(priority)) {
        return Err(document.fault(1, format!("the priority {priority} has no target")));
    }
    Ok(targets)
}
