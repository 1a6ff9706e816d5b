//! The load benchmark: figures, the same work as plain SQL beside them, and ratios. `JFN_BENCH_CALLS` scales it.

// As the binary `jfn` itself.
#![recursion_limit = "256"]

mod cases;
mod floor;
mod generated;
mod import;
mod legal;
mod months;
mod reading;

use std::time::Instant;

use api::{
    authz::{Action, Viewer},
    reads::rule_replay::replay,
    writes,
};
use entity::{call, id::PropertyId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use tests::{Jfn, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls of the log unless `JFN_BENCH_CALLS` says otherwise.
const CALLS: u64 = 3_000_000;
/// On SQLite the log is shorter: its figure does not depend on the length.
const SQLITE: u64 = 300_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, url, schema, file] = &arguments[..]
        && what == "import"
    {
        return import::here(url, schema, file).await;
    }
    if let [what, url] = &arguments[..]
        && what == "floor"
    {
        return cases::floor::serve(url).await;
    }
    let calls = std::env::var("JFN_BENCH_CALLS").ok().and_then(|n| n.parse().ok()).unwrap_or(CALLS);
    println!(
        "{calls} calls at {} places; two processes share this machine: ours and PostgreSQL.",
        generated::PLACES
    );
    println!("Nothing waits for the disk (fsync is off), for the floors neither.");
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.csv");
    let chosen = |store: &str| arguments.is_empty() || arguments.iter().any(|wanted| wanted == store);
    if chosen("postgres") {
        generated::log(&log, calls);
        on_postgres(&log, &folder.path().join("day.csv")).await;
    }
    if chosen("legal") {
        on_cases().await;
    }
    if chosen("cases") {
        cases::on_postgres(&log).await;
        cases::on_sqlite(&log).await;
    }
    if chosen("months") {
        months::figures().await;
    }
    if chosen("sqlite") {
        generated::log(&log, calls.min(SQLITE));
        on_sqlite(&log).await;
    }
}

fn figure(what: &str, found: String, wanted: &str) {
    println!("{what:<66} {found:>22}   {wanted}");
}

fn rate(what: &str, took: &import::Took, wanted: &str) {
    figure(what, format!("{:.0} rows/s", took.rate()), wanted);
    println!(
        "    {:.1} s, {:.1} s of it on our processor, {:.0} MB at most",
        took.seconds, took.cpu, took.megabytes
    );
}

async fn on_postgres(log: &std::path::Path, day: &std::path::Path) {
    println!("\nPostgreSQL");
    let jfn = Jfn::start(Store::Postgres).await;
    generated::places(&jfn).await;
    run(&jfn, "VACUUM ANALYZE").await;
    let first = import::elsewhere(&jfn.opening(), log).await;
    let floor = floor::unnest(&jfn).await;
    rate("import of a file, everything on", &first, "");
    figure("  the same rows by plain UNNEST … ON CONFLICT", format!("{floor:.0} rows/s"), "");
    figure("  ratio", format!("{:.0} %", 100.0 * first.rate() / floor), "at least 50 %");
    figure("  memory at most", format!("{:.0} MB", first.megabytes), "at most 150 MB");
    let again = import::elsewhere(&jfn.opening(), log).await;
    rate("the same file again", &again, "at least 100,000 rows/s");
    run(&jfn, "VACUUM ANALYZE").await;

    generated::day(day, 5_000);
    let took = import::elsewhere(&jfn.opening(), day).await;
    figure("5,000 calls of one day, imported", format!("{:.2} s", took.seconds), "");
    let seconds = evaluated(&jfn).await;
    figure("  their places held against the rules", format!("{seconds:.3} s"), "under 0.5 s");
    replayed(&jfn).await;
    reading::figures(&jfn).await;
    jfn.stop().await;
}

/// One rule, three qualifying calls within 30 days, told of all places by one window over the calls.
const ONE_RULE: &str = "SELECT COUNT(*) FROM (SELECT occurred_at - LAG(occurred_at, 2) OVER (PARTITION BY property_id \
    ORDER BY occurred_at) AS apart FROM call WHERE property_id IS NOT NULL AND withdrawn_at IS NULL \
    AND NOT disposition_excludes AND NOT officer_initiated AND category IN ('NOISE', 'DISTURBANCE', 'FIGHT', 'DRUG', \
    'WEAPON', 'ASSAULT', 'TRESPASS', 'VANDALISM')) AS calls WHERE apart < INTERVAL '30 days'";

async fn replayed(jfn: &Jfn) {
    let began = Instant::now();
    let found = replay(&jfn.app).await.expect("it is replayed");
    let seconds = began.elapsed().as_secs_f64();
    assert!(found.differences.is_empty(), "{} differences", found.differences.len());
    let floor = floor::seconds(&jfn.app.db, ONE_RULE, 3).await;
    let what = format!("{} flags, {} places, {} calls replayed", found.flags, found.places, found.calls);
    figure(&what, format!("{seconds:.2} s"), "");
    figure("  one rule by one lag() over the calls", format!("{floor:.2} s"), "");
    figure("  ratio", format!("{:.1}", seconds / floor), "at most 5");
}

// The places of the last day's calls, all over again.
async fn evaluated(jfn: &Jfn) -> f64 {
    let places: Vec<PropertyId> = call::Entity::find()
        .select_only()
        .column(call::Column::PropertyId)
        .distinct()
        .filter(call::Column::SourceId.starts_with("0900"))
        .filter(call::Column::PropertyId.is_not_null())
        .into_tuple()
        .all(&jfn.app.db)
        .await
        .expect("places");
    let server = Viewer::server();
    let mut best = f64::MAX;
    for _ in 0..3 {
        let began = Instant::now();
        let evaluated = jfn
            .app
            .write(&server, "bench", Action::RunFeeds, async |tx| writes::flags::evaluate(tx, &places).await);
        evaluated.await.expect("the rules are held against the places");
        best = best.min(began.elapsed().as_secs_f64());
    }
    println!("    {} places", places.len());
    best
}

async fn on_cases() {
    println!("\nCases and legal actions on PostgreSQL");
    let jfn = Jfn::start(Store::Postgres).await;
    generated::places(&jfn).await;
    legal::figures(&jfn).await;
    jfn.stop().await;
}

async fn on_sqlite(log: &std::path::Path) {
    println!("\nSQLite");
    let jfn = Jfn::start(Store::Sqlite).await;
    generated::places(&jfn).await;
    let first = import::elsewhere(&jfn.opening(), log).await;
    rate("import of a file, everything on", &first, "at least 15,000 rows/s");
    let again = import::elsewhere(&jfn.opening(), log).await;
    rate("the same file again", &again, "");
    jfn.stop().await;
}

async fn run(jfn: &Jfn, sql: &str) {
    jfn.app.db.execute_unprepared(sql).await.expect("the statement runs");
}
