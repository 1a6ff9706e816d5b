//! What the dangerous building cost the city: stated, confirmed, made a lien, paid and released.

use serde_json::{Value, json};
use tests::key;

use crate::{
    matter::{Matter, days, refused},
    matter_building::{Building, recorded, released},
};

/// The action for the lien, and the lien once it is on record.
pub struct Lien {
    action: Value,
    recording: Value,
}

fn spent(matter: &Matter<'_>, kind: &str, amount: &str, on: &str, receipt: &str) -> Value {
    matter.of_case(json!({
        "kind": kind, "amount": amount, "on": on, "description": "For 88 Oak Avenue.", "source": "Invoice", "receipt": receipt,
    }))
}

/// On the day after the appointment the city asks for the board-up and the filing fee, with thirty days to pay or object.
pub async fn stated(building: &mut Building<'_>) -> Lien {
    building.matter.day("2027-02-09").await;
    let matter = &building.matter;
    let mut entries = Vec::new();
    for input in [
        spent(matter, "ABATEMENT", "2400.00", "2026-12-22", "I-88"),
        spent(matter, "FILING_FEE", "435.00", "2026-12-31", "F-12"),
    ] {
        entries.push(matter.officer.done("costRecord", "cost { id }", input).await["cost"]["id"].take());
    }
    let unbilled = "{ unbilledCosts(districts: [3]) { nodes { amount case { id } } } }";
    let unbilled = matter.attorney.ask(unbilled, json!({})).await["unbilledCosts"]["nodes"].take();
    let row = |amount: &str| json!({ "amount": amount, "case": { "id": matter.case } });
    assert_eq!(unbilled, json!([row("2400.00"), row("435.00")]));

    let action = matter.refer(&matter.officer, "abatement-cost-lien").await;
    matter.take(&matter.attorney, &action, "AUTHORIZED", json!({})).await;
    matter.take(&matter.officer, &action, "FILED", json!({})).await;
    matter
        .step_refused(
            &matter.officer,
            &action,
            "SERVED",
            json!({}),
            &[("TRANSITION_BLOCKED", "COST_STATEMENT")],
        )
        .await;
    let more = json!({ "complyBy": "2027-03-11", "amount": "2835.00", "entryIds": entries, "legalActionId": action });
    let statement = matter.notice("COST_STATEMENT", &[("PERSONAL", Some(&building.owner))], more);
    matter.officer.done("noticeServe", "", statement).await;
    matter.take(&matter.officer, &action, "SERVED", json!({})).await;
    // Thirty days from Tuesday 9 February are Thursday 11 March.
    assert_eq!(matter.deadline("COSTS_PAY").await["dueOn"], "2027-03-11");
    matter
        .step_refused(&matter.attorney, &action, "ORDERED", json!({}), &[("CLOCK_NOT_RUN", "2027-03-12")])
        .await;
    let early = [("CLOCK_NOT_RUN", "2027-03-12"), ("TRANSITION_BLOCKED", "LIEN_NOTICE")];
    refused(&matter.attorney, "titleRecordingRecord", lien(matter, &action), &early).await;
    Lien { action, recording: Value::Null }
}

fn lien(matter: &Matter<'_>, action: &Value) -> Value {
    json!({
        "idempotencyKey": key(), "legalActionId": action, "kind": "LIEN", "instrument": "202708300001",
        "recordedOn": matter.today(),
    })
}

/// Nobody paid or objected: the costs are confirmed, the owner is told of the lien, and it is recorded.
pub async fn liened(building: &mut Building<'_>, stated: Lien) -> Lien {
    let (matter, action) = (&building.matter, stated.action);
    let unconfirmed = [("TRANSITION_BLOCKED", "courtOrderRecord")];
    matter.step_refused(&matter.attorney, &action, "ORDERED", json!({}), &unconfirmed).await;
    let confirmed = json!({
        "idempotencyKey": key(), "legalActionId": action, "kind": "COSTS_CONFIRMED", "issuedOn": matter.today(),
        "terms": "Nobody objected in time.", "amount": "2835.00",
    });
    matter.attorney.done("courtOrderRecord", "", confirmed).await;
    matter.take(&matter.attorney, &action, "ORDERED", json!({})).await;
    let untold = [("TRANSITION_BLOCKED", "LIEN_NOTICE")];
    matter.step_refused(&matter.attorney, &action, "COMPLYING", json!({}), &untold).await;
    let mailed = json!({ "legalActionId": action });
    let mailed = matter.notice("LIEN_NOTICE", &[("CERTIFIED_MAIL", Some(&building.owner))], mailed);
    matter.attorney.done("noticeServe", "", mailed).await;
    refused(&matter.attorney, "titleRecordingRecord", lien(matter, &action), &untold).await;
    let served = json!({ "legalActionId": action });
    let served = matter.notice("LIEN_NOTICE", &[("PERSONAL", Some(&building.owner))], served);
    matter.attorney.done("noticeServe", "", served).await;
    let recording = recorded(matter, &action, "LIEN", "202708300001").await;
    matter.take(&matter.attorney, &action, "COMPLYING", json!({})).await;
    Lien { action, recording }
}

/// Paid out of the sale in escrow; then the lien is released and the action ends.
pub async fn settled(building: &Building<'_>, lien: &Lien) {
    let (matter, action) = (&building.matter, &lien.action);
    let statement = "query ($case: ID!) { payoffStatement(of: { caseId: $case }, on: \"2027-10-01\") { balance { outstanding } } }";
    let owed = matter.attorney.ask(statement, json!({ "case": matter.case })).await["payoffStatement"].take();
    assert_eq!(owed["balance"]["outstanding"], "2835.00");
    let blocked =
        [("TRANSITION_BLOCKED", "$2,835.00 is still owed"), ("TRANSITION_BLOCKED", "titleRecordingRelease")];
    matter.step_refused(&matter.officer, action, "SATISFIED", json!({}), &blocked).await;
    let payment = matter.of_case(json!({
        "amount": "2835.00", "on": "2027-10-01", "description": "Out of escrow.", "source": "Wire", "receipt": "E-5",
    }));
    matter.officer.done("paymentRecord", "", payment).await;
    let met = matter.deadline("COSTS_PAY").await;
    assert_eq!(met["completedOn"], "2027-10-01");
    assert!(met["metBy"].as_str().unwrap().contains("receipt E-5"), "{met}");
    matter.step_refused(&matter.officer, action, "SATISFIED", json!({}), &blocked[1..]).await;
    released(matter, &lien.recording, "202710010003").await;
    matter.take(&matter.officer, action, "SATISFIED", json!({})).await;
    assert_eq!(matter.owed().await, "0.00");
    assert_eq!(matter.due().await, days(&[]));
}
