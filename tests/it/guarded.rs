//! What the stories about guards share: a step that is refused by name, and one that is taken.

use serde_json::{Value, json};
use tests::{Client, key};

use crate::{
    case_at_work::with,
    legal::{ACTION, advance, codes, refer, step},
};

/// What the step is refused for: the code of each refusal, which has to name the mutation beside it.
pub async fn refused(client: &Client, input: &Value, expected: &[(&str, &str)]) {
    let payload = client.change("legalActionAdvance", ACTION, input.clone()).await;
    let codes = codes(&payload);
    assert_eq!(codes, expected.iter().map(|(code, _)| *code).collect::<Vec<_>>(), "{payload:#}");
    for (index, (_, mutation)) in expected.iter().enumerate() {
        let message = payload["userErrors"][index]["message"].as_str().unwrap();
        assert!(message.contains(mutation), "`{mutation}` is named: {message}");
    }
}

/// The step is taken.
pub async fn done(client: &Client, input: &Value) -> Value {
    client.done("legalActionAdvance", ACTION, input.clone()).await["legalAction"].take()
}

/// An action of that remedy that the attorney signed off, as version 2.
pub async fn authorized(attorney: &Client, case: &Value, remedy: &str) -> Value {
    let action = refer(attorney, case, remedy).await;
    advance(attorney, &action, 1, "AUTHORIZED").await;
    action
}

/// The input of its filing in court on that day.
pub fn filing(action: &Value, on: &str) -> Value {
    with(
        with(step(action, 2, "FILED", on), "court", json!("Superior Court")),
        "courtCaseNumber",
        json!("34-2026-1"),
    )
}

/// An order of that kind, made on the day on which the clock of every test starts.
pub async fn order(attorney: &Client, action: &Value, kind: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": action["id"], "kind": kind, "issuedOn": "2026-11-20", "terms": "So ordered.",
    });
    attorney.done("courtOrderRecord", "courtOrder { id }", input).await["courtOrder"].take()
}
