//! Live changes from several servers on one PostgreSQL, while one of them is killed and another one joins.

use std::{
    collections::{HashMap, HashSet},
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::{
    app::{App, Clock},
    authz::{Action, Viewer},
    commands::serve::app_of,
    database::{self, Opening},
    events::{self, Entry},
    preset::Preset,
};
use entity::{case, case_event, case_event::CaseEventKind, id::CaseId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use tests::{
    Client, city, key,
    socket::{Heard, Socket},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Child,
    sync::watch,
    task::JoinSet,
    time::Instant,
};
use uuid::Uuid;

const SUBSCRIBERS: usize = 60;
const WRITES_A_SECOND: u32 = 50;
const SECONDS: u32 = 10;
const BEGINNING: &str = "0.00000000000000000000000000000000";
const CHANGES: &str = "subscription ($districts: [Int!], $since: String) \
    { caseChanged(districts: $districts, since: $since) { cursor caseId district } }";

/// One server process and where it listens.
struct Server {
    process: Child,
    address: String,
}

/// A database of its own with staff and a case in each district.
struct City {
    admin: String,
    database: String,
    app: App,
    cases: Vec<(i32, CaseId)>,
}

impl City {
    async fn found() -> Self {
        let admin = std::env::var("JFN_TEST_POSTGRES").expect("`make test` sets it");
        let database = format!("live_servers_{}", Uuid::now_v7().simple());
        run(&admin, &format!("CREATE DATABASE {database}")).await;
        let db = open(&address(&admin, &database)).await;
        database::migrate(&db).await.expect("the migrations run");
        let preset = Preset::sacramento().expect("the built-in preset is whole");
        let app = app_of(db, preset, Clock::default()).await.expect("the preset loads");
        city::staff(&app).await;
        Self { admin, database, app, cases: Vec::new() }
    }

    async fn server(&self) -> Server {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_jfn-under-test"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--connections", "6"])
            .env("DATABASE_URL", address(&self.admin, &self.database))
            .env("JFN_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stderr.take().expect("its log")).lines();
        let mut out = BufReader::new(process.stdout.take().expect("its words")).lines();
        let address = loop {
            let line = tokio::select! {
                line = lines.next_line() => line,
                line = out.next_line() => line,
            };
            let line = line.expect("a line").expect("the server says where it listens");
            if let Some((_, rest)) = line.split_once("127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break format!("127.0.0.1:{port}");
            }
        };
        // Nobody else reads its log, which must not fill the pipe.
        tokio::spawn(async move { while matches!(lines.next_line().await, Ok(Some(_))) {} });
        tokio::spawn(async move { while matches!(out.next_line().await, Ok(Some(_))) {} });
        Server { process, address }
    }

    /// One case in each district, opened at that server.
    async fn cases(&mut self, url: &str) {
        for district in 1..=8 {
            let mut sergeant = Client::new(url);
            sergeant.sign_in(&format!("sergeant{district}@jfn.example"), city::PASSWORD).await;
            let place = city::place(&self.app, &format!("{district}00 K ST"), district).await;
            let input = json!({
                "idempotencyKey": key(), "title": "Dumping", "kinds": ["OTHER"], "priority": "NORMAL",
                "property": { "id": place }, "source": "PATROL",
            });
            let opened = sergeant.done("caseOpen", "case { number }", input).await;
            let case = case::Entity::find()
                .filter(case::Column::Number.eq(opened["case"]["number"].as_str().expect("a number")))
                .one(&self.app.db)
                .await
                .expect("cases")
                .expect("the case");
            self.cases.push((district, case.id));
        }
    }

    /// Appends an entry to the case, as any server would.
    async fn write(&self, id: CaseId) {
        let server = Viewer::server();
        let written = self.app.write(&server, "test", Action::WorkCases, async |tx| {
            let case = case::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?;
            let mut case = case.expect("the case");
            events::append(tx, &mut case, Entry::new(CaseEventKind::Note, "Somebody called.")).await
        });
        written.await.expect("it is written");
    }

    async fn raze(self) {
        self.app.db.close().await.expect("the connections close");
        run(&self.admin, &format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
    }
}

fn address(admin: &str, database: &str) -> String {
    let (server, _) = admin.rsplit_once('/').expect("an address with a database");
    format!("{server}/{database}")
}

async fn open(url: &str) -> DatabaseConnection {
    let opening =
        Opening { url: url.to_owned(), connections: 8, schema: None, statement_time: None, durable: false };
    database::open(&opening).await.expect("the database opens")
}

async fn run(url: &str, sql: &str) {
    let db = Database::connect(url).await.expect("the PostgreSQL of the tests answers");
    db.execute_unprepared(sql).await.expect("the statement runs");
    db.close().await.expect("the connection closes");
}

/// Passes each connection to the next server that takes it.
#[derive(Clone, Default)]
struct Proxy {
    servers: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicUsize>,
}

impl Proxy {
    async fn listen(&self) -> String {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("a bound socket"));
        let proxy = self.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = socket.accept().await {
                let proxy = proxy.clone();
                tokio::spawn(async move {
                    if let Some(mut server) = proxy.connect().await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        url
    }

    async fn connect(&self) -> Option<TcpStream> {
        let servers = self.servers.lock().expect("the list").clone();
        let first = self.next.fetch_add(1, Ordering::SeqCst);
        for step in 0..servers.len() {
            if let Ok(stream) = TcpStream::connect(&servers[(first + step) % servers.len()]).await {
                return Some(stream);
            }
        }
        None
    }
}

/// What one subscriber has heard: the cursors of the changes, each with its district.
struct Subscriber {
    client: Client,
    district: Option<i32>,
    heard: Vec<(String, i64)>,
    reconnected: usize,
}

/// The cursor of the last change, by the district that is followed.
type Ends = HashMap<Option<i32>, String>;

impl Subscriber {
    async fn connect(&self) -> Option<Socket> {
        let mut socket = self.client.live_if_there().await?;
        let since = self.heard.last().map_or(BEGINNING, |(cursor, _)| cursor);
        let districts = self.district.map(|district| vec![district]);
        socket.subscribe("1", CHANGES, json!({ "districts": districts, "since": since })).await;
        Some(socket)
    }

    /// Follows until the last change of its district was heard, once it is known; connects again as often as it must.
    async fn follow(mut self, mut ends: watch::Receiver<Ends>) -> Self {
        let (mut socket, mut last) = (None, None);
        while last.is_none() || self.heard.last().map(|(cursor, _)| cursor) != last.as_ref() {
            let Some(open) = &mut socket else {
                socket = self.connect().await;
                continue;
            };
            let heard = tokio::select! {
                heard = open.heard() => heard,
                told = ends.changed(), if last.is_none() => {
                    told.expect("the test goes on");
                    last = ends.borrow().get(&self.district).cloned();
                    continue;
                }
            };
            match heard {
                Heard::Message(message) if message["type"] == "next" => {
                    let change = &message["payload"]["data"]["caseChanged"];
                    let cursor = change["cursor"].as_str().expect("a cursor").to_owned();
                    self.heard.push((cursor, change["district"].as_i64().expect("a number")));
                }
                Heard::Message(message) => panic!("{message:#}"),
                Heard::Closed(_) | Heard::Lost => {
                    self.reconnected += 1;
                    socket = None;
                }
            }
        }
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscriber_of_three_servers_hears_exactly_what_is_in_the_table() {
    let mut city = City::found().await;
    let mut servers = vec![city.server().await, city.server().await, city.server().await];
    let proxy = Proxy::default();
    *proxy.servers.lock().expect("the list") = servers.iter().map(|server| server.address.clone()).collect();
    let url = proxy.listen().await;
    city.cases(&url).await;

    // Who follows one district, and a few who follow all.
    let mut clients = Vec::new();
    for district in 1..=8 {
        let mut client = Client::new(&url);
        client.sign_in(&format!("code{district}@jfn.example"), city::PASSWORD).await;
        clients.push(client);
    }
    let mut following = JoinSet::new();
    let (tell_ends, ends) = watch::channel(Ends::new());
    for number in 0..SUBSCRIBERS {
        let client = clients[number % 8].clone();
        let district = (number % 10 != 9).then(|| i32::try_from(number % 8).expect("small") + 1);
        let subscriber = Subscriber { client, district, heard: Vec::new(), reconnected: 0 };
        following.spawn(subscriber.follow(ends.clone()));
    }

    let began = Instant::now();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / WRITES_A_SECOND);
    for number in 0..WRITES_A_SECOND * SECONDS {
        beat.tick().await;
        city.write(city.cases[number as usize % 8].1).await;
        if number == WRITES_A_SECOND * SECONDS / 3 {
            servers[0].process.kill().await.expect("SIGKILL");
        }
        if number == WRITES_A_SECOND * SECONDS / 2 {
            let joined = city.server().await;
            proxy.servers.lock().expect("the list").push(joined.address.clone());
            servers.push(joined);
        }
    }
    let wrote = began.elapsed();

    let table = case_event::Entity::find()
        .order_by_asc(case_event::Column::Transaction)
        .order_by_asc(case_event::Column::Id)
        .all(&city.app.db)
        .await
        .expect("the table");
    let district_of =
        |case: CaseId| city.cases.iter().find(|(_, id)| *id == case).map(|(district, _)| *district);
    let all: Vec<(String, i32)> = table
        .iter()
        .map(|event| {
            let cursor = format!("{}.{}", event.transaction, event.id.0.simple());
            (cursor, district_of(event.case_id).expect("a case of ours"))
        })
        .collect();
    assert_eq!(all.len(), 8 + (WRITES_A_SECOND * SECONDS) as usize);
    let of = |district: Option<i32>| -> Vec<String> {
        let theirs = all.iter().filter(|(_, of)| district.is_none_or(|district| district == *of));
        theirs.map(|(cursor, _)| cursor.clone()).collect()
    };
    let last = |whose| (whose, of(whose).pop().expect("an event"));
    tell_ends.send_replace((1..=8).map(Some).chain([None]).map(last).collect());

    let mut reconnected = 0;
    while let Some(subscriber) = following.join_next().await {
        let subscriber = subscriber.expect("it followed");
        let heard: Vec<String> = subscriber.heard.iter().map(|(cursor, _)| cursor.clone()).collect();
        assert_eq!(heard.iter().collect::<HashSet<_>>().len(), heard.len(), "none came twice");
        let foreign = |of: &i64| subscriber.district.is_some_and(|own| i64::from(own) != *of);
        assert!(!subscriber.heard.iter().any(|(_, of)| foreign(of)), "only what was asked for");
        // The same events in the same order, in each case and over all of them.
        assert_eq!(heard, of(subscriber.district));
        reconnected += usize::from(subscriber.reconnected > 0);
    }
    println!(
        "{SUBSCRIBERS} subscribers, {} changes in {wrote:.1?}, {reconnected} connected again",
        all.len()
    );
    // A third of them sat on the server that was killed.
    assert!((1..SUBSCRIBERS).contains(&reconnected), "{reconnected} connected again");
    for server in &mut servers {
        let _ = server.process.kill().await;
    }
    city.raze().await;
}
