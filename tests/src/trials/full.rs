//! An SQLite database that has no more room: writes are refused cleanly, reads go on, and after room is made so do writes.

use api::database;
use sea_orm::{ConnectionTrait, DatabaseConnection, sqlx};
use serde_json::{Value, json};

use super::Found;
use crate::{Client, Jfn, Store, key, socket::Heard};

/// How much is tried.
pub struct Scale {
    /// Times that the database fills up.
    pub times: usize,
    /// Pages of 4 KiB that are free each time.
    pub room: i64,
}

const PAYLOAD: &str = "mutation ($input: CaseAddNoteInput!) { caseAddNote(input: $input) \
    { event { body } userErrors { code message } } }";

/// Fills it and makes room so many times.
pub async fn play(scale: &Scale) -> Found {
    let jfn = Jfn::start(Store::Sqlite).await;
    let (sergeant, other) = (jfn.sergeant(3).await, jfn.code_officer(5).await);
    let place = jfn.place("1200 K ST", 3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL",
    });
    let case = sergeant.done("caseOpen", "case { id number }", input).await["case"].take();
    let mut noted = 0;
    let mut refused = 0;
    for _ in 0..scale.times {
        let pages = one(&jfn.app.db, "PRAGMA page_count").await;
        let given = limit(&jfn.app.db, pages + scale.room).await;
        assert_eq!(given, pages + scale.room);
        // Writes until one no longer fits, and then some more.
        let most = noted + 2 * scale.room;
        let first = loop {
            match note(&sergeant, &case["id"], 2_000).await {
                Ok(()) => noted += 1,
                Err(answer) => break answer,
            }
            assert!(noted <= most, "more is taken than there is room for");
        };
        is_told(&first);
        for _ in 0..5 {
            // A connection that met with it may have been given up; the new one knows of no limit.
            limit(&jfn.app.db, pages + scale.room).await;
            if let Err(answer) = note(&sergeant, &case["id"], 20_000).await {
                is_told(&answer);
                refused += 1;
            } else {
                noted += 1;
            }
        }
        refused += 1;
        limit(&jfn.app.db, pages + scale.room).await;
        let number = case["number"].clone();
        let open = json!({
            "idempotencyKey": key(), "title": "x".repeat(200), "kinds": ["OTHER"], "source": "PATROL",
            "property": { "address": "77 OAK AVE" }, "description": "y".repeat(18_000),
        });
        let query = "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { case { number } userErrors { message } } }";
        is_told(&sergeant.answer(query, json!({ "input": open })).await);
        // Whoever reads does not notice, over a socket neither.
        let seen = seen(&other, &case["id"]).await;
        assert_eq!(
            seen,
            json!({ "number": number, "events": { "totalCount": noted + 1 } }),
            "nothing is there by half"
        );
        let places = other.ask("{ cases { totalCount } }", json!({})).await;
        assert_eq!(places["cases"]["totalCount"], 1, "a case that could not be opened is not there");
        let mut socket = other.live().await;
        socket.subscribe("1", "{ cases { totalCount } }", json!({})).await;
        assert!(matches!(socket.heard().await, Heard::Message(message) if message["type"] == "next"));
        is_intact(&jfn.app.db).await;
        limit(&jfn.app.db, 1_000_000).await;
        note(&sergeant, &case["id"], 2_000).await.expect("there is room again");
        noted += 1;
    }
    is_intact(&jfn.app.db).await;
    let verified = api::commands::audit::verify(&jfn.app).await.expect("every link holds");
    assert!(verified.starts_with("Every link holds"), "{verified}");
    jfn.stop().await;
    Found::new(format!(
        "SQLite full {} times; {noted} notes kept, {refused} refused with a word about it, the database intact",
        scale.times
    ))
}

/// Sets how many pages the database may have, on every connection there can be, and answers what each says it is now.
async fn limit(db: &DatabaseConnection, pages: i64) -> i64 {
    let pool = db.get_sqlite_connection_pool();
    let mut all = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        all.push(pool.acquire().await.expect("a connection"));
    }
    let mut said = Vec::new();
    for connection in &mut all {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let row: (i64,) =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&mut **connection).await.expect("a number");
        said.push(row.0);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "all connections have the same limit");
    said[0]
}

async fn one(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("it is asked").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

async fn is_intact(db: &DatabaseConnection) {
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
    let row = db.query_one_raw(statement).await.expect("it is asked").expect("a row");
    let said: String = row.try_get_by_index(0).expect("a word");
    assert_eq!(said, "ok");
    assert!(database::pool(db).is_some());
}

async fn note(client: &Client, case: &Value, length: usize) -> Result<(), Value> {
    let input = json!({ "idempotencyKey": key(), "caseId": case, "body": "w".repeat(length) });
    let answer = client.answer(PAYLOAD, json!({ "input": input })).await;
    match answer["data"]["caseAddNote"]["event"].is_object() {
        true => Ok(()),
        false => Err(answer),
    }
}

async fn seen(client: &Client, case: &Value) -> Value {
    let query = "query ($id: ID!) { case(by: { id: $id }) { number events { totalCount } } }";
    client.ask(query, json!({ "id": case })).await["case"].take()
}

/// The refusal has its code and says what is the matter, and whom to tell.
fn is_told(answer: &Value) {
    super::writers::is_clean(answer);
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL", "{answer:#}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("database is full"), "{answer:#}");
}
