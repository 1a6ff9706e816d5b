//! Values of JSON as the text that a column of a file would hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The column that a mapped name begins with: of `location.latitude` it is `location`.
pub(super) fn root(column: &str) -> &str {
    column.split('.').next().unwrap_or(column)
}

/// These columns of a row; a key that is missing is a blank, as portals leave out what is empty.
pub(super) fn told(row: &Map<String, Value>, columns: &BTreeSet<&str>) -> BTreeMap<String, String> {
    columns.iter().map(|column| ((*column).to_owned(), column_of(row, column))).collect()
}

fn column_of(row: &Map<String, Value>, column: &str) -> String {
    if let Some(value) = row.get(column) {
        return text(value);
    }
    let mut path = column.split('.');
    let Some(first) = path.next().and_then(|name| row.get(name)) else { return String::new() };
    let mut value = first.clone();
    for name in path {
        // Older portals write the address of a place as JSON inside of JSON.
        if let Value::String(inner) = &value {
            value = serde_json::from_str(inner).unwrap_or(Value::Null);
        }
        let inner = match &value {
            Value::Object(object) => object.get(name),
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            _ => None,
        };
        value = inner.cloned().unwrap_or(Value::Null);
    }
    text(&value)
}

/// One value as text; nothing is a blank.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(row: Value, column: &str) -> String {
        let Value::Object(row) = row else { panic!("an object") };
        told(&row, &BTreeSet::from([column]))[column].clone()
    }

    #[test]
    fn numbers_come_as_numbers_and_as_text_and_blanks_not_at_all() {
        let row = serde_json::json!({ "a": "7", "b": 7, "c": 1.5, "d": true, "e": null });
        let told = ["a", "b", "c", "d", "e", "f"].map(|column| of(row.clone(), column));
        assert_eq!(told, ["7", "7", "1.5", "true", "", ""]);
    }

    #[test]
    fn a_nested_place_is_named_by_its_path() {
        let row = serde_json::json!({
            "location": { "latitude": "47.6", "human_address": "{\"address\": \"12 ELM ST\", \"city\": \"\"}" },
            "point": { "type": "Point", "coordinates": [-122.3, 47.6] },
        });
        assert_eq!(of(row.clone(), "location.latitude"), "47.6");
        assert_eq!(of(row.clone(), "location.human_address.address"), "12 ELM ST");
        assert_eq!(of(row.clone(), "point.coordinates.1"), "47.6");
        assert_eq!(of(row.clone(), "point.coordinates.2"), "");
        assert_eq!(of(row, "location.latitude.deeper"), "");
    }
}
