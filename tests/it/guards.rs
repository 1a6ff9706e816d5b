//! What the law asks for before a step, each guard by itself: refused with the reason, then the missing fact is put on record
//! by the mutation that the refusal names, then allowed. Here: time, notices, orders, liens and money.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{key, story};

use crate::{
    case_at_work::{find, violation, with},
    guarded::{authorized, done, filing, order, refused},
    legal::{advance, case_at, codes, notice, schedule, step},
};

const NOTICE: &str = "notice { id }";

story! {
    async fn a_citation_waits_for_the_time_to_correct_and_for_its_extension(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let issue = |on: &str| step(&action, 2, "FILED", on);
        refused(&attorney, &issue("2026-11-20"), &[("CLOCK_NOT_RUN", "noticeServe")]).await;
        let letter = notice(&case, "NOTICE_OF_VIOLATION", &["POSTING"], "2026-11-20");
        attorney.done("noticeServe", NOTICE, with(letter, "complyBy", json!("2026-12-04"))).await;
        refused(&attorney, &issue("2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-05")]).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines(open: true) { id dueOn } } }";
        let due = attorney.ask(query, json!({ "id": case["id"] })).await["case"]["deadlines"][0].take();
        let extension = json!({
            "deadlineId": due["id"], "to": "2026-12-18", "reason": "The permit came late.",
        });
        attorney.done("deadlineExtend", "deadline { id }", extension).await;
        jfn.wait(TimeDelta::days(28));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &issue("2026-12-18"), &[("CLOCK_NOT_RUN", "2026-12-19")]).await;
        jfn.wait(TimeDelta::days(1));
        done(&jfn.attorney(3).await, &issue("2026-12-19")).await;
    }
}

story! {
    async fn immediate_danger_is_cited_at_once_and_for_a_reason(jfn) {
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let issue = step(&action, 2, "FILED", "2026-11-20");
        refused(&attorney, &issue, &[("CLOCK_NOT_RUN", "noticeServe")]).await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        find(jfn, &officer, &case["id"], json!([danger])).await;
        refused(&attorney, &issue, &[("REQUIRED", "immediate danger")]).await;
        done(&attorney, &with(issue, "reason", json!("The gas leaks."))).await;
    }
}

story! {
    async fn a_receiver_is_asked_for_after_an_expired_order_and_three_days_notice(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "receivership").await;
        let both = [("TRANSITION_BLOCKED", "noticeServe"), ("CLOCK_NOT_RUN", "noticeServe"), ("TRANSITION_BLOCKED", "PRE_PETITION_NOTICE")];
        refused(&attorney, &filing(&action, "2026-11-20"), &both).await;
        let order = notice(&case, "NOTICE_AND_ORDER", &["POSTING", "MAIL_IN_STATE"], "2026-11-20");
        attorney.done("noticeServe", NOTICE, with(order, "complyBy", json!("2026-12-21"))).await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        find(jfn, &jfn.code_officer(3).await, &case["id"], json!([danger])).await;
        let hurried = with(filing(&action, "2026-11-20"), "reason", json!("The roof may fall."));
        refused(&attorney, &hurried, &[("CLOCK_NOT_RUN", "2026-12-22"), both[2]]).await;
        jfn.wait(TimeDelta::days(32));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &filing(&action, "2026-12-22"), &[both[2]]).await;
        let only_posted = notice(&case, "PRE_PETITION_NOTICE", &["POSTING"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, only_posted).await;
        refused(&attorney, &filing(&action, "2026-12-22"), &[both[2]]).await;
        let announced = notice(&case, "PRE_PETITION_NOTICE", &["POSTING", "MAIL_IN_STATE"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, announced).await;
        // Three days are Christmas, a Friday; the next open day is the Monday.
        refused(&attorney, &filing(&action, "2026-12-22"), &[("CLOCK_NOT_RUN", "2026-12-28")]).await;
        jfn.wait(TimeDelta::days(6));
        done(&jfn.attorney(3).await, &filing(&action, "2026-12-28")).await;
    }
}

story! {
    async fn a_suit_under_the_housing_law_waits_for_its_notice_or_for_the_clock_that_stands_for_it(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "state-housing-law-suit").await;
        let expected = [("TRANSITION_BLOCKED", "deadlineStart"), ("CLOCK_NOT_RUN", "noticeServe")];
        refused(&attorney, &filing(&action, "2026-11-20"), &expected).await;
        let clock = |from: &str| json!({ "idempotencyKey": key(), "caseId": case["id"], "ruleKey": "HSG_NOTICE", "triggerOn": from });
        attorney.done("deadlineStart", "deadline { id }", clock("2026-11-02")).await;
        refused(&attorney, &filing(&action, "2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-02")]).await;
        attorney.done("deadlineStart", "deadline { id }", clock("2026-10-02")).await;
        done(&attorney, &filing(&action, "2026-11-20")).await;
    }
}

story! {
    async fn a_building_is_closed_before_judgment_only_once_an_order_was_violated(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "drug-abatement").await;
        done(&attorney, &filing(&action, "2026-11-20")).await;
        let restraint = order(&attorney, &action, "TEMPORARY_RESTRAINING_ORDER").await;
        schedule(&attorney, &action, "2026-12-01T17:00:00Z").await;
        advance(&attorney, &action, 3, "HEARING_SET").await;
        let closure = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "CLOSURE_BEFORE_JUDGMENT", "issuedOn": "2026-11-20",
            "terms": "Closed until the judgment.",
        });
        let payload = attorney.change("courtOrderRecord", "courtOrder { id }", closure.clone()).await;
        assert_eq!(codes(&payload), ["TRANSITION_BLOCKED"]);
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("orderViolationRecord"), "{payload}");
        let violated = json!({
            "idempotencyKey": key(), "courtOrderId": restraint["id"], "violatedOn": "2026-11-20", "description": "Sales went on.",
        });
        attorney.done("orderViolationRecord", "courtOrder { id }", violated).await;
        attorney.done("courtOrderRecord", "courtOrder { id }", with(closure, "idempotencyKey", json!(key()))).await;
    }
}

story! {
    async fn no_lien_comes_before_confirmed_costs_and_its_notice(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "abatement-cost-lien").await;
        advance(&attorney, &action, 2, "FILED").await;
        refused(&attorney, &step(&action, 3, "SERVED", "2026-11-20"), &[("TRANSITION_BLOCKED", "COST_STATEMENT")]).await;
        let mut statement = notice(&case, "COST_STATEMENT", &["CERTIFIED_MAIL"], "2026-11-20");
        statement["amount"] = json!("2400.50");
        statement["complyBy"] = json!("2026-12-21");
        attorney.done("noticeServe", NOTICE, statement).await;
        advance(&attorney, &action, 3, "SERVED").await;
        let confirmed = |on: &str| step(&action, 4, "ORDERED", on);
        refused(&attorney, &confirmed("2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-22")]).await;
        let lien = |on: &str| json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "LIEN", "instrument": "202612220001", "recordedOn": on,
        });
        let early = attorney.change("titleRecordingRecord", "titleRecording { id }", lien("2026-11-20")).await;
        assert_eq!(codes(&early), ["CLOCK_NOT_RUN", "TRANSITION_BLOCKED"], "neither confirmed nor noticed");
        jfn.wait(TimeDelta::days(32));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &confirmed("2026-12-22"), &[("TRANSITION_BLOCKED", "courtOrderRecord")]).await;
        let order = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "COSTS_CONFIRMED", "issuedOn": "2026-12-22",
            "terms": "Nobody objected.", "amount": "2400.50",
        });
        attorney.done("courtOrderRecord", "courtOrder { id }", order).await;
        done(&attorney, &confirmed("2026-12-22")).await;
        let made = step(&action, 5, "COMPLYING", "2026-12-22");
        refused(&attorney, &made, &[("TRANSITION_BLOCKED", "LIEN_NOTICE")]).await;
        let by_mail = notice(&case, "LIEN_NOTICE", &["MAIL_IN_STATE"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, by_mail).await;
        let unlike = attorney.change("titleRecordingRecord", "titleRecording { id }", lien("2026-12-22")).await;
        assert_eq!(codes(&unlike), ["TRANSITION_BLOCKED"], "a lien's notice is served like a summons");
        let posted = notice(&case, "LIEN_NOTICE", &["POSTING"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, posted).await;
        attorney.done("titleRecordingRecord", "titleRecording { id }", lien("2026-12-22")).await;
        done(&attorney, &made).await;
        let paid = step(&action, 6, "SATISFIED", "2026-12-22");
        refused(&attorney, &paid, &[("TRANSITION_BLOCKED", "paymentRecord"), ("TRANSITION_BLOCKED", "titleRecordingRelease")]).await;
    }
}

story! {
    async fn a_fine_is_settled_by_money_or_by_a_lien_that_stands(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        let found = find(jfn, &jfn.code_officer(3).await, &case["id"], json!([danger])).await;
        done(&attorney, &with(step(&action, 2, "FILED", "2026-11-20"), "reason", json!("The gas leaks."))).await;
        let serving = step(&action, 3, "SERVED", "2026-11-20");
        refused(&attorney, &serving, &[("TRANSITION_BLOCKED", "noticeServe")]).await;
        let citation = notice(&case, "ADMINISTRATIVE_CITATION", &["POSTING"], "2026-11-20");
        let citation = with(with(citation, "amount", json!("130.00")), "violationIds", json!(found));
        attorney.done("noticeServe", NOTICE, citation).await;
        done(&attorney, &serving).await;
        let settled = step(&action, 4, "SATISFIED", "2026-11-20");
        refused(&attorney, &settled, &[("TRANSITION_BLOCKED", "paymentRecord")]).await;
        let proof = |more: Value| {
            let mut input = json!({
                "idempotencyKey": key(), "caseId": case["id"], "on": "2026-11-20", "description": "Citation 1.",
                "source": "Citation", "receipt": "C-1",
            });
            for (name, value) in more.as_object().unwrap() {
                input[name] = value.clone();
            }
            input
        };
        attorney.done("paymentRecord", "cost { id }", proof(json!({ "amount": "129.99" }))).await;
        refused(&attorney, &settled, &[("TRANSITION_BLOCKED", "$0.01")]).await;
        attorney.done("paymentRecord", "cost { id }", proof(json!({ "amount": "0.01" }))).await;
        done(&attorney, &settled).await;
    }
}
