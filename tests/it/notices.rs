//! Notices: served, and the clock that citations wait for.

use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tests::{key, story};

use crate::case_at_work::{advance, find, open, open_at, party, refusals, told, violation, with};

const NOTICE: &str = "notice { id kind servedOn method recipient { name } complyBy amount servedBy { name } \
                      services { recipient { name } method servedOn } violations { id } }";

/// A notice posted on the place on that day.
fn posted(case: &Value, kind: &str, served_on: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": kind,
        "services": [{ "method": "POSTING", "servedOn": served_on }],
    })
}

story! {
    async fn a_notice_reaches_each_recipient_in_its_own_way(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        let lender = party(jfn, &place, "Leo Lender", LinkStatus::Suggested).await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        let input = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "NOTICE_OF_VIOLATION", "complyBy": "2026-12-04",
            "services": [
                { "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-20" },
                { "partyId": lender, "method": "CERTIFIED_MAIL", "servedOn": "2026-11-18" },
                { "method": "POSTING", "servedOn": "2026-11-19" },
            ],
            "violationIds": [found[0], found[0]],
        });
        let made = officer.done("noticeServe", NOTICE, input.clone()).await["notice"].take();
        assert_eq!((&made["servedOn"], &made["method"]), (&json!("2026-11-20"), &json!("PERSONAL")), "the first service");
        assert_eq!(made["recipient"]["name"], "Olive Owner");
        assert_eq!(made["services"][1]["recipient"]["name"], "Leo Lender");
        assert_eq!(made["services"][2], json!({ "recipient": null, "method": "POSTING", "servedOn": "2026-11-19" }));
        assert_eq!((&made["complyBy"], &made["amount"]), (&json!("2026-12-04"), &Value::Null));
        assert_eq!(made["violations"], json!([{ "id": found[0] }]));
        assert_eq!(made["servedBy"]["name"], "Person code3");
        let again = officer.done("noticeServe", NOTICE, input).await;
        assert_eq!(again["notice"]["id"], made["id"], "a retry");
        let query = "query ($id: ID!) { case(by: { id: $id }) { notices { id kind } \
                     events(first: 2) { nodes { kind summary occurredAt } } } }";
        let seen = officer.ask(query, json!({ "id": case })).await["case"].take();
        assert_eq!(seen["notices"], json!([{ "id": made["id"], "kind": "NOTICE_OF_VIOLATION" }]));
        assert_eq!(seen["events"]["nodes"][0]["kind"], "DEADLINE_SET", "the day to comply");
        let entry = &seen["events"]["nodes"][1];
        assert_eq!(entry["kind"], "NOTICE_SERVED");
        assert_eq!(entry["summary"], "NOTICE_OF_VIOLATION served: SCC 8.96.130");
        assert_eq!(entry["occurredAt"], "2026-11-18T08:00:00+00:00", "as the day of the first service began in the city");
        let node = "query ($id: ID!) { node(id: $id) { ... on Notice { kind } } }";
        assert_eq!(officer.ask(node, json!({ "id": made["id"] })).await["node"]["kind"], "NOTICE_OF_VIOLATION");
    }
}

story! {
    async fn a_citation_waits_for_the_clock_of_the_notice(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130"), violation("SCC 8.96.140")])).await;
        let citation = |day: &str, violations: &[Value]| {
            let input = with(posted(&case, "ADMINISTRATIVE_CITATION", day), "amount", json!("130.00"));
            with(input, "violationIds", json!(violations))
        };
        assert_eq!(officer.refused("noticeServe", NOTICE, citation("2026-11-20", &found[..1])).await, "CLOCK_NOT_RUN");
        let notice = with(posted(&case, "NOTICE_OF_VIOLATION", "2026-11-20"), "complyBy", json!("2026-12-04"));
        officer.done("noticeServe", NOTICE, with(notice, "violationIds", json!([found[0]]))).await;
        for stage in ["ASSESSMENT", "NOTICE"] {
            assert_eq!(advance(&officer, &case, stage).await["case"]["stage"], stage);
        }
        jfn.wait(chrono::TimeDelta::days(14));
        let officer = jfn.code_officer(3).await;
        assert_eq!(officer.refused("noticeServe", NOTICE, citation("2026-12-04", &found[..1])).await, "CLOCK_NOT_RUN");
        assert_eq!(advance(&officer, &case, "CITATION").await["userErrors"][0]["code"], "CLOCK_NOT_RUN");
        jfn.wait(chrono::TimeDelta::days(1));
        let officer = jfn.code_officer(3).await;
        assert_eq!(officer.refused("noticeServe", NOTICE, citation("2026-12-04", &found[..1])).await, "CLOCK_NOT_RUN");
        assert_eq!(officer.refused("noticeServe", NOTICE, citation("2026-12-05", &found)).await, "CLOCK_NOT_RUN");
        let made = officer.done("noticeServe", NOTICE, citation("2026-12-05", &found[..1])).await["notice"].take();
        assert_eq!(made["amount"], "130.00");
        let told = told(&officer, &case).await;
        assert_eq!(told[told.len() - 3..], ["CITATION_ISSUED", "COST_RECORDED", "DEADLINE_SET"], "with its fine and the time to appeal");
        assert_eq!(advance(&officer, &case, "CITATION").await["case"]["stage"], "CITATION");
    }
}

story! {
    async fn an_immediate_danger_is_cited_at_once(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let mut danger = violation("SCC 8.96.140");
        danger["immediateDanger"] = json!(true);
        let found = find(jfn, &attorney, &case, json!([danger])).await;
        let input = posted(&case, "ADMINISTRATIVE_CITATION", "2026-11-20");
        assert_eq!(attorney.refused("noticeServe", NOTICE, input.clone()).await, "CLOCK_NOT_RUN", "it cites nothing");
        attorney.done("noticeServe", NOTICE, with(input, "violationIds", json!(found))).await;
    }
}

story! {
    async fn a_day_of_payment_opens_no_citation(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        let statement = with(posted(&case, "COST_STATEMENT", "2026-11-18"), "amount", json!("2400.50"));
        let made = officer.done("noticeServe", NOTICE, with(statement, "complyBy", json!("2026-11-19"))).await;
        assert_eq!(made["notice"]["amount"], "2400.50");
        for stage in ["ASSESSMENT", "NOTICE"] {
            assert_eq!(advance(&officer, &case, stage).await["case"]["stage"], stage);
        }
        assert_eq!(advance(&officer, &case, "CITATION").await["userErrors"][0]["code"], "CLOCK_NOT_RUN");
        let citation = posted(&case, "ADMINISTRATIVE_CITATION", "2026-11-20");
        assert_eq!(officer.refused("noticeServe", NOTICE, citation).await, "CLOCK_NOT_RUN");
    }
}

story! {
    async fn a_notice_never_goes_to_somebody_who_is_not_of_the_place(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        let rejected = party(jfn, &place, "Rita Rejected", LinkStatus::Rejected).await;
        let elsewhere = jfn.place("1300 K ST", 3).await;
        let stranger = party(jfn, &elsewhere, "Stan Stranger", LinkStatus::Confirmed).await;
        for recipient in [&rejected, &stranger] {
            let services = json!([{ "partyId": recipient, "method": "PERSONAL", "servedOn": "2026-11-20" }]);
            let input = with(posted(&case, "COURTESY", "2026-11-20"), "services", services);
            let told = refusals(&officer, "noticeServe", NOTICE, input).await;
            assert_eq!(told, [("INVALID".to_owned(), "services.partyId".to_owned())]);
        }
        assert_eq!(told(&officer, &case).await, ["OPENED"]);
    }
}

story! {
    async fn a_notice_that_makes_no_sense_is_refused_with_what_is_wrong(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let other = open(jfn, &officer, "1300 K ST").await;
        let foreign = find(jfn, &officer, &other, json!([violation("SCC 8.96.130")])).await;
        let courtesy = || posted(&case, "COURTESY", "2026-11-20");
        let personal = json!([{ "method": "PERSONAL", "servedOn": "2026-11-20" }]);
        for (input, code, field) in [
            (with(courtesy(), "services", json!([])), "REQUIRED", "services"),
            (with(courtesy(), "services", personal), "REQUIRED", "services.partyId"),
            (posted(&case, "COURTESY", "2026-11-21"), "INVALID", "services.servedOn"),
            (with(courtesy(), "complyBy", json!("2026-11-19")), "INVALID", "complyBy"),
            (posted(&case, "NOTICE_OF_VIOLATION", "2026-11-20"), "REQUIRED", "complyBy"),
            (with(courtesy(), "amount", json!("100.00")), "INVALID", "amount"),
            (posted(&case, "COST_STATEMENT", "2026-11-20"), "REQUIRED", "amount"),
            (with(courtesy(), "violationIds", json!(foreign)), "NOT_FOUND", "violationIds"),
        ] {
            let told = refusals(&officer, "noticeServe", NOTICE, input.clone()).await;
            assert_eq!(told, [(code.to_owned(), field.to_owned())], "{input}");
        }
        let serve = "mutation ($input: NoticeServeInput!) { noticeServe(input: $input) { userErrors { code } } }";
        let in_float = with(courtesy(), "amount", json!(100.5));
        assert_eq!(officer.error_of(serve, json!({ "input": in_float })).await, "BAD_INPUT");
        let no_day = posted(&case, "COURTESY", "2026-02-30");
        assert_eq!(officer.error_of(serve, json!({ "input": no_day })).await, "BAD_INPUT");
        assert_eq!(jfn.sergeant(3).await.error_of(serve, json!({ "input": courtesy() })).await, "FORBIDDEN");
        assert_eq!(jfn.code_officer(5).await.refused("noticeServe", NOTICE, courtesy()).await, "NOT_ALLOWED");
    }
}

story! {
    async fn a_list_of_cases_reads_their_enforcement_in_a_fixed_number_of_statements(jfn) {
        let officer = jfn.code_officer(3).await;
        let query = "{ cases(first: 50) { nodes { violations { codeSection } deadlines(open: true) { label } notices { servedOn \
                     method recipient { name } services { recipient { name } } violations { codeSection } } } } }";
        let mut counts = Vec::new();
        for numbers in [1..5, 5..51] {
            for number in numbers {
                let place = jfn.place(&format!("{number}00 K ST"), 3).await;
                let case = open_at(&officer, &place).await;
                let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
                let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
                let services = json!([{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-20" }]);
                let input = with(posted(&case, "COURTESY", "2026-11-20"), "services", services);
                officer.done("noticeServe", NOTICE, with(input, "violationIds", json!(found))).await;
                let deadline = json!({ "idempotencyKey": key(), "caseId": case, "label": "Look again", "dueOn": "2026-12-01" });
                officer.done("deadlineSet", "deadline { id }", deadline).await;
            }
            let before = jfn.statements();
            let seen = officer.ask(query, json!({})).await;
            counts.push(jfn.statements() - before);
            let last = &seen["cases"]["nodes"][0];
            assert_eq!(last["notices"][0]["recipient"]["name"], "Olive Owner");
            assert_eq!(last["notices"][0]["violations"], last["violations"]);
            assert_eq!(last["deadlines"][0]["label"], "Look again");
        }
        assert_eq!(counts[0], counts[1], "for four cases as for fifty");
        assert!(counts[0] <= 7, "the sign-in, and one for each relation: {counts:?}");
    }
}
