//! Flags as a member of staff sees them, and a bar that has one.

use entity::call::{self, CallCategory};
use serde_json::{Value, json};

use crate::{Client, Jfn, calls::nights};

const FLAGS: &str = "{ flags { nodes { id version status measured threshold windowFrom windowTo raisedAt \
    property { id address } rule { id key version label citation basis window { n unit } } \
    reviewedBy { name } reviewedAt reviewReason case { id number } history { kind reason } \
    explanation { counted { call { id category address } counted reason reviewNote } \
    excluded { call { id category } counted reason reviewNote } excludedByReason { reason count } \
    dataAsOf reachedOn wouldClearWhen } } totalCount } }";

/// All flags that they see.
pub async fn flags(client: &Client) -> Vec<Value> {
    client.ask(FLAGS, json!({})).await["flags"]["nodes"].as_array().expect("a list").clone()
}

/// The one flag that they see.
pub async fn only_flag(client: &Client) -> Value {
    let flags = flags(client).await;
    assert_eq!(flags.len(), 1, "{flags:#?}");
    flags[0].clone()
}

/// The sergeant of a bar in district 3 with calls on three nights, the bar, its calls and its flag.
pub async fn flagged(jfn: &Jfn) -> (Client, String, Vec<call::Model>, Value) {
    flagged_on(jfn, &[5, 10, 15]).await
}

/// The same with calls on these days of November 2026.
pub async fn flagged_on(jfn: &Jfn, days: &[u32]) -> (Client, String, Vec<call::Model>, Value) {
    let place = jfn.place("12 ELM ST", 3).await;
    let calls = nights(&place, CallCategory::Noise, days);
    assert_eq!(jfn.told(&calls).await, 1);
    let sergeant = jfn.sergeant(3).await;
    let flag = only_flag(&sergeant).await;
    (sergeant, place, calls, flag)
}

/// What `flagReview` is given.
#[must_use]
pub fn review(flag: &Value, decision: &str) -> Value {
    json!({ "flagId": flag["id"], "expectedVersion": flag["version"], "decision": decision, "reason": "Looked at it." })
}
