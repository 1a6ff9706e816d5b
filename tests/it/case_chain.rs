//! `jfn audit verify`: really breaks links of a case's timeline, and sees each of them named.

use api::commands::audit::verify;
use entity::{case, case_event};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, key, story};

use crate::legal::case_at;

/// What nobody can do who does not own the tables: carries out a statement without their triggers.
async fn tampered(jfn: &Jfn, statement: &str) {
    let db = &jfn.app.db;
    match jfn.runs_on() {
        Store::Postgres => {
            let script = format!(
                "ALTER TABLE case_event DISABLE TRIGGER USER; {statement}; ALTER TABLE case_event ENABLE TRIGGER USER"
            );
            db.execute_unprepared(&script).await.expect("the owner of the tables may");
        }
        Store::Sqlite => {
            for verb in ["UPDATE", "DELETE"] {
                let drop = format!("DROP TRIGGER IF EXISTS case_event_no_{verb}");
                db.execute_unprepared(&drop).await.expect("whoever has the file may");
            }
            db.execute_unprepared(statement).await.expect("the statement runs");
        }
    }
}

async fn note(client: &Client, case: &Value, body: &str) {
    let input = json!({ "idempotencyKey": key(), "caseId": case["id"], "body": body });
    client.done("caseAddNote", "event { id }", input).await;
}

story! {
    async fn a_changed_a_missing_and_a_cut_off_entry_are_named_and_what_is_put_back_holds(jfn) {
        let first = case_at(jfn, "1200 K ST", 3).await;
        let second = case_at(jfn, "1300 K ST", 3).await;
        let sergeant = jfn.sergeant(3).await;
        note(&sergeant, &second, "The gate was open.").await;
        note(&sergeant, &second, "The gate was shut.").await;
        let cases = case::Entity::find().count(&jfn.app.db).await.unwrap();
        let entries = case_event::Entity::find().count(&jfn.app.db).await.unwrap();
        let holds = format!("Every link holds: {entries} entries in the timelines of {cases} cases.\n");
        assert_eq!(verify(&jfn.app).await.unwrap(), holds);

        let broken = async || verify(&jfn.app).await.expect_err("it is broken").to_string();
        let id = |case: &Value| {
            let id = case["id"].as_str().unwrap().trim_start_matches("case_").to_owned();
            match jfn.runs_on() {
                Store::Postgres => format!("'{id}'"),
                Store::Sqlite => format!("X'{id}'"),
            }
        };
        let (one, other) = (id(&first), id(&second));
        let number = second["number"].as_str().unwrap();
        let count = case_event::Entity::find().all(&jfn.app.db).await.unwrap();
        let last = count.iter().filter(|event| event.case_id.to_string() == second["id"]).count();

        let of_note = |text: &str, was: &str| {
            format!("UPDATE case_event SET body = '{text}' WHERE case_id = {other} AND body = '{was}'")
        };
        tampered(jfn, &of_note("The gate was never open.", "The gate was open.")).await;
        assert_eq!(broken().await, format!("The timeline of {number} is broken at entry {}: it is not as it was written.", last - 1));
        tampered(jfn, &of_note("The gate was open.", "The gate was never open.")).await;
        assert_eq!(verify(&jfn.app).await.unwrap(), holds);

        // Whoever changes an entry and its hash has not changed what the next one is bound to.
        let forged = format!("UPDATE case_event SET previous_hash = 'f' WHERE case_id = {other} AND position = {last}");
        tampered(jfn, &forged).await;
        let unbound = format!("The timeline of {number} is broken at entry {last}: it is not bound to the entry before it.");
        assert_eq!(broken().await, unbound);

        tampered(jfn, &format!("DELETE FROM case_event WHERE case_id = {other} AND position = {last}")).await;
        assert_eq!(broken().await, format!("The timeline of {number} is broken at entry {last}: the entry is missing."));

        // The first broken link of all cases, in the order in which they were opened.
        tampered(jfn, &format!("DELETE FROM case_event WHERE case_id = {one} AND position = 2")).await;
        let number = first["number"].as_str().unwrap();
        assert_eq!(broken().await, format!("The timeline of {number} is broken at entry 2: the entry is missing."));
    }
}
