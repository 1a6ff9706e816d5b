//! The life of one case over six weeks, and all that can be told of it as of a day.

use chrono::{NaiveDate, TimeDelta};
use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tests::{Client, Jfn, key};

use crate::{
    case_at_work::{advance as step_case, hours, open_at, party, with},
    evidence::{add, photo},
    legal::{ACTION, step},
};

/// Everything that `case` tells of a day, in three questions.
pub const WHOLE: [&str; 3] = [
    "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { id number version title description kinds stage saraPhase \
     priority source district { number name } property { id address useType district { number } } assignee { id name email } \
     openedAt updatedAt closedAt outcome duplicateOf { id number } nextActionOn daysInStage isStale previousCase { id } \
     violations { id codeSection description foundOn complyBy correctedOn immediateDanger offenseNumber } \
     inspections { totalCount pageInfo { hasNextPage } nodes { id scheduledFor performedAt inspector { name } result notes \
     verifiesCompliance violations { id correctedOn } evidence { id } } } \
     firstInspection: inspections(first: 1) { pageInfo { hasNextPage endCursor } nodes { id } } \
     tenantImpact { id occupied households relocationPlan asOf recordedBy { name } recordedAt } \
     evidence { totalCount nodes { id fileName sha256 caption privileged addedAt addedBy { name } url \
     custody { action at by { name } reason } withdrawal { at reason by { name } } } } \
     litigationHolds { inForce reason placedBy { name } placedAt releasedBy { name } releasedAt releaseReason } \
     referrals { id kind status case { id stage } madeBy { name } madeAt toStaff { name } reason answerBy \
     answeredBy { name } answeredAt answer } \
     events(first: 100) { totalCount nodes { id kind occurredAt recordedAt actor { name } summary body privileged \
     changes { field before after } } } notes: events(kinds: [NOTE], first: 2) { pageInfo { hasNextPage } nodes { body } } \
     recentNotes(first: 3) { id body } } }",
    "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { \
     deadlines { ...D } open: deadlines(open: true) { id } met: deadlines(open: false) { id } \
     legalActions { id version case { id title stage } kind remedy { key name } status statusSince isFinal court \
     courtCaseNumber responsibleAttorney { name } filedOn nextOn nextHearing { id startsAt } defendants { name } \
     hearings { id version startsAt court department purpose status outcome continuedTo { id startsAt status } \
     continuedFrom { id status outcome } legalAction { id status statusSince } } \
     orders { id kind issuedOn terms amount violations { violatedOn description recordedAt } legalAction { id status } } \
     titleRecordings { id kind instrument recordedOn releasedOn releaseInstrument legalAction { id } } \
     deadlines { id dueOn } open: deadlines(open: true) { id } history { from to on recordedAt by { name } reason } } } } \
     fragment D on Deadline { id kind case { id version } legalAction { id status version } label dueOn completedOn metBy isOverdue \
     responsible { name } computation { ruleKey triggerOn dueOn steps confirmWithCounsel } \
     extensions { from to reason by { name } recordedAt } }",
    "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { \
     notices { id kind legalAction { id status } servedOn method recipient { name } services { recipient { name } method \
     servedOn proof } complyBy reinspectionDueOn amount violations { id correctedOn } servedBy { name } \
     letter { id kind sentOn sha256 evidence { id withdrawal { at } } } \
     fine { computed assessed remaining reducible lines { codeSection offenseNumber amount } \
     entries { id kind amount reverses { id } reversedBy { id } } } \
     appeal { id filedOn filedBy { name } grounds hearingAt hearingPlace outcome decidedOn reason reducedTo notice { id \
     complyBy } } } \
     costs { balance { assessed collected waived outstanding } byKind { kind amount } unbilled entries { totalCount nodes { id \
     kind amount occurredOn recordedAt recordedBy { name } description reverses { id } reversedBy { id } \
     billedBy { id kind } case { id version } property { id } } } } } }",
];

/// What is told of the case: as of that day, or as it is now.
pub async fn told(client: &Client, case: &Value, on: Option<NaiveDate>) -> Vec<Value> {
    let mut answers = Vec::new();
    for query in WHOLE {
        answers.push(client.ask(query, json!({ "id": case, "on": on })).await);
    }
    answers
}

/// What two of its team were told of the case on a day of its life, when that day was today.
pub struct Page {
    pub on: NaiveDate,
    pub by_attorney: Vec<Value>,
    pub by_officer: Vec<Value>,
}

/// The case, and the pages that were kept of it.
pub struct Life {
    pub case: Value,
    pub pages: Vec<Page>,
}

struct Team {
    attorney: Client,
    officer: Client,
    sergeant: Client,
}

async fn team(jfn: &Jfn) -> Team {
    Team {
        attorney: jfn.attorney(3).await,
        officer: jfn.code_officer(3).await,
        sergeant: jfn.sergeant(3).await,
    }
}

async fn keep(jfn: &Jfn, case: &Value, pages: &mut Vec<Page>, days: i64) {
    let team = team(jfn).await;
    pages.push(Page {
        on: jfn.app.today(),
        by_attorney: told(&team.attorney, case, None).await,
        by_officer: told(&team.officer, case, None).await,
    });
    jfn.wait(TimeDelta::days(days));
}

async fn id_of(client: &Client) -> Value {
    client.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take()
}

async fn version(client: &Client, case: &Value) -> Value {
    let query = "query ($id: ID!) { case(by: { id: $id }) { version } }";
    client.ask(query, json!({ "id": case })).await["case"]["version"].take()
}

async fn edit(client: &Client, case: &Value, mut input: Value) {
    input["caseId"] = case.clone();
    input["expectedVersion"] = version(client, case).await;
    client.done("caseEdit", "case { id }", input).await;
}

async fn note(client: &Client, case: &Value, body: &str, more: Value) {
    let mut input = json!({ "idempotencyKey": key(), "caseId": case, "body": body });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    client.done("caseAddNote", "event { id }", input).await;
}

async fn made(client: &Client, mutation: &str, of: &str, mut input: Value) -> Value {
    if input.get("idempotencyKey").is_none() {
        input["idempotencyKey"] = json!(key());
    }
    client.done(mutation, &format!("{of} {{ id }}"), input).await[of]["id"].take()
}

async fn deadline_of(client: &Client, case: &Value, rule: &str) -> Value {
    let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines { id computation { ruleKey } } } }";
    let seen = client.ask(query, json!({ "id": case })).await;
    let rows = seen["case"]["deadlines"].as_array().unwrap().clone();
    rows.iter().find(|row| row["computation"]["ruleKey"] == rule).expect("such a deadline")["id"].clone()
}

fn day(jfn: &Jfn) -> Value {
    json!(jfn.app.today().to_string())
}

fn cost(case: &Value, kind: &str, amount: &str, on: &Value) -> Value {
    json!({
        "caseId": case, "kind": kind, "amount": amount, "on": on, "description": "Two truckloads hauled off.",
        "source": "Invoice of Delta Hauling", "receipt": "DH-4411",
    })
}

/// Plays it: a page is kept after each day on which something was recorded, and the days between them pass.
pub async fn lived(jfn: &Jfn) -> Life {
    let mut pages = Vec::new();
    let place = jfn.place("1200 K ST", 3).await;
    let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
    let Team { attorney, officer, sergeant } = team(jfn).await;

    // Friday 20 November: an inspection finds two violations, another one is planned.
    let case = open_at(&sergeant, &place).await;
    let looked = json!({
        "idempotencyKey": key(), "caseId": case, "performedAt": hours(jfn, -1), "result": "VIOLATION_FOUND",
        "notes": "Nobody was in.",
        "violations": [
            { "codeSection": "SCC 8.96.130", "description": "The stairs are rotten.", "complyBy": "2026-12-04" },
            { "codeSection": "SCC 8.96.140", "description": "The gas leaks.", "immediateDanger": true },
        ],
    });
    let found = officer.done("inspectionRecord", "inspection { id violations { id } }", looked).await;
    let (stairs, gas) =
        (&found["inspection"]["violations"][0]["id"], &found["inspection"]["violations"][1]["id"]);
    let plan =
        json!({ "caseId": case, "scheduledFor": hours(jfn, 24 * 30), "inspectorId": id_of(&officer).await });
    let planned = made(&officer, "inspectionSchedule", "inspection", plan).await;
    let plan = json!({ "caseId": case, "scheduledFor": hours(jfn, 24 * 20) });
    made(&officer, "inspectionSchedule", "inspection", plan).await;
    let photo_of = json!({ "caption": "Stairs", "inspectionId": found["inspection"]["id"] });
    let stairs_photo = add(&officer, &case, "stairs.jpg", &photo(900, 1), photo_of).await;
    let hand_off = json!({
        "caseId": case, "kind": "ASSIGN", "to": { "staffId": id_of(&officer).await }, "reason": "You know the owner.",
        "answerBy": "2026-11-25",
    });
    let referral = made(&sergeant, "referralMake", "referral", hand_off).await;
    let asked = json!({
        "caseId": case, "kind": "CONSULT", "to": { "staffId": id_of(&attorney).await }, "reason": "Is this enough?",
        "answerBy": "2026-11-24",
    });
    made(&sergeant, "referralMake", "referral", asked).await;
    note(&officer, &case, "The owner does not answer.", json!({})).await;
    keep(jfn, &case, &mut pages, 3).await;

    // Monday 23 November: edited, accepted, assessed; a privileged note, a cost, a notice of violation.
    let Team { attorney, officer, sergeant } = team(jfn).await;
    let renamed = json!({ "title": "Rotten stairs", "kinds": ["DANGEROUS_BUILDING", "ABSENT_LANDLORD"], "priority": "HIGH" });
    edit(&sergeant, &case, renamed).await;
    officer
        .done("referralAccept", "referral { id }", json!({ "referralId": referral, "answer": "Gladly." }))
        .await;
    note(&attorney, &case, "Settle below ten thousand.", json!({ "privileged": true })).await;
    let hauled = made(&officer, "costRecord", "cost", cost(&case, "ABATEMENT", "800.00", &day(jfn))).await;
    let boarded =
        made(&officer, "costRecord", "cost", cost(&case, "ABATEMENT", "150.50", &json!("2026-11-19"))).await;
    step_case(&officer, &case, "ASSESSMENT").await;
    let notice = json!({
        "caseId": case, "kind": "NOTICE_OF_VIOLATION", "complyBy": "2026-12-11", "violationIds": [stairs],
        "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-23" }],
    });
    made(&officer, "noticeServe", "notice", notice).await;
    let by_hand = json!({ "caseId": case, "label": "Ask the assessor", "dueOn": "2026-11-27" });
    let asked = made(&officer, "deadlineSet", "deadline", by_hand).await;
    keep(jfn, &case, &mut pages, 7).await;

    // Monday 30 November: a citation, an extension, a back-dated note and correction, evidence withdrawn, an action referred.
    let Team { attorney, officer, sergeant } = team(jfn).await;
    let citation = json!({
        "caseId": case, "kind": "ADMINISTRATIVE_CITATION", "violationIds": [gas],
        "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": day(jfn) }],
    });
    let citation = made(&officer, "noticeServe", "notice", citation).await;
    let comply = deadline_of(&officer, &case, "NOV_COMPLY").await;
    let longer =
        json!({ "deadlineId": comply, "to": "2026-12-18", "reason": "The permit office is closed." });
    officer.done("deadlineExtend", "deadline { id }", longer).await;
    note(&sergeant, &case, "Seen on patrol.", json!({ "occurredAt": "2026-11-10T18:00:00Z" })).await;
    let fixed = json!({ "violationId": gas, "correctedOn": "2026-11-24" });
    officer.done("violationCorrect", "violation { id }", fixed).await;
    let wrong = json!({ "evidenceId": stairs_photo["id"], "reason": "Another house." });
    officer.done("evidenceWithdraw", "evidence { id }", wrong).await;
    add(&attorney, &case, "strategy.txt", b"Our weak point is the notice.", json!({ "privileged": true }))
        .await;
    let impact = json!({ "caseId": case, "asOf": "2026-11-28", "occupied": true, "households": 2, "relocationPlan": "They stay." });
    sergeant.done("tenantImpactRecord", "case { id }", with(impact, "idempotencyKey", json!(key()))).await;
    let wanted =
        json!({ "caseId": case, "remedyKey": "public-nuisance-suit", "reason": "Neighbours wrote in." });
    let action = json!({ "id": made(&sergeant, "legalActionRefer", "legalAction", wanted).await, "case": { "id": case } });
    keep(jfn, &case, &mut pages, 7).await;

    // Monday 7 December: the suit is filed, a hearing set, a lis pendens recorded, the citation appealed, an entry taken back.
    let Team { attorney, officer, .. } = team(jfn).await;
    attorney.done("legalActionAdvance", ACTION, step(&action, 1, "AUTHORIZED", "2026-12-03")).await;
    let filing = with(step(&action, 2, "FILED", "2026-12-07"), "court", json!("Superior Court"));
    attorney
        .done("legalActionAdvance", ACTION, with(filing, "courtCaseNumber", json!("34-2026-00123")))
        .await;
    let set = json!({
        "legalActionId": action["id"], "startsAt": "2026-12-18T17:00:00Z", "court": "Superior Court", "department": "53",
        "purpose": "Preliminary injunction", "ruleKeys": ["OPPOSITION"],
    });
    let first = made(&attorney, "hearingSchedule", "hearing", set).await;
    let set = json!({
        "legalActionId": action["id"], "startsAt": "2026-12-29T17:00:00Z", "court": "Superior Court", "purpose": "Case management",
    });
    let second = made(&attorney, "hearingSchedule", "hearing", set).await;
    let name = json!({ "legalActionId": action["id"], "partyIds": [owner] });
    attorney.done("defendantsName", "legalAction { id }", name).await;
    let pending = json!({
        "legalActionId": action["id"], "kind": "LIS_PENDENS", "instrument": "202612070123", "recordedOn": "2026-12-07",
    });
    let pending = made(&attorney, "titleRecordingRecord", "titleRecording", pending).await;
    let appeal = json!({ "noticeId": citation, "filedOn": "2026-12-04", "partyId": owner, "grounds": "The gas is off." });
    let appeal = made(&officer, "citationAppealFile", "appeal", appeal).await;
    made(&officer, "costReverse", "cost", json!({ "entryId": boarded, "reason": "Billed elsewhere." })).await;
    keep(jfn, &case, &mut pages, 7).await;

    // Monday 14 December: a hearing moves before the other one's day, the appeal is set, a statement asks for the costs.
    let Team { attorney, officer, .. } = team(jfn).await;
    let moving = json!({
        "hearingId": second, "expectedVersion": 1, "startsAt": "2026-12-16T17:00:00Z", "department": "7", "reason": "The court asked.",
    });
    attorney.done("hearingMove", "hearing { id }", moving).await;
    let papers = json!({
        "caseId": case, "kind": "LEGAL_PAPERS", "legalActionId": action["id"],
        "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-12-11" }],
    });
    made(&attorney, "noticeServe", "notice", papers).await;
    for (version, to) in [(3, "SERVED"), (4, "HEARING_SET")] {
        attorney.done("legalActionAdvance", ACTION, step(&action, version, to, "2026-12-11")).await;
    }
    let hearing = json!({ "appealId": appeal, "expectedVersion": 1, "hearingAt": "2026-12-17T18:00:00Z", "hearingPlace": "Room 2" });
    officer.done("citationAppealSchedule", "appeal { id }", hearing).await;
    let statement = json!({
        "caseId": case, "kind": "COST_STATEMENT", "complyBy": "2027-01-15", "amount": "800.00", "entryIds": [hauled],
        "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-12-14" }],
    });
    made(&officer, "noticeServe", "notice", statement).await;
    let met = json!({ "deadlineId": asked, "completedOn": "2026-12-10", "metBy": "The assessor answered." });
    officer.done("deadlineComplete", "deadline { id }", met).await;
    step_case(&officer, &case, "NOTICE").await;
    keep(jfn, &case, &mut pages, 7).await;

    // Monday 21 December: continued, decided, paid, looked at again by another one, and the stairs are mended.
    let Team { attorney, officer, .. } = team(jfn).await;
    let goes_on = json!({ "hearingId": first, "status": "CONTINUED", "outcome": "No judge.", "continuedTo": "2027-01-08T17:00:00Z" });
    attorney.done("hearingRecord", "hearing { id }", goes_on).await;
    let held = json!({ "hearingId": second, "status": "HELD", "outcome": "A date was set." });
    attorney.done("hearingRecord", "hearing { id }", held).await;
    let reduced = json!({
        "appealId": appeal, "expectedVersion": 2, "outcome": "REDUCED", "decidedOn": "2026-12-18", "reducedTo": "50.00",
        "servedOn": "2026-12-18", "reason": "It was off within a day.",
    });
    attorney.done("citationAppealDecide", "appeal { id }", reduced).await;
    let paid = json!({
        "caseId": case, "amount": "850.00", "on": "2026-12-19", "description": "All of it.", "source": "Olive Owner", "receipt": "R-1",
    });
    made(&officer, "paymentRecord", "cost", paid).await;
    let again = json!({
        "caseId": case, "inspectionId": planned, "performedAt": hours(jfn, -200), "inspectorId": id_of(&attorney).await,
        "result": "CORRECTED", "notes": "New stairs.",
    });
    made(&officer, "inspectionRecord", "inspection", again).await;
    let fixed = json!({ "violationId": stairs, "correctedOn": "2026-12-12" });
    officer.done("violationCorrect", "violation { id }", fixed).await;
    let released =
        json!({ "titleRecordingId": pending, "releasedOn": "2026-12-20", "instrument": "202612200001" });
    attorney.done("titleRecordingRelease", "titleRecording { id }", released).await;
    for (version, to, on) in [(5, "HEARD", "2026-12-16"), (6, "ORDERED", "2026-12-18")] {
        attorney.done("legalActionAdvance", ACTION, step(&action, version, to, on)).await;
    }
    let order = json!({
        "legalActionId": action["id"], "kind": "PERMANENT_INJUNCTION", "issuedOn": "2026-12-18", "complyBy": "2027-01-04",
        "terms": "The stairs stay closed.",
    });
    let order = made(&attorney, "courtOrderRecord", "courtOrder", order).await;
    keep(jfn, &case, &mut pages, 7).await;

    // Monday 28 December: the order was violated, and the case changes hands once more.
    let Team { attorney, sergeant, .. } = team(jfn).await;
    let violated =
        json!({ "courtOrderId": order, "violatedOn": "2026-12-24", "description": "Somebody went up." });
    made(&attorney, "orderViolationRecord", "courtOrder", violated).await;
    let to_nobody =
        json!({ "caseId": case, "expectedVersion": version(&sergeant, &case).await, "assigneeId": null });
    sergeant.done("caseAssign", "case { id }", to_nobody).await;
    edit(
        &sergeant,
        &case,
        json!({ "title": "Stairs, mended", "nextActionOn": "2027-02-01", "kinds": ["OTHER"] }),
    )
    .await;
    keep(jfn, &case, &mut pages, 1).await;
    Life { case, pages }
}
