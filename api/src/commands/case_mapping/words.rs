//! A source's words and ours; one that ends in `*` stands for all that begin so.

use std::collections::BTreeMap;

use sea_orm::ActiveEnum;
use serde::Deserialize;

use crate::commands::parcel_mapping::shown;

/// The table that translates one column. Without any entry, the column has our own words.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Words<E>(BTreeMap<String, E>);

impl<E> Default for Words<E> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<E: ActiveEnum<Value = String> + Copy + PartialEq> Words<E> {
    /// Whether something is translated into that word of ours.
    pub(super) fn name(&self, ours: E) -> bool {
        self.0.values().any(|word| *word == ours)
    }

    /// The word of ours for a cell; a blank cell tells nothing.
    pub(super) fn of(&self, text: Option<&str>, what: &str) -> Result<Option<E>, String> {
        let Some(text) = text else { return Ok(None) };
        let found = if self.0.is_empty() {
            E::try_from_value(&text.to_uppercase()).ok()
        } else {
            self.translated(&text.to_uppercase())
        };
        found.map(Some).ok_or_else(|| format!("the mapping has no {what} for `{}`", shown(text)))
    }

    // The whole word first, then the longest beginning.
    fn translated(&self, text: &str) -> Option<E> {
        let whole = self.0.iter().find(|(theirs, _)| theirs.to_uppercase() == text);
        let beginning = || {
            self.0
                .iter()
                .filter(|(theirs, _)| {
                    theirs.strip_suffix('*').is_some_and(|start| text.starts_with(&start.to_uppercase()))
                })
                .max_by_key(|(theirs, _)| theirs.len())
        };
        whole.or_else(beginning).map(|(_, ours)| *ours)
    }
}
