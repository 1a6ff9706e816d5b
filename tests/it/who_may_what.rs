//! Everybody asks for everything that the schema has, in their own district and in another, and the answers are held against
//! `docs/who-may-what.md`.

use std::collections::{BTreeSet, HashMap};

use api::{http::Edge, preset::Preset};
use entity::access_token::TokenScope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store};

use crate::{
    access_tokens::{program as token, reader},
    matrix_arguments::{Given, Schema},
    matrix_page::{EVERYBODY, Line, table},
    matrix_targets::Targets,
    push::program,
};

/// How the server decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The viewer may, whatever the law and the record say next.
    Allowed,
    NotAllowed,
    Unseen,
    Forbidden,
    Unauthenticated,
}

use Outcome::{Allowed, Forbidden, NotAllowed, Unauthenticated, Unseen};

/// The column of a program that reads.
const PROGRAM: usize = 6;

/// A city with things in districts 3 and 5, and everybody who may ask: the teams are district 3's.
pub struct City {
    pub jfn: Jfn,
    pub own: Targets,
    pub other: Targets,
    pub everybody: Vec<Client>,
}

impl City {
    pub async fn new(store: Store) -> Self {
        let jfn = Jfn::start_in(store, Edge::default(), |preset| {
            // Its rules warn early; Sacramento's do not.
            preset
                .nuisance_rules
                .extend(Preset::rules_of("costa-mesa").expect("a set").expect("it is whole"));
        })
        .await;
        let (own, other) = (Targets::new(&jfn, 3).await, Targets::new(&jfn, 5).await);
        let everybody = vec![
            jfn.attorney(3).await,
            jfn.sergeant(3).await,
            jfn.code_officer(3).await,
            jfn.city_attorney().await,
            jfn.commissioner().await,
            jfn.administrator().await,
            program(&jfn, TokenScope::ReadCases, None).await,
            program(&jfn, TokenScope::PushCalls, Some("demo-police")).await,
            jfn.nobody(),
        ];
        Self { jfn, own, other, everybody }
    }

    /// What everybody is answered to this line, where it differs from what the page says.
    async fn differences(&self, line: &Line, ask: impl AsyncFn(&Client, &Targets) -> Outcome) -> Vec<String> {
        let mut found = Vec::new();
        for ((who, client), said) in EVERYBODY.iter().zip(&self.everybody).zip(&line.words) {
            let answered = (ask(client, &self.own).await, ask(client, &self.other).await);
            if !fits(line, said, who, answered) {
                found.push(format!("`{}: {who}: the page says `{said}`, the server {answered:?}", line.what));
            }
        }
        found
    }
}

/// Whether that word of the page is what was answered about the own district and about the other.
fn fits(line: &Line, word: &str, who: &str, (own, other): (Outcome, Outcome)) -> bool {
    match word {
        "yes" => (own, other) == (Allowed, Allowed),
        "own" => own == Allowed && matches!(other, NotAllowed | Unseen),
        "own, others unseen" => (own, other) == (Allowed, Unseen),
        "refused" => (own, other) == (NotAllowed, NotAllowed),
        "unseen" => (own, other) == (Unseen, Unseen),
        "no" if who == "nobody" => (own, other) == (Unauthenticated, Unauthenticated),
        // Calls are pushed with a token: who comes with a password is asked for one.
        "no" if line.name().starts_with("POST") => {
            [(Unauthenticated, Unauthenticated), (Forbidden, Forbidden)].contains(&(own, other))
        }
        "no" => (own, other) == (Forbidden, Forbidden),
        other => panic!("`{other}` is no word of the page"),
    }
}

/// Every name of the schema has a line, and every line a name of the schema.
fn complete(heading: &str, lines: &[Line], names: &[&str]) {
    let told: BTreeSet<&str> = lines.iter().map(Line::name).collect();
    let known: BTreeSet<&str> = names.iter().copied().collect();
    let missing: Vec<_> = known.difference(&told).collect();
    let strange: Vec<_> = told.difference(&known).collect();
    assert!(missing.is_empty(), "docs/who-may-what.md has no line `{heading}` for {missing:?}");
    assert!(strange.is_empty(), "docs/who-may-what.md has lines for what is not there: {strange:?}");
}

fn error_of(answer: &Value) -> Option<Outcome> {
    let error = answer["errors"].get(0)?;
    Some(match error["extensions"]["code"].as_str().unwrap_or_default() {
        "FORBIDDEN" => Forbidden,
        "UNAUTHENTICATED" => Unauthenticated,
        "NOT_FOUND" => Unseen,
        _ => panic!("the request never came to the decision: {answer:#}"),
    })
}

/// Fields that are not made up for a query or mutation but given.
fn given<'a>(line: &Line, targets: &'a Targets, rule: &Value) -> Given<'a> {
    let of = |kind: &str| targets.of(kind).clone();
    let values: Vec<(&'static str, Value)> = match (line.name(), line.kind()) {
        ("node", _) => vec![("id", of("district"))],
        ("nodes", _) => vec![("ids", json!([of("district")]))],
        ("legalAction", _) => vec![("id", of("legalAction"))],
        ("district", _) => vec![("number", json!(targets.district))],
        ("docket", _) => vec![("from", json!("2026-11-20")), ("to", json!("2026-12-31"))],
        ("deadlinePreview", _) => vec![("ruleKey", rule.clone())],
        ("flagReviewPreview", _) => vec![("exclude", json!([]))],
        ("highVolumeProperties", _) => vec![("window", json!({ "days": 90 }))],
        ("protectionCertificate", _) => vec![("year", json!(2025))],
        ("caseAddNote" | "evidenceAttach", ", privileged") => vec![("privileged", json!(true))],
        ("evidenceWithdraw", ", privileged") => vec![("evidenceId", of("privileged evidence"))],
        ("costBill", _) => vec![("noticeId", of("cost statement"))],
        ("costReverse", " of a waiver") => vec![("entryId", of("waiver"))],
        ("deadlineExtend", " of a compliance date") => vec![("deadlineId", of("compliance date"))],
        ("earlyWarningSend", _) => {
            vec![("propertyId", of("warned place")), ("partyId", of("warned party"))]
        }
        // Or whoever asks could ask nothing more.
        ("sessionRevokeAll", _) => vec![("keepThis", json!(true))],
        // A day on which nobody can take a seat any more, so that everybody keeps theirs.
        ("teamSeatAssign", _) => vec![("from", json!("1900-01-01"))],
        _ => Vec::new(),
    };
    Given { targets, values: HashMap::from_iter(values) }
}

/// Whether the answer to a query shows something. A list that is narrowed to a district is to have something in it.
fn shown(value: &Value, is_narrowed: bool) -> Outcome {
    let rows = value.get("nodes").unwrap_or(value);
    match rows {
        Value::Null => Unseen,
        Value::Array(rows) if is_narrowed && rows.is_empty() => Unseen,
        _ => Allowed,
    }
}

async fn what_can_be_asked(store: Store) {
    let city = City::new(store).await;
    let schema = Schema::of(&city.everybody[0]).await;
    let rules = city.everybody[0].ask("{ deadlineRules { key } }", json!({})).await["deadlineRules"].take();
    let lines = table("What can be asked");
    let names: Vec<&str> = schema.queries().iter().filter_map(|field| field["name"].as_str()).collect();
    complete("What can be asked", &lines, &names);
    let mut found = Vec::new();
    for line in &lines {
        let field = schema.queries().iter().find(|field| field["name"] == line.name()).expect("it is there");
        let ask = async |client: &Client, targets: &Targets| {
            let (document, variables) =
                schema.document("query", field, &given(line, targets, &rules[0]["key"]));
            let answer = client.answer(&document, variables.clone()).await;
            let narrowed = ["districts", "filter"].iter().any(|name| variables.get(name).is_some());
            error_of(&answer).unwrap_or_else(|| shown(&answer["data"][line.name()], narrowed))
        };
        found.extend(city.differences(line, ask).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    city.jfn.stop().await;
}

/// The thing among the targets that a line about things by their id is about.
pub fn thing(line: &Line) -> String {
    match (line.name(), line.kind()) {
        ("CaseEvent", "") => "event".to_owned(),
        ("CaseEvent", _) => "privileged event".to_owned(),
        ("Evidence", ", privileged") => "privileged evidence".to_owned(),
        ("Letter", ", an early warning") => "early warning".to_owned(),
        ("CallChallenge", _) => "challenge".to_owned(),
        ("CitationAppeal", _) => "appeal".to_owned(),
        ("CostEntry", _) => "cost".to_owned(),
        ("NuisanceRule", _) => "rule".to_owned(),
        ("StaffMember", _) => "staff".to_owned(),
        (name, _) => name[..1].to_lowercase() + &name[1..],
    }
}

async fn things_by_their_id(store: Store) {
    let city = City::new(store).await;
    let schema = Schema::of(&city.everybody[0]).await;
    let lines = table("Things by their id");
    complete("Things by their id", &lines, &schema.possible("Node"));
    let mut found = Vec::new();
    for line in &lines {
        let ask = async |client: &Client, targets: &Targets| {
            let query = "query ($id: ID!) { node(id: $id) { __typename id } }";
            let id = targets.of(&thing(line));
            let answer = client.answer(query, json!({ "id": id })).await;
            let node = &answer["data"]["node"];
            error_of(&answer).unwrap_or_else(|| {
                assert_eq!((&node["__typename"], &node["id"]), (&json!(line.name()), id));
                Allowed
            })
        };
        found.extend(city.differences(line, ask).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    city.jfn.stop().await;
}

/// Things that belong to no district, or to all.
const EVERYWHERE: [&str; 2] = ["District", "StaffMember"];

/// A token that is held to the own district sees there what any token that reads sees, and nothing elsewhere.
async fn a_token_of_one_district(store: Store) {
    let city = City::new(store).await;
    let (held, _) = token(&city.jfn, reader(json!([city.own.district]))).await;
    let mut found = Vec::new();
    for line in &table("Things by their id") {
        let sees = async |targets: &Targets| {
            let query = "query ($id: ID!) { node(id: $id) { id } }";
            let answer = held.answer(query, json!({ "id": targets.of(&thing(line)) })).await;
            error_of(&answer).unwrap_or(Allowed)
        };
        let expected = match line.words[PROGRAM].as_str() {
            "yes" if EVERYWHERE.contains(&line.name()) => (Allowed, Allowed),
            "yes" => (Allowed, Unseen),
            _ => (Unseen, Unseen),
        };
        let answered = (sees(&city.own).await, sees(&city.other).await);
        if answered != expected {
            found.push(format!("`{}: expected {expected:?}, the server {answered:?}", line.what));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    city.jfn.stop().await;
}

// Words that name nothing are not the target; nor is an announced file, which is its sender's alone wherever the case is.
fn is_about_the_target(refusal: &Value) -> bool {
    let others = ["description", "remedyKey", "ruleKey", "uploadId"];
    refusal["field"][0].as_str().is_none_or(|field| !others.contains(&field))
}

/// What a mutation answered: the first refusal that is about the viewer decides.
fn of_payload(name: &str, answer: &Value) -> Outcome {
    let refusals = answer["data"][name]["userErrors"].as_array().expect("refusals, if only none");
    for refusal in refusals {
        match refusal["code"].as_str().unwrap_or_default() {
            "NOT_ALLOWED" => return NotAllowed,
            "NOT_FOUND" if is_about_the_target(refusal) => return Unseen,
            _ => {}
        }
    }
    Allowed
}

async fn what_can_be_changed(store: Store) {
    let city = City::new(store).await;
    let schema = Schema::of(&city.everybody[0]).await;
    let lines = table("What can be changed");
    let names: Vec<&str> = schema.mutations().iter().filter_map(|field| field["name"].as_str()).collect();
    complete("What can be changed", &lines, &names);
    let mut found = Vec::new();
    for line in &lines {
        let field =
            schema.mutations().iter().find(|field| field["name"] == line.name()).expect("it is there");
        let ask = async |client: &Client, targets: &Targets| {
            let (document, variables) =
                schema.document("mutation", field, &given(line, targets, &Value::Null));
            let answer = client.answer(&document, variables).await;
            error_of(&answer).unwrap_or_else(|| of_payload(line.name(), &answer))
        };
        found.extend(city.differences(line, ask).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    city.jfn.stop().await;
}

async fn files(store: Store) {
    let city = City::new(store).await;
    let mut found = Vec::new();
    for line in &table("Files") {
        let ask = async |client: &Client, targets: &Targets| {
            let of = |kind: &str| targets.of(kind).as_str().expect("an id").to_owned();
            let path = match (line.name(), line.kind()) {
                ("GET /evidence/{id}", "") => format!("/evidence/{}", of("evidence")),
                ("GET /evidence/{id}", _) => format!("/evidence/{}", of("privileged evidence")),
                ("GET /letters/{id}", _) => format!("/letters/{}", of("letter")),
                ("GET /notices/{id}/letter", _) => format!("/notices/{}/letter", of("notice")),
                ("GET /cases/{id}/letter", _) => {
                    format!("/cases/{}/letter?kind=NOTICE_OF_VIOLATION", of("case"))
                }
                ("GET /cases/{id}/packet.zip", _) => format!("/cases/{}/packet.zip", of("case")),
                ("GET /places/{id}/early-warning", _) => of("path of an early warning"),
                ("POST /feeds/{key}/calls", _) => "/feeds/demo-police/calls".to_owned(),
                (other, _) => panic!("say how to ask for {other}"),
            };
            let method = if line.name().starts_with("GET") { Method::GET } else { Method::POST };
            let answer = client.request(method, &path).send().await.expect("an answer");
            match answer.status() {
                StatusCode::FORBIDDEN => Forbidden,
                StatusCode::UNAUTHORIZED => Unauthenticated,
                StatusCode::NOT_FOUND => Unseen,
                status => {
                    assert!(!status.is_server_error(), "{path}: {status}");
                    Allowed
                }
            }
        };
        found.extend(city.differences(line, ask).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    city.jfn.stop().await;
}

macro_rules! on_both {
    ($($name:ident),+) => {$(
        mod $name {
            use tests::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn is_as_the_page_says_on_sqlite() {
                super::$name(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn is_as_the_page_says_on_postgres() {
                super::$name(Store::Postgres).await;
            }
        }
    )+};
}

on_both!(what_can_be_asked, things_by_their_id, a_token_of_one_district, what_can_be_changed, files);
