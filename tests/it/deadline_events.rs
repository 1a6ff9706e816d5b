//! Deadlines that follow their events: started by a notice, a hearing or a step, moved with a reason, ended by what met them.

use chrono::TimeDelta;
use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::{
    case_at_work::{find, open, open_at, party, refusals, told, violation},
    legal::{ACTION, advance, case_at, refer, schedule, serve_papers, step},
};

const DEADLINES: &str = "query ($id: ID!) { case(by: { id: $id }) { deadlines { id label kind dueOn completedOn metBy \
     computation { ruleKey citation trigger triggerOn days basis direction serviceExtensionDays dueOn steps \
     confirmWithCounsel } extensions { from to reason by { email } recordedAt } } } }";

/// The deadlines of a case, the earliest first.
async fn deadlines(client: &Client, case: &Value) -> Vec<Value> {
    let seen = client.ask(DEADLINES, json!({ "id": case })).await;
    seen["case"]["deadlines"].as_array().unwrap().clone()
}

/// Rule and day of each, the earliest first.
async fn days(client: &Client, case: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = deadlines(client, case).await;
    rows.iter().map(|row| (word(&row["computation"]["ruleKey"]), word(&row["dueOn"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(rule, day)| ((*rule).to_owned(), (*day).to_owned())).collect()
}

fn notice(case: &Value, kind: &str, method: &str, served_on: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": kind,
        "services": [{ "method": method, "servedOn": served_on }],
    })
}

fn extension(id: &Value, to: &str) -> Value {
    json!({ "deadlineId": id, "to": to, "reason": "The permit office is closed." })
}

const EXTENDED: &str = "deadline { id dueOn }";

story! {
    async fn a_notice_starts_its_clock_and_correcting_what_it_names_ends_it(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130"), violation("SCC 8.96.140")])).await;
        let mut input = notice(&case, "NOTICE_OF_VIOLATION", "POSTING", "2026-11-20");
        input["complyBy"] = json!("2026-12-05");
        input["violationIds"] = json!(found);
        for _ in 0..2 {
            officer.done("noticeServe", "notice { id }", input.clone()).await;
        }
        let rows = deadlines(&officer, &case).await;
        assert_eq!(rows.len(), 1, "a retry starts no second clock");
        assert_eq!((&rows[0]["kind"], &rows[0]["dueOn"]), (&json!("DUE"), &json!("2026-12-05")));
        let count = &rows[0]["computation"];
        assert_eq!((&count["ruleKey"], &count["triggerOn"]), (&json!("NOV_COMPLY"), &json!("2026-11-20")));
        assert_eq!((&count["days"], &count["serviceExtensionDays"]), (&json!(15), &json!(0)));
        assert_eq!(count["steps"][0], "the notice names Sat 5 Dec 2026, 15 calendar days from Fri 20 Nov 2026");
        assert_eq!(count["steps"][1], "Sat 5 Dec 2026 is a day of the weekend");
        assert_eq!(count["confirmWithCounsel"], true);
        let correct = |id: &Value| json!({ "violationId": id, "correctedOn": "2026-11-20" });
        officer.done("violationCorrect", "violation { id }", correct(&found[0])).await;
        assert_eq!(deadlines(&officer, &case).await[0]["completedOn"], Value::Null, "one is still open");
        officer.done("violationCorrect", "violation { id }", correct(&found[1])).await;
        let met = deadlines(&officer, &case).await.remove(0);
        assert_eq!(met["completedOn"], "2026-11-20");
        assert_eq!(met["metBy"], "Corrected: SCC 8.96.130, SCC 8.96.140");
        let told = told(&officer, &case).await;
        let expected = ["NOTICE_SERVED", "DEADLINE_SET", "VIOLATION_CORRECTED", "VIOLATION_CORRECTED", "DEADLINE_MET"];
        assert_eq!(told[told.len() - 5..], expected);
    }
}

story! {
    async fn the_time_to_appeal_a_citation_runs_from_the_service_that_gives_the_latest_day(jfn) {
        let attorney = jfn.attorney(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&attorney, &place).await;
        let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        let mut danger = violation("SCC 8.96.140");
        danger["immediateDanger"] = json!(true);
        let found = find(jfn, &attorney, &case, json!([danger])).await;
        let mut input = notice(&case, "ADMINISTRATIVE_CITATION", "POSTING", "2026-11-18");
        input["services"].as_array_mut().unwrap().push(json!({ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-20" }));
        input["violationIds"] = json!(found);
        attorney.done("noticeServe", "notice { id }", input).await;
        // Thirty days from the 20th of November is Sunday the 20th of December.
        assert_eq!(days(&attorney, &case).await, pairs(&[("CITE_APPEAL_LOCAL", "2026-12-21")]));
        let count = deadlines(&attorney, &case).await.remove(0)["computation"].take();
        assert_eq!((&count["triggerOn"], &count["days"]), (&json!("2026-11-20"), &json!(30)));
        let steps = count["steps"].as_array().unwrap();
        let last = "30 calendar days from Fri 20 Nov 2026 is Sun 20 Dec 2026, when the court is closed; next court day \
                    Mon 21 Dec 2026";
        assert!(steps.contains(&json!(last)), "{steps:#?}");
    }
}

story! {
    async fn what_hangs_on_a_hearing_moves_when_it_is_continued_and_ends_when_it_is_vacated(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let mut input = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "startsAt": "2026-12-07T17:00:00Z",
            "court": "Superior Court", "purpose": "Preliminary injunction", "ruleKeys": ["MOTION", "OPPOSITION", "REPLY"],
        });
        let hearing = attorney.done("hearingSchedule", "hearing { id }", input.clone()).await["hearing"]["id"].take();
        let id = &case["id"];
        let first = [("MOTION", "2026-11-10"), ("OPPOSITION", "2026-11-20"), ("REPLY", "2026-11-30")];
        assert_eq!(days(&attorney, id).await, pairs(&first), "the field's own example");
        let motion = deadlines(&attorney, id).await[0]["id"].take();
        let met = json!({ "deadlineId": motion, "completedOn": "2026-11-10", "metBy": "Motion served by hand." });
        attorney.done("deadlineComplete", "deadline { id }", met).await;

        let far = json!({ "hearingId": hearing, "status": "CONTINUED", "continuedTo": "2029-01-08T17:00:00Z" });
        let refused = refusals(&attorney, "hearingRecord", "hearing { id }", far).await;
        let no_data = ("INVALID".to_owned(), "continuedTo".to_owned());
        assert_eq!(refused, [no_data], "no court holidays of 2029");
        assert_eq!(days(&attorney, id).await, pairs(&first), "and nothing is written");

        let to = json!({ "hearingId": hearing, "status": "CONTINUED", "continuedTo": "2026-12-14T17:00:00Z" });
        let next = attorney.done("hearingRecord", "hearing { continuedTo { id } }", to).await["hearing"].take();
        let second = [("MOTION", "2026-11-10"), ("OPPOSITION", "2026-12-01"), ("REPLY", "2026-12-07")];
        assert_eq!(days(&attorney, id).await, pairs(&second), "what was met stays, the open ones move");
        let rows = deadlines(&attorney, id).await;
        assert_eq!(rows[0]["extensions"], json!([]));
        let moved = &rows[1]["extensions"][0];
        assert_eq!((&moved["from"], &moved["to"]), (&json!("2026-11-20"), &json!("2026-12-01")));
        assert_eq!(moved["by"]["email"], "attorney3@jfn.example");
        let reason = moved["reason"].as_str().unwrap();
        assert!(reason.starts_with("The hearing of 2026-12-07 was continued to 2026-12-14."), "{reason}");
        assert_eq!(rows[1]["computation"]["triggerOn"], "2026-12-14");

        let third = json!({ "hearingId": next["continuedTo"]["id"], "status": "CONTINUED",
            "continuedTo": "2026-12-15T17:00:00Z" });
        let last = attorney.done("hearingRecord", "hearing { continuedTo { id } }", third).await["hearing"].take();
        let chain = deadlines(&attorney, id).await;
        assert_eq!(chain[1]["extensions"].as_array().unwrap().len(), 2, "every old day is kept");
        assert_eq!((&chain[1]["dueOn"], &chain[2]["dueOn"]), (&json!("2026-12-02"), &json!("2026-12-08")));
        let vacated = json!({ "hearingId": last["continuedTo"]["id"], "status": "VACATED", "outcome": "Settled." });
        attorney.done("hearingRecord", "hearing { id }", vacated).await;
        let ended = deadlines(&attorney, id).await;
        assert_eq!(ended[2]["metBy"], "Nothing is due any more: the hearing of 2026-12-15 was vacated.");
        assert_eq!(ended[0]["metBy"], "Motion served by hand.");

        input["idempotencyKey"] = json!(key());
        for (keys, code) in [(json!(["ANSWER_CIVIL"]), "INVALID"), (json!(["NO_SUCH"]), "NOT_FOUND"),
            (json!(["REPLY", "REPLY"]), "INVALID")] {
            input["ruleKeys"] = keys;
            assert_eq!(attorney.refused("hearingSchedule", "hearing { id }", input.clone()).await, code);
        }
    }
}

story! {
    async fn the_steps_of_an_action_start_and_meet_its_deadlines_and_its_end_ends_them(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        advance(&attorney, &action, 1, "AUTHORIZED").await;
        let mut filing = step(&action, 2, "FILED", "2026-11-20");
        filing["court"] = json!("Superior Court");
        filing["courtCaseNumber"] = json!("34-2026-00123");
        let filed = attorney.done("legalActionAdvance", ACTION, filing).await["legalAction"].take();
        // Sixty days from the 20th of November is Tuesday the 19th of January, the day after a holiday.
        assert_eq!(days(&attorney, &case["id"]).await, pairs(&[("SERVE_COMPLAINT", "2027-01-19")]));
        assert_eq!(filed["nextOn"], "2027-01-19");
        serve_papers(&attorney, &action).await;
        let mut serving = step(&action, 3, "SERVED", "2026-11-20");
        serving["serviceMethod"] = json!("SUBSTITUTED");
        attorney.done("legalActionAdvance", ACTION, serving).await;
        let rows = deadlines(&attorney, &case["id"]).await;
        let answer = &rows[0];
        assert_eq!((&answer["computation"]["ruleKey"], &answer["dueOn"]), (&json!("ANSWER_CIVIL"), &json!("2026-12-30")));
        assert_eq!(answer["computation"]["serviceExtensionDays"], 10);
        assert_eq!(rows[1]["metBy"], "The action went to SERVED.");
        schedule(&attorney, &action, "2026-12-03T17:00:00Z").await;
        advance(&attorney, &action, 4, "HEARING_SET").await;
        let mut settled = step(&action, 5, "SETTLED", "2026-11-20");
        settled["reason"] = json!("The owner agreed.");
        attorney.done("legalActionAdvance", ACTION, settled).await;
        let answer = deadlines(&attorney, &case["id"]).await.remove(0);
        assert_eq!(answer["metBy"], "The legal action ended: it is SETTLED.");
    }
}

story! {
    async fn an_extension_has_a_reason_moves_the_notices_day_and_is_not_for_everybody(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        let mut input = notice(&case, "NOTICE_OF_VIOLATION", "POSTING", "2026-11-20");
        input["complyBy"] = json!("2026-12-04");
        let served = officer.done("noticeServe", "notice { id }", input).await["notice"]["id"].take();
        let id = deadlines(&officer, &case).await[0]["id"].take();
        let mut silent = extension(&id, "2026-12-18");
        silent["reason"] = json!(" ");
        for (input, code, field) in [
            (silent, "REQUIRED", "reason"),
            (extension(&id, "2026-12-04"), "INVALID", "to"),
        ] {
            let refused = refusals(&officer, "deadlineExtend", EXTENDED, input).await;
            assert_eq!(refused, [(code.to_owned(), field.to_owned())]);
        }
        assert_eq!(jfn.attorney(5).await.refused("deadlineExtend", EXTENDED, extension(&id, "2026-12-18")).await, "NOT_ALLOWED");
        let extend = "mutation ($input: DeadlineExtendInput!) { deadlineExtend(input: $input) { userErrors { code } } }";
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(sergeant.error_of(extend, json!({ "input": extension(&id, "2026-12-18") })).await, "FORBIDDEN");
        let done = officer.done("deadlineExtend", EXTENDED, extension(&id, "2026-12-18")).await;
        assert_eq!(done["deadline"]["dueOn"], "2026-12-18");
        let row = deadlines(&officer, &case).await.remove(0);
        assert_eq!(row["computation"]["dueOn"], "2026-12-04", "how it was reached at first");
        let kept = json!([{ "from": "2026-12-04", "to": "2026-12-18", "reason": "The permit office is closed.",
            "by": { "email": "code3@jfn.example" }, "recordedAt": "2026-11-20T18:00:00+00:00" }]);
        assert_eq!(row["extensions"], kept);
        let query = "query ($id: ID!) { node(id: $id) { ... on Notice { complyBy } } }";
        assert_eq!(officer.ask(query, json!({ "id": served })).await["node"]["complyBy"], "2026-12-18");
        let mut stale = extension(&id, "2027-01-15");
        stale["expectedDueOn"] = json!("2026-12-04");
        assert_eq!(officer.refused("deadlineExtend", EXTENDED, stale).await, "STALE_VERSION");

        jfn.wait(TimeDelta::days(16));
        let officer = jfn.code_officer(3).await;
        let citation = notice(&case, "ADMINISTRATIVE_CITATION", "POSTING", "2026-12-06");
        assert_eq!(officer.refused("noticeServe", "notice { id }", citation).await, "CLOCK_NOT_RUN", "more time was given");
    }
}

story! {
    async fn other_deadlines_are_extended_by_attorneys_and_a_power_that_ends_by_nobody(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = open(jfn, &officer, "1200 K ST").await;
        let start = |rule: &str| json!({ "idempotencyKey": key(), "caseId": case, "ruleKey": rule, "triggerOn": "2026-11-20" });
        let own = officer.done("deadlineStart", EXTENDED, start("DISCOVERY_RESPONSE")).await["deadline"].take();
        assert_eq!(own["dueOn"], "2026-12-21");
        assert_eq!(officer.refused("deadlineExtend", EXTENDED, extension(&own["id"], "2027-01-05")).await, "NOT_ALLOWED");
        attorney.done("deadlineExtend", EXTENDED, extension(&own["id"], "2027-01-05")).await;
        let letter = officer.done("deadlineStart", EXTENDED, start("LETTER_602")).await["deadline"].take();
        assert_eq!(letter["dueOn"], "2027-11-20", "twelve months, not moved although it is a Saturday");
        let refused = refusals(&attorney, "deadlineExtend", EXTENDED, extension(&letter["id"], "2028-01-05")).await;
        assert_eq!(refused, [("TRANSITION_BLOCKED".to_owned(), "deadlineId".to_owned())]);
        let met = json!({ "deadlineId": own["id"], "completedOn": "2026-11-20", "metBy": "Answers served." });
        attorney.done("deadlineComplete", EXTENDED, met).await;
        let refused = refusals(&attorney, "deadlineExtend", EXTENDED, extension(&own["id"], "2027-02-01")).await;
        assert_eq!(refused, [("TRANSITION_BLOCKED".to_owned(), "deadlineId".to_owned())]);
        let mut neither = start("MOTION");
        neither["triggerOn"] = Value::Null;
        assert_eq!(attorney.refused("deadlineStart", EXTENDED, neither).await, "REQUIRED");
        assert_eq!(attorney.refused("deadlineStart", EXTENDED, start("NO_SUCH")).await, "NOT_FOUND");
    }
}

story! {
    async fn a_year_without_court_holidays_refuses_and_says_so(jfn) {
        // The last year of the preset is 2028.
        jfn.wait(TimeDelta::days(756));
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let mut danger = violation("SCC 8.96.140");
        danger["immediateDanger"] = json!(true);
        let found = find(jfn, &attorney, &case, json!([danger])).await;
        let mut citation = notice(&case, "ADMINISTRATIVE_CITATION", "POSTING", "2028-12-15");
        citation["violationIds"] = json!(found);
        let payload = attorney.change("noticeServe", "notice { id }", citation).await;
        assert_eq!(payload["notice"], Value::Null);
        let refusal = &payload["userErrors"][0];
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("INVALID"), &json!(["services"])));
        assert!(refusal["message"].as_str().unwrap().contains("court holidays of 2029"), "{refusal}");
        assert_eq!(told(&attorney, &case).await.last().unwrap(), "VIOLATION_FOUND", "and nothing is written");
        let start = json!({ "idempotencyKey": key(), "caseId": case, "ruleKey": "WRIT_1094_6", "triggerOn": "2028-12-15" });
        let refused = refusals(&attorney, "deadlineStart", EXTENDED, start).await;
        assert_eq!(refused, [("INVALID".to_owned(), "triggerOn".to_owned())]);
    }
}

story! {
    async fn how_many_deadlines_there_are_does_not_change_how_many_statements_tell_them(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let spent = async |jfn: &Jfn| {
            let before = jfn.statements();
            deadlines(&attorney, &case).await;
            jfn.statements() - before
        };
        let mut seen = Vec::new();
        for rule in ["DISCOVERY_RESPONSE", "ANSWER_CIVIL", "SERVE_COMPLAINT"] {
            let start = json!({ "idempotencyKey": key(), "caseId": case, "ruleKey": rule, "triggerOn": "2026-11-20" });
            let id = attorney.done("deadlineStart", EXTENDED, start).await["deadline"]["id"].take();
            attorney.done("deadlineExtend", EXTENDED, extension(&id, "2027-03-01")).await;
            seen.push(spent(jfn).await);
        }
        assert_eq!(seen[0], seen[2], "{seen:?}");
    }
}
