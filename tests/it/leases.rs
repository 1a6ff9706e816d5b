//! What one server does for all is done by one at a time: whoever sleeps through its lease does no harm when it wakes.

use api::{
    authz::{Action, Viewer},
    error::{Error, Result},
    reads::retention,
    schedule::{self, Stop},
    writes::{
        leases::{Lease, Work},
        purge::carry_out,
    },
};
use chrono::TimeDelta;
use entity::{audit_row, call, flag_event, flag_event::FlagEventKind, lease};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, TransactionTrait,
};
use tests::{
    Jfn, Store,
    calls::HEADER,
    fetched::eventually,
    flags::flagged,
    process::{Begun, Place, Ran},
    story,
};

const SECONDS: TimeDelta = TimeDelta::seconds(1);

/// Keeps the lease in a transaction of the work, as all work does.
async fn keep(jfn: &Jfn, lease: &Lease) -> Result<()> {
    let server = Viewer::server();
    jfn.app.write(&server, "test", Action::RunFeeds, async |tx| lease.keep(tx).await).await
}

async fn row(db: &DatabaseConnection, work: Work) -> Option<lease::Model> {
    lease::Entity::find_by_id(work.name()).one(db).await.expect("the table")
}

story! {
    async fn who_finds_work_in_other_hands_is_told_in_whose(jfn) {
        let lease = Lease::take(&jfn.app, Work::PurgeCalls).await.expect("it is free");
        let plan = retention::plan(&jfn.app).await.expect("a plan");
        for refused in [carry_out(&jfn.app, &plan).await.err(), Lease::take(&jfn.app, Work::PurgeCalls).await.err()] {
            let Some(Error::Busy { message, retry_after }) = refused else { panic!("{refused:?}") };
            assert!(message.contains(&*jfn.app.holder.name), "{message}");
            assert!((1..=10).contains(&retry_after), "{retry_after}");
        }
        // Other work has a lease of its own.
        Lease::take(&jfn.app, Work::MarkStaleFlags).await.expect("it is free");
        lease.end(&jfn.app, None).await.expect("it is given back");
        carry_out(&jfn.app, &plan).await.expect("it is free again");
    }
}

story! {
    async fn who_slept_through_the_lease_writes_nothing_and_takes_it_from_nobody(jfn) {
        let first = Lease::take(&jfn.app, Work::PurgeCalls).await.expect("it is free");
        jfn.wait(jfn.app.holder.lease - SECONDS);
        keep(jfn, &first).await.expect("it is alive");
        jfn.wait(jfn.app.holder.lease - SECONDS);
        assert!(matches!(Lease::take(&jfn.app, Work::PurgeCalls).await, Err(Error::Busy { .. })), "it was renewed");
        jfn.wait(SECONDS + SECONDS);
        let second = Lease::take(&jfn.app, Work::PurgeCalls).await.expect("nobody kept it");
        let late = keep(jfn, &first).await;
        assert!(matches!(late, Err(Error::Interrupted(_))), "{late:?}");
        first.end(&jfn.app, None).await.expect("it has nothing to give back");
        keep(jfn, &second).await.expect("it is the second's");
        assert_eq!(row(&jfn.app.db, Work::PurgeCalls).await.expect("a lease").number, 2);
    }
}

story! {
    async fn what_is_done_every_hour_is_done_by_one_server_an_hour(jfn) {
        flagged(jfn).await;
        jfn.wait(TimeDelta::days(91));
        let marked = async || {
            schedule::tick(&jfn.app, &Stop::never()).await.expect("a look at what is due");
            let stale = flag_event::Entity::find().filter(flag_event::Column::Kind.eq(FlagEventKind::Stale));
            stale.count(&jfn.app.db).await.expect("a count")
        };
        let other = Lease::take_due(&jfn.app, Work::MarkStaleFlags).await.expect("a look").expect("it is due");
        assert_eq!(marked().await, 0, "another server is at it");
        other.end(&jfn.app, Some(TimeDelta::hours(1))).await.expect("it is given back");
        assert_eq!(marked().await, 0, "another server did it just now");
        jfn.wait(TimeDelta::hours(1));
        assert_eq!(marked().await, 1);
        let next_at = row(&jfn.app.db, Work::MarkStaleFlags).await.expect("a lease").next_at;
        assert_eq!(next_at, Some(jfn.app.clock.now() + TimeDelta::hours(1)));
    }
}

/// A database with three calls that are too old to be kept, and one that is not.
async fn with_old_calls() -> Place {
    let place = Place::new(Store::Postgres).await;
    let line = |number: u32, day: &str| format!("{number},{day},22:00,,,Noise Party,12 ELM ST,");
    let days = [(1, "11/03/17"), (2, "11/04/17"), (3, "11/05/17"), (4, "11/05/26")];
    let lines: Vec<String> = days.iter().map(|(number, day)| line(*number, day)).collect();
    let file = place.path("calls.csv");
    std::fs::write(&file, format!("{HEADER}\n{}\n", lines.join("\n"))).expect("a file");
    let loaded = place.jfn(&["import-calls", "--feed", "demo-police", &file.display().to_string()]).await;
    assert!(loaded.well, "{}", loaded.log);
    place
}

/// Begins to purge, with a short lease, and waits until it has the lease of that number.
async fn purging(place: &Place, db: &DatabaseConnection, number: i64) -> Begun {
    let begun = place
        .begin(&["purge", "--really"], &[("JFN_FEED_LEASE_SECONDS", "2"), ("JFN_REQUEST_SECONDS", "60")]);
    let name = begun.name();
    eventually("the lease", || async {
        let row = row(db, Work::PurgeCalls).await?;
        (row.number == number && row.holder?.starts_with(&name)).then_some(())
    })
    .await;
    begun
}

/// Keeps every batch waiting, before it asks whether it still has the lease, until it is dropped. Only batches say which feed
/// they lock; a process that starts locks all of them.
async fn standstill(db: &DatabaseConnection) -> DatabaseTransaction {
    let gate = "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                IF current_query() LIKE '%WHERE%' THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF; \
                RETURN NULL; END $$; \
                CREATE TRIGGER gate BEFORE UPDATE ON feed FOR EACH STATEMENT EXECUTE FUNCTION gate()";
    db.execute_unprepared(gate).await.expect("a trigger");
    let waiting = db.begin().await.expect("a transaction");
    waiting.execute_unprepared("SELECT pg_advisory_xact_lock(4711)").await.expect("a lock");
    waiting
}

/// Waits until so many batches stand there.
async fn standing(db: &DatabaseConnection, batches: i64) {
    eventually("batches that wait", || async {
        let sql = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = 4711 \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), sql)).await;
        let found: i64 = row.expect("locks").expect("a row").try_get("", "n").expect("a number");
        (found == batches).then_some(())
    })
    .await;
}

async fn purged(db: &DatabaseConnection) -> (u64, u64) {
    let audited = audit_row::Entity::find().filter(audit_row::Column::Action.eq("callsPurge"));
    let calls = call::Entity::find().count(db).await.expect("calls");
    (calls, audited.count(db).await.expect("audit rows"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_purges_one_does_it_and_one_that_slept_through_its_lease_finds_it_taken() {
    let place = with_old_calls().await;
    let db = place.database().await;
    let still = standstill(&db).await;
    let sleeper = purging(&place, &db, 1).await;
    standing(&db, 1).await;
    let refused: Ran = place.jfn(&["purge", "--really"]).await;
    assert!(!refused.well && refused.log.contains(&sleeper.name()), "{}", refused.log);

    sleeper.signal("STOP");
    eventually("the end of its lease", || async {
        let until = row(&db, Work::PurgeCalls).await?.expires_at?;
        (until < real_now()).then_some(())
    })
    .await;
    let other = purging(&place, &db, 2).await;
    standing(&db, 2).await;
    drop(still);
    sleeper.signal("CONT");
    let (late, well) = (sleeper.ended().await, other.ended().await);
    assert!(!late.well && late.log.contains("another one took over"), "{}", late.log);
    assert!(well.well && well.out.contains("3 calls were removed"), "{}\n{}", well.out, well.log);
    assert_eq!(purged(&db).await, (1, 1), "one batch, of one process");
    db.close().await.expect("the connections close");
    place.raze().await;
}

fn real_now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sleeps_in_the_middle_of_a_transaction_does_not_keep_others_waiting_for_ever() {
    let place = with_old_calls().await;
    let db = place.database().await;
    let still = standstill(&db).await;
    let sleeper =
        place.begin(&["purge", "--really"], &[("JFN_FEED_LEASE_SECONDS", "2"), ("JFN_REQUEST_SECONDS", "4")]);
    standing(&db, 1).await;
    sleeper.signal("STOP");
    drop(still);
    // It has the feed's row locked now; PostgreSQL takes that from it, and then its lease ends.
    let other = eventually("another purge", || async {
        let ran = place.jfn(&["purge", "--really"]).await;
        ran.well.then_some(ran)
    });
    let other = other.await;
    assert!(other.out.contains("3 calls were removed"), "{}", other.out);
    sleeper.signal("CONT");
    let late = sleeper.ended().await;
    assert!(!late.well, "{}", late.log);
    assert_eq!(purged(&db).await, (1, 1), "one batch, of one process");
    db.close().await.expect("the connections close");
    place.raze().await;
}
