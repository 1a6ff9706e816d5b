//! A city of cases under load: our server beside the same answers as JSON from one statement behind a bare HTTP server.

mod city;
pub mod floor;
mod floor_sql;
mod load;
mod process;
mod questions;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use sea_orm::ConnectionTrait;
use tests::{Jfn, Store};

use self::{
    city::City,
    load::{Connection, Took},
    process::{Place, Process},
    questions::{Goal, Question},
};
use crate::{figure, generated, import};

/// Connections of either side's pool to the database.
pub const CONNECTIONS: u32 = 16;
/// Connections of clients.
const CLIENTS: [usize; 3] = [1, 32, 64];
/// Answers that are compared before anything is measured.
const COMPARED: u64 = 40;
/// Either side is asked so many times in turn.
const TURNS: usize = 3;

fn setting(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|told| told.parse().ok()).unwrap_or(default)
}

/// Seconds of each turn.
fn turn() -> Duration {
    Duration::from_secs_f64(setting("JFN_BENCH_SECONDS", 2.0))
}

/// How much of the whole city is made.
fn share() -> f64 {
    setting("JFN_BENCH_SHARE", 1.0)
}

/// Questions of `JFN_BENCH_ONLY`, by the first letters of their names; all without it.
fn asked() -> Vec<Question> {
    let only = std::env::var("JFN_BENCH_ONLY").unwrap_or_default();
    let wanted = |question: &Question| {
        only.is_empty() || only.split(',').any(|name| question.name().starts_with(name))
    };
    Question::ALL.into_iter().filter(wanted).collect()
}

/// Both sides of one city.
struct Bench {
    jfn: Jfn,
    city: Arc<City>,
    ours: Process,
    floor: Process,
    started: f64,
}

impl Bench {
    async fn start(store: Store, of_whole: f64, log: &std::path::Path) -> Self {
        let jfn = Jfn::start(store).await;
        let count = |whole: f64| (whole * of_whole * share()) as u64;
        let (places, calls) = (count(generated::PLACES as f64), count(crate::CALLS as f64));
        let calls =
            calls.min(std::env::var("JFN_BENCH_CALLS").ok().and_then(|n| n.parse().ok()).unwrap_or(calls));
        generated::some_places(&jfn, places).await;
        generated::log(log, calls);
        let imported = import::elsewhere(&jfn.opening(), log).await;
        let cases = count(city::CASES as f64) as usize;
        let city = Arc::new(city::make(&jfn, cases).await);
        // PostgreSQL does it by itself after a while; SQLite of a city never has statistics.
        if store == Store::Postgres {
            jfn.app.db.execute_unprepared("VACUUM ANALYZE").await.expect("it is analysed");
        }
        println!("    {cases} cases, {places} places, {:.0} calls", imported.rows);
        let place = Place::of(&jfn.opening());
        let first = questions::ours(Question::Point, &city, 1);
        // What is measured of a start is the second one: the first may have to bring the file into the machine's memory.
        place.ours(&first).await.0.stop().await;
        let (ours, started) = place.ours(&first).await;
        let floor = place.floor().await;
        Self { jfn, city, ours, floor, started }
    }

    async fn compare(&self, question: Question) {
        let (mut ours, mut floor) =
            (Connection::open(&self.ours.address).await, Connection::open(&self.floor.address).await);
        for number in 0..COMPARED {
            let found = ours.json(&questions::ours(question, &self.city, number)).await;
            let plain = floor.json(&questions::floor(question, &self.city, number)).await;
            let (found, plain) =
                (questions::comparable(question, &found), questions::comparable(question, &plain));
            assert_eq!(found, plain, "{}, {number}", question.name());
        }
    }

    async fn measure(&self, question: Question, clients: usize) -> (Side, Side) {
        let city = self.city.clone();
        let ours = Arc::new(move |number| questions::ours(question, &city, number));
        let city = self.city.clone();
        let floor = Arc::new(move |number| questions::floor(question, &city, number));
        let numbers = [Arc::new(AtomicU64::new(1_000)), Arc::new(AtomicU64::new(1_000))];
        let (mut found, mut plain) = (Side::default(), Side::default());
        for _ in 0..TURNS {
            self.side(&self.ours, clients, &numbers[0], ours.clone(), &mut found).await;
            self.side(&self.floor, clients, &numbers[1], floor.clone(), &mut plain).await;
        }
        (found, plain)
    }

    async fn side(
        &self,
        process: &Process,
        clients: usize,
        numbers: &Arc<AtomicU64>,
        request: Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>,
        side: &mut Side,
    ) {
        // So that every connection to the database knows the statement.
        load::ask(&process.address, clients, turn() / 8, numbers, request.clone()).await;
        let db = &self.jfn.app.db;
        let is_ours = std::ptr::eq(process, &self.ours);
        let before = if is_ours { process.told().await } else { (0.0, 0.0) };
        let used = process.processor(db).await;
        let took = load::ask(&process.address, clients, turn(), numbers, request).await;
        side.processor += process.processor(db).await - used;
        let after = if is_ours { process.told().await } else { (0.0, 0.0) };
        assert!((after.1 - before.1).abs() < 0.5, "{} answers told of an error", after.1 - before.1);
        side.statements += after.0 - before.0;
        side.took.add(took);
    }

    async fn stop(self) {
        self.ours.stop().await;
        self.floor.stop().await;
        self.jfn.stop().await;
    }
}

#[derive(Default)]
struct Side {
    took: Took,
    processor: f64,
    statements: f64,
}

impl Side {
    /// Milliseconds of processor time for one answer.
    fn cpu(&self) -> f64 {
        self.processor * 1_000.0 / self.took.answers as f64
    }
}

fn tell(question: Question, clients: usize, ours: &Side, floor: &Side) {
    // The sign-in's own statement is not counted.
    let statements = ours.statements / ours.took.answers as f64 - 1.0;
    println!(
        "{:<24}{clients:>3} {:>9.0} {:>9.0} {:>7.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.3} {:>8.3} {:>6.2} {:>6.2}{}",
        question.name(),
        ours.took.rate(),
        floor.took.rate(),
        ours.took.rate() / floor.took.rate(),
        ours.took.within(0.5),
        floor.took.within(0.5),
        ours.took.within(0.99),
        floor.took.within(0.99),
        ours.cpu(),
        floor.cpu(),
        ours.cpu() / floor.cpu(),
        statements,
        if clients == judged(question) { wanted(&question.goal()) } else { String::new() },
    );
}

// Beside many who wait for it the floor would count all calls of the city for each of them, for a quarter of an hour.
fn clients(question: Question) -> &'static [usize] {
    if question == Question::HighVolume { &CLIENTS[..1] } else { &CLIENTS }
}

fn judged(question: Question) -> usize {
    if question == Question::HighVolume { 1 } else { 32 }
}

fn wanted(goal: &Goal) -> String {
    let statements = goal.statements.map_or(String::new(), |most| format!(", statements {most}"));
    format!("   wanted: share {}, CPU {}{statements}", goal.share, goal.cpu)
}

fn heading() {
    println!(
        "{:<24}{:>3} {:>9} {:>9} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6}",
        "",
        "at",
        "ours/s",
        "floor/s",
        "share",
        "p50 ms",
        "floor",
        "p99 ms",
        "floor",
        "CPU ms",
        "floor",
        "times",
        "SQL"
    );
}

/// The whole city on PostgreSQL.
pub async fn on_postgres(log: &std::path::Path) {
    println!(
        "\nA city of cases on PostgreSQL, over HTTP with sign-in; beside it one statement behind a bare HTTP server"
    );
    let bench = Bench::start(Store::Postgres, 1.0, log).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    figure("start to first answer", format!("{:.0} ms", bench.started * 1_000.0), "at most 300 ms");
    figure("memory when idle", format!("{:.0} MB", bench.ours.memory().0), "at most 40 MB");
    if let Some(megabytes) = process::stripped() {
        figure("binary without symbols", format!("{megabytes:.0} MB"), "at most 40 MB");
    }
    for question in asked() {
        bench.compare(question).await;
    }
    heading();
    for question in asked() {
        for &clients in clients(question) {
            let (ours, floor) = bench.measure(question, clients).await;
            tell(question, clients, &ours, &floor);
        }
    }
    figure("memory under 64 connections", format!("{:.0} MB", bench.ours.memory().1), "at most 150 MB");
    bench.stop().await;
}

/// A tenth of it on SQLite.
pub async fn on_sqlite(log: &std::path::Path) {
    println!("\nA tenth of the city on SQLite, in one process; commits wait for the disk");
    let bench = Bench::start(Store::Sqlite, 0.1, log).await;
    bench.compare(Question::List).await;
    heading();
    let (ours, floor) = bench.measure(Question::List, 32).await;
    tell(Question::List, 32, &ours, &floor);
    figure("  share of the floor", format!("{:.2}", ours.took.rate() / floor.took.rate()), "at least 0.5");
    let city = bench.city.clone();
    let request = Arc::new(move |number| questions::ours(Question::Note, &city, number));
    let next = Arc::new(AtomicU64::new(1_000));
    let took = load::ask(&bench.ours.address, 32, turn() * 3, &next, request).await;
    figure("notes written at 32 connections", format!("{:.0} /s", took.rate()), "at least 1,000 /s");
    bench.stop().await;
}
