//! What the invented cases cost: hours, filing fees, fines and what came in for them.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::desk::{Desk, key};
use crate::{authz::Viewer, error::Result};

/// One entry of a case's ledger, before it is recorded.
pub struct Cost<'a> {
    pub kind: &'a str,
    pub description: &'a str,
    pub source: &'a str,
    pub receipt: String,
    /// What more this kind of entry needs.
    pub more: Value,
}

impl Cost<'_> {
    pub fn hours(minutes: u32, description: &'static str, luck: u32) -> Self {
        let receipt = format!("TS-{}", 10_000 + luck % 89_999);
        let more = json!({ "minutes": minutes, "hourlyRate": "98.50" });
        Self { kind: "STAFF_HOURS", description, source: "Time sheet", receipt, more }
    }

    pub fn filing_fee(action: &Value, luck: u32) -> Self {
        let receipt = format!("SC-{}", 100_000 + luck % 899_999);
        let more = json!({ "amount": "435.00", "legalActionId": action });
        Self { kind: "FILING_FEE", description: "First paper", source: "Receipt of the court", receipt, more }
    }
}

/// Records what a case cost on that day.
pub async fn spend(desk: &Desk, who: &Viewer, case: &Value, on: NaiveDate, cost: Cost<'_>) -> Result<()> {
    let mut input = json!({
        "idempotencyKey": key(), "caseId": case, "kind": cost.kind, "on": on, "description": cost.description,
        "source": cost.source, "receipt": cost.receipt,
    });
    for (name, value) in cost.more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    desk.change(who, "costRecord", "cost { id }", input).await.map(|_| ())
}

/// Records that the owner paid what is owed in a case by then, if anything is.
pub async fn pay(desk: &Desk, who: &Viewer, case: &Value, on: NaiveDate, luck: u32) -> Result<()> {
    let query = "query ($id: ID!) { case(by: { id: $id }) { costs { balance { outstanding } } } }";
    let mut seen = desk.ask(who, query, json!({ "id": case })).await?;
    let owed = seen["case"]["costs"]["balance"]["outstanding"].take();
    if owed == "0.00" {
        return Ok(());
    }
    let input = json!({
        "idempotencyKey": key(), "caseId": case, "amount": owed, "on": on, "description": "Costs of the case",
        "source": "The owner, by check", "receipt": format!("R-{}", 10_000 + luck % 89_999),
    });
    desk.change(who, "paymentRecord", "cost { id }", input).await.map(|_| ())
}
