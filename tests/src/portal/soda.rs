//! A Socrata portal: `$select`, `$where`, `$order`, `$limit`, `$offset` over one data set, and its description.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Answer, Question, Row, Shared, State, Wire};

/// A portal with one data set, `abcd-1234`.
pub struct SodaPortal {
    wire: Wire,
    shared: Shared,
}

impl Deref for SodaPortal {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl SodaPortal {
    /// A portal whose data set has these columns and types, and no rows yet.
    pub async fn open(columns: &[(&str, &str)]) -> Self {
        let shared = Shared::default();
        shared.change(|state| {
            state.columns =
                columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
        });
        let answering = shared.clone();
        let wire = Wire::serve(move |question| {
            let answer = answer(&answering, &question);
            async move { answer }
        });
        Self { wire: wire.await, shared }
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn host(&self) -> &str {
        &self.wire.url
    }

    /// The data set's address, as a feed's connection names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/resource/abcd-1234", self.wire.url)
    }
}

fn answer(shared: &Shared, question: &Question) -> Answer {
    shared.change(|state| state.questions.push(question.clone()));
    match question.path.as_str() {
        "/api/views/abcd-1234.json" => {
            let columns = shared.lock().columns.clone();
            let columns =
                columns.iter().map(|(name, kind)| json!({ "fieldName": name, "dataTypeName": kind }));
            Answer::json(200, &json!({ "id": "abcd-1234", "columns": columns.collect::<Vec<_>>() }))
        }
        "/resource/abcd-1234.json" => shared.answer(|state| rows(state, question)),
        _ => Answer::json(404, &json!({ "code": "not_found" })),
    }
}

/// The id that the portal shows for a row's place in the order: by its letters it is in no order at all.
#[must_use]
pub fn id_of(number: u64) -> String {
    let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("row-{:04x}_{:04x}.{:04x}", scrambled & 0xffff, (scrambled >> 16) & 0xffff, number)
}

fn number_of(id: &str) -> Option<u64> {
    u64::from_str_radix(id.rsplit_once('.')?.1, 16).ok().filter(|number| id_of(*number) == id)
}

fn rows(state: &State, question: &Question) -> Answer {
    let Some(conditions) = conditions(question.parameter("$where").unwrap_or_default()) else {
        return refused("query.compiler.malformed");
    };
    let mut listed: Vec<&Row> = state
        .rows
        .iter()
        .filter(|row| !row.removed && conditions.iter().all(|condition| condition.holds(row)))
        .collect();
    let select = question.parameter("$select").unwrap_or("*");
    if select == "count(*) AS rows" {
        return Answer::json(200, &json!([{ "rows": listed.len().to_string() }]));
    }
    let columns: Vec<&str> = select.split(',').map(|name| name.trim_matches('`')).collect();
    if columns.iter().any(|name| !name.starts_with(':') && !state.columns.contains_key(*name)) {
        return refused("query.soql.no-such-column");
    }
    // Without an order a portal may give the rows in any.
    match question.parameter("$order") {
        Some(":id") => listed.sort_by_key(|row| row.number),
        _ => listed.sort_by_key(|row| id_of(row.number)),
    }
    let number = |name| question.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("$limit").unwrap_or(1_000).min(state.most.unwrap_or(usize::MAX));
    let page = listed.into_iter().skip(number("$offset").unwrap_or(0)).take(limit);
    let told = page.map(|row| {
        let mut told = State::picked(row, &columns);
        for column in &columns {
            match *column {
                ":id" => told.insert(":id".to_owned(), id_of(row.number).into()),
                ":updated_at" => told.insert(":updated_at".to_owned(), row.updated_at.clone().into()),
                _ => None,
            };
        }
        Value::Object(told)
    });
    Answer::json(200, &Value::Array(told.collect()))
}

fn refused(code: &str) -> Answer {
    Answer::json(400, &json!({ "errorCode": code, "message": "the question quoted: $where" }))
}

enum Condition {
    UpdatedAfter(DateTime<Utc>),
    IdAfter(u64),
    Is(String, String),
}

impl Condition {
    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::UpdatedAfter(time) => row.updated_at.parse::<DateTime<Utc>>().expect("a time") > *time,
            Self::IdAfter(number) => row.number > *number,
            Self::Is(column, value) => row.fields.get(column).is_some_and(|told| told == value),
        }
    }
}

/// The few conditions that the portal understands; none when there is one that it does not.
fn conditions(written: &str) -> Option<Vec<Condition>> {
    let clauses = written.split(" AND ").filter(|clause| !clause.is_empty());
    clauses
        .map(|clause| {
            let clause = clause.trim_start_matches('(').trim_end_matches(')');
            let mut parts = clause.splitn(3, ' ');
            let (column, sign, value) = (parts.next()?, parts.next()?, parts.next()?);
            let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
            match (column, sign) {
                (":updated_at", ">") => Some(Condition::UpdatedAfter(value.parse().ok()?)),
                (":id", ">") => Some(Condition::IdAfter(number_of(value)?)),
                (column, "=") => Some(Condition::Is(column.to_owned(), value.to_owned())),
                _ => None,
            }
        })
        .collect()
}
