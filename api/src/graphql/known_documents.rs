//! Documents that were asked for before: read once, and held against the schema once for each shape of their variables.
//!
//! What is kept is the client's own text and nothing of any answer, so it does not matter who asks.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::{Request, Value, parser::types::ExecutableDocument};

/// Bytes of all texts together; an app has some dozens of documents, of some hundred bytes each.
const TEXTS: usize = 512 * 1024;
/// Bytes of one text at most.
const TEXT: usize = 32 * 1024;
/// Shapes of one document's variables at most.
const SHAPES: usize = 64;
/// Bytes of a shape at most.
const SHAPE: usize = 1_024;

/// The documents that fit the schema.
#[derive(Debug, Default)]
pub struct KnownDocuments(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    documents: HashMap<String, Known>,
    bytes: usize,
}

#[derive(Debug)]
struct Known {
    read: Arc<ExecutableDocument>,
    /// By the shape of the variables, what the request costs.
    costs: HashMap<String, usize>,
}

/// A request that is not known yet, to be kept if it fits.
#[derive(Debug)]
pub struct Unknown {
    text: String,
    read: ExecutableDocument,
    shape: String,
}

impl KnownDocuments {
    /// Spares the request that its document is read again.
    pub fn recall(&self, request: &mut Request) {
        let read = self.kept().documents.get(&request.query).map(|known| known.read.clone());
        if let Some(read) = read {
            request.set_parsed_query((*read).clone());
        }
    }

    /// What the request costs, if one with the same document and variables of the same shape fitted the schema.
    pub fn cost(&self, request: &Request) -> Option<usize> {
        let shape = shape_of(request)?;
        self.kept().documents.get(&request.query)?.costs.get(&shape).copied()
    }

    /// What has to be kept of a request for [`Self::keep`], before it is run; none of one that is not worth keeping.
    pub fn unknown(request: &mut Request) -> Option<Unknown> {
        let shape = shape_of(request).filter(|_| request.query.len() <= TEXT)?;
        let read = request.parsed_query().ok()?.clone();
        Some(Unknown { text: request.query.clone(), read, shape })
    }

    /// Keeps a request that fitted the schema, and cost so much.
    pub fn keep(&self, unknown: Unknown, cost: usize) {
        let Unknown { text, read, shape } = unknown;
        let mut kept = self.kept();
        if let Some(known) = kept.documents.get_mut(&text) {
            if known.costs.len() >= SHAPES {
                known.costs.clear();
            }
            known.costs.insert(shape, cost);
            return;
        }
        if kept.bytes + text.len() > TEXTS {
            *kept = Kept::default();
        }
        kept.bytes += text.len();
        let known = Known { read: Arc::new(read), costs: HashMap::from([(shape, cost)]) };
        kept.documents.insert(text, known);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of the operation's name and the variables that can matter to whether the request fits, or to what it costs.
fn shape_of(request: &Request) -> Option<String> {
    let mut shape = request.operation_name.clone().unwrap_or_default();
    for (name, value) in request.variables.iter() {
        let _ = write!(shape, "\n{name}:");
        write_shape(value, &mut shape)?;
    }
    (shape.len() <= SHAPE).then_some(shape)
}

// Of a text matters only that it is one, unless it could be a value of an enumeration.
fn write_shape(value: &Value, shape: &mut String) -> Option<()> {
    if shape.len() > SHAPE {
        return None;
    }
    match value {
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) => {
            let _ = write!(shape, "{value}");
        }
        Value::String(text) if is_of_capitals(text) => {
            let _ = write!(shape, "\"{text}\"");
        }
        Value::String(_) => shape.push('t'),
        Value::List(values) => {
            shape.push('[');
            for value in values {
                write_shape(value, shape)?;
                shape.push(',');
            }
            shape.push(']');
        }
        Value::Object(fields) => {
            shape.push('{');
            for (name, value) in fields {
                let _ = write!(shape, "{name}:");
                write_shape(value, shape)?;
                shape.push(',');
            }
            shape.push('}');
        }
        Value::Binary(_) => return None,
    }
    Some(())
}

fn is_of_capitals(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::json;

    use super::*;

    const DOCUMENT: &str = "query ($a: [X!], $n: Int) { cases(filter: $a, first: $n) { totalCount } }";

    fn request(variables: serde_json::Value) -> Request {
        Request::new(DOCUMENT).variables(Variables::from_json(variables))
    }

    fn known_of(variables: serde_json::Value) -> KnownDocuments {
        let known = KnownDocuments::default();
        known.keep(KnownDocuments::unknown(&mut request(variables)).expect("it can be kept"), 7);
        known
    }

    #[test]
    fn another_text_in_the_same_place_is_known_and_whatever_can_matter_is_not() {
        let known = known_of(json!({ "a": ["case_1", { "stage": "CLOSED", "text": "noise" }], "n": 5 }));
        let cost = |variables| known.cost(&request(variables));
        assert_eq!(
            cost(json!({ "a": ["case_2", { "stage": "CLOSED", "text": "lights" }], "n": 5 })),
            Some(7)
        );
        for other in [
            json!({ "a": ["case_2", { "stage": "CLOSED", "text": "lights" }], "n": 6 }),
            json!({ "a": ["case_2", { "stage": "NOTICE", "text": "lights" }], "n": 5 }),
            json!({ "a": ["case_2", { "stage": "closed", "text": "lights" }], "n": 5 }),
            json!({ "a": ["case_2", { "stages": "CLOSED", "text": "lights" }], "n": 5 }),
            json!({ "a": ["case_2", { "stage": "CLOSED", "text": 1 }], "n": 5 }),
            json!({ "a": ["case_2", { "stage": "CLOSED", "text": null }], "n": 5 }),
            json!({ "a": ["case_2"], "n": 5 }),
            json!({ "a": "case_2", "n": 5 }),
            json!({ "n": 5 }),
        ] {
            assert_eq!(cost(other.clone()), None, "{other}");
        }
        let mut named = request(json!({ "a": ["case_2", { "stage": "CLOSED", "text": "x" }], "n": 5 }));
        named.operation_name = Some("Other".to_owned());
        assert_eq!(known.cost(&named), None);
    }

    #[test]
    fn what_is_kept_does_not_grow_for_ever() {
        let known = KnownDocuments::default();
        for number in 0..2_000 {
            let text = format!("{{ viewer {{ isCitywide }} }} # {number:0500}");
            known.keep(KnownDocuments::unknown(&mut Request::new(text)).expect("it can be kept"), 1);
        }
        let bytes = known.kept().bytes;
        assert!(bytes <= TEXTS);
        assert_eq!(bytes, known.kept().documents.keys().map(String::len).sum::<usize>());
        for number in 0..1_000 {
            known.keep(KnownDocuments::unknown(&mut request(json!({ "n": number }))).expect("it"), 1);
        }
        assert!(known.kept().documents[DOCUMENT].costs.len() <= SHAPES);
        assert!(KnownDocuments::unknown(&mut request(json!({ "a": vec![1; SHAPE] }))).is_none());
        assert!(KnownDocuments::unknown(&mut Request::new("#".repeat(TEXT + 1))).is_none());
    }
}
