//! Orders in legal actions: in their turn, with the deadlines they make; and what guards a filing, a closure and an end.

use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy},
    property_party::LinkStatus,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::{
    case_at_work::{party, refusals, with},
    legal::{ACTION, advance, announce_petition, case_at, codes, refer, schedule, serve_papers, step},
};

const ORDER: &str = "courtOrder { id kind issuedOn complyBy expiresOn terms amount violations { violatedOn description } \
                     legalAction { id } }";

fn order(action: &Value, kind: &str) -> Value {
    json!({
        "idempotencyKey": key(), "legalActionId": action["id"], "kind": kind, "issuedOn": "2026-11-20",
        "terms": "As the court said.",
    })
}

/// An action of district 3 that was filed today, as version 3.
async fn filed(jfn: &Jfn, case: &Value, remedy: &str) -> Value {
    let attorney = jfn.attorney(3).await;
    let action = refer(&attorney, case, remedy).await;
    if remedy == "receivership" {
        announce_petition(&attorney, case).await;
    }
    advance(&attorney, &action, 1, "AUTHORIZED").await;
    attorney.done("legalActionAdvance", ACTION, filing(&action)).await["legalAction"].take()
}

fn filing(action: &Value) -> Value {
    let input = with(step(action, 2, "FILED", "2026-11-20"), "court", json!("Superior Court"));
    with(input, "courtCaseNumber", json!("34-2026-00123"))
}

/// Takes a filed action over a hearing to ORDERED; the next version is 7.
async fn ordered(client: &Client, action: &Value) {
    serve_papers(client, action).await;
    advance(client, action, 3, "SERVED").await;
    schedule(client, action, "2026-11-20T22:00:00Z").await;
    for (version, to) in [(4, "HEARING_SET"), (5, "HEARD"), (6, "ORDERED")] {
        advance(client, action, version, to).await;
    }
}

/// Label, kind and day of the open deadlines, the earliest first.
async fn open_deadlines(client: &Client, action: &Value) -> Vec<(String, String, String)> {
    let query = "query ($id: ID!) { legalAction(id: $id) { deadlines(open: true) { label kind dueOn } } }";
    let seen = client.ask(query, json!({ "id": action["id"] })).await;
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = seen["legalAction"]["deadlines"].as_array().unwrap().clone();
    rows.iter().map(|row| (word(&row["label"]), word(&row["kind"]), word(&row["dueOn"]))).collect()
}

story! {
    async fn a_receivership_goes_its_way_by_orders_and_what_they_name_becomes_due(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = filed(jfn, &case, "receivership").await;
        let early = refusals(&attorney, "courtOrderRecord", ORDER, order(&action, "RECEIVER_APPOINTED")).await;
        assert_eq!(early, [("TRANSITION_BLOCKED".to_owned(), "kind".to_owned())], "nothing was ordered yet");
        ordered(&attorney, &action).await;
        let appointed = with(order(&action, "RECEIVER_APPOINTED"), "complyBy", json!("2026-12-04"));
        let made = attorney.done("courtOrderRecord", ORDER, appointed.clone()).await["courtOrder"].take();
        let again = attorney.done("courtOrderRecord", ORDER, appointed).await["courtOrder"].take();
        assert_eq!(made["id"], again["id"], "a retry");
        assert_eq!((&made["kind"], &made["legalAction"]["id"]), (&json!("RECEIVER_APPOINTED"), &action["id"]));
        let due = ("Comply with RECEIVER_APPOINTED of 2026-11-20".to_owned(), "DUE".to_owned(), "2026-12-04".to_owned());
        assert_eq!(open_deadlines(&attorney, &action).await, [due]);
        let skipped = attorney.refused("courtOrderRecord", ORDER, order(&action, "FINAL_ACCOUNT")).await;
        assert_eq!(skipped, "TRANSITION_BLOCKED", "no plan was approved");
        for kind in ["RECEIVER_QUALIFIED", "PLAN_APPROVED", "FINANCING_APPROVED", "FINAL_ACCOUNT", "RECEIVER_DISCHARGED"] {
            let input = with(order(&action, kind), "amount", json!("125000.50"));
            assert_eq!(attorney.done("courtOrderRecord", ORDER, input).await["courtOrder"]["amount"], "125000.50");
        }
        let query = "query ($id: ID!) { legalAction(id: $id) { orders { kind } remedy { orders { kind name after } } } }";
        let seen = attorney.ask(query, json!({ "id": action["id"] })).await["legalAction"].take();
        assert_eq!(seen["orders"].as_array().unwrap().len(), 6);
        assert_eq!(seen["orders"][5]["kind"], "RECEIVER_DISCHARGED");
        let known = seen["remedy"]["orders"].as_array().unwrap();
        let bond = json!({ "kind": "RECEIVER_QUALIFIED", "name": "bond and oath", "after": "RECEIVER_APPOINTED" });
        assert!(known.contains(&bond), "{known:#?}");
        let node = "query ($id: ID!) { node(id: $id) { ... on CourtOrder { terms } } }";
        assert_eq!(attorney.ask(node, json!({ "id": made["id"] })).await["node"]["terms"], "As the court said.");
        assert_eq!(attorney.refused("courtOrderRecord", ORDER, order(&action, "WARRANT")).await, "INVALID");
        let sergeant = "mutation ($input: CourtOrderRecordInput!) { courtOrderRecord(input: $input) { userErrors { code } } }";
        let input = json!({ "input": order(&action, "OTHER") });
        assert_eq!(jfn.sergeant(3).await.error_of(sergeant, input).await, "FORBIDDEN");
        assert_eq!(jfn.attorney(5).await.refused("courtOrderRecord", ORDER, order(&action, "OTHER")).await, "NOT_ALLOWED");
    }
}

story! {
    async fn a_building_is_closed_before_judgment_only_after_an_order_was_violated(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = filed(jfn, &case, "drug-abatement").await;
        let restrained = order(&action, "TEMPORARY_RESTRAINING_ORDER");
        let tro = attorney.done("courtOrderRecord", ORDER, restrained).await["courtOrder"]["id"].take();
        let open = open_deadlines(&attorney, &action).await;
        // Fifteen days are Saturday the 5th of December; a power that ends is not moved.
        let osc = ("Hearing on the order to show cause".to_owned(), "EXPIRES".to_owned(), "2026-12-05".to_owned());
        assert!(open.contains(&osc), "{open:?}");
        // Five days are Wednesday the 25th, the day before Thanksgiving.
        let serve = ("Serve the order and the papers".to_owned(), "DUE".to_owned(), "2026-11-25".to_owned());
        assert!(open.contains(&serve), "{open:?}");
        ordered(&attorney, &action).await;
        let closure = || order(&action, "CLOSURE_BEFORE_JUDGMENT");
        let payload = attorney.change("courtOrderRecord", ORDER, closure()).await;
        assert_eq!(codes(&payload), ["TRANSITION_BLOCKED"]);
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("orderViolationRecord"), "{payload}");
        let mut violated = json!({ "idempotencyKey": key(), "courtOrderId": tro, "violatedOn": "2026-11-19",
            "description": "Sales went on, report 26-1001." });
        let refused = refusals(&attorney, "orderViolationRecord", ORDER, violated.clone()).await;
        assert_eq!(refused, [("INVALID".to_owned(), "violatedOn".to_owned())], "before the order");
        violated["violatedOn"] = json!("2026-11-20");
        let told = attorney.done("orderViolationRecord", ORDER, violated).await["courtOrder"].take();
        assert_eq!(told["violations"], json!([{ "violatedOn": "2026-11-20", "description": "Sales went on, report 26-1001." }]));
        attorney.done("courtOrderRecord", ORDER, closure()).await;
        attorney.done("courtOrderRecord", ORDER, order(&action, "CLOSURE")).await;
        let open = open_deadlines(&attorney, &action).await;
        let end = ("End of the closure".to_owned(), "EXPIRES".to_owned(), "2027-11-20".to_owned());
        assert!(open.contains(&end), "{open:?}");
    }
}

story! {
    async fn contempt_waits_for_the_violation_of_an_order(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = filed(jfn, &case, "public-nuisance-suit").await;
        ordered(&attorney, &action).await;
        let injunction = with(order(&action, "PERMANENT_INJUNCTION"), "expiresOn", json!("2029-11-20"));
        let id = attorney.done("courtOrderRecord", ORDER, injunction).await["courtOrder"]["id"].take();
        let open = open_deadlines(&attorney, &action).await;
        let ends = "PERMANENT_INJUNCTION of 2026-11-20 ends".to_owned();
        assert!(open.contains(&(ends, "EXPIRES".to_owned(), "2029-11-20".to_owned())), "{open:?}");
        advance(&attorney, &action, 7, "COMPLYING").await;
        schedule(&attorney, &action, "2026-12-10T17:00:00Z").await;
        let hearing = || step(&action, 8, "HEARING_SET", "2026-11-20");
        assert_eq!(attorney.refused("legalActionAdvance", ACTION, hearing()).await, "TRANSITION_BLOCKED");
        let query = "query ($id: ID!) { legalAction(id: $id) { allowedSteps { to allowed blockedBy { message } } } }";
        let seen = attorney.ask(query, json!({ "id": action["id"] })).await["legalAction"]["allowedSteps"].take();
        let blocked = seen.as_array().unwrap().iter().find(|option| option["to"] == "HEARING_SET").unwrap();
        assert_eq!(blocked["allowed"], false);
        assert!(blocked["blockedBy"][0]["message"].as_str().unwrap().contains("orderViolationRecord"), "{blocked}");
        let violated = json!({ "idempotencyKey": key(), "courtOrderId": id, "violatedOn": "2026-11-20", "description": "Noise." });
        attorney.done("orderViolationRecord", ORDER, violated).await;
        attorney.done("legalActionAdvance", ACTION, hearing()).await;
    }
}

story! {
    async fn a_home_is_not_sued_over_before_somebody_says_what_becomes_of_those_who_live_there(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let place: PropertyId = case["property"]["id"].as_str().unwrap().parse().unwrap();
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        advance(&attorney, &action, 1, "AUTHORIZED").await;
        for occupancy in [ResidentialOccupancy::Unknown, ResidentialOccupancy::Some] {
            let change = property::Entity::update_many()
                .col_expr(property::Column::ResidentialOccupancy, Expr::value(occupancy))
                .filter(property::Column::Id.eq(place));
            change.exec(&jfn.app.db).await.unwrap();
            let payload = attorney.change("legalActionAdvance", ACTION, filing(&action)).await;
            assert_eq!(codes(&payload), ["TRANSITION_BLOCKED"], "{occupancy}");
            assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("tenantImpactRecord"));
        }
        let impact = "case { tenantImpact { occupied households relocationPlan recordedBy { email } } }";
        let silent = json!({ "idempotencyKey": key(), "caseId": case["id"], "asOf": "2026-11-20", "occupied": true, "households": 4 });
        let refused = refusals(&sergeant, "tenantImpactRecord", impact, silent.clone()).await;
        assert_eq!(refused, [("REQUIRED".to_owned(), "relocationPlan".to_owned())]);
        let vacant = with(silent.clone(), "occupied", json!(false));
        assert_eq!(sergeant.refused("tenantImpactRecord", impact, vacant).await, "INVALID", "four households in a vacant place");
        let answer = with(silent, "relocationPlan", json!("Nobody has to leave."));
        let told = sergeant.done("tenantImpactRecord", impact, answer).await["case"]["tenantImpact"].take();
        assert_eq!((&told["occupied"], &told["households"]), (&json!(true), &json!(4)));
        assert_eq!(told["recordedBy"]["email"], "sergeant3@jfn.example");
        attorney.done("legalActionAdvance", ACTION, filing(&action)).await;
    }
}

story! {
    async fn what_stands_against_a_title_keeps_its_action_and_its_case_open(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = filed(jfn, &case, "public-nuisance-suit").await;
        let fields = "titleRecording { id kind releasedOn }";
        let pending = json!({ "idempotencyKey": key(), "legalActionId": action["id"], "kind": "LIS_PENDENS",
            "instrument": "202611200123", "recordedOn": "2026-11-20" });
        let id = attorney.done("titleRecordingRecord", fields, pending).await["titleRecording"]["id"].take();
        ordered(&attorney, &action).await;
        attorney.done("courtOrderRecord", ORDER, order(&action, "COMPLIANCE_FOUND")).await;
        let satisfied = step(&action, 7, "SATISFIED", "2026-11-20");
        let payload = attorney.change("legalActionAdvance", ACTION, satisfied).await;
        assert_eq!(codes(&payload), ["TRANSITION_BLOCKED"]);
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("titleRecordingRelease"), "{payload}");
        // An action can be dismissed with it; its case is not closed with it.
        let dismissed = with(step(&action, 7, "DISMISSED", "2026-11-20"), "reason", json!("The owner sold."));
        attorney.done("legalActionAdvance", ACTION, dismissed).await;
        for stage in ["ASSESSMENT", "MONITORING"] {
            crate::case_at_work::advance(&attorney, &case["id"], stage).await;
        }
        let refused = crate::case_at_work::close(&attorney, &case["id"]).await;
        assert_eq!(refused.as_array().unwrap().len(), 1, "{refused:#}");
        assert!(refused[0]["message"].as_str().unwrap().contains("titleRecordingRelease"), "{refused:#}");
        let release = |on: &str| json!({ "titleRecordingId": id, "releasedOn": on, "instrument": "202611200456" });
        assert_eq!(attorney.refused("titleRecordingRelease", fields, release("2026-11-19")).await, "INVALID");
        let done = attorney.done("titleRecordingRelease", fields, release("2026-11-20")).await;
        assert_eq!(done["titleRecording"]["releasedOn"], "2026-11-20");
        assert_eq!(crate::case_at_work::close(&attorney, &case["id"]).await, json!([]));
    }
}

story! {
    async fn a_suit_names_confirmed_parties_of_the_place(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let place = case["property"]["id"].as_str().unwrap();
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let owner = party(jfn, place, "Olive Owner", LinkStatus::Confirmed).await;
        let maybe = party(jfn, place, "Mary Maybe", LinkStatus::Suggested).await;
        let defendants = "legalAction { defendants { name } }";
        let name = |parties: &[&str]| json!({ "legalActionId": action["id"], "partyIds": parties });
        for parties in [&[maybe.as_str()][..], &[owner.as_str(), maybe.as_str()][..]] {
            let refused = refusals(&attorney, "defendantsName", defendants, name(parties)).await;
            assert_eq!(refused, [("INVALID".to_owned(), "partyIds".to_owned())]);
        }
        for _ in 0..2 {
            let done = attorney.done("defendantsName", defendants, name(&[&owner, &owner])).await;
            assert_eq!(done["legalAction"]["defendants"], json!([{ "name": "Olive Owner" }]));
        }
        assert_eq!(attorney.refused("defendantsName", defendants, name(&[])).await, "REQUIRED");
    }
}

story! {
    async fn a_remedy_past_its_sunset_is_explained_and_refused_until_the_city_attorney_confirms_it(jfn) {
        let (attorney, chief) = (jfn.attorney(3).await, jfn.city_attorney().await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let referral = || json!({ "idempotencyKey": key(), "caseId": case["id"], "remedyKey": "drug-eviction", "reason": "Sales." });
        let refused = attorney.change("legalActionRefer", ACTION, referral()).await;
        assert_eq!(codes(&refused), ["REMEDY_NOT_AVAILABLE"]);
        assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("2024-01-01"), "{refused}");
        let remedy = "remedy { key enabled validTo disabledReason confirmation { reason validTo by { email } } }";
        let confirm = || json!({ "remedyKey": "drug-eviction", "reason": "Extended by a statute of 2025.", "validTo": "2027-01-01" });
        let mutation = "mutation ($input: RemedyConfirmInput!) { remedyConfirm(input: $input) { userErrors { code } } }";
        for client in [&attorney, &jfn.sergeant(3).await, &jfn.administrator().await] {
            assert_eq!(client.error_of(mutation, json!({ "input": confirm() })).await, "FORBIDDEN");
        }
        let past = with(confirm(), "validTo", json!("2026-11-20"));
        assert_eq!(chief.refused("remedyConfirm", remedy, past).await, "INVALID");
        assert_eq!(chief.refused("remedyConfirm", remedy, with(confirm(), "remedyKey", json!("no-such"))).await, "NOT_FOUND");
        let told = chief.done("remedyConfirm", remedy, confirm()).await["remedy"].take();
        assert_eq!((&told["enabled"], &told["validTo"]), (&json!(true), &json!("2027-01-01")));
        assert!(told["disabledReason"].as_str().unwrap().contains("sunset"), "still explained");
        let by = json!({ "reason": "Extended by a statute of 2025.", "validTo": "2027-01-01",
            "by": { "email": "cityattorney@jfn.example" } });
        assert_eq!(told["confirmation"], by);
        assert_eq!(chief.refused("remedyConfirm", remedy, confirm()).await, "INVALID", "it is confirmed");
        let made = attorney.done("legalActionRefer", ACTION, referral()).await["legalAction"].take();
        advance(&attorney, &made, 1, "AUTHORIZED").await;
        let active = "{ remedies(activeOn: \"2026-11-20\") { key } }";
        let listed = attorney.ask(active, json!({})).await["remedies"].take();
        assert!(listed.as_array().unwrap().contains(&json!({ "key": "drug-eviction" })));
        assert!(!listed.as_array().unwrap().contains(&json!({ "key": "weapons-eviction" })));
        jfn.wait(chrono::TimeDelta::days(42));
        let attorney = jfn.attorney(3).await;
        assert_eq!(attorney.refused("legalActionRefer", ACTION, referral()).await, "REMEDY_NOT_AVAILABLE", "its new end came");
    }
}
