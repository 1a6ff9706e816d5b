//! Arguments for any field of the schema, made from its types, with ids of things that are there.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tests::{Client, key};

use crate::matrix_targets::Targets;

const SCHEMA: &str = "{ __schema { queryType { name } mutationType { name } types { kind name \
    possibleTypes { name } enumValues { name } isOneOf \
    fields { name type { ...T } args { name defaultValue type { ...T } } } \
    inputFields { name defaultValue type { ...T } } } } } \
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types of a running server's schema, by name.
pub struct Schema {
    types: HashMap<String, Value>,
    query: String,
    mutation: String,
}

impl Schema {
    pub async fn of(client: &Client) -> Self {
        let schema = client.ask(SCHEMA, json!({})).await["__schema"].take();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let types = schema["types"].as_array().expect("types").iter();
        Self {
            types: types.map(|thing| (word(&thing["name"]), thing.clone())).collect(),
            query: word(&schema["queryType"]["name"]),
            mutation: word(&schema["mutationType"]["name"]),
        }
    }

    pub fn queries(&self) -> &[Value] {
        self.fields(&self.query)
    }

    pub fn mutations(&self) -> &[Value] {
        self.fields(&self.mutation)
    }

    pub fn fields(&self, of: &str) -> &[Value] {
        self.types[of]["fields"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The names of the types that an interface can be.
    pub fn possible(&self, interface: &str) -> Vec<&str> {
        let types = self.types[interface]["possibleTypes"].as_array().expect("an interface").iter();
        types.filter_map(|thing| thing["name"].as_str()).collect()
    }

    /// A selection of each field of that type that can be asked for without an argument, by its name.
    pub fn plain_fields(&self, of: &str) -> Vec<(&str, String)> {
        let needs = |field: &Value| {
            let arguments = field["args"].as_array().into_iter().flatten();
            arguments.filter(|one| one["type"]["kind"] == "NON_NULL" && one["defaultValue"].is_null()).count()
                > 0
        };
        let plain = self.fields(of).iter().filter(|field| !needs(field));
        let named = plain.filter_map(|field| {
            let field_name = field["name"].as_str()?;
            Some((field_name, format!("{field_name} {}", self.selection(&field["type"]))))
        });
        named.collect()
    }

    /// What to select of a value of that type, so that the least of it is told.
    pub fn selection(&self, of: &Value) -> &'static str {
        let named = &self.types[name(of)];
        match named["kind"].as_str() {
            Some("SCALAR" | "ENUM") => "",
            _ if self.fields(name(of)).iter().any(|field| field["name"] == "nodes") => {
                "{ nodes { __typename } }"
            }
            _ => "{ __typename }",
        }
    }

    /// The document of one root field, its variables, and what they are.
    pub fn document(&self, kind: &str, field: &Value, given: &Given) -> (String, Value) {
        let (mut declared, mut passed, mut variables) = (Vec::new(), Vec::new(), Map::new());
        for argument in field["args"].as_array().into_iter().flatten() {
            let argument_name = argument["name"].as_str().unwrap_or_default();
            if let Some(value) = self.field_value("", argument, given) {
                declared.push(format!("${argument_name}: {}", spelled(&argument["type"])));
                passed.push(format!("{argument_name}: ${argument_name}"));
                variables.insert(argument_name.to_owned(), value);
            }
        }
        let around = |open: &str, parts: &[String], close: &str| {
            if parts.is_empty() { String::new() } else { format!("{open}{}{close}", parts.join(", ")) }
        };
        let name = field["name"].as_str().unwrap_or_default();
        let below = match kind {
            "mutation" => "{ userErrors { code field message } }",
            _ => self.selection(&field["type"]),
        };
        let document = format!(
            "{kind} {} {{ {name} {} {below} }}",
            around("(", &declared, ")"),
            around("(", &passed, ")")
        );
        (document, Value::Object(variables))
    }

    // Only what is needed, what is given on purpose, and what names a district.
    fn field_value(&self, of: &str, field: &Value, given: &Given) -> Option<Value> {
        let field_name = field["name"].as_str().unwrap_or_default();
        if let Some(value) = given.values.get(field_name) {
            return Some(value.clone());
        }
        let within = given.targets.district;
        match field_name {
            "districts" => return Some(json!([within])),
            "district" => return Some(json!(within)),
            "filter"
                if self.inputs(name(&field["type"])).iter().any(|input| input["name"] == "districts") =>
            {
                return Some(json!({ "districts": [within] }));
            }
            _ => {}
        }
        let is_needed = field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
        is_needed.then(|| self.value(of, field_name, &field["type"]["ofType"], given))
    }

    fn value(&self, of: &str, field: &str, of_type: &Value, given: &Given) -> Value {
        if of_type["kind"] == "LIST" {
            let one = self.value(of, field, &of_type["ofType"]["ofType"], given);
            return json!([one]);
        }
        let named = &self.types[name(of_type)];
        match (named["kind"].as_str().unwrap_or_default(), name(of_type)) {
            ("ENUM", _) => named["enumValues"][0]["name"].clone(),
            ("INPUT_OBJECT", input) => self.object(input, named["isOneOf"] == true, given),
            (_, "ID") => given.id(of, field),
            (_, "UUID") => json!(key()),
            (_, "String") => json!("Words"),
            // No version of anything: what may be changed is refused as stale, and stays as it is.
            (_, "Int") if field == "expectedVersion" => json!(999_999),
            (_, "Int") => json!(1),
            (_, "Float") => json!(1.0),
            (_, "Boolean") => json!(true),
            (_, "Date") => json!("2026-11-20"),
            (_, "DateTime") => json!("2026-11-20T17:00:00Z"),
            (_, "Money") => json!("1.00"),
            (_, other) => panic!("say what a {other} looks like, for `{field}`"),
        }
    }

    fn object(&self, input: &str, is_one_of: bool, given: &Given) -> Value {
        let fields = self.inputs(input);
        if is_one_of {
            let first = &fields[0];
            let first_name = first["name"].as_str().unwrap_or_default();
            return json!({ first_name: self.value(input, first_name, &first["type"], given) });
        }
        let filled = fields.iter().filter_map(|field| {
            Some((field["name"].as_str()?.to_owned(), self.field_value(input, field, given)?))
        });
        Value::Object(filled.collect())
    }

    fn inputs(&self, of: &str) -> &[Value] {
        self.types[of]["inputFields"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// What a document is about: things of a district, and values that are not to be made up.
pub struct Given<'a> {
    pub targets: &'a Targets,
    pub values: HashMap<&'static str, Value>,
}

impl Given<'_> {
    fn id(&self, of: &str, field: &str) -> Value {
        let singular = field.trim_end_matches("Ids").trim_end_matches("Id");
        let kind = match (of, singular) {
            ("CaseRef", _) => "case",
            ("PropertyRef", _) => "property",
            ("PartyRef", _) => "party",
            (_, "entry") => "cost",
            (_, other) => other,
        };
        let known = self.targets.known(kind).cloned();
        known.unwrap_or_else(|| {
            panic!("say which thing `{field}` of `{of}` is, and make one among the targets")
        })
    }
}

/// The name of a type below its lists and exclamation marks.
pub fn name(of: &Value) -> &str {
    match of["name"].as_str() {
        Some(name) => name,
        None => name(&of["ofType"]),
    }
}

fn spelled(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", spelled(&of["ofType"])),
        Some("LIST") => format!("[{}]", spelled(&of["ofType"])),
        _ => of["name"].as_str().unwrap_or_default().to_owned(),
    }
}
