//! Backups, taken while people write, and brought back: every table, the bonds of the timeline and the files.

use std::{collections::BTreeMap, fs, process::Command};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::json;
use tests::{Client, Store, key};

use crate::process::{Place, files_below, open, run};

/// Every row of every table, as text, and what else the schema has.
async fn contents(db: &DatabaseConnection) -> BTreeMap<String, Vec<String>> {
    let backend = db.get_database_backend();
    let ask = async |sql: String| {
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.expect("the rows");
        rows.iter().map(|row| row.try_get::<String>("", "line").expect("text")).collect::<Vec<_>>()
    };
    let sqlite = backend == DbBackend::Sqlite;
    let tables = if sqlite {
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    } else {
        "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    };
    let mut contents = BTreeMap::new();
    for table in ask(tables.to_owned()).await {
        let rows = if sqlite {
            let columns =
                ask(format!("SELECT 'quote(\"' || name || '\")' AS line FROM pragma_table_info('{table}')"))
                    .await;
            format!("SELECT {} AS line FROM \"{table}\" ORDER BY 1", columns.join(" || ',' || "))
        } else {
            format!("SELECT row_to_json(t)::text AS line FROM \"{table}\" t ORDER BY 1")
        };
        contents.insert(table, ask(rows).await);
    }
    let others = if sqlite {
        "SELECT coalesce(sql, name) AS line FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') ORDER BY 1"
    } else {
        "SELECT line FROM (SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' UNION ALL \
         SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal) AS others ORDER BY 1"
    };
    contents.insert("(indexes and triggers)".to_owned(), ask(others.to_owned()).await);
    contents
}

#[track_caller]
fn same(left: &BTreeMap<String, Vec<String>>, right: &BTreeMap<String, Vec<String>>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (table, rows) in left {
        assert_eq!(rows, &right[table], "{table}");
    }
    assert!(left["case_event"].len() > 1 && left["audit_row"].len() > 1, "there was something to bring back");
    assert!(left["(indexes and triggers)"].iter().any(|line| line.contains("TRIGGER")), "the guards as well");
}

/// Opens a case and writes a note into it; answers its number.
async fn work(client: &Client, number: usize) -> String {
    let input = json!({ "idempotencyKey": key(), "title": "Couches on the sidewalk", "kinds": ["ILLEGAL_DUMPING"],
        "property": { "address": format!("{} K Street", 1_000 + number) }, "source": "RESIDENT" });
    let opened = client.done("caseOpen", "case { id number }", input).await;
    let note = json!({ "idempotencyKey": key(), "caseId": opened["case"]["id"], "body": "The couches are still there." });
    client.done("caseAddNote", "", note).await;
    opened["case"]["number"].as_str().expect("a number").to_owned()
}

// Each entry of a timeline bears the hash of the one before it, from the first to the one that its case names.
async fn bonds_hold(db: &DatabaseConnection) {
    let ask = async |sql: &str| {
        let found =
            db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("a row");
        found.expect("a row").try_get::<i64>("", "n").expect("a number")
    };
    let broken = "SELECT count(*) AS n FROM case_event e LEFT JOIN case_event p ON p.case_id = e.case_id \
        AND p.position = e.position - 1 WHERE e.previous_hash <> coalesce(p.hash, '')";
    assert_eq!(ask(broken).await, 0, "an entry is not bound to the one before it");
    let ends = "SELECT count(*) AS n FROM \"case\" c WHERE NOT EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = c.id \
        AND e.position = c.event_count AND e.hash = c.event_hash)";
    assert_eq!(ask(ends).await, 0, "a case does not end with its last entry");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_people_write_is_whole_and_comes_back() {
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let evidence = place.path("evidence");
    fs::create_dir_all(evidence.join("ab")).unwrap();
    fs::write(evidence.join("ab/0192f0c12b7e7c3a9d535d1f6a0c2e44"), b"a photo").unwrap();
    fs::write(evidence.join("ab/0192f0c12b7e7c3a9d535d1f6a0c2e45#1"), b"half a ph").unwrap();
    let server = place.serve(&["--requests-by-viewer", "0"], &[]).await;
    let sergeant = server.sergeant().await;
    let before = work(&sergeant, 0).await;

    let backup = place.path("monday").display().to_string();
    let arguments = ["backup", backup.as_str()];
    let writing = async {
        for number in 1..12 {
            work(&sergeant, number).await;
        }
    };
    let (ran, ()) = tokio::join!(place.jfn(&arguments), writing);
    assert!(ran.well, "{}", ran.log);
    assert!(ran.out.contains("1 files of evidence"), "{}", ran.out);
    let copy = open(&format!("sqlite:{backup}/jfn.db")).await;
    bonds_hold(&copy).await;
    copy.close().await.unwrap();

    let refused = place.jfn(&["backup", &backup]).await;
    assert!(!refused.well && refused.log.contains("--overwrite"), "{}", refused.log);
    let again = place.jfn(&["backup", "--overwrite", &backup]).await;
    assert!(again.well, "{}", again.log);
    let refused = place.jfn(&["restore", &backup]).await;
    assert!(!refused.well && refused.log.contains("--overwrite"), "{}", refused.log);
    let refused = place.jfn(&["restore", "--overwrite", &backup]).await;
    assert!(!refused.well && refused.log.contains("stop the server first"), "{}", refused.log);
    assert!(server.stop().await.well);

    let last = place.path("tuesday").display().to_string();
    assert!(place.jfn(&["backup", &last]).await.well);
    let db = place.database().await;
    let was = contents(&db).await;
    db.close().await.unwrap();
    // Elsewhere, and then in place of what is there.
    let elsewhere = Place::new(Store::Sqlite).await;
    let ran = elsewhere.jfn(&["restore", &last]).await;
    assert!(ran.well, "{}", ran.log);
    let db = elsewhere.database().await;
    same(&contents(&db).await, &was);
    bonds_hold(&db).await;
    db.close().await.unwrap();
    let files = files_below(&elsewhere.path("evidence"));
    assert_eq!(files, vec![("ab/0192f0c12b7e7c3a9d535d1f6a0c2e44".into(), b"a photo".to_vec())]);

    let ran = elsewhere.jfn(&["restore", "--overwrite", &backup]).await;
    assert!(ran.well, "{}", ran.log);
    let server = elsewhere.serve(&[], &[]).await;
    let sergeant = server.sergeant().await;
    let query =
        "query ($number: String!) { case(by: { number: $number }) { events(first: 5) { nodes { body } } } }";
    let found = sergeant.ask(query, json!({ "number": before })).await;
    assert!(found["case"]["events"].to_string().contains("still there"), "{found}");
    assert!(server.stop().await.well);
    elsewhere.raze().await;
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_refused_and_nothing_is_touched() {
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let evidence = place.path("evidence/ab");
    fs::create_dir_all(&evidence).unwrap();
    fs::write(evidence.join("photo"), b"a photo").unwrap();
    let backup = place.path("monday").display().to_string();
    assert!(place.jfn(&["backup", &backup]).await.well);
    let elsewhere = Place::new(Store::Sqlite).await;
    for (file, what) in
        [("jfn.db", "SHA-256"), ("evidence/ab/photo", "not as it was"), ("manifest.json", "cannot be read")]
    {
        let file = place.path("monday").join(file);
        let whole = fs::read(&file).unwrap();
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        fs::write(&file, damaged).unwrap();
        let refused = elsewhere.jfn(&["restore", &backup]).await;
        assert!(!refused.well && refused.log.contains(what), "{}", refused.log);
        assert!(!elsewhere.path("jfn.db").exists() && !elsewhere.path("evidence").exists());
        fs::write(&file, whole).unwrap();
    }
    assert!(elsewhere.jfn(&["restore", &backup]).await.well);
    let nowhere =
        elsewhere.jfn(&["backup", &elsewhere.path("evidence").display().to_string(), "--overwrite"]).await;
    assert!(!nowhere.well && nowhere.log.contains("is no backup"), "{}", nowhere.log);
    place.raze().await;
    elsewhere.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_pg_dump_and_pg_restore_bring_everything_back() {
    let place = Place::new(Store::Postgres).await;
    place.sergeant().await;
    let server = place.serve(&["--requests-by-viewer", "0"], &[]).await;
    let sergeant = server.sergeant().await;
    for number in 0..5 {
        work(&sergeant, number).await;
    }
    let backup = place.path("monday").display().to_string();
    let refused = place.jfn(&["backup", &backup]).await;
    assert!(!refused.well && refused.log.contains("pg_dump --format=custom --no-owner"), "{}", refused.log);
    let refused = place.jfn(&["restore", &backup]).await;
    assert!(
        !refused.well && refused.log.contains("pg_restore --no-owner --exit-on-error --single-transaction"),
        "{}",
        refused.log
    );
    assert!(server.stop().await.well);

    let dump = place.path("jfn.dump").display().to_string();
    let tool = |name: &str, arguments: &[&str]| {
        let ran = Command::new(name).args(arguments).output().expect("PostgreSQL's own tools are there");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    tool("pg_dump", &["--format=custom", "--no-owner", &format!("--file={dump}"), &place.url]);
    let (server, name) = place.url.rsplit_once('/').expect("an address");
    let (admin, name) = (format!("{server}/postgres"), format!("{name}_again"));
    run(&admin, &format!("CREATE DATABASE {name}")).await;
    let again = format!("{server}/{name}");
    let into = format!("--dbname={again}");
    tool("pg_restore", &["--no-owner", "--exit-on-error", "--single-transaction", &into, &dump]);
    let (was, is) = (place.database().await, open(&again).await);
    same(&contents(&is).await, &contents(&was).await);
    bonds_hold(&is).await;
    for db in [was, is] {
        db.close().await.unwrap();
    }
    run(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    place.raze().await;
}
