//! What a request is counted as: the field it asks for, and how it ended.

use async_graphql::{
    Name, Request, Response, Value,
    parser::types::{DocumentOperations, Selection},
};

use crate::metrics::{SEVERAL, UNKNOWN};

/// The root field of the operation that the request asks for, as far as it can be read.
pub fn asked(request: &mut Request) -> Option<String> {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().ok()?;
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(several) => match wanted {
            Some(wanted) => several.get(&Name::new(wanted))?,
            // One that has a name needs not be asked for by it.
            None => several.values().next().filter(|_| several.len() == 1)?,
        },
    };
    let fields = &operation.node.selection_set.node.items;
    match fields.as_slice() {
        [only] => match &only.node {
            Selection::Field(field) => Some(field.node.name.node.to_string()),
            _ => Some(SEVERAL.to_owned()),
        },
        [] => None,
        _ => Some(SEVERAL.to_owned()),
    }
}

/// The operation under which an answer is counted: what never ran may be named anything.
pub fn operation<'a>(asked: Option<&'a str>, response: &Response) -> &'a str {
    let ran =
        !matches!(response.data, Value::Null) || response.errors.iter().any(|error| !error.path.is_empty());
    asked.filter(|_| ran).unwrap_or(UNKNOWN)
}

/// The code of its first error.
pub fn code(response: &Response) -> String {
    let Some(first) = response.errors.first() else { return "OK".to_owned() };
    match first.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code.clone(),
        _ => UNKNOWN.to_owned(),
    }
}
