//! Reads from a standby that follows the primary: nobody misses what they wrote themselves, and nothing is older than may be.

use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use tests::{
    Client, city,
    cluster::Cluster,
    fetched::eventually,
    key,
    process::{Place, Server, open},
    trials::ground::{Ground, UNCOUNTED, signed_in},
};

/// Two servers that read from a standby.
struct Two {
    primary: Cluster,
    standby: Cluster,
    /// The standby's database, to stop and start its replay.
    replay: DatabaseConnection,
    ground: Ground,
    servers: [Server; 2],
}

impl Two {
    /// Nothing may be shown that is so many seconds old.
    async fn start(seconds: u32) -> Self {
        let primary = Cluster::start().await;
        let ground = Ground::on(Place::in_cluster(&primary.url()).await).await;
        let standby = primary.standby().await;
        let (_, database) = ground.place.url.rsplit_once('/').expect("an address with a database");
        let url = standby.url().replace("/postgres", &format!("/{database}"));
        let seconds = seconds.to_string();
        let settings = [("DATABASE_REPLICA_URL", url.as_str()), ("JFN_REPLICA_LAG_SECONDS", &seconds)];
        let serve = async || ground.place.serve(&UNCOUNTED, &settings).await;
        let servers = [serve().await, serve().await];
        let replay = open(&url).await;
        let two = Self { primary, standby, replay, ground, servers };
        two.each("FOLLOWS").await;
        two
    }

    /// Waits until both servers say so of their replica.
    async fn each(&self, state: &str) {
        for server in &self.servers {
            eventually(state, || async {
                let ready: Value = server
                    .nobody()
                    .request(reqwest::Method::GET, "/readyz")
                    .send()
                    .await
                    .ok()?
                    .json()
                    .await
                    .ok()?;
                assert_eq!(ready["ready"], true, "a server is ready without its replica");
                (ready["replica"] == state).then_some(())
            })
            .await;
        }
    }

    async fn replay(&self, what: &str) {
        self.replay
            .execute_unprepared(&format!("SELECT pg_wal_replay_{what}()"))
            .await
            .expect("the standby obeys");
        if what == "pause" {
            // It stops after the record that it is at.
            let sql = "SELECT 1 WHERE pg_get_wal_replay_pause_state() = 'paused'";
            eventually("a standby that stands still", || async {
                let asked = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
                self.replay.query_one_raw(asked).await.expect("the standby answers").map(|_| ())
            })
            .await;
        }
    }

    /// Somebody at each of the two servers.
    async fn everywhere(&self, who: &str) -> [Client; 2] {
        let client = signed_in(&self.servers[0].url(), who).await;
        [client.clone(), client.at(&self.servers[1].url())]
    }

    async fn raze(self) {
        let Self { primary, standby, replay, ground, servers } = self;
        for server in servers {
            server.kill().await;
        }
        replay.close().await.expect("the connections close");
        standby.raze().await;
        ground.raze().await;
        primary.raze().await;
    }
}

async fn open_case(two: &Two, client: &Client, address: &str, district: i32) {
    let place = city::place(&two.ground.app, address, district).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Dumping", "kinds": ["OTHER"], "priority": "NORMAL",
        "property": { "id": place }, "source": "PATROL",
    });
    client.done("caseOpen", "case { number }", input).await;
}

async fn cases(client: &Client) -> Value {
    client.ask("{ cases(first: 10) { totalCount } }", json!({})).await["cases"]["totalCount"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wrote_reads_it_at_every_server_and_others_read_what_the_standby_has() {
    let two = Two::start(600).await;
    let [sergeant, elsewhere] = two.everywhere("sergeant3").await;
    let [officer, _] = two.everywhere("code5").await;
    open_case(&two, &sergeant, "1200 K ST", 3).await;
    eventually("the first case on the standby", || async { (cases(&officer).await == 1).then_some(()) })
        .await;

    two.replay("pause").await;
    open_case(&two, &sergeant, "1300 K ST", 3).await;
    for client in [&sergeant, &elsewhere] {
        assert_eq!(cases(client).await, 2, "who wrote sees it, whichever server is asked");
    }
    // Who wrote nothing is answered from the standby, as soon as the server knows that it has their sign-in.
    eventually("an answer of the standby", || async { (cases(&officer).await == 1).then_some(()) }).await;
    let changes = officer.ask("{ changesSince { nodes { caseNumber } } }", json!({})).await;
    assert_eq!(
        changes["changesSince"]["nodes"].as_array().expect("a list").len(),
        2,
        "what follows changes is new"
    );
    // Now they write themselves, and from then on see what is there.
    open_case(&two, &officer.clone().at(&two.servers[1].url()), "1400 K ST", 5).await;
    assert_eq!(cases(&officer).await, 3);

    two.replay("resume").await;
    let [attorney, _] = two.everywhere("attorney3").await;
    eventually("the third case on the standby", || async { (cases(&attorney).await == 3).then_some(()) })
        .await;
    two.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_stands_still_or_is_away_is_not_read_from_and_nobody_notices() {
    let mut two = Two::start(1).await;
    let [sergeant, _] = two.everywhere("sergeant3").await;
    let [officer, elsewhere] = two.everywhere("code5").await;
    two.replay("pause").await;
    open_case(&two, &sergeant, "1200 K ST", 3).await;
    two.each("BEHIND").await;
    assert_eq!((cases(&officer).await, cases(&elsewhere).await), (json!(1), json!(1)), "the primary answers");
    two.replay("resume").await;
    two.each("FOLLOWS").await;
    two.replay.clone().close().await.expect("the connections close");
    two.standby.stop_at_once().await;
    for _ in 0..20 {
        assert_eq!(
            (cases(&officer).await, cases(&elsewhere).await),
            (json!(1), json!(1)),
            "no question fails"
        );
    }
    two.each("AWAY").await;
    open_case(&two, &officer, "1300 K ST", 5).await;
    assert_eq!(cases(&elsewhere).await, 2);
    two.standby.start_again().await;
    two.each("FOLLOWS").await;
    two.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_standby_of_the_database_is_never_read_from() {
    let primary = Cluster::start().await;
    let ground = Ground::on(Place::in_cluster(&primary.url()).await).await;
    for (url, what) in [(primary.url(), "another database"), (ground.place.url.clone(), "the primary itself")]
    {
        let server = ground.place.serve(&UNCOUNTED, &[("DATABASE_REPLICA_URL", &url)]).await;
        let sergeant = signed_in(&server.url(), "sergeant3").await;
        assert_eq!(cases(&sergeant).await, 0, "{what}");
        let ended = server.stop().await;
        assert!(ended.log.contains("no standby of the database"), "{what}: {}", ended.log);
    }
    let check =
        ground.place.jfn_with(&["config", "check"], &[("DATABASE_REPLICA_URL", "sqlite:jfn.db")]).await;
    assert!(!check.well && check.out.contains("DATABASE_REPLICA_URL is for PostgreSQL"), "{}", check.out);
    ground.raze().await;
    primary.raze().await;
}
