//! One version replaces another without a failed request, while a migration of the newer one runs in between.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::database;
use sea_orm::ConnectionTrait;
use serde_json::json;
use tests::{
    Client, Store, city,
    fetched::eventually,
    key,
    process::{Place, Ran, Server},
    proxy::Proxy,
    trials::{
        ground::{Ground, UNCOUNTED, signed_in},
        live::{Ends, Subscriber, Told},
    },
};
use tokio::{sync::watch, task::JoinSet};

/// What a newer version's expanding migration does, as its server would do it: a column, a table, an index, and its line in
/// the list.
const EXPANDING: &str = "
    ALTER TABLE \"case\" ADD COLUMN nickname text;
    ALTER TABLE staff ADD COLUMN badge integer NOT NULL DEFAULT 0;
    CREATE TABLE errand (id uuid PRIMARY KEY, case_id uuid NOT NULL REFERENCES \"case\" (id));
    CREATE INDEX errand_case_id_index ON errand (case_id);
    INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9001_errands', 0)";

/// How long a server goes on after it was told to stop.
const DRAIN: [&str; 2] = ["--drain-seconds", "2"];

async fn serve(ground: &Ground) -> Server {
    ground.place.serve(&[&UNCOUNTED[..], &DRAIN].concat(), &[]).await
}

/// Asks and writes without a pause until told to stop; answers how often. Every answer must be right.
async fn work(client: Client, case: String, stop: Arc<AtomicBool>) -> usize {
    let mut done = 0;
    while !stop.load(Ordering::SeqCst) {
        let query = "query ($id: ID!) { case(by: { id: $id }) { title district { number } } }";
        let found = client.ask(query, json!({ "id": case })).await;
        assert_eq!(found["case"]["district"]["number"], 3);
        let input = json!({ "idempotencyKey": key(), "caseId": case, "body": "Somebody called." });
        client.done("caseAddNote", "event { id }", input).await;
        done += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_are_replaced_one_by_one_around_a_migration_and_no_request_fails() {
    let ground = Ground::new(Store::Postgres).await;
    let mut servers = vec![serve(&ground).await, serve(&ground).await, serve(&ground).await];
    let proxy = Proxy::before(servers.iter().map(|server| server.address.clone()).collect()).await;
    let sergeant = signed_in(&proxy.url, "sergeant3").await;
    let place = city::place(&ground.app, "1200 K ST", 3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Dumping", "kinds": ["OTHER"], "priority": "NORMAL",
        "property": { "id": place }, "source": "PATROL",
    });
    let opened = sergeant.done("caseOpen", "case { id }", input).await;
    let case = opened["case"]["id"].as_str().expect("an id").to_owned();

    let (stop, mut working, mut following) =
        (Arc::new(AtomicBool::new(false)), JoinSet::new(), JoinSet::new());
    let (tell_ends, ends) = watch::channel(Ends::new());
    for _ in 0..4 {
        // Each over connections of its own.
        let client = sergeant.clone().afresh();
        working.spawn(work(client, case.clone(), stop.clone()));
    }
    for _ in 0..3 {
        following.spawn(Subscriber::new(sergeant.clone(), Some(3)).follow(ends.clone()));
    }
    let notes = async |more: usize| {
        let before = Told::read(&ground.app).await.count();
        eventually("more notes", || async {
            (Told::read(&ground.app).await.count() >= before + more).then_some(())
        })
        .await;
    };
    notes(20).await;
    ground.app.db.execute_unprepared(EXPANDING).await.expect("the migration runs");
    notes(20).await;
    for _ in 0..servers.len() {
        // The new one first, so that there are never fewer. It finds a migration that it does not know.
        let joined = serve(&ground).await;
        proxy.add(joined.address.clone());
        servers.push(joined);
        let old = servers.remove(0);
        old.signal("TERM");
        // As a proxy that asks whether it is ready would find out.
        eventually("a server that is not ready", || async {
            let asked = old.nobody().request(reqwest::Method::GET, "/readyz").send().await;
            asked.is_ok_and(|answer| answer.status() == 503).then_some(())
        })
        .await;
        proxy.remove(&old.address);
        let ended: Ran = old.ended().await;
        assert!(ended.well, "{}", ended.log);
        notes(10).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut done = 0;
    while let Some(worker) = working.join_next().await {
        done += worker.expect("no request failed");
    }
    let told = Told::read(&ground.app).await;
    assert_eq!(told.count(), 1 + done, "every note that was answered is there, and none twice");
    tell_ends.send_replace(told.ends());
    while let Some(subscriber) = following.join_next().await {
        told.is_heard_by(&subscriber.expect("it followed"));
    }
    for server in servers {
        server.kill().await;
    }
    println!("{done} questions and as many notes, none failed, while three servers were replaced");
    ground.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_version_is_served_and_one_that_went_another_way_is_not() {
    for store in [Store::Sqlite, Store::Postgres] {
        let place = Place::new(store).await;
        assert!(place.jfn(&["migrate"]).await.well);
        let db = place.database().await;
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9001_errands', 0)";
        db.execute_unprepared(newer).await.expect("a row");
        assert_eq!(database::unknown(&db).await.expect("a list"), ["m9001_errands"]);
        let status = place.jfn(&["migrate", "status"]).await;
        assert!(status.well && status.out.contains("newer    m9001_errands"), "{}{}", status.out, status.log);
        place.sergeant().await;
        let server = place.serve(&[], &[]).await;
        server.sergeant().await.ask("{ viewer { isCitywide } }", json!({})).await;
        assert!(server.stop().await.log.contains("m9001_errands"), "the log tells");

        let applied = status.out.lines().rev().find_map(|line| line.strip_prefix("applied"));
        let last = applied.expect("there are some").trim();
        let other = format!("DELETE FROM seaql_migrations WHERE version = '{last}'");
        db.execute_unprepared(&other).await.expect("a row");
        let refused = place.jfn(&["migrate"]).await;
        assert!(
            !refused.well && refused.log.contains(last) && refused.log.contains("m9001_errands"),
            "{}",
            refused.log
        );
        db.close().await.expect("the connections close");
        place.raze().await;
    }
}
