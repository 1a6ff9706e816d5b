//! What the stories about legal actions share: a case, a referral, a step, a hearing.

use serde_json::{Value, json};
use tests::{Client, Jfn, key};

use crate::case_at_work::{find, violation};

pub const ACTION: &str = "legalAction { id version kind status statusSince isFinal court courtCaseNumber filedOn \
                          nextOn nextHearing { id } responsibleAttorney { email } case { id } }";

/// A case that the district's sergeant opened at a new place, as `{id number property}`; a violation was found there and
/// corrected, so that conduct is on record.
pub async fn case_at(jfn: &Jfn, address: &str, district: i32) -> Value {
    let case = bare_case_at(jfn, address, district).await;
    let officer = jfn.code_officer(district).await;
    let found = find(jfn, &officer, &case["id"], json!([violation("SCC 8.04.100")])).await;
    let corrected = json!({ "violationId": found[0], "correctedOn": jfn.app.today().to_string() });
    officer.done("violationCorrect", "violation { id }", corrected).await;
    case
}

/// The same before anybody looked.
pub async fn bare_case_at(jfn: &Jfn, address: &str, district: i32) -> Value {
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

/// The input of a notice that was served on the place in each of these ways on that day.
pub fn notice(case: &Value, kind: &str, methods: &[&str], on: &str) -> Value {
    let services: Vec<Value> =
        methods.iter().map(|method| json!({ "method": method, "servedOn": on })).collect();
    json!({ "idempotencyKey": key(), "caseId": case["id"], "kind": kind, "services": services })
}

/// Serves the papers of an action on the place, on the day on which the clock of every test starts.
pub async fn serve_papers(client: &Client, action: &Value) {
    let mut papers = notice(&action["case"], "LEGAL_PAPERS", &["POSTING"], "2026-11-20");
    papers["legalActionId"] = action["id"].clone();
    client.done("noticeServe", "notice { id }", papers).await;
}

/// Serves what a receivership builds on: an order that has run out, and the announcement of the petition.
pub async fn announce_petition(client: &Client, case: &Value) {
    let mut order = notice(case, "NOTICE_AND_ORDER", &["POSTING"], "2026-10-01");
    order["complyBy"] = json!("2026-11-02");
    client.done("noticeServe", "notice { id }", order).await;
    let petition = notice(case, "PRE_PETITION_NOTICE", &["POSTING", "MAIL_IN_STATE"], "2026-11-16");
    client.done("noticeServe", "notice { id }", petition).await;
}
