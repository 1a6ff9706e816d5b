//! The public schema: written down as it is, and every part of it explained.

use std::fs;

use serde_json::{Value, json};
use tests::{files::in_repository, story};

#[test]
fn the_schema_that_is_written_down_is_the_schema_that_is_served() {
    let written = fs::read_to_string(in_repository("schema.graphql")).expect("schema.graphql");
    assert!(written == api::graphql::sdl(), "schema.graphql differs from the code; run `make schema`");
}

const INTROSPECTION: &str = "{ __schema { types { kind name description \
    fields(includeDeprecated: true) { name description args { name description } } \
    inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";

/// Names below `thing` that have no description.
fn unexplained(path: &str, thing: &Value, found: &mut Vec<String>) {
    let name = thing["name"].as_str().unwrap_or_default();
    let path = format!("{path}{name}");
    if thing["description"].as_str().is_none_or(|text| text.trim().len() < 3) {
        found.push(path.clone());
    }
    for part in ["fields", "args", "inputFields", "enumValues"] {
        for inner in thing[part].as_array().into_iter().flatten() {
            unexplained(&format!("{path}."), inner, found);
        }
    }
}

story! {
    async fn every_type_field_argument_and_value_says_what_it_means(jfn) {
        let schema = jfn.sergeant(1).await.ask(INTROSPECTION, json!({})).await;
        let types = schema["__schema"]["types"].as_array().expect("types").clone();
        assert!(types.len() > 40, "the whole schema was read");
        let mut found = Vec::new();
        // What the GraphQL specification itself defines needs no words of ours.
        let is_ours = |thing: &&Value| {
            let name = thing["name"].as_str().unwrap_or_default();
            !name.starts_with("__") && name != "ID"
        };
        for thing in types.iter().filter(is_ours) {
            unexplained("", thing, &mut found);
        }
        assert_eq!(found, Vec::<String>::new());
    }
}
