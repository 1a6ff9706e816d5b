//! How long raw calls are kept.

use serde::Deserialize;

use super::{
    document::{Document, positive, words},
    error::PresetError,
};
use crate::domain::retention::Retention;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionToml {
    calls: CallsToml,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallsToml {
    #[serde(deserialize_with = "positive")]
    appeal_days: u32,
    #[serde(deserialize_with = "positive")]
    at_least_days: u32,
    #[serde(deserialize_with = "words")]
    citation: String,
    note: Option<String>,
}

pub(super) fn read(document: Document<'_>) -> Result<Retention, PresetError> {
    let RetentionToml { calls } = document.parse()?;
    let CallsToml { appeal_days, at_least_days, citation, note } = calls;
    Ok(Retention { appeal_days, at_least_days, citation, note })
}
