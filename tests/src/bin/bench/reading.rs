//! Questions over HTTP, beside the aggregate over the calls themselves.

use std::time::Instant;

use serde_json::{Value, json};
use tests::{Client, Jfn};

use super::{figure, floor};

const FLAGS: &str =
    "{ flags(first: 25) { nodes { id status measured threshold property { address } rule { label } } } }";
const BUSY: &str = "{ highVolumeProperties(window: { days: 90 }, first: 25) { nodes { property { id address } \
    volume { qualifying } } } }";
const VOLUME: &str = "query ($id: ID!) { property(by: { id: $id }) { callVolume(window: { days: 90 }) { total qualifying \
    protectedCount byCategory { category count } daily { day qualifying total } } } }";

/// The middle of a hundred answers, in milliseconds.
async fn middle(client: &Client, query: &str, variables: Value) -> f64 {
    let mut times = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        client.ask(query, variables.clone()).await;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

pub async fn figures(jfn: &Jfn) {
    let attorney = jfn.city_attorney().await;
    let busiest = attorney.ask(BUSY, json!({})).await;
    let id = busiest["highVolumeProperties"]["nodes"][0]["property"]["id"].clone();
    let plain = "SELECT property_id, COUNT(*) AS calls FROM call WHERE occurred_on > DATE '2026-11-19' - 90 \
        AND property_id IS NOT NULL AND withdrawn_at IS NULL AND NOT disposition_excludes AND NOT officer_initiated \
        AND category IN ('NOISE', 'DISTURBANCE', 'DRUG', 'ASSAULT', 'TRESPASS', 'VANDALISM') \
        GROUP BY property_id ORDER BY calls DESC LIMIT 25";
    let plain = floor::seconds(&jfn.app.db, plain, 5).await * 1_000.0;
    for (what, query, variables) in [
        ("flags", FLAGS, json!({})),
        ("highVolumeProperties of 90 days", BUSY, json!({})),
        ("Property.callVolume of the busiest place, 90 days", VOLUME, json!({ "id": id })),
    ] {
        let found = middle(&attorney, query, variables).await;
        figure(&format!("{what}, over HTTP, middle of 100"), format!("{found:.1} ms"), "at most 10 ms");
    }
    figure("  the plain aggregate over the calls", format!("{plain:.1} ms"), "");
}
