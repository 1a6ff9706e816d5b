//! A thousand people at once, who read and write.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    Found,
    ground::{Ground, signed_in},
    percentile,
};
use crate::{Client, Store, city, key};

/// How much is tried.
pub struct Scale {
    pub clients: usize,
    /// Each asks until that is over, and so often at least.
    pub time: Duration,
    pub times: usize,
}

/// Megabytes that the server has in memory at most.
const MEMORY: f64 = 300.0;
const LIST: &str = "query ($district: Int!) { cases(filter: { districts: [$district] }, first: 20) { totalCount nodes \
    { number title stage property { address } assignee { name } } } }";
const ONE: &str = "query ($id: ID!) { case(by: { id: $id }) { number title version events(first: 10) { nodes { kind summary } } } }";
const DOCKET: &str = "{ docket(from: \"2026-12-07\", to: \"2026-12-11\", first: 20) { nodes { startsAt } } }";
const WHO: &str = "{ viewer { roles districts { number } } }";

/// Somebody, with a case of their district.
#[derive(Clone)]
struct Person {
    client: Client,
    district: i32,
    case: Value,
}

/// What one client met with.
#[derive(Default)]
struct Met {
    times: Vec<Duration>,
    /// How often each documented refusal came, by its code.
    refusals: BTreeMap<String, u64>,
}

/// Lets them all ask.
pub async fn play(store: Store, scale: &Scale) -> Found {
    let ground = Ground::new(store).await;
    let server = ground.serve(&["--open-connections", "2048"]).await;
    let mut people = Vec::new();
    for district in 1..=8 {
        let sergeant = signed_in(&server.url(), &format!("sergeant{district}")).await;
        let place = city::place(&ground.app, &format!("{district}00 K ST"), district).await;
        let input = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"], "property": { "id": place },
            "source": "PATROL",
        });
        let case = sergeant.done("caseOpen", "case { id }", input).await["case"]["id"].take();
        for profession in ["attorney", "code"] {
            let client = signed_in(&server.url(), &format!("{profession}{district}")).await;
            people.push(Person { client, district, case: case.clone() });
        }
        people.push(Person { client: sergeant, district, case });
    }
    let mut crowd = JoinSet::new();
    let began = Instant::now();
    for number in 0..scale.clients {
        let person = people[number % people.len()].clone();
        let (ends, times) = (began + scale.time, scale.times);
        crowd.spawn(async move {
            let mut met = Met::default();
            let mut turn = 0;
            while turn < times || Instant::now() < ends {
                person.ask(number + turn, &mut met).await;
                turn += 1;
            }
            met
        });
    }
    let (mut times, mut refusals) = (Vec::new(), BTreeMap::new());
    while let Some(met) = crowd.join_next().await {
        let met = met.expect("everybody is answered as they must be");
        times.extend(met.times);
        for (code, count) in met.refusals {
            *refusals.entry(code).or_insert(0) += count;
        }
    }
    let took = began.elapsed();
    let memory = server.most_memory();
    ground.is_verified().await;
    server.kill().await;
    ground.raze().await;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = times.len() as f64 / took.as_secs_f64();
    let tried = format!(
        "{store:?}: {} clients for {:.0} s, {} requests, no error; documented refusals {refusals:?}",
        scale.clients,
        took.as_secs_f64(),
        times.len()
    );
    Found::new(tried)
        .limited("memory", memory, "MB", MEMORY)
        .told("requests a second", rate, "")
        .told("p50", percentile(&mut times, 0.5), "ms")
        .told("p99", percentile(&mut times, 0.99), "ms")
}

impl Person {
    /// One request of a mixed day: eight of ten read.
    async fn ask(&self, turn: usize, met: &mut Met) {
        let note = json!({ "input": { "idempotencyKey": key(), "caseId": self.case, "body": "Spoke with the neighbours." } });
        // Long since out of date: what comes back is the present case.
        let stale =
            json!({ "input": { "caseId": self.case, "expectedVersion": 1_000_000, "title": "Late" } });
        let (query, variables) = match turn % 10 {
            0 | 5 => (LIST, json!({ "district": self.district })),
            1 | 6 | 8 => (ONE, json!({ "id": self.case })),
            2 => (DOCKET, json!({})),
            3 | 7 => (WHO, json!({})),
            4 => (
                "mutation ($input: CaseAddNoteInput!) { caseAddNote(input: $input) { event { id } userErrors { code } } }",
                note,
            ),
            _ => (
                "mutation ($input: CaseEditInput!) { caseEdit(input: $input) { case { version } userErrors { code } } }",
                stale,
            ),
        };
        let began = Instant::now();
        let response = self.client.post("/graphql", &json!({ "query": query, "variables": variables })).await;
        let status = response.status();
        let answer: Value = response.json().await.expect("an answer of JSON");
        met.times.push(began.elapsed());
        if let Some(error) = answer["errors"].get(0) {
            let code = error["extensions"]["code"].as_str().unwrap_or_default().to_owned();
            // Too many requests, or one that took longer than it may.
            let documented =
                matches!((status.as_u16(), code.as_str()), (429, "RATE_LIMITED") | (503, "TOO_COMPLEX"));
            assert!(documented, "{status}: {answer:#}");
            *met.refusals.entry(code).or_insert(0) += 1;
            return;
        }
        match turn % 10 {
            9 => {
                assert_eq!(answer["data"]["caseEdit"]["userErrors"][0]["code"], "STALE_VERSION", "{answer:#}")
            }
            4 => assert!(answer["data"]["caseAddNote"]["event"].is_object(), "{answer:#}"),
            1 | 6 | 8 => assert!(answer["data"]["case"]["number"].is_string(), "{answer:#}"),
            _ => assert!(answer["data"].is_object(), "{answer:#}"),
        }
    }
}
