//! The day of payment that a cost statement names: met when the sum has come in, open again when it is taken back.

use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::case_at_work::{open, with};

fn statement(case: &Value, amount: &str, served_on: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": "COST_STATEMENT", "amount": amount, "complyBy": "2026-12-21",
        "services": [{ "method": "POSTING", "servedOn": served_on }],
    })
}

fn entry(case: &Value, amount: &str, receipt: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "amount": amount, "on": "2026-11-20", "description": "Instalment.",
        "source": "Cashier's check", "receipt": receipt,
    })
}

/// The day on which each day of payment was met, and by what, in the order of the statements.
async fn met(client: &Client, case: &Value) -> Vec<(Value, Value)> {
    let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines { completedOn metBy createdAt: dueOn \
                 computation { ruleKey triggerOn } } } }";
    let seen = client.ask(query, json!({ "id": case })).await;
    let mut rows = seen["case"]["deadlines"].as_array().unwrap().clone();
    rows.retain(|row| row["computation"]["ruleKey"] == "COSTS_PAY");
    rows.sort_by_key(|row| row["computation"]["triggerOn"].to_string());
    rows.into_iter().map(|mut row| (row["completedOn"].take(), row["metBy"].take())).collect()
}

story! {
    async fn a_cost_statement_is_met_by_the_payment_that_makes_its_sum_full_and_by_none_before(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = open(jfn, &officer, "1200 K ST").await;
        for (amount, day) in [("2400.50", "2026-11-18"), ("100.00", "2026-11-19")] {
            officer.done("noticeServe", "notice { id }", statement(&case, amount, day)).await;
        }
        let open_still = (Value::Null, Value::Null);
        officer.done("paymentRecord", "cost { id }", entry(&case, "2400.49", "R-1")).await;
        assert_eq!(met(&officer, &case).await, [open_still.clone(), open_still.clone()], "a cent is missing");
        let last = officer.done("paymentRecord", "cost { id }", entry(&case, "50.01", "R-2")).await["cost"]["id"].take();
        let seen = met(&officer, &case).await;
        assert_eq!(seen[0].0, "2026-11-20");
        let what = seen[0].1.as_str().unwrap();
        assert!(what.contains("$2,400.50") && what.contains("PAYMENT") && what.contains("R-2"), "{what}");
        assert_eq!(seen[1], open_still, "of the second, half came in");
        let waiver = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "ABATEMENT", "amount": "2500.50", "on": "2026-11-17",
            "description": "Hauled off.", "source": "Invoice", "receipt": "I-1",
        });
        officer.done("costRecord", "cost { id }", waiver).await;
        let rest = entry(&case, "50.00", "W-1");
        let mut rest = with(rest, "reason", json!("Hardship shown."));
        rest.as_object_mut().unwrap().remove("description");
        attorney.done("costWaive", "cost { id }", rest).await;
        assert_eq!(met(&officer, &case).await[1].0, "2026-11-20", "paid by half, waived by half");
        let bounced = json!({ "idempotencyKey": key(), "entryId": last, "on": "2026-11-20", "reason": "The check bounced." });
        officer.done("costReverse", "cost { id }", bounced).await;
        assert_eq!(met(&officer, &case).await[0].0, "2026-11-20", "what is waived covers the earlier one first");
        assert_eq!(met(&officer, &case).await[1], open_still, "and the second is open again");
    }
}

story! {
    async fn a_fine_that_was_assessed_first_takes_the_payment_first_and_what_was_recorded_by_hand_stays(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let fine = with(with(entry(&case, "130.00", "C-1"), "kind", json!("FINE")), "on", json!("2026-11-17"));
        officer.done("costRecord", "cost { id }", fine).await;
        officer.done("noticeServe", "notice { id }", statement(&case, "100.00", "2026-11-18")).await;
        officer.done("paymentRecord", "cost { id }", entry(&case, "100.00", "R-1")).await;
        assert_eq!(met(&officer, &case).await, [(Value::Null, Value::Null)]);
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines { id } } }";
        let due = officer.ask(query, json!({ "id": case })).await["case"]["deadlines"][0]["id"].take();
        let by_hand = json!({ "deadlineId": due, "completedOn": "2026-11-20", "metBy": "Paid at the counter." });
        officer.done("deadlineComplete", "deadline { id }", by_hand).await;
        officer.done("paymentRecord", "cost { id }", entry(&case, "1.00", "R-2")).await;
        assert_eq!(met(&officer, &case).await, [(json!("2026-11-20"), json!("Paid at the counter."))]);
    }
}
