//! A whole matter: a dangerous building, from notice and order over a petition and a receiver to his discharge.

use serde_json::{Value, json};
use tests::{Jfn, key, story};

use crate::{
    matter::{Matter, days, forbidden, joined, refused},
    matter_building_costs,
};

/// The actions of the matter and those it is about.
pub struct Building<'a> {
    pub matter: Matter<'a>,
    pub owner: Value,
    lender: Value,
    violations: Vec<Value>,
    order: Value,
    receivership: Value,
    certificate: Value,
    lis_pendens: Value,
}

async fn party(matter: &Matter<'_>, place: &str, role: &str, name: &str) -> Value {
    let link = json!({
        "idempotencyKey": key(), "propertyId": place, "role": role, "status": "CONFIRMED", "evidence": "Title report.",
        "party": { "new": { "kind": "ORGANIZATION", "name": name } },
    });
    let linked = matter.officer.done("partyLink", "property { parties { party { id name } } }", link).await;
    let parties = linked["property"]["parties"].as_array().unwrap();
    let found = parties.iter().find(|row| row["party"]["name"] == name).unwrap();
    found["party"]["id"].clone()
}

/// Six flats above a failing foundation: seen, ordered to be repaired, and served on the owner, the lender and the door.
async fn ordered(jfn: &Jfn) -> Building<'_> {
    let mut matter = Matter::new(jfn, 3).await;
    let place = jfn.place("88 OAK AVE", 3).await;
    let flats = json!({
        "propertyId": place, "expectedVersion": 1, "useType": "MULTI_FAMILY", "residentialOccupancy": "SOME", "unitCount": 6,
    });
    matter.officer.done("propertyEdit", "property { id }", flats).await;
    let (owner, lender) = (
        party(&matter, &place, "OWNER", "Dell Holdings LLC").await,
        party(&matter, &place, "LENDER", "First Bank").await,
    );
    let opening = json!({
        "idempotencyKey": key(), "title": "The foundation is failing", "kinds": ["DANGEROUS_BUILDING"],
        "property": { "id": place }, "source": "FIRE", "priority": "HIGH",
    });
    matter.case = matter.officer.done("caseOpen", "case { id }", opening).await["case"]["id"].take();
    matter.stage(&matter.officer, "ASSESSMENT").await;

    let order = matter.refer(&matter.officer, "dangerous-building-order").await;
    let unauthorized = [("TRANSITION_BLOCKED", "legalActionRefer")];
    matter.stage_refused(&matter.attorney, "LITIGATION", &unauthorized).await;
    let unseen = [("TRANSITION_BLOCKED", "inspectionRecord")];
    matter.step_refused(&matter.attorney, &order, "AUTHORIZED", json!({}), &unseen).await;
    let found = json!({ "violations": [
        { "codeSection": "SCC 8.96.110", "description": "The foundation has moved off its piers." },
        { "codeSection": "SCC 8.100.310", "description": "There is no heat." },
    ] });
    let look = matter.inspection("VIOLATION_FOUND", found);
    let seen = matter.officer.done("inspectionRecord", "inspection { violations { id } }", look).await;
    let violations = seen["inspection"]["violations"].as_array().unwrap();
    let violations = violations.iter().map(|row| row["id"].clone()).collect();
    matter.take(&matter.attorney, &order, "AUTHORIZED", json!({})).await;
    let unanswered = [("TRANSITION_BLOCKED", "tenantImpactRecord")];
    matter.step_refused(&matter.officer, &order, "FILED", json!({}), &unanswered).await;
    let silent = matter.of_case(json!({ "asOf": "2026-11-20", "occupied": true, "households": 3 }));
    refused(&matter.sergeant, "tenantImpactRecord", silent.clone(), &[("REQUIRED", "what becomes")]).await;
    let answer = joined(
        silent,
        json!({ "relocationPlan": "Three households move to Elm House while the work lasts." }),
    );
    matter.sergeant.done("tenantImpactRecord", "", answer).await;
    matter.take(&matter.officer, &order, "FILED", json!({})).await;
    // From the date of the order, not from its service: thirty days are Sunday 20 December.
    assert_eq!(matter.due().await, days(&[("DBC_START_WORK", "2026-12-21")]));

    let unserved = [("TRANSITION_BLOCKED", "NOTICE_AND_ORDER")];
    matter.step_refused(&matter.officer, &order, "SERVED", json!({}), &unserved).await;
    let reached = [("PERSONAL", Some(&owner)), ("CERTIFIED_MAIL", Some(&lender)), ("POSTING", None)];
    let notice = matter.notice(
        "NOTICE_AND_ORDER",
        &reached,
        json!({ "complyBy": "2026-12-21", "legalActionId": order }),
    );
    matter.officer.done("noticeServe", "", notice).await;
    matter.take(&matter.officer, &order, "SERVED", json!({})).await;
    matter.stage(&matter.officer, "NOTICE").await;
    let certificate = recorded(&matter, &order, "CERTIFICATE", "202611200088").await;
    assert_eq!(matter.due().await, days(&[("DBC_START_WORK", "2026-12-21"), ("NOV_COMPLY", "2026-12-21")]));
    Building {
        matter,
        owner,
        lender,
        violations,
        order,
        receivership: Value::Null,
        certificate,
        lis_pendens: Value::Null,
    }
}

/// What an action puts on record against the title.
pub async fn recorded(matter: &Matter<'_>, action: &Value, kind: &str, instrument: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": action, "kind": kind, "instrument": instrument, "recordedOn": matter.today(),
    });
    matter.attorney.done("titleRecordingRecord", "titleRecording { id }", input).await["titleRecording"]["id"]
        .take()
}

/// Its release.
pub async fn released(matter: &Matter<'_>, recording: &Value, instrument: &str) {
    let input =
        json!({ "titleRecordingId": recording, "releasedOn": matter.today(), "instrument": instrument });
    matter.attorney.done("titleRecordingRelease", "", input).await;
}

const FILING: [&str; 2] = ["Superior Court, Sacramento", "34-2026-00000088"];

/// The order runs out and nothing is done; the petition is announced to everyone with an interest, waited for and filed.
async fn petitioned(building: &mut Building<'_>) {
    let matter = &mut building.matter;
    let action = matter.refer(&matter.attorney, "receivership").await;
    let filing = || json!({ "court": FILING[0], "courtCaseNumber": FILING[1] });
    matter
        .step_refused(
            &matter.attorney,
            &action,
            "FILED",
            filing(),
            &[("TRANSITION_BLOCKED", "REFERRED to FILED")],
        )
        .await;
    matter.take(&matter.attorney, &action, "AUTHORIZED", json!({})).await;
    matter.take(&matter.attorney, &action, "PREPARING", json!({})).await;
    let early = [("CLOCK_NOT_RUN", "2026-12-22"), ("TRANSITION_BLOCKED", "PRE_PETITION_NOTICE")];
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &early).await;

    matter.day("2026-12-22").await;
    matter.officer.done("inspectionRecord", "", matter.inspection("VIOLATION_FOUND", json!({}))).await;
    let late = "{ legalActions(filter: { overdue: true }) { nodes { kind status } } }";
    let late = matter.jfn.city_attorney().await.ask(late, json!({})).await["legalActions"]["nodes"].take();
    assert_eq!(
        late,
        json!([{ "kind": "NOTICE_AND_ORDER", "status": "SERVED" }]),
        "nobody started the work in time"
    );
    matter.take(&matter.attorney, &building.order, "ORDERED", json!({})).await;
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &early[1..]).await;
    let of_action = json!({ "legalActionId": action });
    let posted = matter.notice("PRE_PETITION_NOTICE", &[("POSTING", None)], of_action.clone());
    matter.attorney.done("noticeServe", "", posted).await;
    // Three calendar days from Tuesday 22 December are Christmas Day, a Friday; the court opens on Monday.
    assert_eq!(matter.deadline("RECEIVER_PRENOTICE").await["dueOn"], "2026-12-28");
    let unmailed = [early[1], ("CLOCK_NOT_RUN", "2026-12-28")];
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &unmailed).await;

    matter.day("2026-12-28").await;
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &early[1..]).await;
    let mailed = |party, more| matter.notice("PRE_PETITION_NOTICE", &[("MAIL_IN_STATE", Some(party))], more);
    matter.attorney.done("noticeServe", "", mailed(&building.owner, json!({}))).await;
    // The mail has days of its own: three from Monday 28 December are Thursday the 31st; told once, whoever names the action.
    let waits = [("CLOCK_NOT_RUN", "2026-12-31")];
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &waits).await;
    matter.attorney.done("noticeServe", "", mailed(&building.lender, of_action)).await;
    assert_eq!(matter.deadline("RECEIVER_PRENOTICE").await["dueOn"], "2026-12-31");
    matter.step_refused(&matter.attorney, &action, "FILED", filing(), &waits).await;

    matter.day("2026-12-31").await;
    for _ in 0..3 {
        met_by_label(matter, "Wait before the petition for a receiver", "The days have passed.").await;
    }
    let nowhere = [("REQUIRED", "name the court"), ("REQUIRED", "number that the court uses")];
    matter.step_refused(&matter.attorney, &action, "FILED", json!({}), &nowhere).await;
    matter.step_refused(&matter.officer, &action, "FILED", filing(), &[("NOT_ALLOWED", "ATTORNEY")]).await;
    matter.take(&matter.attorney, &action, "FILED", filing()).await;
    matter.stage(&matter.attorney, "LITIGATION").await;
    building.lis_pendens = recorded(matter, &action, "LIS_PENDENS", "202612310001").await;
    building.receivership = action;
}

fn papers(building: &Building<'_>, party: &Value) -> Value {
    building.matter.notice(
        "LEGAL_PAPERS",
        &[("PERSONAL", Some(party))],
        json!({ "legalActionId": building.receivership }),
    )
}

/// Both defendants are served, the motion is heard with its dates counted back, and a receiver is appointed.
async fn appointed(building: &mut Building<'_>) {
    building.matter.day("2027-01-04").await;
    let (matter, action) = (&building.matter, &building.receivership);
    let named = json!({ "legalActionId": action, "partyIds": [building.owner, building.lender] });
    matter.attorney.done("defendantsName", "", named).await;
    let unserved = |words| [("TRANSITION_BLOCKED", words)];
    matter
        .step_refused(
            &matter.attorney,
            action,
            "SERVED",
            json!({}),
            &unserved("Nobody is on record as served"),
        )
        .await;
    matter.attorney.done("noticeServe", "", papers(building, &building.owner)).await;
    matter.step_refused(&matter.attorney, action, "SERVED", json!({}), &unserved("1 of 2 defendants")).await;
    matter.attorney.done("noticeServe", "", papers(building, &building.lender)).await;
    matter.take(&matter.attorney, action, "SERVED", json!({})).await;
    matter
        .step_refused(
            &matter.attorney,
            action,
            "HEARING_SET",
            json!({}),
            &[("TRANSITION_BLOCKED", "hearingSchedule")],
        )
        .await;
    let hearing = json!({
        "idempotencyKey": key(), "legalActionId": action, "startsAt": "2027-02-08T17:00:00Z", "court": FILING[0],
        "department": "53", "purpose": "Appointment of a receiver", "ruleKeys": ["MOTION", "OPPOSITION", "REPLY"],
        "serviceMethod": "MAIL_IN_STATE",
    });
    let hearing =
        matter.attorney.done("hearingSchedule", "hearing { id }", hearing).await["hearing"]["id"].take();
    // Sixteen court days back from Monday 8 February, without Monday 18 January, a holiday, are Thursday 14 January; five more
    // days for the mail are Saturday the 9th, and the court day before it is the 8th. Nine court days back are Tuesday
    // 26 January, five Monday 1 February; mail adds nothing to these.
    let counted = [("MOTION", "2027-01-08"), ("OPPOSITION", "2027-01-26"), ("REPLY", "2027-02-01")];
    let late = [("DBC_START_WORK", "2026-12-21"), ("NOV_COMPLY", "2026-12-21")];
    assert_eq!(matter.due().await, [days(&late), days(&counted)].concat());
    let motion = matter.deadline("MOTION").await;
    assert_eq!(
        motion["computation"]["confirmWithCounsel"], true,
        "no statute says what becomes of a Saturday"
    );
    assert_eq!(motion["computation"]["serviceExtensionDays"], 5);
    matter.take(&matter.attorney, action, "HEARING_SET", json!({})).await;
    let unmet = json!({ "deadlineId": motion["id"], "completedOn": "2027-01-04", "metBy": " " });
    refused(&matter.attorney, "deadlineComplete", unmet, &[("REQUIRED", "")]).await;
    met(matter, "MOTION", "Notice of motion mailed to both.").await;
    let soon = json!({ "hearingId": hearing, "status": "HELD", "outcome": "Granted." });
    refused(&matter.attorney, "hearingRecord", soon.clone(), &[("INVALID", "2027-02-08")]).await;
    let appointment = order(building, "RECEIVER_APPOINTED", json!({ "complyBy": "2027-02-23" }));
    refused(&matter.attorney, "courtOrderRecord", appointment, &[("TRANSITION_BLOCKED", "ORDERED")]).await;

    building.matter.day("2027-02-08").await;
    let (matter, action) = (&building.matter, &building.receivership);
    matter.attorney.done("hearingRecord", "", soon).await;
    met(matter, "OPPOSITION", "None was filed; the time is over.").await;
    met(matter, "REPLY", "There was nothing to reply to.").await;
    matter.take(&matter.attorney, action, "HEARD", json!({})).await;
    matter.take(&matter.attorney, action, "ORDERED", json!({})).await;
    let skipped = order(building, "RECEIVER_QUALIFIED", json!({}));
    refused(&matter.attorney, "courtOrderRecord", skipped, &[("TRANSITION_BLOCKED", "RECEIVER_APPOINTED")])
        .await;
    forbidden(&matter.officer, "courtOrderRecord", order(building, "RECEIVER_APPOINTED", json!({}))).await;
    record(building, "RECEIVER_APPOINTED", json!({ "complyBy": "2027-02-23" })).await;
    let bond = ("Comply with RECEIVER_APPOINTED of 2027-02-08".to_owned(), "2027-02-23".to_owned());
    assert_eq!(matter.due().await.last(), Some(&bond));
}

async fn met(matter: &Matter<'_>, rule: &str, by: &str) {
    let id = matter.deadline(rule).await["id"].take();
    let input = json!({ "deadlineId": id, "completedOn": matter.today(), "metBy": by });
    matter.attorney.done("deadlineComplete", "", input).await;
}

async fn met_by_label(matter: &Matter<'_>, label: &str, by: &str) {
    let seen = matter.ask("deadlines(open: true) { id label }").await;
    let rows = seen["deadlines"].as_array().unwrap();
    let row = rows.iter().find(|row| row["label"] == label).unwrap_or_else(|| panic!("{label}: {rows:#?}"));
    let input = json!({ "deadlineId": row["id"], "completedOn": matter.today(), "metBy": by });
    matter.attorney.done("deadlineComplete", "", input).await;
}

fn order(building: &Building<'_>, kind: &str, more: Value) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": building.receivership, "kind": kind, "issuedOn": building.matter.today(),
        "terms": "As the court said.",
    });
    joined(input, more)
}

async fn record(building: &Building<'_>, kind: &str, more: Value) {
    building.matter.attorney.done("courtOrderRecord", "", order(building, kind, more)).await;
}

/// The receiver's work under the court's eyes, in its turn: bond, inventory, plan, financing, repairs, account.
async fn rehabilitated(building: &mut Building<'_>) {
    building.matter.day("2027-02-23").await;
    record(building, "RECEIVER_QUALIFIED", json!({ "amount": "50000.00" })).await;
    met_by_label(&building.matter, "Comply with RECEIVER_APPOINTED of 2027-02-08", "Bond and oath filed.")
        .await;
    building.matter.take(&building.matter.attorney, &building.receivership, "COMPLYING", json!({})).await;
    let early = [("TRANSITION_BLOCKED", "PLAN_APPROVED")];
    for kind in ["FINANCING_APPROVED", "FINAL_ACCOUNT"] {
        let input = order(building, kind, json!({}));
        refused(&building.matter.attorney, "courtOrderRecord", input, &early).await;
    }
    record(building, "INVENTORY_FILED", json!({})).await;
    building.matter.day("2027-03-15").await;
    record(building, "PLAN_APPROVED", json!({ "complyBy": "2027-08-31", "amount": "410000.00" })).await;
    record(building, "FINANCING_APPROVED", json!({ "amount": "410000.00" })).await;
    let matter = &building.matter;
    matter.take(&matter.officer, &building.order, "COMPLYING", json!({})).await;
    let started = matter.deadline("DBC_START_WORK").await;
    assert_eq!(
        (&started["completedOn"], &started["metBy"]),
        (&json!("2027-03-15"), &json!("The action went to COMPLYING."))
    );
    let plan = ("Comply with PLAN_APPROVED of 2027-03-15".to_owned(), "2027-08-31".to_owned());
    assert!(matter.due().await.contains(&plan));

    building.matter.day("2027-08-30").await;
    let matter = &building.matter;
    let hurried = matter.inspection("PARTIALLY_CORRECTED", json!({ "verifiesCompliance": true }));
    refused(&matter.officer, "inspectionRecord", hurried, &[("INVALID", "cannot verify compliance")]).await;
    for violation in &building.violations {
        let corrected = json!({ "violationId": violation, "correctedOn": "2027-08-27" });
        matter.officer.done("violationCorrect", "", corrected).await;
    }
    matter
        .officer
        .done("inspectionRecord", "", matter.inspection("CORRECTED", json!({ "verifiesCompliance": true })))
        .await;
    met_by_label(matter, "Comply with PLAN_APPROVED of 2027-03-15", "Final permit sign-off.").await;
    let corrected = matter.deadline("NOV_COMPLY").await;
    assert_eq!(corrected["completedOn"], "2027-08-27", "eight months late, and it says so");
    let early = [("TRANSITION_BLOCKED", "FINAL_ACCOUNT")];
    refused(&matter.attorney, "courtOrderRecord", order(building, "RECEIVER_DISCHARGED", json!({})), &early)
        .await;
    record(building, "FINAL_ACCOUNT", json!({ "amount": "398512.40" })).await;
}

/// The receiver is discharged and what stands against the title is released; then, and not before, the actions end.
async fn discharged(building: &mut Building<'_>) {
    building.matter.day("2027-10-01").await;
    record(building, "RECEIVER_DISCHARGED", json!({})).await;
    let matter = &building.matter;
    let standing = [("TRANSITION_BLOCKED", "titleRecordingRelease")];
    for (action, recording) in
        [(&building.receivership, &building.lis_pendens), (&building.order, &building.certificate)]
    {
        matter.step_refused(&matter.attorney, action, "SATISFIED", json!({}), &standing).await;
        released(matter, recording, "202710010002").await;
        matter.take(&matter.attorney, action, "SATISFIED", json!({})).await;
    }
}

story! {
    async fn a_dangerous_building_goes_from_its_order_over_a_receiver_to_the_discharge(jfn) {
        let mut building = ordered(jfn).await;
        petitioned(&mut building).await;
        appointed(&mut building).await;
        let lien = matter_building_costs::stated(&mut building).await;
        rehabilitated(&mut building).await;
        let lien = matter_building_costs::liened(&mut building, lien).await;
        discharged(&mut building).await;
        let matter = &building.matter;
        matter.stage(&matter.officer, "MONITORING").await;
        let open = ["deadlineComplete", "legalActionAdvance", "titleRecordingRelease"];
        let open = open.map(|mutation| ("TRANSITION_BLOCKED", mutation));
        matter.close_refused(&matter.attorney, "COMPLIED_BY_ORDER", &open).await;
        matter_building_costs::settled(&building, &lien).await;
        matter.close_refused(&matter.officer, "COMPLIED_BY_ORDER", &[("NOT_ALLOWED", "attorney")]).await;
        assert_eq!(matter.due().await, days(&[]));
        matter.close(&matter.attorney, "COMPLIED_BY_ORDER").await;
        let seen = matter.ask("legalActions { kind status isFinal orders { kind } titleRecordings { kind releasedOn } }").await;
        let made = |kinds: &[&str]| kinds.iter().map(|kind| json!({ "kind": kind })).collect::<Vec<_>>();
        let gone = |kind: &str| json!([{ "kind": kind, "releasedOn": "2027-10-01" }]);
        let receiver = ["RECEIVER_APPOINTED", "RECEIVER_QUALIFIED", "INVENTORY_FILED", "PLAN_APPROVED", "FINANCING_APPROVED",
            "FINAL_ACCOUNT", "RECEIVER_DISCHARGED"];
        assert_eq!(seen["legalActions"], json!([
            { "kind": "NOTICE_AND_ORDER", "status": "SATISFIED", "isFinal": true, "orders": [], "titleRecordings": gone("CERTIFICATE") },
            { "kind": "RECEIVERSHIP", "status": "SATISFIED", "isFinal": true, "orders": made(&receiver), "titleRecordings": gone("LIS_PENDENS") },
            { "kind": "COST_RECOVERY_LIEN", "status": "SATISFIED", "isFinal": true, "orders": made(&["COSTS_CONFIRMED"]), "titleRecordings": gone("LIEN") },
        ]));
    }
}
