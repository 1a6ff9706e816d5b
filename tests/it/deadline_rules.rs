//! Planning: what a rule gives for a day, and how it got there.

use serde_json::{Value, json};
use tests::{Client, story};

const PREVIEW: &str = "query($input: DeadlinePreviewInput!) { deadlinePreview(input: $input) {
    ruleKey citation trigger triggerOn days basis direction serviceExtensionDays dueOn steps confirmWithCounsel } }";

async fn preview(client: &Client, input: Value) -> Value {
    client.ask(PREVIEW, json!({ "input": input })).await["deadlinePreview"].take()
}

story! {
    async fn an_attorney_plans_a_motion_and_sees_every_step(jfn) {
        let attorney = jfn.attorney(1).await;
        let input = json!({ "ruleKey": "MOTION", "triggerOn": "2026-03-02", "serviceMethod": "MAIL_IN_STATE" });
        assert_eq!(preview(&attorney, input).await, json!({
            "ruleKey": "MOTION", "citation": "Code of Civil Procedure 1005(b)",
            "trigger": "hearing", "triggerOn": "2026-03-02",
            "days": 16, "basis": "COURT", "direction": "BACKWARD", "serviceExtensionDays": 5, "dueOn": "2026-01-30",
            "steps": [
                "16 court days before Mon 2 Mar 2026 is Wed 4 Feb 2026",
                "for the way of service, 5 calendar days before Wed 4 Feb 2026 is Fri 30 Jan 2026",
            ],
            "confirmWithCounsel": false,
        }));
    }
}

story! {
    async fn a_city_attorney_sees_why_a_waiting_period_ends_on_a_tuesday(jfn) {
        let city_attorney = jfn.city_attorney().await;
        let input = json!({ "ruleKey": "UD_NUISANCE_NOTICE", "triggerOn": "2026-09-04" });
        let told = preview(&city_attorney, input).await;
        assert_eq!(told["dueOn"], "2026-09-08");
        assert_eq!(
            told["steps"][0],
            "3 calendar days from Fri 4 Sep 2026 is Mon 7 Sep 2026, a court holiday (Labor Day); \
             next court day Tue 8 Sep 2026"
        );
    }
}

story! {
    async fn a_rule_or_a_year_that_nobody_recorded_is_named(jfn) {
        let officer = jfn.code_officer(2).await;
        let refusal = async |rule: &str, on: &str| {
            let answer = officer.answer(PREVIEW, json!({ "input": { "ruleKey": rule, "triggerOn": on } })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer:#}");
            answer["errors"][0]["message"].as_str().unwrap().to_owned()
        };
        let told = refusal("REPLYY", "2026-03-02").await;
        assert!(told.contains("`REPLYY`") && told.contains("deadlineRules"), "{told}");
        let told = refusal("REPLY", "2029-03-02").await;
        assert!(told.contains("2029"), "{told}");
    }
}

story! {
    async fn the_rules_are_listed_with_their_law_for_staff_and_for_nobody_else(jfn) {
        let listing = "{ deadlineRules { key label citation trigger kind n basis direction ifMissed note confirmWithCounsel } }";
        let rules = jfn.sergeant(3).await.ask(listing, json!({})).await;
        let rules = rules["deadlineRules"].as_array().unwrap();
        let reply = rules.iter().find(|rule| rule["key"] == "REPLY").unwrap();
        assert_eq!(reply["n"], 5);
        assert_eq!(reply["ifMissed"], "the papers are late");
        assert!(rules.iter().all(|rule| !rule["citation"].as_str().unwrap().is_empty()));
        assert_eq!(jfn.nobody().error_of(listing, json!({})).await, "UNAUTHENTICATED");
    }
}
