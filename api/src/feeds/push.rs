//! What a source pushes: rows of one request, as lines of JSON, as a list, or as EIDO incidents.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{
    FeedMapping, Secret, eido, json,
    reading::RowReader,
    row::{Line, UnreadableRow},
};

/// How the rows of a request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    Lines,
    /// A JSON list of objects.
    List,
    /// One EIDO incident or a JSON list of them.
    Eido,
}

impl Form {
    /// The form that a `Content-Type` names.
    #[must_use]
    pub fn of(media: &str) -> Option<Self> {
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Lines),
            "application/json" => Some(Self::List),
            "application/emergency.eido+json" => Some(Self::Eido),
            _ => None,
        }
    }
}

/// The rows of a body, numbered from 1: by lines of the body, or by their place in the list. The ones that their source
/// changed last come last. An error when the body as a whole cannot be read.
pub fn rows(mapping: &FeedMapping, form: Form, body: &[u8]) -> Result<Vec<Line>, String> {
    let reader = RowReader::of(mapping);
    let names = mapping.columns();
    let row = |number: u64, object: &Map<String, Value>| match form {
        Form::Eido => {
            let mut told = eido::columns(object);
            told.retain(|name, _| names.contains(name.as_str()));
            reader.row(number, told)
        }
        Form::Lines | Form::List => reader.row(number, json::told(object, &names)),
    };
    let mut rows: Vec<Line> = match form {
        Form::Lines => by_lines(body)
            .map(|(number, line)| match serde_json::from_slice::<Map<String, Value>>(line) {
                Ok(object) => row(number, &object),
                Err(error) => Err(unreadable(number, not_json("line is no JSON object", &error))),
            })
            .collect(),
        Form::List | Form::Eido => listed(form, body)?
            .iter()
            .zip(1..)
            .map(|(element, number)| match element {
                Value::Object(object) => row(number, object),
                _ => Err(unreadable(number, "the element is no JSON object".to_owned())),
            })
            .collect(),
    };
    rows.sort_by_key(|line| line.as_ref().ok().and_then(|row| row.changed_at));
    Ok(rows)
}

/// The lines of a body that are not blank, with their numbers.
fn by_lines(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (1..).zip(body.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty())
}

fn listed(form: Form, body: &[u8]) -> Result<Vec<Value>, String> {
    let told = serde_json::from_slice(body).map_err(|error| not_json("the body is no JSON", &error))?;
    match told {
        Value::Array(list) => Ok(list),
        Value::Object(_) if form == Form::Eido => Ok(vec![told]),
        _ => {
            Err("the body is no JSON list of objects; a JSON object a line is `application/x-ndjson`"
                .to_owned())
        }
    }
}

// The parser's own words may quote the body.
fn not_json(what: &str, error: &serde_json::Error) -> String {
    format!("{what}: see line {}, column {}", error.line(), error.column())
}

fn unreadable(line: u64, reason: String) -> UnreadableRow {
    UnreadableRow { line, reason, columns: BTreeMap::new() }
}

/// Whether `sha256=` and the hexadecimal HMAC-SHA256 of the body were told; takes the same time wherever they differ.
#[must_use]
pub fn is_signed(key: &Secret, told: &str, body: &[u8]) -> bool {
    let Some(told) = told.strip_prefix("sha256=").and_then(bytes) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&told).is_ok()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
