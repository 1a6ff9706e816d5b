//! Hand-offs: asked, accepted, declined, lapsed, and what waits on whom.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::case_at_work::{open, refusals, told};

const REFERRAL: &str = "referral { id status answer answeredBy { email } case { assignee { email } } }";

async fn id_of(client: &Client) -> Value {
    client.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take()
}

/// The input that hands something over, to be answered within five days.
fn hand_off(case: &Value, kind: &str, to: Value) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": kind, "to": to, "reason": "You know the owner.",
        "answerBy": "2026-11-25",
    })
}

async fn make(client: &Client, case: &Value, kind: &str, to: Value) -> Value {
    client.done("referralMake", REFERRAL, hand_off(case, kind, to)).await["referral"]["id"].take()
}

async fn accept(client: &Client, id: &Value) -> Value {
    let input = json!({ "referralId": id, "answer": "Gladly." });
    client.done("referralAccept", REFERRAL, input).await["referral"].take()
}

/// What waits on them, by id.
async fn waiting(client: &Client) -> Vec<Value> {
    let seen =
        client.ask("{ waitingOnMe { totalCount nodes { id } } }", json!({})).await["waitingOnMe"].take();
    let nodes: Vec<Value> = seen["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(seen["totalCount"], nodes.len());
    nodes
}

story! {
    async fn a_case_changes_hands_when_it_is_accepted_and_not_before(jfn) {
        let (sergeant, officer) = (jfn.sergeant(3).await, jfn.code_officer(3).await);
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let input = hand_off(&case, "ASSIGN", json!({ "staffId": id_of(&officer).await }));
        let made = sergeant.done("referralMake", REFERRAL, input.clone()).await["referral"].take();
        assert_eq!(sergeant.done("referralMake", REFERRAL, input).await["referral"]["id"], made["id"], "a retry");
        assert_eq!((&made["status"], &made["case"]["assignee"]), (&json!("WAITING"), &Value::Null));
        assert_eq!(waiting(&officer).await, std::slice::from_ref(&made["id"]));
        assert_eq!(waiting(&sergeant).await, Vec::<Value>::new());
        let answer = json!({ "referralId": made["id"] });
        assert_eq!(sergeant.refused("referralAccept", REFERRAL, answer.clone()).await, "NOT_ALLOWED");
        let accepted = accept(&officer, &made["id"]).await;
        assert_eq!(accepted, json!({
            "id": made["id"], "status": "ACCEPTED", "answer": "Gladly.", "answeredBy": { "email": "code3@jfn.example" },
            "case": { "assignee": { "email": "code3@jfn.example" } },
        }));
        assert_eq!(waiting(&officer).await, Vec::<Value>::new());
        assert_eq!(officer.refused("referralAccept", REFERRAL, answer).await, "TRANSITION_BLOCKED", "once is enough");
        assert_eq!(told(&officer, &case).await, ["OPENED", "REFERRED", "REFERRED", "ASSIGNED"]);
        let query = "query ($id: ID!) { case(by: { id: $id }) { referrals { kind status madeBy { email } toStaff { email } \
                     toDepartment reason answerBy } } }";
        let seen = sergeant.ask(query, json!({ "id": case })).await["case"]["referrals"].take();
        assert_eq!(seen, json!([{
            "kind": "ASSIGN", "status": "ACCEPTED", "madeBy": { "email": "sergeant3@jfn.example" },
            "toStaff": { "email": "code3@jfn.example" }, "toDepartment": null, "reason": "You know the owner.",
            "answerBy": "2026-11-25",
        }]));
    }
}

story! {
    async fn whoever_declines_says_why_and_the_case_stays(jfn) {
        let (sergeant, attorney) = (jfn.sergeant(3).await, jfn.attorney(3).await);
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let id = make(&sergeant, &case, "TRANSFER", json!({ "staffId": id_of(&attorney).await })).await;
        let bare = json!({ "referralId": id, "reason": " " });
        assert_eq!(refusals(&attorney, "referralDecline", REFERRAL, bare).await, [("REQUIRED".to_owned(), "reason".to_owned())]);
        let declined = json!({ "referralId": id, "reason": "I know the owner too well." });
        let seen = attorney.done("referralDecline", REFERRAL, declined).await["referral"].take();
        assert_eq!((&seen["status"], &seen["answer"]), (&json!("DECLINED"), &json!("I know the owner too well.")));
        assert_eq!(seen["case"]["assignee"], Value::Null);
        assert_eq!(told(&attorney, &case).await, ["OPENED", "REFERRED", "REFERRED"]);
    }
}

story! {
    async fn what_nobody_answers_in_time_lapses(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let id = make(&sergeant, &case, "CONSULT", json!({ "department": "CODE_ENFORCEMENT" })).await;
        jfn.wait(TimeDelta::days(5));
        let officer = jfn.code_officer(3).await;
        assert_eq!(waiting(&officer).await, std::slice::from_ref(&id), "all of its last day");
        jfn.wait(TimeDelta::days(1));
        let (officer, sergeant) = (jfn.code_officer(3).await, jfn.sergeant(3).await);
        assert_eq!(waiting(&officer).await, Vec::<Value>::new());
        assert_eq!(officer.refused("referralAccept", REFERRAL, json!({ "referralId": id })).await, "TRANSITION_BLOCKED");
        let list = "query ($statuses: [ReferralStatus!]) { referrals(filter: { districts: [3], statuses: $statuses }) { nodes { id status } } }";
        let seen = sergeant.ask(list, json!({ "statuses": ["LAPSED"] })).await;
        assert_eq!(seen["referrals"]["nodes"], json!([{ "id": id, "status": "LAPSED" }]));
        let none = sergeant.ask(list, json!({ "statuses": ["WAITING", "ACCEPTED"] })).await;
        assert_eq!(none["referrals"]["nodes"], json!([]));
        let back = json!({ "referralId": id, "reason": "I asked them on the phone." });
        assert_eq!(officer.refused("referralWithdraw", REFERRAL, back.clone()).await, "NOT_ALLOWED", "not theirs to take back");
        let seen = sergeant.done("referralWithdraw", REFERRAL, back).await["referral"].take();
        assert_eq!(seen["status"], "WITHDRAWN");
    }
}

story! {
    async fn a_department_answers_through_its_seat_and_one_outside_through_the_team(jfn) {
        let (officer, sergeant) = (jfn.code_officer(3).await, jfn.sergeant(3).await);
        let case = open(jfn, &officer, "1200 K ST").await;
        let police = make(&officer, &case, "ASSIGN", json!({ "department": "POLICE" })).await;
        let law = make(&officer, &case, "CONSULT", json!({ "department": "CITY_ATTORNEY" })).await;
        let fire = make(&officer, &case, "TRANSFER", json!({ "department": "FIRE" })).await;
        assert_eq!(waiting(&sergeant).await, std::slice::from_ref(&police));
        assert_eq!(waiting(&jfn.sergeant(4).await).await, Vec::<Value>::new(), "another district's");
        assert_eq!(waiting(&jfn.attorney(3).await).await, std::slice::from_ref(&law));
        assert_eq!(waiting(&jfn.city_attorney().await).await, std::slice::from_ref(&law));
        let elsewhere = jfn.sergeant(4).await;
        assert_eq!(elsewhere.refused("referralAccept", REFERRAL, json!({ "referralId": police })).await, "NOT_ALLOWED");
        assert_eq!(accept(&sergeant, &police).await["case"]["assignee"]["email"], "sergeant3@jfn.example");
        assert_eq!(accept(&jfn.city_attorney().await, &law).await["case"]["assignee"]["email"], "sergeant3@jfn.example");
        assert_eq!(accept(&officer, &fire).await["case"]["assignee"], Value::Null, "it is with the fire department now");
    }
}

story! {
    async fn another_teams_expert_is_asked_but_is_not_given_the_case(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let expert = jfn.attorney(7).await;
        let to = json!({ "staffId": id_of(&expert).await });
        let refused = async |input: Value| refusals(&sergeant, "referralMake", REFERRAL, input).await;
        let invalid = |field: &str| vec![("INVALID".to_owned(), field.to_owned())];
        assert_eq!(refused(hand_off(&case, "ASSIGN", to.clone())).await, invalid("to"));
        assert_eq!(refused(hand_off(&case, "REFER", to.clone())).await, invalid("to"), "that goes to a department");
        assert_eq!(refused(hand_off(&case, "ASSIGN", json!({ "department": "FIRE" }))).await, invalid("to"));
        assert_eq!(refused(hand_off(&case, "CONSULT", json!({ "staffId": id_of(&jfn.commissioner().await).await }))).await, invalid("to"));
        assert_eq!(refused(hand_off(&case, "CONSULT", json!({ "staffId": id_of(&sergeant).await }))).await, invalid("to"));
        let mut late = hand_off(&case, "CONSULT", to.clone());
        late["answerBy"] = json!("2026-11-19");
        assert_eq!(refused(late).await, invalid("answerBy"));
        let stranger = jfn.sergeant(4).await;
        assert_eq!(stranger.refused("referralMake", REFERRAL, hand_off(&case, "CONSULT", to.clone())).await, "NOT_ALLOWED");
        let id = make(&sergeant, &case, "CONSULT", to).await;
        assert_eq!(waiting(&expert).await, std::slice::from_ref(&id));
        assert_eq!(accept(&expert, &id).await["case"]["assignee"], Value::Null);
    }
}

story! {
    async fn a_case_is_handed_on_by_whoever_works_it_or_its_attorney(jfn) {
        let (sergeant, officer, attorney) = (jfn.sergeant(3).await, jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let to_officer = json!({ "staffId": id_of(&officer).await });
        let id = make(&sergeant, &case, "ASSIGN", to_officer).await;
        accept(&officer, &id).await;
        let to_attorney = json!({ "staffId": id_of(&attorney).await });
        assert_eq!(sergeant.refused("referralMake", REFERRAL, hand_off(&case, "TRANSFER", to_attorney.clone())).await, "NOT_ALLOWED");
        let id = make(&officer, &case, "TRANSFER", to_attorney).await;
        assert_eq!(accept(&attorney, &id).await["case"]["assignee"]["email"], "attorney3@jfn.example");
    }
}

story! {
    async fn six_hand_offs_are_read_in_as_many_statements_as_one(jfn) {
        let (officer, sergeant) = (jfn.code_officer(3).await, jfn.sergeant(3).await);
        let mine = "{ waitingOnMe(first: 50) { nodes { case { number } madeBy { name } toStaff { name } answeredBy { name } } } }";
        let cases = "{ cases(filter: { districts: [3] }, first: 50) { nodes { referrals { kind madeBy { name } } } } }";
        let mut statements = Vec::new();
        for n in 0..6 {
            let case = open(jfn, &officer, &format!("{} OAK ST", 10 + n)).await;
            make(&officer, &case, "CONSULT", json!({ "department": "POLICE" })).await;
            let before = jfn.statements();
            let seen = sergeant.ask(mine, json!({})).await;
            let of_list = jfn.statements() - before;
            assert_eq!(seen["waitingOnMe"]["nodes"].as_array().unwrap().len(), n + 1);
            let before = jfn.statements();
            let seen = sergeant.ask(cases, json!({})).await;
            assert!(seen["cases"]["nodes"].as_array().unwrap().iter().all(|case| case["referrals"][0]["kind"] == "CONSULT"));
            statements.push((of_list, jfn.statements() - before));
        }
        assert!(statements.iter().all(|count| *count == statements[0]), "{statements:?}");
    }
}
