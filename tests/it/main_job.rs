//! The main job, end to end: from a real call log to a legal action that the city attorney finds in one query.

use std::fs::File;

use api::commands::{import_places, parcel_mapping::ParcelMapping};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Client, Jfn, calls::load_file, files::in_repository, key, story};

/// The demo's places and calls, through the imports that the command line runs.
async fn import(jfn: &Jfn) {
    let mapping = std::fs::read_to_string(in_repository("api/demo/places.toml")).expect("the mapping");
    let mapping = ParcelMapping::parse(&mapping).expect("a mapping");
    let places = File::open(in_repository("api/demo/places.csv")).expect("the places");
    import_places::import(&jfn.app, &mapping, places, &mut import_places::Summary::default())
        .await
        .expect("places");
    let log = std::fs::read(in_repository("api/demo/calls.csv.gz")).expect("the log");
    let summary = load_file(&jfn.app, "demo-police", log).await.expect("calls");
    assert_eq!((summary.counts.read, summary.counts.inserted, summary.counts.rejected), (10_340, 10_138, 0));
}

/// The first flag that waits in a district, for a bar: with its calls, counted and not.
async fn waiting_flag(sergeant: &Client) -> Value {
    let query = "{ viewer { districts { number } } flags(filter: { statuses: [NEEDS_REVIEW], useTypes: [BAR] }) { nodes { \
                 id version measured threshold rule { key citation basis version } property { id address \
                 district { number } } explanation { dataAsOf wouldClearWhen counted { counted reason call { id \
                 category address } } excluded { counted reason } excludedByReason { reason count } } } } }";
    sergeant.ask(query, json!({})).await["flags"]["nodes"][0].take()
}

async fn advance(client: &Client, case: &Value, to: &str) {
    let query = "query ($id: ID!) { case(by: { id: $id }) { version } }";
    let version = client.ask(query, json!({ "id": case })).await["case"]["version"].take();
    let input = json!({ "caseId": case, "expectedVersion": version, "to": to });
    let moved = client.done("caseAdvance", "case { stage }", input).await;
    assert_eq!(moved["case"]["stage"], to);
}

async fn action_to(attorney: &Client, action: &Value, to: &str, more: Value) {
    let query = "query ($id: ID!) { legalAction(id: $id) { version } }";
    let version = attorney.ask(query, json!({ "id": action })).await["legalAction"]["version"].take();
    let mut input =
        json!({ "legalActionId": action, "expectedVersion": version, "to": to, "on": "2026-12-10" });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let moved = attorney.done("legalActionAdvance", "legalAction { status }", input).await;
    assert_eq!(moved["legalAction"]["status"], to);
}

/// A sergeant reads the calls of a flag, takes one out, and the district's team has a case.
async fn review_and_open(sergeant: &Client) -> (Value, Value) {
    let flag = waiting_flag(sergeant).await;
    let explanation = &flag["explanation"];
    assert_eq!(flag["rule"]["basis"], "POLICY", "no ordinance is claimed");
    assert!(flag["measured"].as_f64() >= flag["threshold"].as_f64());
    let counted = explanation["counted"].as_array().expect("counted calls").clone();
    assert!(counted.len() >= 3);
    assert!(
        explanation["excluded"].as_array().expect("a list").iter().all(|call| call["reason"].is_string())
    );
    assert!(
        !explanation.to_string().contains("\"PROTECTED\""),
        "protected calls are not listed: {explanation}"
    );
    let confirm = json!({
        "flagId": flag["id"], "expectedVersion": flag["version"], "decision": "CONFIRM",
        "reason": "Read each call; the same trouble on different nights.",
    });
    let reviewed = sergeant.done("flagReview", "flag { status reviewedBy { email } }", confirm).await;
    assert_eq!(reviewed["flag"]["status"], "CONFIRMED");
    let open = json!({
        "idempotencyKey": key(), "flagId": flag["id"], "title": "Fights after closing",
        "kinds": ["HIGH_CALL_VOLUME", "IRRESPONSIBLE_BUSINESS"],
    });
    let opened = sergeant.done("flagOpenCase", "case { id number source flag { status } }", open).await;
    assert_eq!(opened["case"]["source"], "CALL_VOLUME");
    assert_eq!(opened["case"]["flag"]["status"], "CASE_OPENED");
    (opened["case"].clone(), flag["property"].clone())
}

/// The code officer inspects and serves; returns the day by which to comply.
async fn inspect_and_serve(code_officer: &Client, case: &Value) {
    let inspection = json!({
        "idempotencyKey": key(), "caseId": case, "performedAt": "2026-11-20T17:00:00Z", "result": "VIOLATION_FOUND",
        "violations": [{ "codeSection": "8.68.060", "description": "Music over the limit after ten" }],
    });
    code_officer.done("inspectionRecord", "inspection { id }", inspection).await;
    advance(code_officer, case, "NOTICE").await;
    let notice = json!({
        "idempotencyKey": key(), "caseId": case, "kind": "NOTICE_OF_VIOLATION", "complyBy": "2026-12-04",
        "services": [{ "method": "POSTING", "servedOn": "2026-11-20" }],
    });
    code_officer.done("noticeServe", "notice { id }", notice).await;
    let too_soon = json!({ "caseId": case, "expectedVersion": 3, "to": "CITATION" });
    assert_eq!(code_officer.refused("caseAdvance", "case { id }", too_soon).await, "CLOCK_NOT_RUN");
}

async fn litigate(attorney: &Client, case: &Value) {
    let refer = json!({
        "idempotencyKey": key(), "caseId": case, "remedyKey": "public-nuisance-suit", "reason": "Nothing has changed.",
    });
    let action =
        attorney.done("legalActionRefer", "legalAction { id }", refer).await["legalAction"]["id"].take();
    action_to(attorney, &action, "AUTHORIZED", json!({})).await;
    advance(attorney, case, "LITIGATION").await;
    let court = json!({ "court": "Superior Court, Sacramento", "courtCaseNumber": "34-2026-00000001" });
    action_to(attorney, &action, "FILED", court).await;
    let papers = json!({
        "idempotencyKey": key(), "caseId": case, "kind": "LEGAL_PAPERS", "legalActionId": action,
        "services": [{ "method": "POSTING", "servedOn": "2026-12-10" }],
    });
    attorney.done("noticeServe", "notice { id }", papers).await;
    action_to(attorney, &action, "SERVED", json!({})).await;
    let hearing = json!({
        "idempotencyKey": key(), "legalActionId": action, "startsAt": "2026-12-21T17:00:00Z",
        "court": "Superior Court, Sacramento", "department": "53", "purpose": "Preliminary injunction",
    });
    attorney.done("hearingSchedule", "hearing { id }", hearing).await;
    action_to(attorney, &action, "HEARING_SET", json!({})).await;
}

story! {
    async fn a_bar_goes_from_its_calls_to_a_hearing_that_the_city_attorney_finds(jfn) {
        import(jfn).await;
        // The log's own bars: district 5 has the busiest.
        let (sergeant, attorney, code_officer) =
            (jfn.sergeant(5).await, jfn.attorney(5).await, jfn.code_officer(5).await);
        let busiest = "{ highVolumeProperties(window: { days: 90 }, districts: [5], first: 3) \
                       { nodes { property { address } volume { qualifying total } } } }";
        let busiest = sergeant.ask(busiest, json!({})).await["highVolumeProperties"]["nodes"].take();
        assert!(busiest[0]["volume"]["qualifying"].as_i64() >= Some(3), "{busiest}");
        let (case, place) = review_and_open(&sergeant).await;
        assert_eq!(place["district"]["number"], 5);
        let id = &case["id"];
        advance(&sergeant, id, "ASSESSMENT").await;
        inspect_and_serve(&code_officer, id).await;
        jfn.wait(TimeDelta::days(20));
        let (attorney_later, city_attorney) = (jfn.attorney(5).await, jfn.city_attorney().await);
        drop(attorney);
        litigate(&attorney_later, id).await;
        let question = "{ legalActions(filter: { statuses: [HEARING_SET], districts: [5], hearingTo: \"2026-12-31\" }) \
                        { totalCount nodes { kind status filedOn courtCaseNumber nextHearing { startsAt department } \
                        responsibleAttorney { email } case { number stage property { address } district { number } } \
                        history { to on } } } }";
        let answer = city_attorney.ask(question, json!({})).await["legalActions"].take();
        assert_eq!(answer["totalCount"], 1);
        let action = &answer["nodes"][0];
        assert_eq!(action["case"]["number"], case["number"]);
        assert_eq!(action["case"]["stage"], "LITIGATION");
        assert_eq!(action["case"]["property"]["address"], place["address"]);
        assert_eq!(action["nextHearing"]["department"], "53");
        assert_eq!(action["filedOn"], "2026-12-10");
        assert_eq!(action["responsibleAttorney"]["email"], "attorney5@jfn.example");
        let steps: Vec<&str> =
            action["history"].as_array().unwrap().iter().map(|step| step["to"].as_str().unwrap()).collect();
        assert_eq!(steps, ["REFERRED", "AUTHORIZED", "FILED", "SERVED", "HEARING_SET"]);
        let nobody = jfn.commissioner().await;
        assert_eq!(nobody.error_of(question, json!({})).await, "FORBIDDEN");
    }
}
