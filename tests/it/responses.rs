//! The first look at the place of a case: by when, paused and resumed, in time and late.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::case_at_work::{hours, inspection, refusals, told, with};

const TARGET: &str = "responseTarget { dueAt respondedAt status citation note explanation \
                      pauses { reason note from to by { email } resumedBy { email } } }";

/// The id of a case of that priority at a new place of district 3.
async fn open(jfn: &Jfn, client: &Client, address: &str, priority: &str) -> Value {
    let place = jfn.place(address, 3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Broken stairs", "kinds": ["DANGEROUS_BUILDING"],
        "property": { "id": place }, "source": "RESIDENT", "priority": priority,
    });
    client.done("caseOpen", "case { id }", input).await["case"]["id"].take()
}

async fn target(client: &Client, case: &Value) -> Value {
    let query = format!("query ($id: ID!) {{ case(by: {{ id: $id }}) {{ {TARGET} }} }}");
    client.ask(&query, json!({ "id": case })).await["case"]["responseTarget"].take()
}

/// The status and what is due.
async fn stands(client: &Client, case: &Value) -> (String, String) {
    let target = target(client, case).await;
    let word = |field: &str| target[field].as_str().unwrap().to_owned();
    (word("status"), word("dueAt"))
}

fn as_of(status: &str, due_at: &str) -> (String, String) {
    (status.to_owned(), format!("{due_at}+00:00"))
}

/// The cases that are late, or that are not.
async fn late(client: &Client, late: bool) -> Vec<Value> {
    let query = "query ($late: Boolean) { cases(filter: { responseLate: $late }, sort: [{ by: OPENED_AT, direction: ASC }]) \
                 { totalCount nodes { id } } }";
    let seen = client.ask(query, json!({ "late": late })).await["cases"].take();
    let nodes: Vec<Value> = seen["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(seen["totalCount"], nodes.len());
    nodes
}

fn because(case: &Value, reason: &str) -> Value {
    json!({ "idempotencyKey": key(), "caseId": case, "reason": reason })
}

async fn edit(client: &Client, case: &Value, priority: &str) {
    let query = "query ($id: ID!) { case(by: { id: $id }) { version } }";
    let version = client.ask(query, json!({ "id": case })).await["case"]["version"].take();
    let input = json!({ "caseId": case, "expectedVersion": version, "priority": priority });
    client.done("caseEdit", "case { id }", input).await;
}

/// The newest entry of that kind.
async fn entry(client: &Client, case: &Value, kind: &str) -> Value {
    let query = "query ($id: ID!, $kinds: [CaseEventKind!]) { case(by: { id: $id }) { \
                 events(first: 1, kinds: $kinds) { nodes { summary body actor { email } changes { field before after } } } } }";
    let seen = client.ask(query, json!({ "id": case, "kinds": [kind] })).await;
    seen["case"]["events"]["nodes"][0].clone()
}

story! {
    async fn the_first_inspection_stops_the_clock_in_time_or_late(jfn) {
        let officer = jfn.code_officer(3).await;
        let high = open(jfn, &officer, "1200 K ST", "HIGH").await;
        let normal = open(jfn, &officer, "1300 K ST", "NORMAL").await;
        let seen = target(&officer, &high).await;
        assert_eq!((&seen["status"], &seen["dueAt"]), (&json!("OPEN"), &json!("2026-11-22T18:00:00+00:00")));
        assert!(seen["citation"].as_str().unwrap().contains("Hesperia"), "{seen}");
        assert!(seen["note"].as_str().unwrap().contains("not verified"), "{seen}");
        let why = seen["explanation"][0].as_str().unwrap();
        assert!(why.contains("within 48 hours") && why.contains("by Sun 22 Nov 2026 10:00"), "{why}");
        assert_eq!(stands(&officer, &normal).await, as_of("OPEN", "2026-12-05T08:00:00"));
        assert_eq!(late(&officer, true).await, Vec::<Value>::new());

        jfn.wait(TimeDelta::hours(48));
        let officer = jfn.code_officer(3).await;
        assert_eq!(stands(&officer, &high).await.0, "OPEN", "this moment is still in time");
        jfn.wait(TimeDelta::hours(2));
        assert_eq!(stands(&officer, &high).await.0, "LATE");
        assert_eq!(late(&officer, true).await, std::slice::from_ref(&high));
        assert_eq!(late(&officer, false).await, std::slice::from_ref(&normal));
        officer.done("inspectionRecord", "inspection { id }", inspection(jfn, &high, "NO_ACCESS", json!([]))).await;
        let seen = target(&officer, &high).await;
        assert_eq!((&seen["status"], &seen["respondedAt"]), (&json!("MET_LATE"), &json!("2026-11-22T19:00:00+00:00")));
        assert_eq!(seen["explanation"][1], "Somebody looked Sun 22 Nov 2026 11:00, which was late.");
        assert_eq!(late(&officer, true).await, Vec::<Value>::new());
        let changes = entry(&officer, &high, "INSPECTED").await["changes"].take();
        let looked = json!({ "field": "respondedAt", "before": null, "after": "2026-11-22T19:00:00+00:00" });
        assert!(changes.as_array().unwrap().contains(&looked), "{changes}");

        let second = inspection(jfn, &high, "NO_VIOLATION", json!([]));
        officer.done("inspectionRecord", "inspection { id }", second.clone()).await;
        assert_eq!(target(&officer, &high).await["respondedAt"], seen["respondedAt"], "the first one counts");
        let earlier = with(with(second, "idempotencyKey", json!(key())), "performedAt", json!(hours(jfn, -30)));
        officer.done("inspectionRecord", "inspection { id }", earlier).await;
        assert_eq!(stands(&officer, &high).await.0, "MET", "one that was recorded late was made in time");
    }
}

story! {
    async fn a_notice_counts_where_nobody_inspected(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST", "IMMINENT_DANGER").await;
        assert_eq!(stands(&officer, &case).await, as_of("OPEN", "2026-11-21T08:00:00"), "the end of this day");
        let posted = |day: &str| json!({
            "idempotencyKey": key(), "caseId": case, "kind": "COURTESY",
            "services": [{ "method": "POSTING", "servedOn": day }],
        });
        jfn.wait(TimeDelta::hours(26));
        let officer = jfn.code_officer(3).await;
        assert_eq!(stands(&officer, &case).await.0, "LATE");
        officer.done("noticeServe", "notice { id }", posted("2026-11-21")).await;
        let seen = target(&officer, &case).await;
        assert_eq!((&seen["status"], &seen["respondedAt"]), (&json!("MET_LATE"), &json!("2026-11-21T20:00:00+00:00")));
        officer.done("noticeServe", "notice { id }", posted("2026-11-20")).await;
        let seen = target(&officer, &case).await;
        // Of the day only is known that it was this one, and the case was opened in the middle of it.
        assert_eq!((&seen["status"], &seen["respondedAt"]), (&json!("MET"), &json!("2026-11-20T18:00:00+00:00")));
        let changes = entry(&officer, &case, "NOTICE_SERVED").await["changes"].take();
        let looked = json!({
            "field": "respondedAt", "before": "2026-11-21T20:00:00+00:00", "after": "2026-11-20T18:00:00+00:00",
        });
        assert!(changes.as_array().unwrap().contains(&looked), "{changes}");
    }
}

story! {
    async fn a_pause_moves_what_is_due_by_its_length_and_the_timeline_tells_it(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST", "HIGH").await;
        let input = with(because(&case, "WEATHER"), "note", json!("The creek is over the road."));
        assert_eq!(jfn.sergeant(4).await.refused("caseResponsePause", "case { id }", input.clone()).await, "NOT_ALLOWED");
        for _ in 0..2 {
            let seen = sergeant.done("caseResponsePause", "case { version responseTarget { status } }", input.clone()).await;
            assert_eq!(seen["case"], json!({ "version": 1, "responseTarget": { "status": "PAUSED" } }), "a retry too");
        }
        let told_of = entry(&sergeant, &case, "RESPONSE_PAUSED").await;
        assert_eq!(told_of, json!({
            "summary": "Response clock paused: WEATHER", "body": "The creek is over the road.",
            "actor": { "email": "sergeant3@jfn.example" },
            "changes": [{ "field": "responsePause", "before": null, "after": "WEATHER" }],
        }));
        let refused = refusals(&sergeant, "caseResponsePause", "case { id }", because(&case, "WEATHER")).await;
        assert_eq!(refused, [("TRANSITION_BLOCKED".to_owned(), "caseId".to_owned())], "it is paused already");

        jfn.wait(TimeDelta::hours(3));
        assert_eq!(stands(&sergeant, &case).await, as_of("PAUSED", "2026-11-22T21:00:00"), "if it ran on now");
        let resume = json!({ "caseId": case });
        assert_eq!(jfn.sergeant(4).await.refused("caseResponseResume", "case { id }", resume.clone()).await, "NOT_ALLOWED");
        sergeant.done("caseResponseResume", "case { id }", resume.clone()).await;
        assert_eq!(sergeant.refused("caseResponseResume", "case { id }", resume.clone()).await, "TRANSITION_BLOCKED");
        jfn.wait(TimeDelta::hours(2));
        assert_eq!(stands(&sergeant, &case).await, as_of("OPEN", "2026-11-22T21:00:00"));
        assert_eq!(entry(&sergeant, &case, "RESPONSE_RESUMED").await["changes"], json!([
            { "field": "responsePause", "before": "WEATHER", "after": null },
            { "field": "responseDueAt", "before": "2026-11-22T18:00:00+00:00", "after": "2026-11-22T21:00:00+00:00" },
        ]));
        let seen = target(&sergeant, &case).await;
        assert_eq!(seen["pauses"], json!([{
            "reason": "WEATHER", "note": "The creek is over the road.",
            "from": "2026-11-20T18:00:00+00:00", "to": "2026-11-20T21:00:00+00:00",
            "by": { "email": "sergeant3@jfn.example" }, "resumedBy": { "email": "sergeant3@jfn.example" },
        }]));
        assert_eq!(
            seen["explanation"][1],
            "WEATHER from Fri 20 Nov 2026 10:00 to Fri 20 Nov 2026 13:00: 3 hours later, so by Sun 22 Nov 2026 13:00."
        );

        // A pause that lasts longer than the time there was is still a pause.
        sergeant.done("caseResponsePause", "case { id }", because(&case, "WAITING_FOR_WARRANT")).await;
        jfn.wait(TimeDelta::hours(100));
        let officer = jfn.code_officer(3).await;
        assert_eq!(stands(&officer, &case).await.0, "PAUSED");
        assert_eq!(late(&officer, true).await, Vec::<Value>::new());
        assert_eq!(late(&officer, false).await, std::slice::from_ref(&case));
        officer.done("inspectionRecord", "inspection { id }", inspection(jfn, &case, "NO_VIOLATION", json!([]))).await;
        let seen = target(&officer, &case).await;
        assert_eq!((&seen["status"], &seen["pauses"][1]["to"]), (&json!("MET"), &seen["respondedAt"]), "a look ends it");
        assert_eq!(told(&officer, &case).await, [
            "OPENED", "RESPONSE_PAUSED", "RESPONSE_RESUMED", "RESPONSE_PAUSED", "RESPONSE_RESUMED", "INSPECTED",
        ]);
    }
}

story! {
    async fn a_clock_is_paused_only_for_a_reason_that_holds_and_while_it_runs(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST", "IMMINENT_DANGER").await;
        let payload = sergeant.change("caseResponsePause", "case { id }", because(&case, "ASKED_TO_WAIT")).await;
        let error = &payload["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID"), &json!(["reason"])));
        assert!(error["message"].as_str().unwrap().contains("WAITING_FOR_WARRANT, UNSAFE_TO_APPROACH"), "{error}");
        let other = open(jfn, &sergeant, "1300 K ST", "LOW").await;
        let refused = refusals(&sergeant, "caseResponsePause", "case { id }", because(&other, "OTHER")).await;
        assert_eq!(refused, [("REQUIRED".to_owned(), "note".to_owned())]);
        assert_eq!(target(&sergeant, &other).await["pauses"], json!([]), "nothing was changed");

        jfn.wait(TimeDelta::hours(15));
        let officer = jfn.code_officer(3).await;
        let pause = because(&case, "WAITING_FOR_WARRANT");
        let payload = officer.change("caseResponsePause", "case { id }", pause.clone()).await;
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains("has run out") && message.contains("`inspectionRecord`"), "{message}");
        officer.done("inspectionRecord", "inspection { id }", inspection(jfn, &case, "NO_VIOLATION", json!([]))).await;
        assert_eq!(officer.refused("caseResponsePause", "case { id }", pause.clone()).await, "TRANSITION_BLOCKED");
        assert_eq!(jfn.commissioner().await.error_of(
            "mutation ($input: CaseResponsePauseInput!) { caseResponsePause(input: $input) { case { id } } }",
            json!({ "input": pause }),
        ).await, "FORBIDDEN");
    }
}

story! {
    async fn a_change_of_priority_counts_anew_from_the_opening(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST", "NORMAL").await;
        sergeant.done("caseResponsePause", "case { id }", because(&case, "ASKED_TO_WAIT")).await;
        jfn.wait(TimeDelta::hours(2));
        edit(&sergeant, &case, "HIGH").await;
        assert_eq!(stands(&sergeant, &case).await, as_of("OPEN", "2026-11-22T20:00:00"), "HIGH knows no such pause");
        assert_eq!(told(&sergeant, &case).await, ["OPENED", "RESPONSE_PAUSED", "RESPONSE_RESUMED", "CORRECTED"]);
        assert_eq!(entry(&sergeant, &case, "CORRECTED").await["changes"], json!([
            { "field": "priority", "before": "NORMAL", "after": "HIGH" },
            { "field": "responseDueAt", "before": "2026-12-05T10:00:00+00:00", "after": "2026-11-22T20:00:00+00:00" },
        ]));
        sergeant.done("caseResponsePause", "case { id }", because(&case, "WAITING_FOR_WARRANT")).await;
        edit(&sergeant, &case, "IMMINENT_DANGER").await;
        assert_eq!(stands(&sergeant, &case).await, as_of("PAUSED", "2026-11-21T10:00:00"), "this one holds there too");
        sergeant.done("caseResponseResume", "case { id }", json!({ "caseId": case })).await;

        jfn.wait(TimeDelta::hours(24));
        let officer = jfn.code_officer(3).await;
        assert_eq!(late(&officer, true).await, std::slice::from_ref(&case));
        edit(&officer, &case, "LOW").await;
        assert_eq!(late(&officer, true).await, Vec::<Value>::new());
        officer.done("inspectionRecord", "inspection { id }", inspection(jfn, &case, "NO_VIOLATION", json!([]))).await;
        edit(&officer, &case, "IMMINENT_DANGER").await;
        assert_eq!(stands(&officer, &case).await.0, "MET", "what was answered in time stays so");
    }
}

story! {
    async fn closing_ends_a_pause_and_a_case_that_opens_again_goes_on_from_there(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST", "HIGH").await;
        sergeant.done("caseResponsePause", "case { id }", because(&case, "WEATHER")).await;
        jfn.wait(TimeDelta::hours(5));
        let close = json!({ "caseId": case, "expectedVersion": 1, "outcome": "CANNOT_VERIFY", "reason": "Nothing there." });
        sergeant.done("caseClose", "case { id }", close).await;
        assert_eq!(stands(&sergeant, &case).await, as_of("ENDED", "2026-11-22T23:00:00"));
        let refused = sergeant.refused("caseResponseResume", "case { id }", json!({ "caseId": case })).await;
        assert_eq!(refused, "TRANSITION_BLOCKED");
        jfn.wait(TimeDelta::hours(5));
        let reopen = json!({ "caseId": case, "expectedVersion": 2, "reason": "There is something." });
        sergeant.done("caseReopen", "case { id }", reopen).await;
        assert_eq!(stands(&sergeant, &case).await, as_of("OPEN", "2026-11-22T23:00:00"));
    }
}

story! {
    async fn the_clocks_of_a_page_of_cases_are_read_in_one_statement(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let query = format!("{{ cases {{ nodes {{ {} }} }} }}", TARGET.replace("by { email }", "").replace("resumedBy { email }", ""));
        let mut counts = Vec::new();
        for address in ["1200 K ST", "1300 K ST", "1400 K ST"] {
            let case = open(jfn, &sergeant, address, "HIGH").await;
            sergeant.done("caseResponsePause", "case { id }", because(&case, "WEATHER")).await;
            let before = jfn.statements();
            sergeant.ask(&query, json!({})).await;
            counts.push(jfn.statements() - before);
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }
}
