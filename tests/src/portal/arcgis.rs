//! An ArcGIS feature service with one layer: questions by form, pages, counts, and its description.

use std::ops::Deref;

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::{Answer, Question, Row, Shared, State, Wire};

/// A portal with one layer, number 0.
pub struct ArcgisPortal {
    wire: Wire,
    shared: Shared,
}

impl Deref for ArcgisPortal {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// The column with the object ids.
const OBJECT_ID: &str = "OBJECTID";

impl ArcgisPortal {
    /// A portal whose layer has these fields and types beside its object id, and no rows yet.
    pub async fn open(fields: &[(&str, &str)]) -> Self {
        let shared = Shared::default();
        shared.change(|state| {
            state.columns =
                fields.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
            state.columns.insert(OBJECT_ID.to_owned(), "esriFieldTypeOID".to_owned());
            state.most = Some(2_000);
        });
        let answering = shared.clone();
        let wire = Wire::serve(move |question| {
            let answer = answer(&answering, &question);
            async move { answer }
        });
        Self { wire: wire.await, shared }
    }

    /// The layer's address, as a feed's connection names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/city/arcgis/rest/services/calls/FeatureServer/0", self.wire.url)
    }
}

fn answer(shared: &Shared, question: &Question) -> Answer {
    shared.change(|state| state.questions.push(question.clone()));
    match question.path.strip_prefix("/city/arcgis/rest/services/calls/FeatureServer/0") {
        Some("") => Answer::json(200, &described(&shared.lock())),
        // A question in the address is soon too long for it.
        Some("/query") if question.method != "POST" => Answer::json(404, &json!({})),
        Some("/query") => shared.answer(|state| rows(state, question)),
        _ => Answer::json(404, &json!({})),
    }
}

fn described(state: &State) -> Value {
    let fields =
        state.columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind, "alias": name }));
    json!({
        "name": "calls",
        "objectIdField": OBJECT_ID,
        "maxRecordCount": state.most,
        "fields": fields.collect::<Vec<_>>(),
    })
}

fn rows(state: &State, question: &Question) -> Answer {
    let Some(conditions) = conditions(question.parameter("where").unwrap_or_default()) else {
        // As the real ones do: a refusal with status 200.
        let told =
            json!({ "error": { "code": 400, "message": "Cannot perform query.", "details": ["where"] } });
        return Answer::json(200, &told);
    };
    let mut listed: Vec<&Row> = state
        .rows
        .iter()
        .filter(|row| !row.removed && conditions.iter().all(|condition| condition.holds(row)))
        .collect();
    if question.parameter("returnCountOnly") == Some("true") {
        return Answer::json(200, &json!({ "count": listed.len() }));
    }
    if question.parameter("orderByFields") == Some(OBJECT_ID) {
        listed.sort_by_key(|row| row.number);
    } else {
        listed.sort_by_key(|row| std::cmp::Reverse(row.number));
    }
    let columns: Vec<&str> = question.parameter("outFields").unwrap_or(OBJECT_ID).split(',').collect();
    let number = |name| question.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let most = state.most.unwrap_or(usize::MAX);
    let (offset, limit) =
        (number("resultOffset").unwrap_or(0), number("resultRecordCount").unwrap_or(most).min(most));
    let more = listed.len() > offset + limit;
    let features = listed.into_iter().skip(offset).take(limit).map(|row| {
        let mut attributes = State::picked(row, &columns);
        for column in columns.iter().filter(|column| !attributes.contains_key(**column)).collect::<Vec<_>>() {
            attributes.insert((*column).to_owned(), Value::Null);
        }
        attributes.insert(OBJECT_ID.to_owned(), row.number.into());
        json!({ "attributes": attributes })
    });
    let mut told = json!({ "objectIdFieldName": OBJECT_ID, "features": features.collect::<Vec<_>>() });
    if more {
        told["exceededTransferLimit"] = true.into();
    }
    Answer::json(200, &told)
}

enum Condition {
    All,
    IdAfter(u64),
    ChangedAfter(String, i64),
}

impl Condition {
    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::IdAfter(number) => row.number > *number,
            Self::ChangedAfter(column, millis) => {
                row.fields[column].as_i64().is_some_and(|told| told > *millis)
            }
        }
    }
}

/// The few conditions that the portal understands; none when there is one that it does not.
fn conditions(written: &str) -> Option<Vec<Condition>> {
    written
        .split(" AND ")
        .map(|clause| {
            let clause = clause.trim_start_matches('(').trim_end_matches(')');
            if clause == "1=1" {
                return Some(Condition::All);
            }
            let (column, value) = clause.split_once(" > ")?;
            if column == OBJECT_ID {
                return Some(Condition::IdAfter(value.parse().ok()?));
            }
            let time = value.strip_prefix("TIMESTAMP '")?.strip_suffix('\'')?;
            let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").ok()?;
            Some(Condition::ChangedAfter(column.to_owned(), time.and_utc().timestamp_millis()))
        })
        .collect()
}
