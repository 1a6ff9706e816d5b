//! The same work as plain SQL, which nobody can do without.

use std::time::Instant;

use api::database;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection,
    sqlx::{self, PgPool, Row as _, types::Uuid},
};
use tests::Jfn;

/// Rows of one statement.
const ROWS: i64 = 4_000;

const INSERT: &str = "INSERT INTO whole_call (id, feed_id, source_id, occurred_at, occurred_on, address, address_key, precision, \
    category, description, disposition, disposition_excludes, officer_initiated, property_id, row_hash, recorded_at, \
    updated_at) SELECT *, now(), now() FROM UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::date[], \
    $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::boolean[], $14::uuid[], \
    $15::text[]) ON CONFLICT (feed_id, source_id) DO UPDATE SET occurred_at = excluded.occurred_at, \
    occurred_on = excluded.occurred_on, address = excluded.address, category = excluded.category, \
    property_id = excluded.property_id, row_hash = excluded.row_hash, updated_at = excluded.updated_at";

/// Rows per second of a plain `INSERT … SELECT FROM UNNEST … ON CONFLICT` of the calls of `jfn` into a table with the same
/// indexes in another schema. Only the statements and their commits are timed.
pub async fn unnest(jfn: &Jfn) -> f64 {
    let opening = jfn.opening();
    let mut twin = opening.clone();
    twin.schema = Some(format!("{}_floor", opening.schema.as_deref().unwrap_or("bench")));
    let schema = twin.schema.clone().unwrap_or_default();
    jfn.app.db.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.expect("a schema");
    let db = database::open(&twin).await.expect("it opens");
    database::migrate(&db).await.expect("its tables");
    // One table as anybody would make it, which needs no key beside it.
    let whole = "CREATE TABLE whole_call (LIKE call INCLUDING ALL, UNIQUE (feed_id, source_id), \
        FOREIGN KEY (feed_id) REFERENCES feed (id))";
    db.execute_unprepared(whole).await.expect("a table");
    let (from, to) = (pool(&jfn.app.db), pool(&db));
    copy_feeds(from, to).await;
    let feed: Uuid =
        sqlx::query("SELECT feed_id FROM call LIMIT 1").fetch_one(from).await.expect("a call").get(0);
    let (mut after, mut rows, mut seconds) = (Uuid::nil(), 0_usize, 0.0);
    loop {
        let some = sqlx::query(
            "SELECT id, feed_id, source_id, occurred_at, occurred_on, address, address_key, precision, category, \
             description, disposition, disposition_excludes, officer_initiated, property_id, row_hash \
             FROM call WHERE feed_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        );
        let some = some.bind(feed).bind(after).bind(ROWS).fetch_all(from).await.expect("calls");
        let Some(last) = some.last() else { break };
        after = last.get("id");
        rows += some.len();
        let texts =
            |name: &str| some.iter().map(|row| row.get::<Option<String>, _>(name)).collect::<Vec<_>>();
        let uuids = |name: &str| some.iter().map(|row| row.get::<Option<Uuid>, _>(name)).collect::<Vec<_>>();
        let flags = |name: &str| some.iter().map(|row| row.get::<bool, _>(name)).collect::<Vec<_>>();
        let times: Vec<DateTime<Utc>> = some.iter().map(|row| row.get("occurred_at")).collect();
        let days: Vec<NaiveDate> = some.iter().map(|row| row.get("occurred_on")).collect();
        let insert = sqlx::query(INSERT)
            .bind(uuids("id"))
            .bind(uuids("feed_id"))
            .bind(texts("source_id"))
            .bind(times)
            .bind(days)
            .bind(texts("address"))
            .bind(texts("address_key"))
            .bind(texts("precision"))
            .bind(texts("category"))
            .bind(texts("description"))
            .bind(texts("disposition"))
            .bind(flags("disposition_excludes"))
            .bind(flags("officer_initiated"))
            .bind(uuids("property_id"))
            .bind(texts("row_hash"));
        let began = Instant::now();
        insert.execute(to).await.expect("the floor holds");
        seconds += began.elapsed().as_secs_f64();
    }
    db.close().await.expect("it closes");
    jfn.app.db.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.expect("it goes");
    rows as f64 / seconds
}

async fn copy_feeds(from: &PgPool, to: &PgPool) {
    for row in sqlx::query("SELECT id, key, name, kind FROM feed").fetch_all(from).await.expect("feeds") {
        sqlx::query("INSERT INTO feed (id, key, name, kind, paused) VALUES ($1, $2, $3, $4, false)")
            .bind(row.get::<Uuid, _>("id"))
            .bind(row.get::<String, _>("key"))
            .bind(row.get::<String, _>("name"))
            .bind(row.get::<String, _>("kind"))
            .execute(to)
            .await
            .expect("a feed");
    }
}

/// Seconds of one statement, the fastest of a few.
pub async fn seconds(db: &DatabaseConnection, sql: &str, times: usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..times {
        let began = Instant::now();
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(pool(db)).await.expect("plain SQL");
        assert!(!rows.is_empty(), "{sql}");
        best = best.min(began.elapsed().as_secs_f64());
    }
    best
}

fn pool(db: &DatabaseConnection) -> &PgPool {
    db.get_postgres_connection_pool()
}
