//! People who write all the time, and who keep outside the server what it acknowledged.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;

use super::ground::{PATIENCE, signed_in};
use crate::{Client, key};

/// Codes with which a server may refuse what it cannot do now.
const CODES: [&str; 4] = ["INTERNAL", "TOO_COMPLEX", "RATE_LIMITED", "UNAUTHENTICATED"];
/// What of a database or of our own insides no answer may show.
const INSIDES: [&str; 14] = [
    "sqlx",
    "sqlite",
    "postgres",
    "sea_orm",
    "select ",
    "insert ",
    "update ",
    "pool",
    "connection",
    "relation",
    "panicked",
    "tcp",
    "os error",
    "constraint",
];

/// A mutation that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub mutation: &'static str,
    /// The `X-Request-Id` under which it was sent, however often.
    pub request: Uuid,
    /// The case's number.
    pub case: String,
    /// Words that no other mutation brings.
    pub words: String,
    /// The case's version after it, where the answer tells.
    pub version: Option<i64>,
}

/// What all writers share.
#[derive(Default)]
pub struct Ledger {
    kept: Mutex<Vec<Acknowledged>>,
    /// Answers that were errors, each with its code.
    refused: AtomicU64,
    /// Requests to which no answer came.
    lost: AtomicU64,
    ended: AtomicBool,
    /// A writer met with what must not be.
    broken: AtomicBool,
    /// How many each writer got acknowledged.
    told: watch::Sender<Vec<usize>>,
}

impl Ledger {
    /// All that was acknowledged so far.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::SeqCst)
    }

    /// Waits until so many more than now are acknowledged.
    pub async fn more(&self, count: usize) {
        let goal = self.told.borrow().iter().sum::<usize>() + count;
        self.until(|told| told.iter().sum::<usize>() >= goal).await;
    }

    /// Waits until each writer has got at least one more acknowledged.
    pub async fn each_once_more(&self) {
        let before = self.told.borrow().clone();
        self.until(|told| told.iter().zip(&before).all(|(now, before)| now > before)).await;
    }

    async fn until(&self, reached: impl FnMut(&Vec<usize>) -> bool) {
        let mut told = self.told.subscribe();
        let mut reached = reached;
        let grown = told.wait_for(|told| self.broken.load(Ordering::SeqCst) || reached(told));
        let grown = tokio::time::timeout(PATIENCE, grown).await;
        assert!(grown.is_ok_and(|grown| grown.is_ok()), "the writers get on");
        assert!(!self.broken.load(Ordering::SeqCst), "a writer met with what must not be");
    }

    fn keep(&self, writer: usize, acknowledged: Acknowledged) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(acknowledged);
        self.told.send_modify(|told| told[writer] += 1);
    }
}

/// Tells those who wait for a writer that there is no more to wait for.
struct Watch(Arc<Ledger>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::SeqCst);
            self.0.told.send_modify(|_| ());
        }
    }
}

/// The writers at work.
pub struct Writers {
    pub ledger: Arc<Ledger>,
    /// One of them, who is signed in.
    pub somebody: Client,
    at_work: JoinSet<()>,
}

impl Writers {
    /// So many sergeants, each of a district of their own, set to work at that address.
    pub async fn at(url: &str, count: usize) -> Self {
        let ledger = Arc::new(Ledger { told: watch::channel(vec![0; count]).0, ..Ledger::default() });
        let mut at_work = JoinSet::new();
        let mut somebody = None;
        for number in 1..=count {
            let client = signed_in(url, &format!("sergeant{number}")).await;
            somebody.get_or_insert_with(|| client.clone());
            let writer = Writer { client, ledger: ledger.clone(), number };
            at_work.spawn(writer.work());
        }
        Self { ledger, somebody: somebody.expect("somebody writes"), at_work }
    }

    /// Waits until each has got an answer to what it is at, and answers all that was acknowledged.
    pub async fn end(mut self) -> Vec<Acknowledged> {
        self.ledger.ended.store(true, Ordering::SeqCst);
        while let Some(ended) = self.at_work.join_next().await {
            ended.expect("a writer's answers were as they must be");
        }
        self.ledger.acknowledged()
    }
}

struct Writer {
    client: Client,
    ledger: Arc<Ledger>,
    number: usize,
}

impl Writer {
    async fn work(self) {
        let _watch = Watch(self.ledger.clone());
        for turn in 0.. {
            let address = format!("{} K ST", self.number * 100_000 + turn);
            let words = new_words();
            let input = json!({
                "idempotencyKey": key(), "title": words, "kinds": ["OTHER"], "source": "PATROL",
                "property": { "address": address },
            });
            let opened = self.send("caseOpen", "case { id number version }", input, words, None).await;
            let case = opened["case"].clone();
            let number = case["number"].as_str().expect("a number");
            let mut version = case["version"].as_i64().expect("a version");
            for step in 0..8 {
                if self.ledger.ended.load(Ordering::SeqCst) {
                    return;
                }
                let words = new_words();
                let id = &case["id"];
                let payload = "case { id number version title }";
                match step {
                    1 => {
                        let input = json!({ "caseId": id, "expectedVersion": version, "to": "ASSESSMENT", "reason": words });
                        version =
                            version_of(&self.send("caseAdvance", payload, input, words, Some(number)).await);
                    }
                    3 | 6 => {
                        let input = json!({ "caseId": id, "expectedVersion": version, "title": words });
                        version =
                            version_of(&self.send("caseEdit", payload, input, words, Some(number)).await);
                    }
                    _ => {
                        let input = json!({ "idempotencyKey": key(), "caseId": id, "body": words });
                        self.send("caseAddNote", "event { body }", input, words, Some(number)).await;
                    }
                }
            }
        }
    }

    /// Sends it, the very same again and again, until it is acknowledged.
    async fn send(
        &self,
        mutation: &'static str,
        fields: &str,
        input: Value,
        words: String,
        case: Option<&str>,
    ) -> Value {
        let mut name = mutation.to_owned();
        name.replace_range(..1, &mutation[..1].to_uppercase());
        let query = format!(
            "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code message }} }} }}"
        );
        let body = json!({ "query": query, "variables": { "input": input } });
        let request = Uuid::now_v7();
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = self
                .client
                .request(reqwest::Method::POST, "/graphql")
                .header("x-request-id", request.to_string());
            let answer = async { sent.json(&body).send().await?.text().await }.await;
            let Ok(text) = answer else {
                self.ledger.lost.fetch_add(1, Ordering::SeqCst);
                continue;
            };
            let mut answer: Value =
                serde_json::from_str(&text).expect("whoever gets an answer gets it whole");
            let Some(data) = answer.get_mut("data").filter(|data| data[mutation].is_object()) else {
                is_clean(&answer);
                self.ledger.refused.fetch_add(1, Ordering::SeqCst);
                continue;
            };
            let payload = data[mutation].take();
            // What was done without an acknowledgement is found by whoever tries again.
            let was_done = tries > 1 && payload["userErrors"][0]["code"] == "STALE_VERSION";
            assert!(was_done || payload["userErrors"] == json!([]), "{mutation} is taken: {payload:#}");
            let number = payload["case"]["number"].as_str().or(case).expect("a number").to_owned();
            let version = payload["case"]["version"].as_i64();
            self.ledger
                .keep(self.number - 1, Acknowledged { mutation, request, case: number, words, version });
            return payload;
        }
    }
}

fn version_of(payload: &Value) -> i64 {
    payload["case"]["version"].as_i64().expect("a version")
}

fn new_words() -> String {
    format!("Words {}", Uuid::new_v4())
}

/// An error that has a code and shows nothing of what is behind.
pub fn is_clean(answer: &Value) {
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    assert!(CODES.contains(&code), "a documented code: {answer:#}");
    assert!(error["extensions"]["requestId"].is_string(), "it names its request: {answer:#}");
    let message = error["message"].as_str().unwrap_or_default().to_lowercase();
    let shown = INSIDES.iter().find(|inside| message.contains(**inside));
    assert!(shown.is_none() && !message.is_empty(), "nothing of what is behind: {answer:#}");
}
