//! Whether a source's columns are still as they were when its mapping was written.

use std::collections::{BTreeMap, BTreeSet};

use super::{Connection, FeedError, error::listed, json, mapping::FeedMapping};

/// Whether the columns that are mapped are all there, and of the type that the connection says.
pub(super) fn held(
    mapping: &FeedMapping,
    connection: &Connection,
    found: &BTreeMap<&str, &str>,
) -> Result<(), FeedError> {
    let mut wanted: BTreeSet<&str> = mapping.columns().into_iter().map(json::root).collect();
    wanted.extend(connection.changed_at.as_deref());
    let missing: Vec<&str> = wanted.into_iter().filter(|column| !found.contains_key(column)).collect();
    let retyped: Vec<String> = connection
        .types
        .iter()
        .filter_map(|(column, was)| {
            let is = found.get(column.as_str())?;
            (is != was).then(|| format!("{column} (was {was}, is {is})"))
        })
        .collect();
    if missing.is_empty() && retyped.is_empty() {
        return Ok(());
    }
    Err(FeedError::ColumnsChanged { missing: listed(&missing), retyped: listed(&retyped) })
}
