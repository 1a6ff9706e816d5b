//! Portals of open data as real servers on loopback: they answer as the real ones do, and misbehave when told to.

mod arcgis;
mod soda;
mod wire;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::{Map, Value};

pub use self::{
    arcgis::ArcgisPortal,
    soda::SodaPortal,
    wire::{Answer, Manner, Question, Wire},
};

/// What a portal does instead of answering well, once.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: it answers well.
    None,
    /// A status without rows, and perhaps `Retry-After`.
    Status(u16, Option<String>),
    /// The connection ends in the middle of the body.
    Cut,
    /// The body comes in drops, with a pause after each.
    Drip(Duration),
    /// It is silent for that long, then answers well.
    Silence(Duration),
    /// It sends on to another address.
    SendOn(u16, String),
    /// This body, with status 200.
    Body(Value),
    /// The same, compressed by gzip.
    Packed(Vec<u8>),
}

type Between = Box<dyn FnOnce(&mut State) + Send>;

/// What a portal has and does.
#[derive(Default)]
pub struct State {
    /// The columns and their types, as the portal describes them.
    pub columns: BTreeMap<String, String>,
    pub rows: Vec<Row>,
    /// What becomes of the next questions for rows, in turn.
    faults: VecDeque<Fault>,
    /// What happens after so many answers with rows.
    between: Vec<(usize, Between)>,
    /// Every question that was asked.
    questions: Vec<Question>,
    pages: usize,
    pause: Duration,
    /// Rows at most that one answer gives, whatever is asked for.
    most: Option<usize>,
    next_id: u64,
}

/// A row of a portal.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its place in the order of ids.
    pub number: u64,
    pub updated_at: String,
    pub fields: Map<String, Value>,
    pub removed: bool,
}

impl State {
    /// Adds a row that was changed at that time (`2026-01-02T03:04:05.000Z`).
    pub fn add(&mut self, updated_at: &str, fields: Value) {
        let Value::Object(fields) = fields else { panic!("a row is an object") };
        self.next_id += 1;
        let updated_at = updated_at.to_owned();
        self.rows.push(Row { number: self.next_id, updated_at, fields, removed: false });
    }

    /// Changes a column of the row that has that value in that column.
    pub fn change(&mut self, key: (&str, &str), updated_at: &str, column: &str, value: Value) {
        let row = self.row(key);
        row.updated_at = updated_at.to_owned();
        row.fields.insert(column.to_owned(), value);
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: (&str, &str)) {
        self.row(key).removed = true;
    }

    fn row(&mut self, (column, value): (&str, &str)) -> &mut Row {
        let found = self.rows.iter_mut().find(|row| row.fields.get(column).is_some_and(|told| told == value));
        found.unwrap_or_else(|| panic!("a row with {column} {value}"))
    }

    /// The columns that are asked for, as far as a row has them; portals leave out what is empty.
    fn picked(row: &Row, columns: &[&str]) -> Map<String, Value> {
        let has = |column: &&str| Some(((*column).to_owned(), row.fields.get(*column)?.clone()));
        columns.iter().filter_map(has).filter(|(_, value)| !value.is_null()).collect()
    }
}

/// The state of a portal, shared between its server and the test.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with it")
    }

    /// Changes what the portal has.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
    }

    /// What becomes of the next questions for rows, in turn.
    pub fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// What happens after so many answers with rows.
    pub fn after_pages(&self, pages: usize, change: impl FnOnce(&mut State) + Send + 'static) {
        self.lock().between.push((pages, Box::new(change)));
    }

    /// How long the portal takes before it answers with rows.
    pub fn take_time(&self, pause: Duration) {
        self.lock().pause = pause;
    }

    /// Rows at most that one answer gives, whatever is asked for.
    pub fn give_at_most(&self, rows: usize) {
        self.lock().most = Some(rows);
    }

    /// Answers with rows so far.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.lock().pages
    }

    /// Every question so far.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.lock().questions.clone()
    }

    /// Answers a question for rows: with the next fault, or with what `rows` makes of it.
    fn answer(&self, rows: impl FnOnce(&mut State) -> Answer) -> Answer {
        let mut state = self.lock();
        let fault = state.faults.pop_front().unwrap_or(Fault::None);
        let manner = match fault {
            Fault::None => Manner::Whole,
            Fault::Cut => Manner::Cut,
            Fault::Drip(pause) => Manner::Drip(pause),
            Fault::Silence(pause) => Manner::Silence(pause),
            Fault::Status(status, after) => {
                let mut answer = Answer::json(status, &serde_json::json!({ "message": "not now" }));
                answer.headers.extend(after.map(|after| ("Retry-After".to_owned(), after)));
                return answer;
            }
            Fault::SendOn(status, to) => {
                let headers = vec![("Location".to_owned(), to)];
                return Answer { status, headers, body: Vec::new(), manner: Manner::Whole };
            }
            Fault::Body(body) => return Answer::json(200, &body),
            Fault::Packed(body) => {
                let headers = vec![("Content-Encoding".to_owned(), "gzip".to_owned())];
                return Answer { status: 200, headers, body, manner: Manner::Whole };
            }
        };
        let mut answer = rows(&mut state);
        answer.manner = match (manner, state.pause) {
            (Manner::Whole, pause) if !pause.is_zero() => Manner::Silence(pause),
            (manner, _) => manner,
        };
        if answer.status == 200 && matches!(answer.manner, Manner::Whole | Manner::Silence(_)) {
            state.pages += 1;
            let pages = state.pages;
            let (now, later) =
                std::mem::take(&mut state.between).into_iter().partition(|(at, _)| *at == pages);
            state.between = later;
            let now: Vec<(usize, Between)> = now;
            for (_, change) in now {
                change(&mut state);
            }
        }
        answer
    }
}
