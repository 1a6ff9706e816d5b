//! Inspections and the violations they find: planned, recorded, corrected, verified.

use entity::audit_row;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::case_at_work::{
    advance, close, find, hours, inspection, open, open_at, refusals, told, violation,
};

const INSPECTION: &str = "inspection { id performedAt scheduledFor result notes verifiesCompliance inspector { name } \
                          violations { id codeSection offenseNumber foundOn complyBy immediateDanger correctedOn } }";

story! {
    async fn an_inspection_brings_its_violations_and_the_timeline_tells_each(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let mut input = inspection(jfn, &case, "VIOLATION_FOUND", json!([
            { "codeSection": " SCC  8.96.130 ", "description": "The stairs are rotten.", "complyBy": "2026-12-04" },
            { "codeSection": "SCC 8.96.140", "description": "The gas leaks.", "immediateDanger": true },
        ]));
        input["notes"] = json!("Went in by the yard.");
        let made = officer.done("inspectionRecord", INSPECTION, input).await["inspection"].take();
        assert_eq!(made["result"], "VIOLATION_FOUND");
        assert_eq!(made["performedAt"], "2026-11-20T17:00:00+00:00");
        assert_eq!(made["inspector"]["name"], "Person code3");
        assert_eq!(made["verifiesCompliance"], false);
        let stairs = &made["violations"][0];
        assert_eq!(stairs["codeSection"], "SCC 8.96.130");
        assert_eq!((&stairs["foundOn"], &stairs["complyBy"]), (&json!("2026-11-20"), &json!("2026-12-04")));
        assert_eq!((&stairs["offenseNumber"], &stairs["immediateDanger"]), (&json!(1), &json!(false)));
        assert_eq!(made["violations"][1]["immediateDanger"], true);
        assert_eq!(told(&officer, &case).await, ["OPENED", "INSPECTED", "VIOLATION_FOUND", "VIOLATION_FOUND"]);
        let query = "query ($id: ID!) { case(by: { id: $id }) { version violations { id } inspections { totalCount \
                     nodes { notes inspector { name } } } events(kinds: [INSPECTED]) { nodes { occurredAt body } } } }";
        let seen = officer.ask(query, json!({ "id": case })).await["case"].take();
        assert_eq!(seen["version"], 1, "an inspection is no edit of the case");
        assert_eq!(seen["violations"], json!([{ "id": stairs["id"] }, { "id": made["violations"][1]["id"] }]));
        assert_eq!(seen["inspections"]["totalCount"], 1);
        assert_eq!(seen["inspections"]["nodes"][0]["inspector"]["name"], "Person code3");
        assert_eq!(seen["events"]["nodes"][0]["occurredAt"], "2026-11-20T17:00:00+00:00");
        assert_eq!(seen["events"]["nodes"][0]["body"], "Went in by the yard.");
        let of_mutation = audit_row::Column::Action.eq("inspectionRecord");
        let audited = audit_row::Entity::find().filter(of_mutation).all(&jfn.app.db).await.unwrap();
        assert_eq!(audited.len(), 4, "the case, the inspection and two violations");
    }
}

story! {
    async fn a_planned_inspection_is_recorded_under_its_own_id_and_once(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let plan = |at| json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": at });
        let late = refusals(&officer, "inspectionSchedule", INSPECTION, plan(hours(jfn, -1))).await;
        assert_eq!(late, [("INVALID".to_owned(), "scheduledFor".to_owned())]);
        let planned = officer.done("inspectionSchedule", INSPECTION, plan(hours(jfn, 24))).await["inspection"].take();
        assert_eq!((&planned["performedAt"], &planned["result"]), (&Value::Null, &Value::Null));
        assert_eq!(planned["inspector"], Value::Null);
        let mut input = inspection(jfn, &case, "NO_ACCESS", json!([]));
        input["inspectionId"] = planned["id"].clone();
        let made = officer.done("inspectionRecord", INSPECTION, input.clone()).await["inspection"].take();
        assert_eq!(made["id"], planned["id"]);
        assert_eq!(made["scheduledFor"], "2026-11-21T18:00:00+00:00");
        assert_eq!(made["result"], "NO_ACCESS");
        assert_eq!(told(&officer, &case).await, ["OPENED", "INSPECTION_SCHEDULED", "INSPECTED", "DEADLINE_SET"]);
        input["idempotencyKey"] = json!(key());
        let again = refusals(&officer, "inspectionRecord", INSPECTION, input.clone()).await;
        assert_eq!(again, [("TRANSITION_BLOCKED".to_owned(), "inspectionId".to_owned())]);
        input["caseId"] = open(jfn, &officer, "1300 K ST").await;
        let elsewhere = refusals(&officer, "inspectionRecord", INSPECTION, input).await;
        assert_eq!(elsewhere, [("NOT_FOUND".to_owned(), "inspectionId".to_owned())]);
    }
}

story! {
    async fn a_result_that_does_not_fit_is_refused_and_nothing_is_written(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let one = || json!([violation("SCC 8.96.130")]);
        let mut vouching = inspection(jfn, &case, "PARTIALLY_CORRECTED", one());
        vouching["verifiesCompliance"] = json!(true);
        let mut early = inspection(jfn, &case, "NO_VIOLATION", json!([]));
        early["performedAt"] = json!(hours(jfn, 1));
        let mut overdue = violation("SCC 8.96.130");
        overdue["complyBy"] = json!("2026-11-19");
        for (input, code, field) in [
            (inspection(jfn, &case, "VIOLATION_FOUND", json!([])), "REQUIRED", "violations"),
            (inspection(jfn, &case, "NO_VIOLATION", one()), "INVALID", "result"),
            (inspection(jfn, &case, "VIOLATION_FOUND", json!([violation("  ")])), "REQUIRED", "violations.codeSection"),
            (inspection(jfn, &case, "VIOLATION_FOUND", json!([overdue])), "INVALID", "violations.complyBy"),
            (vouching, "INVALID", "verifiesCompliance"),
            (early, "INVALID", "performedAt"),
        ] {
            let told = refusals(&officer, "inspectionRecord", INSPECTION, input.clone()).await;
            assert_eq!(told, [(code.to_owned(), field.to_owned())], "{input}");
        }
        assert_eq!(told(&officer, &case).await, ["OPENED"]);
        let found = find(jfn, &officer, &case, one()).await;
        assert_eq!(found.len(), 1);
        let again = inspection(jfn, &case, "VIOLATION_FOUND", json!([]));
        officer.done("inspectionRecord", INSPECTION, again).await;
    }
}

story! {
    async fn a_section_violated_again_within_a_year_is_the_next_offense_whatever_the_case(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let (first, second) = (open_at(&officer, &place).await, open_at(&officer, &place).await);
        let elsewhere = open(jfn, &officer, "1300 K ST").await;
        let offense = async |client: &tests::Client, case: &Value, section: &str| -> Value {
            let input = inspection(jfn, case, "VIOLATION_FOUND", json!([violation(section)]));
            client.done("inspectionRecord", INSPECTION, input).await["inspection"]["violations"][0]["offenseNumber"].take()
        };
        assert_eq!(offense(&officer, &first, "SCC 8.96.130").await, 1);
        assert_eq!(offense(&officer, &second, "scc 8.96.130").await, 2);
        assert_eq!(offense(&officer, &second, "SCC 17.232.010").await, 1, "another section");
        assert_eq!(offense(&officer, &elsewhere, "SCC 8.96.130").await, 1, "another place");
        jfn.wait(chrono::TimeDelta::days(365));
        let officer = jfn.code_officer(3).await;
        assert_eq!(offense(&officer, &first, "SCC 8.96.130").await, 3, "the same day a year later");
        jfn.wait(chrono::TimeDelta::days(1));
        let officer = jfn.code_officer(3).await;
        assert_eq!(offense(&officer, &first, "SCC 8.96.130").await, 2, "the first two are past the year");
    }
}

story! {
    async fn two_cases_at_one_place_do_not_count_their_offenses_past_each_other(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let mut recording = Vec::new();
        for _ in 0..6 {
            let case = open_at(&officer, &place).await;
            let input = inspection(jfn, &case, "VIOLATION_FOUND", json!([violation("SCC 8.96.130")]));
            let officer = officer.clone();
            recording.push(tokio::spawn(async move {
                let made = officer.done("inspectionRecord", INSPECTION, input).await;
                made["inspection"]["violations"][0]["offenseNumber"].as_i64().unwrap()
            }));
        }
        let mut numbers = Vec::new();
        for one in recording {
            numbers.push(one.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    }
}

story! {
    async fn the_code_officer_and_the_attorney_of_the_district_enforce_and_nobody_else(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        let input = || inspection(jfn, &case, "NO_ACCESS", json!([]));
        jfn.attorney(3).await.done("inspectionRecord", INSPECTION, input()).await;
        jfn.city_attorney().await.done("inspectionRecord", INSPECTION, input()).await;
        let other = jfn.code_officer(5).await;
        assert_eq!(other.refused("inspectionRecord", INSPECTION, input()).await, "NOT_ALLOWED");
        let correction = json!({ "violationId": found[0], "correctedOn": "2026-11-20" });
        let payload = other.change("violationCorrect", "violation { correctedOn }", correction.clone()).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_ALLOWED");
        assert_eq!(payload["violation"], json!({ "correctedOn": null }), "the present object");
        let record = "mutation ($input: InspectionRecordInput!) { inspectionRecord(input: $input) { userErrors { code } } }";
        let correct = "mutation ($input: ViolationCorrectInput!) { violationCorrect(input: $input) { userErrors { code } } }";
        for client in [jfn.sergeant(3).await, jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(client.error_of(record, json!({ "input": input() })).await, "FORBIDDEN");
            assert_eq!(client.error_of(correct, json!({ "input": correction })).await, "FORBIDDEN");
        }
        assert_eq!(jfn.nobody().error_of(record, json!({ "input": input() })).await, "UNAUTHENTICATED");
        let node = "query ($id: ID!) { node(id: $id) { id ... on Violation { codeSection } } }";
        let seen = other.ask(node, json!({ "id": found[0] })).await;
        assert_eq!(seen["node"]["codeSection"], "SCC 8.96.130");
        assert_eq!(jfn.commissioner().await.error_of(node, json!({ "id": found[0] })).await, "NOT_FOUND");
        let nothing = json!({ "violationId": "violation_0190a0a0a0a07000800000000000abcd", "correctedOn": "2026-11-20" });
        let payload = officer.change("violationCorrect", "violation { id }", nothing).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND");
        assert_eq!(payload["violation"], Value::Null);
    }
}

story! {
    async fn an_inspector_is_of_the_team(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let me = async |client: tests::Client| client.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take();
        let (colleague, stranger) = (me(jfn.attorney(3).await).await, me(jfn.code_officer(5).await).await);
        let plan = |who: &Value| {
            json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": hours(jfn, 2), "inspectorId": who })
        };
        let told = refusals(&officer, "inspectionSchedule", INSPECTION, plan(&stranger)).await;
        assert_eq!(told, [("INVALID".to_owned(), "inspectorId".to_owned())]);
        let planned = officer.done("inspectionSchedule", INSPECTION, plan(&colleague)).await["inspection"].take();
        assert_eq!(planned["inspector"]["name"], "Person attorney3");
        let mut input = inspection(jfn, &case, "NO_VIOLATION", json!([]));
        input["inspectionId"] = planned["id"].clone();
        let made = officer.done("inspectionRecord", INSPECTION, input).await["inspection"].take();
        assert_eq!(made["inspector"]["name"], "Person attorney3", "whom the plan names");
    }
}

story! {
    async fn a_case_closes_once_its_violations_are_corrected_and_an_inspection_says_so(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        for stage in ["ASSESSMENT", "VOLUNTARY_COMPLIANCE"] {
            assert_eq!(advance(&officer, &case, stage).await["case"]["stage"], stage);
        }
        assert_eq!(close(&officer, &case).await.as_array().unwrap().len(), 2, "open, and nobody looked");
        let correct = |day: &str| json!({ "violationId": found[0], "correctedOn": day });
        for (day, field) in [("2026-11-19", "correctedOn"), ("2026-11-21", "correctedOn")] {
            let told = refusals(&officer, "violationCorrect", "violation { id }", correct(day)).await;
            assert_eq!(told, [("INVALID".to_owned(), field.to_owned())], "{day}");
        }
        let done = officer.done("violationCorrect", "violation { correctedOn }", correct("2026-11-20")).await;
        assert_eq!(done["violation"]["correctedOn"], "2026-11-20");
        officer.done("violationCorrect", "violation { id }", correct("2026-11-20")).await;
        let kinds = told(&officer, &case).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "VIOLATION_CORRECTED").count(), 1, "said once");
        assert!(close(&officer, &case).await[0]["message"].as_str().unwrap().contains("inspectionRecord"));
        let mut input = inspection(jfn, &case, "CORRECTED", json!([]));
        input["verifiesCompliance"] = json!(true);
        officer.done("inspectionRecord", INSPECTION, input).await;
        assert_eq!(close(&officer, &case).await, json!([]));
        let late = inspection(jfn, &case, "NO_VIOLATION", json!([]));
        assert_eq!(officer.refused("inspectionRecord", INSPECTION, late).await, "TRANSITION_BLOCKED");
        let plan = json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": hours(jfn, 2) });
        assert_eq!(officer.refused("inspectionSchedule", INSPECTION, plan).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn what_is_found_after_an_inspection_vouched_takes_its_word_away_however_early_it_was_planned(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        for stage in ["ASSESSMENT", "MONITORING"] {
            assert_eq!(advance(&officer, &case, stage).await["case"]["stage"], stage);
        }
        let plan = json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": hours(jfn, 2) });
        let planned = officer.done("inspectionSchedule", INSPECTION, plan).await["inspection"]["id"].take();
        jfn.wait(chrono::TimeDelta::hours(1));
        let mut vouching = inspection(jfn, &case, "CORRECTED", json!([]));
        vouching["verifiesCompliance"] = json!(true);
        officer.done("inspectionRecord", INSPECTION, vouching).await;
        jfn.wait(chrono::TimeDelta::hours(2));
        let mut second = inspection(jfn, &case, "VIOLATION_FOUND", json!([violation("SCC 8.96.140")]));
        second["inspectionId"] = planned;
        officer.done("inspectionRecord", INSPECTION, second).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { violations { id } } }";
        let seen = officer.ask(query, json!({ "id": case })).await;
        for row in seen["case"]["violations"].as_array().unwrap() {
            let correction = json!({ "violationId": row["id"], "correctedOn": "2026-11-20" });
            officer.done("violationCorrect", "violation { id }", correction).await;
        }
        let refused = close(&officer, &case).await;
        assert_eq!(refused.as_array().unwrap().len(), 1, "{refused:#}");
        assert!(refused[0]["message"].as_str().unwrap().contains("verifiesCompliance"));
    }
}

story! {
    async fn a_retry_answers_the_same_inspection(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let input = inspection(jfn, &case, "VIOLATION_FOUND", json!([violation("SCC 8.96.130")]));
        let first = officer.done("inspectionRecord", INSPECTION, input.clone()).await;
        let again = officer.done("inspectionRecord", INSPECTION, input).await;
        assert_eq!(first, again);
        assert_eq!(told(&officer, &case).await, ["OPENED", "INSPECTED", "VIOLATION_FOUND"]);
    }
}

story! {
    async fn inspections_come_in_pages_the_latest_first(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        for (ago, result) in [(2, "NO_VIOLATION"), (9, "NO_ACCESS"), (5, "CORRECTED")] {
            let mut input = inspection(jfn, &case, result, json!([]));
            input["performedAt"] = json!(hours(jfn, -ago));
            officer.done("inspectionRecord", INSPECTION, input).await;
        }
        let plan = json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": hours(jfn, 2) });
        officer.done("inspectionSchedule", INSPECTION, plan).await;
        let query = "query ($id: ID!, $after: String) { case(by: { id: $id }) { inspections(first: 3, after: $after) \
                     { nodes { result } pageInfo { hasNextPage endCursor } totalCount } } }";
        let page = officer.ask(query, json!({ "id": case })).await["case"]["inspections"].take();
        let results = json!([{ "result": null }, { "result": "NO_VIOLATION" }, { "result": "CORRECTED" }]);
        assert_eq!((&page["nodes"], &page["totalCount"]), (&results, &json!(4)));
        let variables = json!({ "id": case, "after": page["pageInfo"]["endCursor"] });
        let rest = officer.ask(query, variables).await["case"]["inspections"].take();
        assert_eq!(rest["nodes"], json!([{ "result": "NO_ACCESS" }]));
        assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    }
}

story! {
    async fn who_was_not_let_in_goes_again_within_a_week_and_after_a_notice_somebody_looks_again(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let deadlines = async |client: &Client| {
            let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines { dueOn completedOn metBy responsible { name } \
                         computation { ruleKey triggerOn } } } }";
            client.ask(query, json!({ "id": case })).await["case"]["deadlines"].take()
        };
        officer.done("inspectionRecord", INSPECTION, inspection(jfn, &case, "NO_ACCESS", json!([]))).await;
        let first = deadlines(&officer).await;
        assert_eq!((&first[0]["computation"]["ruleKey"], &first[0]["dueOn"]), (&json!("REINSPECT_NO_ACCESS"), &json!("2026-11-30")),
            "the 27th is the day after Thanksgiving");
        assert_eq!(first[0]["responsible"]["name"], "Person code3");
        jfn.wait(chrono::TimeDelta::days(3));
        let officer = jfn.code_officer(3).await;
        let mut late = inspection(jfn, &case, "NO_VIOLATION", json!([]));
        late["performedAt"] = json!(hours(jfn, -100));
        officer.done("inspectionRecord", INSPECTION, late).await;
        assert_eq!(deadlines(&officer).await, first, "an inspection before that one ends nothing");
        officer.done("inspectionRecord", INSPECTION, inspection(jfn, &case, "NO_ACCESS", json!([]))).await;
        let seen = deadlines(&officer).await;
        let days: Vec<(&Value, &Value)> = seen.as_array().unwrap().iter().map(|row| (&row["dueOn"], &row["completedOn"])).collect();
        assert_eq!(days, [(&json!("2026-11-30"), &json!("2026-11-23")), (&json!("2026-11-30"), &Value::Null)]);
        assert_eq!(seen[0]["metBy"], "Inspected again: NO_ACCESS.");
        find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        assert!(deadlines(&officer).await.as_array().unwrap().iter().all(|row| !row["completedOn"].is_null()));
        let notice = |kind: &str| json!({
            "idempotencyKey": key(), "caseId": case, "kind": kind, "complyBy": "2026-12-24",
            "services": [{ "method": "POSTING", "servedOn": "2026-11-20" }],
        });
        let fields = "notice { reinspectionDueOn }";
        let made = officer.done("noticeServe", fields, notice("NOTICE_OF_VIOLATION")).await;
        assert_eq!(made["notice"]["reinspectionDueOn"], "2026-12-28", "over Christmas and a weekend");
        let mut statement = notice("COST_STATEMENT");
        statement["amount"] = json!("10.00");
        assert_eq!(officer.done("noticeServe", fields, statement).await["notice"]["reinspectionDueOn"], Value::Null);
    }
}
