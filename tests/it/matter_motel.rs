//! A whole matter: a motel, from its calls over a demand letter and a suit to an injunction that is kept, and what it helped.

use serde_json::{Value, json};
use tests::{
    Jfn,
    calls::{HEADER, load_file},
    key,
    page::Page,
    story,
};

use crate::{
    evidence,
    matter::{Matter, days, forbidden, joined, refused},
};

const COURT: &str = "Superior Court, Sacramento";
const MOTEL: &str = "500 DELTA ST";

/// Nights with their calls, as the log tells them.
async fn logged(jfn: &Jfn, rows: &[(&str, &str, &str)]) -> usize {
    let row = |(index, (day, kind, place)): (usize, &(&str, &str, &str))| {
        format!("{}-{day}-{index},{day},22:00,,,{kind},{place},No Report", place.len())
    };
    let rows: Vec<String> = rows.iter().enumerate().map(row).collect();
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let counts = load_file(&jfn.app, "demo-police", text).await.expect("it loads").counts;
    assert_eq!((counts.inserted, counts.rejected), (i32::try_from(rows.len()).unwrap(), 0));
    usize::try_from(counts.flags_raised).unwrap()
}

/// Twelve nights of trouble in twelve months, eleven of them with one call, one with two; beside them what never counts.
async fn troubled(jfn: &Jfn) -> usize {
    let mut rows = Vec::new();
    // The ninety days before Monday 23 November begin on 25 August; what the 24th of August told is before them.
    for day in [
        "08/24/26", "08/25/26", "09/04/26", "09/11/26", "09/19/26", "09/26/26", "10/03/26", "10/10/26",
        "10/17/26", "10/24/26", "11/07/26", "11/14/26",
    ] {
        rows.push((day, "Controlled Narc", MOTEL));
    }
    rows.push(("11/14/26", "Noise Party", MOTEL));
    rows.push(("11/15/26", "Domestic Viol", MOTEL));
    rows.push(("11/16/26", "Theft", MOTEL));
    logged(jfn, &rows).await
}

async fn motel(jfn: &Jfn, matter: &Matter<'_>) -> (String, Value) {
    let place = jfn.place(MOTEL, 3).await;
    let rooms = json!({
        "propertyId": place, "expectedVersion": 1, "useType": "MOTEL", "residentialOccupancy": "SOME", "unitCount": 20,
    });
    matter.officer.done("propertyEdit", "property { id }", rooms).await;
    let link = json!({
        "idempotencyKey": key(), "propertyId": place, "role": "OWNER", "status": "CONFIRMED", "evidence": "Deed of 2015.",
        "party": { "new": { "kind": "ORGANIZATION", "name": "Delta Lodging LLC", "mailingAddress": "9 Harbor Way, Reno NV 89501" } },
    });
    let linked = matter.officer.done("partyLink", "property { parties { party { id } } }", link).await;
    (place, linked["property"]["parties"][0]["party"]["id"].clone())
}

/// The log is loaded, the flag is raised, the sergeant reads each call, and a case is opened from it.
async fn opened(jfn: &Jfn) -> (Matter<'_>, Value) {
    let mut matter = Matter::new(jfn, 3).await;
    let (place, owner) = motel(jfn, &matter).await;
    assert_eq!(troubled(jfn).await, 1);
    let query = "{ flags { nodes { id version status measured threshold property { id } rule { key basis } explanation { \
                 counted { call { id occurredAt category } } excludedByReason { reason count } } } } }";
    let flag = matter.sergeant.ask(query, json!({})).await["flags"]["nodes"][0].take();
    assert_eq!(
        (&flag["status"], &flag["rule"]["key"]),
        (&json!("NEEDS_REVIEW"), &json!("motel-calls-per-room-12-months"))
    );
    // Twelve nights for twenty rooms; a night counts once.
    assert_eq!((&flag["measured"], &flag["threshold"]), (&json!(0.6), &json!(0.5)));
    assert_eq!((&flag["property"]["id"], &flag["rule"]["basis"]), (&json!(place), &json!("POLICY")));
    let opening = || {
        json!({
            "idempotencyKey": key(), "flagId": flag["id"], "title": "Drugs and prostitution at the Delta Motel",
            "kinds": ["PROSTITUTION_OR_TRAFFICKING", "HIGH_CALL_VOLUME"],
        })
    };
    refused(&matter.sergeant, "flagOpenCase", opening(), &[("TRANSITION_BLOCKED", "flagReview")]).await;
    let counted = flag["explanation"]["counted"].as_array().unwrap();
    let of_september = counted
        .iter()
        .find(|row| row["call"]["occurredAt"].as_str().unwrap().starts_with("2026-09-05"))
        .unwrap();
    let review = json!({
        "flagId": flag["id"], "expectedVersion": flag["version"], "decision": "CONFIRM", "reason": "Read each call.",
        "calls": [{ "callId": of_september["call"]["id"], "counted": false, "reason": "It was the pharmacy next door." }],
    });
    forbidden(&matter.attorney, "flagReview", review.clone()).await;
    let seen = matter.sergeant.done("flagReview", "flag { status measured }", review).await["flag"].take();
    assert_eq!(
        seen,
        json!({ "status": "CONFIRMED", "measured": 0.55 }),
        "eleven nights are still more than half a call a room"
    );
    matter.case = matter.sergeant.done("flagOpenCase", "case { id }", opening()).await["case"]["id"].take();
    matter.stage(&matter.sergeant, "ASSESSMENT").await;
    matter.stage(&matter.sergeant, "VOLUNTARY_COMPLIANCE").await;
    (matter, owner)
}

/// A tally of calls is no conduct; a declaration is. Then the attorney signs off and writes to the owner.
async fn demanded(matter: &mut Matter<'_>, owner: &Value) -> Value {
    let action = matter.refer(&matter.sergeant, "red-light-abatement").await;
    let tally = [("TRANSITION_BLOCKED", "a tally of calls is none")];
    matter.step_refused(&matter.attorney, &action, "AUTHORIZED", json!({}), &tally).await;
    let declaration = evidence::photo(64, 1);
    evidence::add(
        &matter.sergeant,
        &matter.case,
        "declaration.jpg",
        &declaration,
        json!({ "caption": "Undercover buy" }),
    )
    .await;
    let step =
        json!({ "legalActionId": action, "expectedVersion": 1, "to": "AUTHORIZED", "on": "2026-11-20" });
    forbidden(&matter.sergeant, "legalActionAdvance", step).await;
    matter.take(&matter.attorney, &action, "AUTHORIZED", json!({})).await;

    matter.day("2026-11-23").await;
    matter.take(&matter.attorney, &action, "PREPARING", json!({})).await;
    let asks = json!({ "complyBy": "2026-12-07", "legalActionId": action });
    let letter = matter.notice("DEMAND_LETTER", &[("CERTIFIED_MAIL", Some(owner))], asks);
    let sent = matter.attorney.done("noticeServe", "notice { letterUrl }", letter).await["notice"].take();
    let page = Page::shown(&matter.attorney, sent["letterUrl"].as_str().unwrap()).await;
    assert!(page.one(".rights").contains("may call 911"), "no letter makes tenants afraid to call");
    assert_eq!(page.one(".comply-by"), "Monday, December 7, 2026");
    // Fourteen days from Monday 23 November.
    assert_eq!(matter.due().await, days(&[("DEMAND_ANSWER", "2026-12-07")]));
    let unanswered = [("TRANSITION_BLOCKED", "tenantImpactRecord")];
    let filing = json!({ "court": COURT, "courtCaseNumber": "34-2026-00000500" });
    matter.step_refused(&matter.attorney, &action, "FILED", filing.clone(), &unanswered).await;

    matter.day("2026-12-08").await;
    let overdue = matter.deadline("DEMAND_ANSWER").await;
    assert_eq!(overdue["isOverdue"], true, "nobody answered");
    let answer = json!({ "asOf": "2026-12-08", "occupied": true, "households": 4, "relocationPlan": "Nobody has to leave." });
    matter.sergeant.done("tenantImpactRecord", "", matter.of_case(answer)).await;
    matter.take(&matter.attorney, &action, "FILED", filing).await;
    matter.stage_refused(&matter.officer, "LITIGATION", &[("NOT_ALLOWED", "attorney")]).await;
    matter.stage(&matter.attorney, "LITIGATION").await;
    // Sixty days from Tuesday 8 December are Saturday 6 February.
    assert_eq!(
        matter.due().await,
        days(&[("DEMAND_ANSWER", "2026-12-07"), ("SERVE_COMPLAINT", "2027-02-08")])
    );
    action
}

/// Served through a neighbour at the desk; the motion's dates are counted back, and the lis pendens is recorded.
async fn served(matter: &mut Matter<'_>, owner: &Value, action: &Value) -> (Value, Value) {
    matter.day("2026-12-10").await;
    let lis_pendens = json!({
        "idempotencyKey": key(), "legalActionId": action, "kind": "LIS_PENDENS", "instrument": "202612100500",
        "recordedOn": "2026-12-10",
    });
    let lis_pendens = matter
        .attorney
        .done("titleRecordingRecord", "titleRecording { id }", lis_pendens)
        .await["titleRecording"]["id"]
        .take();
    let named = json!({ "legalActionId": action, "partyIds": [owner] });
    matter.attorney.done("defendantsName", "", named).await;
    let unserved = [("TRANSITION_BLOCKED", "LEGAL_PAPERS")];
    matter.step_refused(&matter.attorney, action, "SERVED", json!({}), &unserved).await;
    let papers =
        matter.notice("LEGAL_PAPERS", &[("SUBSTITUTED", Some(owner))], json!({ "legalActionId": action }));
    matter.attorney.done("noticeServe", "", papers).await;
    matter.take(&matter.attorney, action, "SERVED", json!({ "serviceMethod": "SUBSTITUTED" })).await;
    let met = matter.deadline("SERVE_COMPLAINT").await;
    assert_eq!(
        (&met["completedOn"], &met["metBy"]),
        (&json!("2026-12-10"), &json!("The action went to SERVED."))
    );
    let hearing = json!({
        "idempotencyKey": key(), "legalActionId": action, "startsAt": "2027-01-25T17:00:00Z", "court": COURT,
        "department": "53", "purpose": "Preliminary injunction", "ruleKeys": ["MOTION", "OPPOSITION", "REPLY"],
        "serviceMethod": "ELECTRONIC",
    });
    let hearing =
        matter.attorney.done("hearingSchedule", "hearing { id }", hearing).await["hearing"]["id"].take();
    matter.take(&matter.attorney, action, "HEARING_SET", json!({})).await;
    // Substituted service is complete on the tenth day, Sunday 20 December; thirty days more are Tuesday 19 January.
    // Sixteen court days back from Monday 25 January, without the 18th and 1 January, are Wednesday 30 December; two more
    // court days for electronic service are Monday the 28th. Nine are Monday 11 January, five Friday the 15th.
    assert_eq!(
        matter.due().await,
        days(&[
            ("DEMAND_ANSWER", "2026-12-07"),
            ("MOTION", "2026-12-28"),
            ("OPPOSITION", "2027-01-11"),
            ("REPLY", "2027-01-15"),
            ("ANSWER_CIVIL", "2027-01-19"),
        ])
    );
    (lis_pendens, hearing)
}

async fn continued(matter: &Matter<'_>, hearing: &Value, to: &str) -> Value {
    let input = json!({ "hearingId": hearing, "status": "CONTINUED", "continuedTo": to, "outcome": "The court is engaged." });
    let fields = "hearing { continuedTo { id } }";
    matter.attorney.done("hearingRecord", fields, input).await["hearing"]["continuedTo"]["id"].take()
}

/// Twice the court continues the hearing: what is open moves along and keeps its old days, what was met stays.
async fn continuances(matter: &mut Matter<'_>, first: &Value) -> Value {
    matter.day("2026-12-14").await;
    let back = json!({ "hearingId": first, "status": "CONTINUED", "continuedTo": "2027-01-22T17:00:00Z" });
    refused(&matter.attorney, "hearingRecord", back, &[("INVALID", "a later time than its own")]).await;
    let second = continued(matter, first, "2027-02-22T17:00:00Z").await;
    // Sixteen court days back from Monday 22 February, without the 15th and the 12th, are Wednesday 27 January; two more are
    // Monday the 25th. Nine are Friday 5 February, five Thursday the 11th.
    let moved = [("MOTION", "2027-01-25"), ("OPPOSITION", "2027-02-05"), ("REPLY", "2027-02-11")];
    assert_eq!(matter.due().await[2..], days(&moved));
    matter.day("2027-01-20").await;
    let motion = matter.deadline("MOTION").await;
    let met = json!({ "deadlineId": motion["id"], "completedOn": "2027-01-20", "metBy": "Motion served electronically." });
    matter.attorney.done("deadlineComplete", "", met).await;

    matter.day("2027-02-01").await;
    let third = continued(matter, &second, "2027-03-01T17:00:00Z").await;
    // From Monday 1 March, nine court days back are Tuesday 16 February (the 15th is a holiday), five Monday the 22nd.
    assert_eq!(matter.due().await[2..], days(&[("OPPOSITION", "2027-02-16"), ("REPLY", "2027-02-22")]));
    let moves = |rule: Value| -> Vec<(Value, Value)> {
        rule["extensions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["from"].clone(), row["to"].clone()))
            .collect()
    };
    let motion = matter.deadline("MOTION").await;
    assert_eq!(moves(motion.clone()), [(json!("2026-12-28"), json!("2027-01-25"))]);
    assert_eq!((&motion["dueOn"], &motion["completedOn"]), (&json!("2027-01-25"), &json!("2027-01-20")));
    let reply = matter.deadline("REPLY").await;
    let chain = [(json!("2027-01-15"), json!("2027-02-11")), (json!("2027-02-11"), json!("2027-02-22"))];
    assert_eq!(moves(reply), chain);
    let query = "{ docket(from: \"2027-03-01\", to: \"2027-03-05\", districts: [3]) { nodes { startsAt department \
                 continuedFrom { startsAt status outcome continuedFrom { startsAt status } } } } \
                 legalActionSummary(groupBy: [KIND, STATUS]) { kind status count } }";
    let seen = matter.jfn.city_attorney().await.ask(query, json!({})).await;
    let first = json!({ "startsAt": "2027-01-25T17:00:00+00:00", "status": "CONTINUED" });
    let from = json!({ "startsAt": "2027-02-22T17:00:00+00:00", "status": "CONTINUED", "outcome": "The court is engaged.", "continuedFrom": first });
    let row = json!({ "startsAt": "2027-03-01T17:00:00+00:00", "department": "53", "continuedFrom": from });
    assert_eq!(seen["docket"]["nodes"], json!([row]));
    let one = json!({ "kind": "RED_LIGHT_ABATEMENT", "status": "HEARING_SET", "count": 1 });
    assert_eq!(seen["legalActionSummary"], json!([one]));
    third
}

fn order(matter: &Matter<'_>, action: &Value, kind: &str, more: Value) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": action, "kind": kind, "issuedOn": matter.today(),
        "terms": "No rooms by the hour; a guard at night; the register is open to the police.",
    });
    joined(input, more)
}

/// The injunction is granted and violated; only then may the court be asked for more. A judgment settles it.
async fn enjoined(matter: &mut Matter<'_>, action: &Value, hearing: &Value) {
    let early = order(matter, action, "JUDGMENT", json!({}));
    refused(&matter.attorney, "courtOrderRecord", early, &[("TRANSITION_BLOCKED", "HEARD")]).await;
    matter.day("2027-03-01").await;
    let held = json!({ "hearingId": hearing, "status": "HELD", "outcome": "Granted." });
    matter.attorney.done("hearingRecord", "", held).await;
    for (rule, by) in
        [("OPPOSITION", "Filed."), ("REPLY", "Filed."), ("ANSWER_CIVIL", "Filed on 15 January.")]
    {
        let id = matter.deadline(rule).await["id"].take();
        let met = json!({ "deadlineId": id, "completedOn": "2027-03-01", "metBy": by });
        matter.attorney.done("deadlineComplete", "", met).await;
    }
    matter.take(&matter.attorney, action, "HEARD", json!({})).await;
    let injunction = order(matter, action, "PRELIMINARY_INJUNCTION", json!({ "complyBy": "2027-03-15" }));
    let made = matter.attorney.done("courtOrderRecord", "courtOrder { id }", injunction).await["courtOrder"]
        ["id"]
        .take();
    matter.take(&matter.attorney, action, "ORDERED", json!({})).await;
    matter.take(&matter.attorney, action, "COMPLYING", json!({})).await;
    let comply = ("Comply with PRELIMINARY_INJUNCTION of 2027-03-01".to_owned(), "2027-03-15".to_owned());
    assert_eq!(matter.due().await, [days(&[("DEMAND_ANSWER", "2026-12-07")]), vec![comply]].concat());
    let obeyed = [("TRANSITION_BLOCKED", "orderViolationRecord")];
    let closure = || order(matter, action, "CLOSURE_BEFORE_JUDGMENT", json!({}));
    refused(&matter.attorney, "courtOrderRecord", closure(), &obeyed).await;
    let nothing = [("TRANSITION_BLOCKED", "hearingSchedule"), obeyed[0]];
    matter.step_refused(&matter.attorney, action, "HEARING_SET", json!({}), &nothing).await;

    matter.day("2027-03-19").await;
    let violated = json!({
        "idempotencyKey": key(), "courtOrderId": made, "violatedOn": "2027-03-18", "description": "A room was let by the hour.",
    });
    matter.attorney.done("orderViolationRecord", "", violated).await;
    let contempt = json!({
        "idempotencyKey": key(), "legalActionId": action, "startsAt": "2027-04-12T16:00:00Z", "court": COURT,
        "department": "53", "purpose": "Contempt",
    });
    let contempt =
        matter.attorney.done("hearingSchedule", "hearing { id }", contempt).await["hearing"]["id"].take();
    matter.take(&matter.attorney, action, "HEARING_SET", json!({})).await;
    matter.day("2027-04-12").await;
    let held = json!({ "hearingId": contempt, "status": "HELD", "outcome": "The parties stipulate." });
    matter.attorney.done("hearingRecord", "", held).await;
    matter.take(&matter.attorney, action, "HEARD", json!({})).await;
    let judgment = order(
        matter,
        action,
        "STIPULATED_JUDGMENT",
        json!({ "complyBy": "2027-05-12", "amount": "25000.00" }),
    );
    matter.attorney.done("courtOrderRecord", "", judgment).await;
    let lasting = order(matter, action, "PERMANENT_INJUNCTION", json!({ "expiresOn": "2030-04-12" }));
    matter.attorney.done("courtOrderRecord", "", lasting).await;
    matter.take(&matter.attorney, action, "ORDERED", json!({})).await;
    matter.take(&matter.attorney, action, "COMPLYING", json!({})).await;
    matter.stage(&matter.attorney, "MONITORING").await;
}

/// Fewer calls, and by how much: of ninety days on each side.
async fn monitored(matter: &mut Matter<'_>) {
    let compared =
        "callsBeforeAndAfter(days: 90) { interventionOn before after days rateRatio low high note }";
    matter.day("2027-07-01").await;
    let seen = matter.ask(compared).await["callsBeforeAndAfter"].take();
    // Eleven of the twelve nights, the last one with two calls. The call that the sergeant took out of the flag is among them:
    // nobody reads the calls after, so the same measure is taken on both sides.
    assert_eq!((&seen["before"], &seen["after"]), (&json!(12), &json!(0)));
    assert_eq!(seen["note"], "The data do not reach beyond the intervention yet.");
    // On the day of the letter, twice after it, a day too late; and what never counts. The last one is somewhere else.
    let rows = [
        ("11/23/26", "Controlled Narc", MOTEL),
        ("12/05/26", "Controlled Narc", MOTEL),
        ("02/21/27", "Noise Party", MOTEL),
        ("02/22/27", "Noise Party", MOTEL),
        ("12/24/26", "Domestic Viol", MOTEL),
        ("01/09/27", "Theft", MOTEL),
        ("06/30/27", "Noise Party", "1 OTHER ST"),
    ];
    assert_eq!(logged(matter.jfn, &rows).await, 0, "no new flag");
    let seen = matter.ask(compared).await["callsBeforeAndAfter"].take();
    assert_eq!((&seen["interventionOn"], &seen["days"]), (&json!("2026-11-23"), &json!(90)));
    assert_eq!((&seen["before"], &seen["after"]), (&json!(12), &json!(2)));
    // By hand: 2 / 12; e to the 1.96-fold of the root of 1/12 + 1/2 is 4.4681.
    let close = |field: &str, expected: f64| (seen[field].as_f64().unwrap() - expected).abs() < 0.0005;
    assert!(close("rateRatio", 0.1667) && close("low", 0.0373) && close("high", 0.7447), "{seen}");
    assert_eq!(seen["note"], Value::Null, "the data reach over all ninety days, and it is no chance");
}

story! {
    async fn a_motel_goes_from_its_calls_over_a_suit_to_an_injunction_that_is_kept(jfn) {
        let (mut matter, owner) = opened(jfn).await;
        let action = demanded(&mut matter, &owner).await;
        let (lis_pendens, hearing) = served(&mut matter, &owner, &action).await;
        let hearing = continuances(&mut matter, &hearing).await;
        enjoined(&mut matter, &action, &hearing).await;
        monitored(&mut matter).await;
        let unproven = [("TRANSITION_BLOCKED", "COMPLIANCE_FOUND"), ("TRANSITION_BLOCKED", "titleRecordingRelease")];
        matter.step_refused(&matter.attorney, &action, "SATISFIED", json!({}), &unproven).await;
        let found = order(&matter, &action, "COMPLIANCE_FOUND", json!({}));
        matter.attorney.done("courtOrderRecord", "", found).await;
        matter.step_refused(&matter.attorney, &action, "SATISFIED", json!({}), &unproven[1..]).await;
        let unfinished = [("TRANSITION_BLOCKED", "deadlineComplete"), ("TRANSITION_BLOCKED", "legalActionAdvance"),
            ("TRANSITION_BLOCKED", "titleRecordingRelease")];
        let unverified = [("TRANSITION_BLOCKED", "verifiesCompliance")];
        matter.close_refused(&matter.attorney, "COMPLIED_BY_ORDER", &[&unverified[..], &unfinished[..]].concat()).await;
        let release = json!({ "titleRecordingId": lis_pendens, "releasedOn": "2027-07-01", "instrument": "202707010500" });
        matter.attorney.done("titleRecordingRelease", "", release).await;
        matter.take(&matter.attorney, &action, "SATISFIED", json!({})).await;
        assert_eq!(matter.due().await, days(&[]), "nothing is due in an action that has ended");
        matter.close_refused(&matter.sergeant, "COMPLIED_BY_ORDER", &[("NOT_ALLOWED", "attorney")]).await;
        matter.close(&matter.attorney, "COMPLIED_BY_ORDER").await;
        let seen = matter.ask("flag { status } legalActions { orders { kind violations { violatedOn } } }").await;
        assert_eq!(seen["flag"]["status"], "CASE_OPENED");
        let orders = seen["legalActions"][0]["orders"].as_array().unwrap();
        let kinds: Vec<&str> = orders.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["PRELIMINARY_INJUNCTION", "STIPULATED_JUDGMENT", "PERMANENT_INJUNCTION", "COMPLIANCE_FOUND"]);
        assert_eq!(orders[0]["violations"], json!([{ "violatedOn": "2027-03-18" }]));
    }
}
