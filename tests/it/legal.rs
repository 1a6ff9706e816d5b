//! What the stories about legal actions share: a case, a referral, a step, a hearing.

use serde_json::{Value, json};
use tests::{Client, Jfn, key};

pub const ACTION: &str = "legalAction { id version kind status statusSince isFinal court courtCaseNumber filedOn \
                          nextOn nextHearing { id } responsibleAttorney { email } }";

/// A case that the district's sergeant opened at a new place, as `{id number property}`.
pub async fn case_at(jfn: &Jfn, address: &str, district: i32) -> Value {
    let place = jfn.place(address, district).await;
    let input = json!({
        "idempotencyKey": key(), "title": format!("Trouble at {address}"), "kinds": ["IRRESPONSIBLE_BUSINESS"],
        "property": { "id": place }, "source": "RESIDENT",
    });
    let sergeant = jfn.sergeant(district).await;
    sergeant.done("caseOpen", "case { id number property { id } }", input).await["case"].take()
}

/// A legal action that was just referred.
pub async fn refer(client: &Client, case: &Value, remedy: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "caseId": case["id"], "remedyKey": remedy, "reason": "Neighbours wrote in.",
    });
    client.done("legalActionRefer", ACTION, input).await["legalAction"].take()
}

/// The input of a step on that day.
pub fn step(action: &Value, version: i32, to: &str, on: &str) -> Value {
    json!({ "legalActionId": action["id"], "expectedVersion": version, "to": to, "on": on })
}

/// A step on the day on which the clock of every test starts.
pub async fn advance(client: &Client, action: &Value, version: i32, to: &str) -> Value {
    let input = step(action, version, to, "2026-11-20");
    client.done("legalActionAdvance", ACTION, input).await["legalAction"].take()
}

/// A hearing that was just set.
pub async fn schedule(client: &Client, action: &Value, starts_at: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": action["id"], "startsAt": starts_at, "court": "Superior Court",
        "department": "53", "purpose": "Preliminary injunction",
    });
    client.done("hearingSchedule", "hearing { id status startsAt }", input).await["hearing"].take()
}

/// The codes of a payload's refusals.
pub fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().expect("a list");
    errors.iter().map(|error| error["code"].as_str().expect("a code")).collect()
}
