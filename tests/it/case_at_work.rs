//! A case to work on, and what the stories about its team's work ask of it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    id::{PartyId, PropertyId, PropertyPartyId},
    party::{self, PartyKind},
    property_party::{self, LinkStatus, PartyRole},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};
use tests::{Client, Jfn, key};

/// The id of a case opened at that place.
pub async fn open_at(client: &Client, place: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "title": "Broken stairs", "kinds": ["DANGEROUS_BUILDING"],
        "property": { "id": place }, "source": "RESIDENT", "allowDuplicate": true,
    });
    client.done("caseOpen", "case { id }", input).await["case"]["id"].take()
}

/// The id of a case opened at a new place of district 3.
pub async fn open(jfn: &Jfn, client: &Client, address: &str) -> Value {
    let place = jfn.place(address, 3).await;
    open_at(client, &place).await
}

/// A moment, so many hours from the present of the tests' clock.
pub fn hours(jfn: &Jfn, hours: i64) -> DateTime<Utc> {
    jfn.clock.now() + TimeDelta::hours(hours)
}

/// The input of `inspectionRecord` for an inspection an hour ago.
pub fn inspection(jfn: &Jfn, case: &Value, result: &str, violations: Value) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "performedAt": hours(jfn, -1), "result": result,
        "violations": violations,
    })
}

pub fn violation(section: &str) -> Value {
    json!({ "codeSection": section, "description": "The stairs are rotten." })
}

/// The ids of the violations that an inspection finds now.
pub async fn find(jfn: &Jfn, client: &Client, case: &Value, violations: Value) -> Vec<Value> {
    let input = inspection(jfn, case, "VIOLATION_FOUND", violations);
    let made = client.done("inspectionRecord", "inspection { violations { id } }", input).await;
    made["inspection"]["violations"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

/// The step of a case to another stage.
pub async fn advance(client: &Client, case: &Value, to: &str) -> Value {
    let seen =
        client.ask("query ($id: ID!) { case(by: { id: $id }) { version } }", json!({ "id": case })).await;
    let version = &seen["case"]["version"];
    let input = json!({ "caseId": case, "expectedVersion": version, "to": to, "reason": "It is time." });
    client.change("caseAdvance", "case { stage }", input).await
}

/// The refusals of closing the case as complied.
pub async fn close(client: &Client, case: &Value) -> Value {
    let seen =
        client.ask("query ($id: ID!) { case(by: { id: $id }) { version } }", json!({ "id": case })).await;
    let input = json!({
        "caseId": case, "expectedVersion": seen["case"]["version"], "outcome": "COMPLIED_VOLUNTARILY",
        "reason": "All is well.",
    });
    client.change("caseClose", "case { stage }", input).await["userErrors"].take()
}

/// Kinds of the case's timeline, oldest first.
pub async fn told(client: &Client, case: &Value) -> Vec<String> {
    let query = "query ($id: ID!) { case(by: { id: $id }) { events(first: 100) { nodes { kind } } } }";
    let seen = client.ask(query, json!({ "id": case })).await;
    let nodes = seen["case"]["events"]["nodes"].as_array().unwrap().iter().rev();
    nodes.map(|node| node["kind"].as_str().unwrap().to_owned()).collect()
}

/// The code and field path of every refusal of a mutation.
pub async fn refusals(client: &Client, mutation: &str, fields: &str, input: Value) -> Vec<(String, String)> {
    let payload = client.change(mutation, fields, input).await;
    let refusal = |error: &Value| {
        let path: Vec<&str> =
            error["field"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        (error["code"].as_str().unwrap().to_owned(), path.join("."))
    };
    payload["userErrors"].as_array().unwrap().iter().map(refusal).collect()
}

/// The id of a party that is linked to the place.
pub async fn party(jfn: &Jfn, place: &str, name: &str, status: LinkStatus) -> String {
    let now = jfn.clock.now();
    let party = party::ActiveModel {
        id: Set(PartyId::generate()),
        kind: Set(PartyKind::Person),
        name: Set(name.to_owned()),
        mailing_address: Set(None),
        created_at: Set(now),
    };
    let party = party.insert(&jfn.app.db).await.unwrap();
    let place: PropertyId = place.parse().unwrap();
    let link = property_party::ActiveModel {
        id: Set(PropertyPartyId::generate()),
        property_id: Set(place),
        party_id: Set(party.id),
        role: Set(PartyRole::Owner),
        status: Set(status),
        from_on: Set(None),
        to_on: Set(None),
        evidence: Set(None),
        decided_by: Set(None),
        decided_at: Set(None),
        decision_reason: Set(None),
        created_at: Set(now),
    };
    link.insert(&jfn.app.db).await.unwrap();
    party.id.to_string()
}

/// The same input with another value in that field.
pub fn with(mut input: Value, field: &str, value: Value) -> Value {
    input[field] = value;
    input
}
