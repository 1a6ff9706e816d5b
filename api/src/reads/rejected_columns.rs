//! What may be shown of a row that could not be read: it holds an address beside a call type, which may be a protected one.

use std::collections::{BTreeMap, HashMap};

use entity::{
    call::CallCategory,
    call_type_mapping::{Column as M, Entity as Mapping},
    id::FeedId,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use crate::{
    app::App,
    authz::Viewer,
    domain::call_behavior::{CallBehavior, behavior},
    error::Result,
    feeds::mapping::key_of,
    scope::VisibleTo,
};

/// The call types in the mapped columns of a feed's row, as mappings name them. None when nobody can tell which columns
/// hold them, or when they hold none.
#[must_use]
pub fn types_in(app: &App, feed: &str, columns: &str) -> Option<Vec<String>> {
    let mapping = &app.city.preset.feed(feed)?.mapping;
    let columns: BTreeMap<String, String> = serde_json::from_str(columns).ok()?;
    let type_columns = mapping.initial_type.iter().chain([&mapping.final_type]);
    let types = type_columns.filter_map(|column| columns.get(column)).map(|text| key_of(text));
    let types: Vec<String> = types.filter(|name| !name.is_empty()).collect();
    (!types.is_empty()).then_some(types)
}

/// The columns with their values, if every call type in them is mapped to a category that is shown singly; else only the names
/// of the columns. A type that nobody mapped may be any, and in a row whose values slipped into other columns any value may
/// be one.
#[must_use]
pub fn shown(columns: &str, types: Option<&[Option<CallCategory>]>) -> String {
    let open = |category: &Option<CallCategory>| {
        category.is_some_and(|category| {
            category != CallCategory::Unmapped && behavior(category) != CallBehavior::Protected
        })
    };
    if types.is_some_and(|types| types.iter().all(open)) {
        return columns.to_owned();
    }
    let values: BTreeMap<String, String> = serde_json::from_str(columns).unwrap_or_default();
    let names: BTreeMap<String, &str> = values.into_keys().map(|name| (name, "")).collect();
    serde_json::to_string(&names).unwrap_or_default()
}

/// The categories of these call types of feeds, as far as they are mapped.
pub async fn categories(
    app: &App,
    viewer: &Viewer,
    types: &[(FeedId, String)],
) -> Result<HashMap<(FeedId, String), CallCategory>> {
    let rows: Vec<(FeedId, String, CallCategory)> = Mapping::visible_to(viewer)
        .select_only()
        .columns([M::FeedId, M::Description, M::Category])
        .filter(M::FeedId.is_in(types.iter().map(|(feed, _)| *feed)))
        .filter(M::Description.is_in(types.iter().map(|(_, name)| name.as_str())))
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(rows.into_iter().map(|(feed, name, category)| ((feed, name), category)).collect())
}
