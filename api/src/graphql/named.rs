//! What the mutations of a request name: the ids in their arguments, for the audit log.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Request, Value, Variables,
    parser::types::{Field, FragmentDefinition, OperationType, Selection, SelectionSet},
};
use uuid::Uuid;

use crate::audit::Named;

/// What each mutation of the request names; none for a request that changes nothing. The request is known to be not too large.
pub fn of(request: &mut Request) -> Option<Named> {
    let wanted = request.operation_name.clone();
    let variables = request.variables.clone();
    let document = request.parsed_query().ok()?;
    let mut operations = document.operations.iter().filter(|(name, operation)| {
        let is_asked = wanted.is_none() || name.map(Name::as_str) == wanted.as_deref();
        is_asked && operation.node.ty == OperationType::Mutation
    });
    let (_, operation) = operations.next()?;
    let mut reading =
        Reading { fragments: &document.fragments, variables: &variables, named: Named::default() };
    reading.walk(&operation.node.selection_set.node);
    Some(reading.named)
}

/// Arguments that nobody but who is asked for them may read.
const SECRETS: [&str; 3] = ["code", "currentPassword", "newPassword"];

struct Reading<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    named: Named,
}

impl Reading<'_> {
    fn walk(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let ids = self.ids(&field.node);
                    self.named.add(&field.node.name.node, ids);
                }
                Selection::InlineFragment(fragment) => self.walk(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.walk(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn ids(&self, field: &Field) -> Vec<String> {
        let mut found = Vec::new();
        for (_, value) in &field.arguments {
            let Ok(value) = value.node.clone().into_const_with(|name| {
                Ok::<Value, std::convert::Infallible>(self.variables.get(&name).cloned().unwrap_or_default())
            });
            gather(&value, &mut found);
        }
        found
    }
}

fn gather(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_id(text) && !found.contains(text) => found.push(text.clone()),
        Value::List(values) => values.iter().for_each(|value| gather(value, found)),
        // A password may look like an id, and then it is none.
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !SECRETS.contains(&name.as_str()))
            .for_each(|(_, value)| gather(value, found)),
        _ => {}
    }
}

// A word and 32 hexadecimal digits, as every id of this API is.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(kind, digits)| {
        (1..=32).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_lowercase())
            && digits.len() == 32
            && Uuid::try_parse(digits).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "case_0198c0de00007000800000000000000f";

    const SECRET: &str = "pass_00000000000000000000000000000000";

    #[test]
    fn ids_are_found_wherever_they_stand_and_words_are_not() {
        let document = "mutation ($input: X!) { caseEdit(input: $input) { a } ...more } fragment more on Mutation \
                        { caseOpen(input: { property: { id: \"property_0198c0de00007000800000000000000f\" } }) { a } }";
        let variables = serde_json::json!({ "input": { "caseId": CASE, "title": "a_b", "list": [CASE], "newPassword": SECRET } });
        let mut request = Request::new(document).variables(Variables::from_json(variables));
        let named = of(&mut request).expect("a mutation");
        let told = format!("{named:?}");
        assert_eq!(told.matches(CASE).count(), 1, "{told}");
        assert!(told.contains("property_0198c0de") && !told.contains("a_b"), "{told}");
        assert!(!told.contains(SECRET), "a password that looks like an id is none: {told}");
        assert!(of(&mut Request::new("{ cases { totalCount } }")).is_none());
    }
}
