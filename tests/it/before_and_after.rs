//! Did it help? Calls at a case's place before and after the city stepped in.

use entity::call::CallCategory;
use serde_json::{Value, json};
use tests::{
    Client,
    calls::{call, nights},
    key, story,
};

use crate::case_at_work::open_at;

const FIELDS: &str = "interventionOn before after days rateRatio low high note";

async fn compared(client: &Client, case: &Value, days: i32) -> Value {
    let query = format!(
        "query ($id: ID!, $days: Int!) {{ case(by: {{ id: $id }}) {{ callsBeforeAndAfter(days: $days) {{ {FIELDS} }} }} }}"
    );
    client.ask(&query, json!({ "id": case, "days": days })).await["case"]["callsBeforeAndAfter"].take()
}

async fn serve(client: &Client, case: &Value, kind: &str, on: &str) {
    let input = json!({
        "idempotencyKey": key(), "caseId": case, "kind": kind,
        "services": [{ "method": "POSTING", "servedOn": on }], "complyBy": "2026-12-20",
    });
    client.done("noticeServe", "notice { id }", input).await;
}

story! {
    async fn a_team_sees_that_calls_became_fewer_after_its_notice(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("12 ELM ST", 3).await;
        let case = open_at(&officer, &place).await;
        // Eight calls in the ten days before the notice of 11 November, none on its day, two in the nine days after;
        // thefts and a call of long before count on neither side.
        let mut calls = nights(&place, CallCategory::Noise, &[1, 2, 3, 4, 5, 6, 7, 10, 13, 20]);
        calls.extend(nights(&place, CallCategory::Theft, &[8, 9, 14]));
        calls.push(call(&place, "2026-09-03 22:00"));
        jfn.told(&calls).await;
        assert_eq!(compared(&officer, &case, 10).await, Value::Null, "nobody has stepped in yet");

        serve(&officer, &case, "COURTESY", "2026-11-02").await;
        assert_eq!(compared(&officer, &case, 10).await, Value::Null, "a friendly letter is no intervention");

        serve(&officer, &case, "NOTICE_AND_ORDER", "2026-11-18").await;
        serve(&officer, &case, "NOTICE_OF_VIOLATION", "2026-11-11").await;
        let told = compared(&officer, &case, 10).await;
        assert_eq!(told["interventionOn"], "2026-11-11", "the first one counts");
        assert_eq!((&told["before"], &told["after"], &told["days"]), (&json!(8), &json!(2), &json!(10)));
        // By hand: two in nine days against eight in ten are 0.2222 / 0.8.
        let ratio = told["rateRatio"].as_f64().unwrap();
        assert!((ratio - 0.277_78).abs() < 0.0001, "{told}");
        assert!(told["low"].as_f64().unwrap() < ratio && told["high"].as_f64().unwrap() > 1.0, "{told}");
        let note = told["note"].as_str().unwrap();
        assert!(note.contains("2026-11-20, 9 of 10 days") && note.contains("chance"), "{note}");
    }
}

story! {
    async fn six_cases_are_compared_in_as_many_statements_as_one(jfn) {
        let officer = jfn.code_officer(3).await;
        let mut statements = Vec::new();
        let query = "{ cases(filter: { districts: [3] }, first: 50) { nodes { callsBeforeAndAfter { before after } } } }";
        for n in 0..6 {
            let place = jfn.place(&format!("{} OAK ST", 10 + n), 3).await;
            let case = open_at(&officer, &place).await;
            jfn.told(&nights(&place, CallCategory::Noise, &[1, 2])).await;
            serve(&officer, &case, "NOTICE_OF_VIOLATION", "2026-11-11").await;
            let before = jfn.statements();
            let seen = officer.ask(query, json!({})).await;
            statements.push(jfn.statements() - before);
            let nodes = seen["cases"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), n + 1);
            assert!(nodes.iter().all(|node| node["callsBeforeAndAfter"]["before"] == 2), "{seen}");
        }
        assert!(statements.iter().all(|count| *count == statements[0]), "{statements:?}");
    }
}

story! {
    async fn the_days_on_each_side_have_bounds(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("12 ELM ST", 3).await;
        let case = open_at(&officer, &place).await;
        let query = "query ($id: ID!, $days: Int!) { case(by: { id: $id }) { callsBeforeAndAfter(days: $days) { before } } }";
        for days in [6, 366, -1] {
            assert_eq!(officer.error_of(query, json!({ "id": case, "days": days })).await, "BAD_INPUT", "{days}");
        }
    }
}
