//! The city attorney's questions over a city of many cases, each beside the same answer by plain SQL.

use std::time::Instant;

use sea_orm::{
    ConnectionTrait as _,
    sqlx::{self, PgPool},
};
use serde_json::{Value, json};
use tests::{Client, Jfn};

use super::figure;

/// Answers of which the middle one is told.
const TIMES: usize = 100;

/// How many cases, actions and deadlines the city has. A third of the deadlines that are past were met late or never; half of
/// the actions have ended. Everything is drawn by arithmetic from the row's number.
const CITY: [&str; 4] = [
    "INSERT INTO \"case\" (id, number, version, title, stage, stage_since, was_litigated, priority, priority_rank, source, \
     district_id, property_id, assignee_id, opened_at, updated_at, event_count, event_hash, next_action_on) \
     SELECT gen_random_uuid(), 'JFN-2026-' || lpad((500000 + n)::text, 6, '0'), 1, 'Case ' || n, \
     (ARRAY['ASSESSMENT', 'NOTICE', 'LITIGATION', 'MONITORING'])[1 + n % 4], now(), false, \
     (ARRAY['HIGH', 'NORMAL', 'LOW'])[1 + n % 3], 3 - n % 3, 'RESIDENT', place.district_id, place.id, attorney.staff_id, \
     now() - (n % 1000) * INTERVAL '1 day', now(), 0, '', DATE '2026-11-20' + n % 14 \
     FROM generate_series(1, 100000) AS n \
     JOIN (SELECT id, district_id, (row_number() OVER (ORDER BY address))::int AS nth FROM property WHERE district_id IS NOT NULL) \
     AS place ON place.nth = n * 2 - 1 \
     JOIN team_seat AS attorney ON attorney.district_id = place.district_id AND attorney.role = 'ATTORNEY'",
    "INSERT INTO legal_action (id, version, case_id, district_id, kind, remedy_key, status, status_since, is_final, \
     responsible_attorney_id, next_on, created_at) \
     SELECT gen_random_uuid(), 1, c.id, c.district_id, \
     (ARRAY['ADMINISTRATIVE_CITATION', 'NOTICE_AND_ORDER', 'DRUG_ABATEMENT', 'RECEIVERSHIP', 'INJUNCTION'])[1 + n % 5], \
     'receivership', status, now() - (n % 400) * INTERVAL '1 day', \
     status IN ('SATISFIED', 'SETTLED', 'DISMISSED', 'DECLINED'), c.assignee_id, \
     CASE WHEN n % 3 = 0 THEN NULL ELSE DATE '2026-11-20' + n % 200 END, now() \
     FROM (SELECT *, (row_number() OVER (ORDER BY number))::int AS n FROM \"case\") AS c, LATERAL (SELECT (ARRAY['REFERRED', \
     'AUTHORIZED', 'FILED', 'SERVED', 'HEARING_SET', 'ORDERED', 'SATISFIED', 'SETTLED', 'DISMISSED', 'DECLINED', \
     'SATISFIED', 'SETTLED'])[1 + c.n % 12] AS status) AS drawn WHERE c.n <= 60000",
    "INSERT INTO hearing (id, version, legal_action_id, case_id, district_id, starts_at, starts_on, court, department, \
     purpose, status, created_at) \
     SELECT gen_random_uuid(), 1, a.id, a.case_id, a.district_id, at, at::date, 'Superior Court', 'Department ' || n % 60, \
     'Hearing', CASE WHEN at < TIMESTAMPTZ '2026-11-20' THEN 'HELD' ELSE 'SCHEDULED' END, now() \
     FROM (SELECT *, (row_number() OVER (ORDER BY id))::int AS n FROM legal_action) AS a, \
     LATERAL (SELECT TIMESTAMPTZ '2026-11-20 17:00Z' + (a.n % 900 - 600) * INTERVAL '1 day' + (a.n % 12) * INTERVAL '30 minutes' \
     AS at) AS drawn",
    "INSERT INTO deadline (id, version, kind, case_id, legal_action_id, action_status, district_id, label, due_on, completed_on, created_at) \
     SELECT gen_random_uuid(), 1, (ARRAY['DUE', 'DUE', 'DUE', 'NOT_BEFORE', 'EXPIRES'])[1 + n % 5], a.case_id, a.id, a.status, \
     a.district_id, 'Deadline ' || n, due, CASE WHEN due < DATE '2026-11-20' AND n % 9 > 0 THEN due END, now() \
     FROM generate_series(1, 200000) AS n \
     JOIN (SELECT *, (row_number() OVER (ORDER BY id))::int AS nth FROM legal_action) AS a ON a.nth = 1 + n % 60000, \
     LATERAL (SELECT DATE '2026-11-20' + (n * 7 % 1100) - 800 AS due) AS drawn",
];

const SUMMARY: &str = "{ legalActionSummary(groupBy: [DISTRICT, STATUS]) { district status count overdueDeadlines \
    oldestStatusSince } }";
const SUMMARY_FLOOR: &str = "SELECT a.district_id, a.status, COUNT(*), COALESCE(SUM(late.n), 0)::bigint, MIN(a.status_since) \
    FROM legal_action AS a LEFT JOIN (SELECT legal_action_id, COUNT(*) AS n FROM deadline WHERE kind = 'DUE' \
    AND completed_on IS NULL AND due_on < DATE '2026-11-20' AND legal_action_id IS NOT NULL GROUP BY legal_action_id) AS late \
    ON late.legal_action_id = a.id GROUP BY a.district_id, a.status";

const DOCKET: &str = "{ docket(from: \"2026-11-20\", to: \"2027-03-31\", first: 100) { nodes { startsAt court department \
    purpose legalAction { kind status responsibleAttorney { name } case { number title property { address } } } } } }";
const DOCKET_FLOOR: &str = "SELECT h.*, a.*, c.*, p.*, s.* FROM hearing AS h JOIN legal_action AS a ON a.id = h.legal_action_id \
    JOIN \"case\" AS c ON c.id = a.case_id JOIN property AS p ON p.id = c.property_id LEFT JOIN staff AS s \
    ON s.id = a.responsible_attorney_id WHERE h.status = 'SCHEDULED' AND h.starts_at >= TIMESTAMPTZ '2026-11-20 \
    08:00Z' AND h.starts_at < TIMESTAMPTZ '2027-04-01 07:00Z' ORDER BY h.starts_at, h.id LIMIT 101";

const OVERDUE: &str = "{ deadlines(filter: { overdue: true }, first: 25) { nodes { label dueOn isOverdue \
    case { number title } } } }";
const OVERDUE_FLOOR: &str = "SELECT d.*, c.* FROM deadline AS d JOIN \"case\" AS c ON c.id = d.case_id WHERE d.kind = 'DUE' \
    AND d.completed_on IS NULL AND d.due_on < DATE '2026-11-20' ORDER BY d.due_on, d.id LIMIT 26";

/// Makes the city, and tells what the answers take.
pub async fn figures(jfn: &Jfn) {
    for sql in CITY {
        jfn.app.db.execute_unprepared(sql).await.expect("the city is made");
    }
    jfn.app.db.execute_unprepared("VACUUM ANALYZE").await.expect("it is analysed");
    let attorney = jfn.city_attorney().await;
    let pool = jfn.app.db.get_postgres_connection_pool();
    println!("    100,000 cases, 60,000 legal actions and hearings, 200,000 deadlines");
    for (what, query, floor, rows, wanted) in [
        (
            "legalActionSummary by district and status",
            SUMMARY,
            SUMMARY_FLOOR,
            "/legalActionSummary",
            "at most 30 ms",
        ),
        (
            "docket, 100 hearings with action, case, place, attorney",
            DOCKET,
            DOCKET_FLOOR,
            "/docket/nodes",
            "at most 10 ms",
        ),
        (
            "overdue deadlines, first page with case",
            OVERDUE,
            OVERDUE_FLOOR,
            "/deadlines/nodes",
            "at most 10 ms",
        ),
    ] {
        let (ours, plain) = interleaved(&attorney, query, rows, pool, floor).await;
        figure(&format!("{what}, over HTTP, middle of {TIMES}"), format!("{ours:.1} ms"), wanted);
        figure("  the same rows by plain SQL", format!("{plain:.1} ms"), "");
    }
}

// Both in turn, so that what else the machine does falls on both; milliseconds, the middle of each.
async fn interleaved(client: &Client, query: &str, rows: &str, pool: &PgPool, sql: &str) -> (f64, f64) {
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = client.ask(query, json!({})).await;
        ours.push(began.elapsed().as_secs_f64() * 1_000.0);
        let began = Instant::now();
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await.expect("plain SQL");
        plain.push(began.elapsed().as_secs_f64() * 1_000.0);
        let told = answer.pointer(rows).and_then(Value::as_array).expect("rows").len();
        // A list's statement reads one row more, to know whether there is another page.
        assert!(told > 20 && (found.len() == told || found.len() == told + 1), "{told}, {}", found.len());
    }
    (middle(ours), middle(plain))
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
