//! Ten million calls kept by month, beside the same calls in one table. `JFN_BENCH_MONTHS` says how many they are.

use std::time::Instant;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tests::{Jfn, Store};

use super::{figure, floor, generated};

/// Calls, spread evenly over the ten years that end with November 2026.
const CALLS: u64 = 10_000_000;
/// Calls that are written by one statement.
const PORTION: u64 = 250_000;
/// Calls of one batch of an import.
const BATCH: u64 = 4_000;

/// One call for each number; what is random in it follows from the number.
const DRAWN: &str = "SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) \
    || '8' || substr(md5(n::text), 4, 15))::uuid, feed.id, 'C' || lpad(n::text, 12, '0'), at, at::date, \
    street || ' ELM ST', street || ' ELM ST', 'ADDRESS', (ARRAY['NOISE', 'TRAFFIC', 'MEDICAL', 'THEFT'])[1 + n % 4], \
    'NOISE PARTY', NULL, 'REPORT TAKEN', false, false, places.id, md5(n::text) || md5((n + 1)::text), now(), now(), NULL, NULL \
    FROM (SELECT n, (hashint8(n) & 2147483647) % 200000 AS street, {at} AS at FROM generate_series({from}::bigint, {to}) AS n) AS drawn \
    CROSS JOIN (SELECT id FROM feed ORDER BY key LIMIT 1) AS feed \
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS street FROM property) AS places USING (street)";

const COLUMNS: &str = "id, feed_id, source_id, occurred_at, occurred_on, address, address_key, precision, category, description, \
    initial_description, disposition, disposition_excludes, officer_initiated, property_id, row_hash, recorded_at, updated_at, \
    withdrawn_at, source_changed_at";

fn drawn(table: &str, from: u64, to: u64, at: &str) -> String {
    let drawn =
        DRAWN.replace("{at}", at).replace("{from}", &from.to_string()).replace("{to}", &to.to_string());
    format!("INSERT INTO {table} ({COLUMNS}) {drawn}")
}

/// Prints the figures of the sizing guide.
pub async fn figures() {
    let told = std::env::var("JFN_BENCH_MONTHS").ok().and_then(|n| n.parse().ok());
    let calls: u64 = told.unwrap_or(CALLS);
    println!("\n{calls} calls of ten years on PostgreSQL, by month and in one table");
    let jfn = Jfn::start(Store::Postgres).await;
    generated::places(&jfn).await;
    let db = &jfn.app.db;
    run(db, "SELECT make_call_months(ARRAY(SELECT generate_series(timestamptz '2016-12-01Z', '2026-12-01Z', '1 month')))").await;
    run(db, "CREATE TABLE whole_call (LIKE call INCLUDING ALL, UNIQUE (feed_id, source_id), FOREIGN KEY (feed_id) REFERENCES feed (id))")
        .await;
    // What points at a call is looked at when one is removed, in either case.
    for pointing in ["flag_call", "case_evidence_call", "call_challenge"] {
        run(
            db,
            &format!("CREATE TABLE whole_{pointing} (call_id uuid PRIMARY KEY REFERENCES whole_call (id))"),
        )
        .await;
    }
    let spread = format!("timestamptz '2016-12-01Z' + n * interval '10 years' / {calls}");
    for table in ["call", "whole_call"] {
        let mut from = 0;
        while from < calls {
            let to = calls.min(from + PORTION);
            run(db, &drawn(table, from, to - 1, &spread)).await;
            from = to;
        }
    }
    run(db, "VACUUM ANALYZE").await;
    sizes(db, calls).await;
    batches(db, calls).await;
    questions(db).await;
    old_calls(db).await;
    jfn.stop().await;
}

async fn run(db: &DatabaseConnection, sql: &str) -> f64 {
    let began = Instant::now();
    db.execute_unprepared(sql).await.expect(sql);
    began.elapsed().as_secs_f64()
}

async fn number(db: &DatabaseConnection, sql: &str) -> f64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect(sql);
    row.expect("a row").try_get_by_index(0).expect("a number")
}

async fn sizes(db: &DatabaseConnection, calls: u64) {
    let months =
        "SELECT sum(pg_relation_size(inhrelid))::float8 FROM pg_inherits WHERE inhparent = 'call'::regclass";
    let indexes =
        "SELECT sum(pg_indexes_size(inhrelid))::float8 FROM pg_inherits WHERE inhparent = 'call'::regclass";
    for (what, sql) in [
        ("bytes of a call by month: its row", months),
        ("  its indexes", indexes),
        ("  its key, with the index of it", "SELECT pg_total_relation_size('call_key')::float8"),
        ("bytes of a call in one table, with indexes", "SELECT pg_total_relation_size('whole_call')::float8"),
    ] {
        figure(what, format!("{:.0}", number(db, sql).await / calls as f64), "");
    }
}

// Batches of new calls of November 2026, as an import writes them.
async fn batches(db: &DatabaseConnection, calls: u64) {
    for (what, table) in [("new calls of this month, by month", "call"), ("  in one table", "whole_call")] {
        let (mut seconds, mut from) = (0.0, calls);
        for _ in 0..25 {
            let at = "timestamptz '2026-11-01Z' + (n % 1000000) * interval '1 second'";
            seconds += run(db, &drawn(table, from, from + BATCH - 1, at)).await;
            from += BATCH;
        }
        figure(what, format!("{:.0} rows/s", 25.0 * BATCH as f64 / seconds), "");
    }
}

async fn questions(db: &DatabaseConnection) {
    // Known before it is asked, as by a server.
    let key =
        told(db, "SELECT feed_id::text, source_id, property_id::text FROM call ORDER BY id DESC LIMIT 1")
            .await;
    let [feed, source, place] = &key;
    for (table, what) in [("call", "by month"), ("whole_call", "in one table")] {
        let known = if table == "call" {
            format!(
                "SELECT row_hash FROM call_key JOIN call ON call.id = call_id WHERE call_key.feed_id = '{feed}' \
                AND call_key.source_id = '{source}'"
            )
        } else {
            format!("SELECT row_hash FROM whole_call WHERE feed_id = '{feed}' AND source_id = '{source}'")
        };
        let of_place = format!(
            "SELECT * FROM {table} WHERE property_id = '{place}' ORDER BY occurred_at DESC, id DESC LIMIT 25"
        );
        for (asked, sql) in [("newest 25 calls of a place", of_place), ("a call by its source's key", known)]
        {
            let found = floor::seconds(db, &sql, 50).await * 1_000.0;
            figure(&format!("{asked}, {what}, fastest of 50"), format!("{found:.2} ms"), "");
        }
    }
}

async fn told<const N: usize>(db: &DatabaseConnection, sql: &str) -> [String; N] {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect(sql);
    let row = row.expect("a row");
    std::array::from_fn(|column| row.try_get_by_index(column).expect("a text"))
}

// A year that nobody needs any more.
async fn old_calls(db: &DatabaseConnection) {
    for (what, table) in [("a year of calls removed, by month", "call"), ("  in one table", "whole_call")] {
        let first =
            number(db, &format!("SELECT extract(epoch FROM min(occurred_at))::float8 FROM {table}")).await;
        let old = format!("occurred_at < to_timestamp({first}) + interval '1 year'");
        let mut seconds = run(db, &format!("DELETE FROM {table} WHERE {old}")).await;
        if table == "call" {
            seconds += run(db, "SELECT drop_empty_call_months('2018-01-01Z')").await;
        }
        let bytes = if table == "call" {
            "SELECT sum(pg_total_relation_size(inhrelid))::float8 FROM pg_inherits WHERE inhparent = 'call'::regclass"
        } else {
            "SELECT pg_total_relation_size('whole_call')::float8"
        };
        let left = number(db, bytes).await / 1e9;
        figure(what, format!("{seconds:.1} s, {left:.2} GB stay"), "");
    }
}
