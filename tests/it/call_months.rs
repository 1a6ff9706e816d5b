//! Calls by month on PostgreSQL: tables that appear with the first call of a month and go with the last, and that nobody
//! notices otherwise.

use api::{
    database,
    reads::retention,
    writes::{ingest::Counts, purge::carry_out},
};
use chrono::TimeDelta;
use entity::{call, flag_call, id::CallId};
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, QueryOrder, Statement, TransactionTrait};
use serde_json::json;
use tests::{
    Jfn, Store,
    calls::{HEADER, call, load_file, local},
    flags::flagged,
};

async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect(sql);
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// The months that have a table, with what lies there.
async fn months(jfn: &Jfn) -> Vec<String> {
    let tables =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'call'::regclass ORDER BY 1";
    let mut months = Vec::new();
    for table in texts(&jfn.app.db, tables).await {
        let keys = format!("SELECT source_id FROM {table} ORDER BY 1");
        months.push(format!("{table}: {}", texts(&jfn.app.db, &keys).await.join(" ")));
    }
    months
}

async fn load(jfn: &Jfn, rows: &[&str]) -> Counts {
    let file = format!("{HEADER}\n{}\n", rows.join("\n"));
    load_file(&jfn.app, "demo-police", file).await.expect("it loads").counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_lies_in_the_month_in_which_it_happened_and_stays_there_when_its_time_is_corrected() {
    let jfn = Jfn::start(Store::Postgres).await;
    assert_eq!(months(&jfn).await, [""; 0]);
    // Half past five in the evening of the last day of July is August in Greenwich.
    let (july, august) = ("1,07/31/26,16:30,,,Noise Party,1 OAK,", "2,07/31/26,17:30,,,Noise Party,1 OAK,");
    let ancient = "3,12/30/98,10:00,,,Noise Party,1 OAK,";
    let counts = load(&jfn, &[july, august, ancient]).await;
    assert_eq!((counts.inserted, counts.rejected), (3, 0));
    let before = call::Entity::find().order_by_asc(call::Column::SourceId).all(&jfn.app.db).await.unwrap();
    let first = ["call_2026_07: 1", "call_2026_08: 2", "call_before_2000: 3"];
    assert_eq!(months(&jfn).await, first);

    let corrected = "1,11/02/26,10:00,,,Noise Party,1 OAK,";
    let counts = load(&jfn, &[corrected, august, "4,11/03/26,10:00,,,Noise Party,1 OAK,"]).await;
    assert_eq!((counts.inserted, counts.updated, counts.unchanged), (1, 1, 1));
    assert_eq!(months(&jfn).await, [first[0], first[1], "call_2026_11: 4", first[2]]);
    let after = call::Entity::find().order_by_asc(call::Column::SourceId).all(&jfn.app.db).await.unwrap();
    assert_eq!((after[0].id, after[0].occurred_at), (before[0].id, local("2026-11-02 10:00")));
    assert_eq!(after[1..3], before[1..3]);
    let counts = load(&jfn, &[corrected, august, ancient]).await;
    assert_eq!((counts.inserted, counts.updated, counts.unchanged), (0, 0, 3));

    // Whoever writes: a source's key is there once, in whatever month.
    let twin = call::Model { id: CallId::at(local("2026-07-05 10:00")), ..after[3].clone() };
    let twice = call::Entity::insert(call::ActiveModel::from(twin)).exec(&jfn.app.db).await;
    assert!(twice.expect_err("it is there").to_string().contains("call_key_pkey"));
    assert_eq!(months(&jfn).await[0], first[0]);
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_brings_a_new_month_at_the_same_time_makes_one_table() {
    let jfn = Jfn::start(Store::Postgres).await;
    let year = "SELECT make_call_months(ARRAY(SELECT generate_series(timestamptz '2026-01-01Z', '2026-11-30Z', '10 days')))";
    let all = futures_util::future::join_all((0..4).map(|_| jfn.app.db.execute_unprepared(year))).await;
    for one in all {
        one.expect("the months are there");
    }
    let expected: Vec<String> = (1..=11).map(|month| format!("call_2026_{month:02}: ")).collect();
    assert_eq!(months(&jfn).await, expected);
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_goes_with_its_last_call_and_stays_for_one_that_is_evidence() {
    let jfn = Jfn::start(Store::Postgres).await;
    flagged(&jfn).await;
    let quiet = jfn.place("100 OAK ST", 3).await;
    let nights = ["2026-08-01 22:00", "2026-09-01 22:00", "2026-11-20 22:00"];
    jfn.told(&nights.map(|night| call(&quiet, night))).await;
    jfn.wait(TimeDelta::days(900));
    jfn.told(&[call(&quiet, "2029-05-01 22:00")]).await;
    let tables = async || -> Vec<String> {
        months(&jfn).await.iter().filter_map(|month| Some(month.split_once(':')?.0.to_owned())).collect()
    };
    let since = ["call_2026_08", "call_2026_09", "call_2026_11", "call_2029_05"];
    assert_eq!(tables().await, since);
    let plan = retention::plan(&jfn.app).await.unwrap();
    assert_eq!(carry_out(&jfn.app, &plan).await.unwrap(), 3);
    assert_eq!(tables().await, ["call_2026_11", "call_2029_05"], "the flag's calls are evidence");
    let told = flag_call::Entity::find().all(&jfn.app.db).await.unwrap();
    assert_eq!(told.len(), 3);
    assert_eq!(
        texts(&jfn.app.db, "SELECT call_id::text FROM call_key").await.len(),
        4,
        "keys go with their calls"
    );
    // A month that went comes again when its call does: another feed may bring what this one purged.
    jfn.told(&[call(&quiet, "2026-08-02 22:00")]).await;
    assert_eq!(tables().await, ["call_2026_08", "call_2026_11", "call_2029_05"]);
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_that_somebody_reads_is_left_for_the_next_time() {
    let jfn = Jfn::start(Store::Postgres).await;
    load(&jfn, &["1,03/02/26,10:00,,,Noise Party,1 OAK,"]).await;
    let reader = database::open(&jfn.opening()).await.expect("another server");
    let reading = reader.begin().await.expect("a transaction");
    call::Entity::find().all(&reading).await.expect("calls");
    call::Entity::delete_many().exec(&jfn.app.db).await.expect("they go");
    let drop = "SELECT drop_empty_call_months('2026-11-01Z')::text";
    assert_eq!(texts(&jfn.app.db, drop).await, ["0"]);
    assert_eq!(months(&jfn).await, ["call_2026_03: "]);
    reading.commit().await.expect("it ends");
    assert_eq!(texts(&jfn.app.db, drop).await, ["1"]);
    assert_eq!(months(&jfn).await, [""; 0]);
    reader.close().await.expect("it closes");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_from_before_they_were_kept_by_month_are_all_there_after_it() {
    let jfn = Jfn::start(Store::Postgres).await;
    let (sergeant, ..) = flagged(&jfn).await;
    let listed = "{ flags { nodes { id explanation { counted { call { id occurredAt } } } } } }";
    let before = sergeant.ask(listed, json!({})).await;
    let all = call::Entity::find().order_by_asc(call::Column::Id).all(&jfn.app.db).await.unwrap();
    // As the version before had it: one table, without the keys beside it.
    for undo in [
        "ALTER TABLE flag_call DROP CONSTRAINT flag_call_call_id_fk",
        "ALTER TABLE case_evidence_call DROP CONSTRAINT case_evidence_call_call_id_fk",
        "ALTER TABLE call_challenge DROP CONSTRAINT call_challenge_call_id_fk",
        "CREATE TABLE whole (LIKE call)",
        "INSERT INTO whole SELECT * FROM call",
        "DROP TABLE call, call_key",
        "DROP FUNCTION call_keys_told, call_keys_gone, call_month, first_call_id, make_call_months, drop_empty_call_months",
        "ALTER TABLE whole RENAME TO call",
        "ALTER TABLE call ADD CONSTRAINT call_pkey PRIMARY KEY (id)",
        "ALTER TABLE call ADD CONSTRAINT call_feed_id_fk FOREIGN KEY (feed_id) REFERENCES feed (id) ON DELETE RESTRICT",
        "CREATE UNIQUE INDEX call_feed_id_source_id ON call (feed_id, source_id)",
        "CREATE INDEX call_property_id_occurred_at_id_index ON call (property_id, occurred_at, id)",
        "CREATE INDEX call_address_key_index ON call (address_key)",
        "CREATE INDEX call_feed_id_occurred_at_index ON call (feed_id, occurred_at)",
        "ALTER TABLE flag_call ADD CONSTRAINT flag_call_call_id_fk FOREIGN KEY (call_id) REFERENCES call (id)",
        "ALTER TABLE case_evidence_call ADD CONSTRAINT case_evidence_call_call_id_fk FOREIGN KEY (call_id) REFERENCES call (id)",
        "ALTER TABLE call_challenge ADD CONSTRAINT call_challenge_call_id_fk FOREIGN KEY (call_id) REFERENCES call (id)",
        "DELETE FROM seaql_migrations WHERE version = 'm0028_call_months'",
    ] {
        jfn.app.db.execute_unprepared(undo).await.expect(undo);
    }
    database::migrate(&jfn.app.db).await.expect("it migrates");
    assert_eq!(call::Entity::find().order_by_asc(call::Column::Id).all(&jfn.app.db).await.unwrap(), all);
    assert_eq!(months(&jfn).await.len(), 1, "{:?}", before["flags"]);
    let keys = "SELECT source_id FROM call_key ORDER BY call_id";
    assert_eq!(
        texts(&jfn.app.db, keys).await,
        all.iter().map(|call| call.source_id.clone()).collect::<Vec<_>>()
    );
    assert_eq!(sergeant.ask(listed, json!({})).await, before);
    let evidence = jfn.app.db.execute_unprepared("DELETE FROM call").await;
    assert!(evidence.expect_err("a flag names them").to_string().contains("flag_call"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_could_touch_many_months_is_not_compiled_before_it_runs() {
    let jfn = Jfn::start(Store::Postgres).await;
    assert_eq!(texts(&jfn.app.db, "SHOW jit").await, ["off"]);
    jfn.stop().await;
}
