//! What the sergeants of the demo city made of their first flags.

use entity::call::CallCategory;
use serde_json::{Value, json};

use super::{
    desk::{Desk, key},
    people::People,
};
use crate::{app::App, error::Result};

const FLAGS: &str = "query ($district: Int!) { flags(filter: { districts: [$district], statuses: [NEEDS_REVIEW] }, \
                     first: 100) { nodes { id version rule { label } property { address useType \
                     cases(filter: { open: true }) { totalCount } } explanation { counted { call { id category } } } } } }";

/// In every district a sergeant looks at about half of the flags: most are confirmed, one is dismissed, and one of the
/// confirmed ones becomes a case. The others wait.
pub async fn review(app: &App, people: &People) -> Result<()> {
    let desk = Desk::new(app);
    for team in people.teams() {
        let flags = desk.ask(&team.sergeant, FLAGS, json!({ "district": team.district })).await?;
        let flags = flags["flags"]["nodes"].as_array().cloned().unwrap_or_default();
        for (position, flag) in flags.iter().enumerate().take(flags.len().div_ceil(2)) {
            let dismissed = position == 1;
            let (decision, reason) = if dismissed {
                ("DISMISS", "The calls are about the bus stop in front, not about the place.")
            } else {
                ("CONFIRM", "Read every call: the same trouble, on different nights, by people of the place.")
            };
            let input = json!({ "flagId": flag["id"], "expectedVersion": flag["version"], "decision": decision, "reason": reason });
            desk.change(&team.sergeant, "flagReview", "flag { status }", input).await?;
            let free = flag["property"]["cases"]["totalCount"] == 0;
            if position == 0 && free {
                open_case(&desk, team, flag).await?;
            }
        }
    }
    Ok(())
}

async fn open_case(desk: &Desk, team: &super::people::Team, flag: &Value) -> Result<()> {
    let counted = flag["explanation"]["counted"].as_array().cloned().unwrap_or_default();
    let drugs = CallCategory::Drug.word();
    let about_drugs = counted.iter().any(|row| row["call"]["category"] == drugs.as_str());
    let second = if about_drugs { "DRUG_ACTIVITY" } else { "IRRESPONSIBLE_BUSINESS" };
    let address = flag["property"]["address"].as_str().unwrap_or_default();
    let input = json!({
        "idempotencyKey": key(), "flagId": flag["id"], "kinds": ["HIGH_CALL_VOLUME", second],
        "title": format!("Calls for service at {address}"),
    });
    desk.change(&team.attorney, "flagOpenCase", "case { id }", input).await.map(|_| ())
}
