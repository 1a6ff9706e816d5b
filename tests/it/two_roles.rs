//! PostgreSQL with two roles: one owns the tables and migrates them, the other serves all of it and can do no more.

use std::fs;

use api::{commands::audit::verify, database, preset::Preset};
use entity::call::CallCategory;
use sea_orm::ConnectionTrait;
use serde_json::json;
use tests::{
    Jfn,
    calls::{HEADER, load_file, nights},
    files::in_repository,
    key,
};

use crate::matrix_targets::Targets;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_that_serves_does_all_that_the_city_asks_of_it() {
    let jfn = Jfn::start_as_two_roles(|preset| {
        preset.nuisance_rules.extend(Preset::rules_of("costa-mesa").expect("a set").expect("it is whole"));
    })
    .await;
    // Cases, notices, appeals, legal actions, hearings, costs, evidence, letters, calls, flags, challenges, feeds.
    let made = Targets::new(&jfn, 3).await;
    let sergeant = jfn.sergeant(3).await;
    let review = json!({
        "flagId": made.of("flag"), "expectedVersion": 1, "decision": "CONFIRM", "reason": "Looked at it.",
    });
    sergeant.done("flagReview", "flag { id }", review).await;
    let opening = json!({
        "idempotencyKey": key(), "flagId": made.of("flag"), "title": "Loud bar", "kinds": ["HIGH_CALL_VOLUME"],
    });
    sergeant.change("flagOpenCase", "case { id }", opening).await;
    let place = jfn.place("14 OAK ST", 3).await;
    jfn.told(&nights(&place, CallCategory::Noise, &[3, 7, 12])).await;
    let edit = json!({ "propertyId": place, "expectedVersion": 1, "addAliases": ["16 OAK ST"] });
    sergeant.done("propertyEdit", "property { id }", edit).await;
    let file = format!("{HEADER}\n1,11/10/26,22:00,,,Noise Party,16 OAK ST,No Report\n");
    load_file(&jfn.app, "demo-police", file).await.expect("it loads");
    assert!(verify(&jfn.app).await.expect("it holds").starts_with("Every link holds"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_that_serves_owns_nothing_and_can_undo_no_history() {
    let jfn = Jfn::start_as_two_roles(|_| ()).await;
    let db = &jfn.app.db;
    for attempt in [
        "ALTER TABLE case_event DISABLE TRIGGER ALL",
        "ALTER TABLE audit_row ADD COLUMN note text",
        "DROP TRIGGER case_event_append_only ON case_event",
        "DROP TABLE audit_row",
        "TRUNCATE audit_row",
        "TRUNCATE property",
        "UPDATE audit_row SET result = 'DONE'",
        "DELETE FROM case_event",
        "UPDATE evidence SET sha256 = ''",
        "CREATE TABLE mine (id int)",
        "CREATE OR REPLACE FUNCTION audit_row_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_none', 0)",
        "SET session_replication_role = replica",
    ] {
        let refused = db.execute_unprepared(attempt).await.expect_err(attempt).to_string();
        let words = ["permission denied", "must be owner"];
        assert!(words.iter().any(|word| refused.contains(word)), "{attempt}: {refused}");
    }
    let owned = "SELECT count(*) AS owned FROM pg_class WHERE pg_get_userbyid(relowner) = current_user";
    let owned = sea_orm::Statement::from_string(db.get_database_backend(), owned);
    let owned: i64 = db.query_one_raw(owned).await.unwrap().unwrap().try_get("", "owned").unwrap();
    assert_eq!(owned, 0);
    // A later start of a server finds its rights and gives none that are not there.
    let prepared = database::prepare(&jfn.opening(), Some(&jfn.opening_as_owner().url)).await;
    prepared.expect("there is nothing to migrate");
    let same = database::prepare(&jfn.opening_as_owner(), Some(&jfn.opening_as_owner().url)).await;
    assert!(same.expect_err("it is one role").to_string().contains("the same role"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_to_migrate_with_is_no_matter_of_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let opening = database::Opening {
        url: format!("sqlite:{}", folder.path().join("jfn.db").display()),
        connections: 1,
        schema: None,
        statement_time: None,
        durable: false,
    };
    let refused = database::prepare(&opening, Some("sqlite:other.db")).await.expect_err("it is SQLite");
    assert!(refused.to_string().contains("is for PostgreSQL"), "{refused}");
    assert!(!folder.path().join("jfn.db").exists(), "nothing was made");
    let page = fs::read_to_string(in_repository("README.md")).expect("the read-me");
    assert!(page.contains("DATABASE_MIGRATE_URL"));
}
