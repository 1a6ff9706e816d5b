//! The questions of the benchmark, as an app asks them, and as the floor is asked for the same.

use entity::id::{CaseId, DistrictId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::city::{City, Person};
use crate::generated::Numbers;

/// One question; it has a name, and what is wanted of it at 32 connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Point,
    List,
    Docket,
    HighVolume,
    Summary,
    Note,
}

/// What the issue asks for at 32 connections: share of the floor's throughput at least, its processor time at most, and
/// statements beside the sign-in.
pub struct Goal {
    pub share: f64,
    pub cpu: f64,
    pub statements: Option<f64>,
}

const POINT: &str = "query Point($id: ID!) { case(by: { id: $id }) { id number version title stage priority openedAt \
    nextActionOn district { number name } property { id address useType } assignee { id name role } } }";
const LIST: &str = "query List($districts: [Int!]) { cases(filter: { districts: $districts, open: true }, first: 50) { \
    nodes { id number title stage priority openedAt nextActionOn property { id address useType } assignee { id name role } \
    recentNotes(first: 5) { id occurredAt summary body } legalActions { id kind status statusSince } } } }";
const DOCKET: &str = "query Docket($from: Date!) { docket(from: $from, to: \"2027-09-30\", first: 100) { nodes { id startsAt \
    court department purpose legalAction { id kind status responsibleAttorney { id name } case { id number title \
    district { number } property { id address } } } } } }";
const HIGH_VOLUME: &str = "query HighVolume { highVolumeProperties(window: { days: 90 }, first: 20) { nodes { \
    property { id address useType } volume { qualifying } } } }";
const SUMMARY: &str = "query Summary { legalActionSummary(groupBy: [DISTRICT, STATUS]) { district status count \
    overdueDeadlines oldestStatusSince } }";
const NOTE: &str = "mutation Note($input: CaseAddNoteInput!) { caseAddNote(input: $input) { event { id kind occurredAt summary \
    body } userErrors { code message } } }";

impl Question {
    pub const ALL: [Self; 6] =
        [Self::Point, Self::List, Self::Docket, Self::HighVolume, Self::Summary, Self::Note];

    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "Q1 one case",
            Self::List => "Q2 list of 50",
            Self::Docket => "Q3 docket of 100",
            Self::HighVolume => "Q4 twenty busiest places",
            Self::Summary => "Q5 summary",
            Self::Note => "M1 a note",
        }
    }

    /// The floor's path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::List => "list",
            Self::Docket => "docket",
            Self::HighVolume => "high-volume",
            Self::Summary => "summary",
            Self::Note => "note",
        }
    }

    pub fn goal(self) -> Goal {
        let goal = |share, cpu, statements| Goal { share, cpu, statements };
        match self {
            Self::Point => goal(0.40, 2.4, Some(1.0)),
            Self::List => goal(0.80, 1.2, Some(3.0)),
            Self::Docket => goal(0.75, 1.3, Some(1.0)),
            Self::HighVolume => goal(20.0, 0.05, Some(1.0)),
            Self::Summary => goal(0.85, 1.15, Some(1.0)),
            Self::Note => goal(0.40, 3.0, None),
        }
    }

    fn document(self) -> &'static str {
        match self {
            Self::Point => POINT,
            Self::List => LIST,
            Self::Docket => DOCKET,
            Self::HighVolume => HIGH_VOLUME,
            Self::Summary => SUMMARY,
            Self::Note => NOTE,
        }
    }
}

/// A number's request: who asks, and for what.
struct Ask<'a> {
    who: &'a Person,
    case: CaseId,
    district: i32,
    from: String,
    key: Uuid,
}

impl<'a> Ask<'a> {
    // A note is written by somebody who works the case.
    fn of(city: &'a City, number: u64) -> Self {
        let mut drawn = Numbers::from(number);
        let mut below = |most: usize| usize::try_from(drawn.below(most as u64)).expect("a small number");
        let (case, district): (CaseId, DistrictId) = city.cases[below(city.cases.len())];
        let mut who = below(city.people.len());
        while city.people[who].district.is_some_and(|own| own != district) {
            who = (who + 1) % city.people.len();
        }
        Self {
            who: &city.people[who],
            case,
            district: city.districts[below(city.districts.len())],
            from: format!("2026-{:02}-{:02}", 11 + below(2), 21 + below(9)),
            key: Uuid::now_v7(),
        }
    }
}

const BODY: &str = "Nobody answered the door; a card was left, and the next visit is on Tuesday.";

/// The question of that number, for our server: a POST of a document with its variables.
pub fn ours(question: Question, city: &City, number: u64) -> Vec<u8> {
    let ask = Ask::of(city, number);
    let variables: Value = match question {
        Question::Point => json!({ "id": ask.case.to_string() }),
        Question::List => json!({ "districts": [ask.district] }),
        Question::Docket => json!({ "from": ask.from }),
        Question::HighVolume | Question::Summary => json!({}),
        Question::Note => json!({ "input": {
            "idempotencyKey": ask.key.to_string(), "caseId": ask.case.to_string(), "body": BODY } }),
    };
    let body = json!({ "query": question.document(), "variables": variables }).to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: bench\r\n{}\r\nContent-Type: application/json\r\nAccept: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        ask.who.cookie,
        body.len()
    )
    .into_bytes()
}

/// The same question for the floor.
pub fn floor(question: Question, city: &City, number: u64) -> Vec<u8> {
    let ask = Ask::of(city, number);
    let (method, told, body) = match question {
        Question::Point => ("GET", ask.case.0.to_string(), ""),
        Question::List => ("GET", ask.district.to_string(), ""),
        Question::Docket => ("GET", ask.from, ""),
        Question::HighVolume | Question::Summary => ("GET", String::new(), ""),
        Question::Note => ("POST", format!("{}/{}", ask.case.0, ask.key), BODY),
    };
    format!(
        "{method} /{}/{told} HTTP/1.1\r\nHost: bench\r\n{}\r\nContent-Length: {}\r\n\r\n{body}",
        question.path(),
        ask.who.cookie,
        body.len()
    )
    .into_bytes()
}

/// What of an answer must be the same on both sides.
pub fn comparable(question: Question, answer: &Value) -> Value {
    let data = &answer["data"];
    if question != Question::Note {
        return data.clone();
    }
    let mut payload = data["caseAddNote"].clone();
    for its_own in ["id", "occurredAt"] {
        let told = payload["event"][its_own].take();
        assert!(told.is_string(), "a note has {its_own}: {answer}");
    }
    payload
}
