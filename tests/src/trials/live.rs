//! Live changes: each subscriber ends with exactly what is in the table, whatever becomes of servers meanwhile.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use api::{
    app::App,
    authz::{Action, Viewer},
    events::{self, Entry},
    scope::LockRows,
};
use entity::{case, case_event, case_event::CaseEventKind, id::CaseId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::{
    Found,
    ground::{Ground, signed_in},
};
use crate::{
    Client, Store, city, key,
    proxy::Proxy,
    socket::{Heard, Socket},
};

/// How much is tried.
pub struct Scale {
    pub subscribers: usize,
    pub writes_a_second: u32,
    pub seconds: u32,
}

/// Of so many entries one is privileged.
const PRIVILEGED: u32 = 10;
const BEGINNING: &str = "0.00000000000000000000000000000000";
const CHANGES: &str = "subscription ($districts: [Int!], $since: String) \
    { caseChanged(districts: $districts, since: $since) { cursor caseId district } }";

/// What one subscriber follows and has heard: the cursors of the changes, each with its district.
pub struct Subscriber {
    client: Client,
    /// The district that is followed; all, when none.
    district: Option<i32>,
    /// Whether the subscriber is an attorney, who may know of privileged entries.
    is_attorney: bool,
    heard: Vec<(String, i64)>,
    pub reconnected: usize,
}

/// Whose changes: which district is followed, and whether by an attorney.
type Whose = (Option<i32>, bool);

/// The cursor of the last change that each hears.
pub type Ends = HashMap<Whose, String>;

impl Subscriber {
    #[must_use]
    pub fn new(client: Client, district: Option<i32>) -> Self {
        Self { client, district, is_attorney: false, heard: Vec::new(), reconnected: 0 }
    }

    /// The same, who is an attorney.
    #[must_use]
    pub fn as_attorney(self) -> Self {
        Self { is_attorney: true, ..self }
    }

    fn whose(&self) -> Whose {
        (self.district, self.is_attorney)
    }

    async fn connect(&self) -> Option<Socket> {
        let mut socket = self.client.live_if_there().await?;
        let since = self.heard.last().map_or(BEGINNING, |(cursor, _)| cursor);
        let districts = self.district.map(|district| vec![district]);
        socket.subscribe("1", CHANGES, json!({ "districts": districts, "since": since })).await;
        Some(socket)
    }

    /// Follows until the last change that it may hear was heard, once that is known; connects again as often as it must.
    pub async fn follow(mut self, mut ends: watch::Receiver<Ends>) -> Self {
        let (mut socket, mut last) = (None, None);
        while last.is_none() || self.heard.last().map(|(cursor, _)| cursor) != last.as_ref() {
            let Some(open) = &mut socket else {
                socket = self.connect().await;
                continue;
            };
            let heard = tokio::select! {
                heard = open.heard() => heard,
                told = ends.changed(), if last.is_none() => {
                    told.expect("the trial goes on");
                    last = ends.borrow().get(&self.whose()).cloned();
                    continue;
                }
            };
            match heard {
                Heard::Message(message) if message["type"] == "next" && is_change(&message) => {
                    let change = &message["payload"]["data"]["caseChanged"];
                    let cursor = change["cursor"].as_str().expect("a cursor").to_owned();
                    self.heard.push((cursor, change["district"].as_i64().expect("a number")));
                }
                // The server cannot go on with it just now and says so.
                Heard::Message(message) => {
                    let ends = ["next", "error", "complete"].iter().any(|end| message["type"] == *end);
                    assert!(ends, "{message:#}");
                    self.reconnected += 1;
                    socket = None;
                }
                Heard::Closed(_) | Heard::Lost => {
                    self.reconnected += 1;
                    socket = None;
                }
            }
        }
        self
    }
}

fn is_change(message: &serde_json::Value) -> bool {
    message["payload"]["data"]["caseChanged"].is_object()
}

/// What the table says that may be heard.
pub struct Told(Vec<Event>);

struct Event {
    cursor: String,
    district: i32,
    privileged: bool,
}

impl Told {
    /// Reads the table, in the order in which changes were committed.
    pub async fn read(app: &App) -> Self {
        let cases = case::Entity::find().all(&app.db).await.expect("the cases");
        let districts: HashMap<CaseId, i32> = cases
            .iter()
            .map(|case| {
                let of_city = app.city.districts().iter().find(|district| district.id == case.district_id);
                (case.id, of_city.expect("a district of the city").number)
            })
            .collect();
        let events = case_event::Entity::find()
            .order_by_asc(case_event::Column::Transaction)
            .order_by_asc(case_event::Column::Id)
            .all(&app.db)
            .await
            .expect("the table");
        let told = events.iter().map(|event| Event {
            cursor: format!("{}.{}", event.transaction, event.id.0.simple()),
            district: districts[&event.case_id],
            privileged: event.privileged,
        });
        Self(told.collect())
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn of(&self, (district, is_attorney): Whose) -> Vec<String> {
        let theirs = self.0.iter().filter(|event| district.is_none_or(|district| district == event.district));
        let theirs = theirs.filter(|event| !event.privileged || is_attorney);
        theirs.map(|event| event.cursor.clone()).collect()
    }

    /// The last that each may hear.
    #[must_use]
    pub fn ends(&self) -> Ends {
        let districts = (1..=8).map(Some).chain([None]);
        let whose = districts.flat_map(|follows| [(follows, false), (follows, true)]);
        whose.filter_map(|whose| Some((whose, self.of(whose).pop()?))).collect()
    }

    /// The subscriber heard the same events in the same order, in each case and over all of them, and nothing else.
    pub fn is_heard_by(&self, subscriber: &Subscriber) {
        let heard: Vec<String> = subscriber.heard.iter().map(|(cursor, _)| cursor.clone()).collect();
        assert_eq!(heard.iter().collect::<HashSet<_>>().len(), heard.len(), "none came twice");
        let foreign = |of: &i64| subscriber.district.is_some_and(|own| i64::from(own) != *of);
        assert!(!subscriber.heard.iter().any(|(_, of)| foreign(of)), "only what was asked for");
        let privileged: HashSet<&String> =
            self.0.iter().filter(|event| event.privileged).map(|event| &event.cursor).collect();
        let may = self.of(subscriber.whose());
        let leaked =
            heard.iter().filter(|cursor| privileged.contains(cursor) && !may.contains(cursor)).count();
        assert_eq!(leaked, 0, "nothing privileged reaches who is no attorney");
        assert!(heard == may, "all {} changes in their order, not {} of them", may.len(), heard.len());
    }
}

/// Three servers behind a proxy; one is killed and another one joins.
pub async fn play(scale: &Scale) -> Found {
    let ground = Ground::new(Store::Postgres).await;
    let serve = async || ground.serve(&["--connections", "6"]).await;
    let mut servers = vec![serve().await, serve().await, serve().await];
    let proxy = Proxy::before(servers.iter().map(|server| server.address.clone()).collect()).await;
    let cases = cases(&ground, &proxy.url).await;

    let mut teams = Vec::new();
    for district in 1..=8 {
        let officer = signed_in(&proxy.url, &format!("code{district}")).await;
        let attorney = signed_in(&proxy.url, &format!("attorney{district}")).await;
        teams.push((district, officer, attorney));
    }
    let mut following = JoinSet::new();
    let (tell_ends, ends) = watch::channel(Ends::new());
    for number in 0..scale.subscribers {
        let (district, officer, attorney) = &teams[number % 8];
        // Most follow one district, and a few follow all; every fifth is an attorney.
        let follows = (number % 10 != 9).then_some(*district);
        let subscriber = if number % 5 == 2 {
            Subscriber::new(attorney.clone(), follows).as_attorney()
        } else {
            Subscriber::new(officer.clone(), follows)
        };
        following.spawn(subscriber.follow(ends.clone()));
    }

    let began = Instant::now();
    let all = scale.writes_a_second * scale.seconds;
    let mut beat = tokio::time::interval(Duration::from_secs(1) / scale.writes_a_second);
    let mut writing = JoinSet::new();
    for number in 0..all {
        beat.tick().await;
        let (app, id) = (ground.app.clone(), cases[number as usize % 8]);
        writing.spawn(async move { write(&app, id, number % PRIVILEGED == PRIVILEGED - 1).await });
        if number == all / 3 {
            servers.remove(0).kill().await;
        }
        if number == all / 2 {
            let joined = serve().await;
            proxy.add(joined.address.clone());
            servers.push(joined);
        }
    }
    writing.join_all().await;
    let wrote = began.elapsed();

    let told = Told::read(&ground.app).await;
    assert_eq!(told.count(), 8 + all as usize);
    tell_ends.send_replace(told.ends());
    let mut reconnected = 0;
    while let Some(subscriber) = following.join_next().await {
        let subscriber = subscriber.expect("it followed");
        told.is_heard_by(&subscriber);
        reconnected += usize::from(subscriber.reconnected > 0);
    }
    // A third of them sat on the server that was killed.
    assert!((1..scale.subscribers).contains(&reconnected), "{reconnected} connected again");
    for server in servers {
        server.kill().await;
    }
    ground.raze().await;
    let tried = format!(
        "{} subscribers of three servers heard all {} changes in order and none they may not; {reconnected} connected again",
        scale.subscribers,
        told.count()
    );
    Found::new(tried).told("written in", wrote.as_secs_f64(), "s")
}

/// One case in each district.
async fn cases(ground: &Ground, url: &str) -> Vec<CaseId> {
    let mut cases = Vec::new();
    for district in 1..=8 {
        let sergeant = signed_in(url, &format!("sergeant{district}")).await;
        let place = city::place(&ground.app, &format!("{district}00 K ST"), district).await;
        let input = json!({
            "idempotencyKey": key(), "title": "Dumping", "kinds": ["OTHER"], "priority": "NORMAL",
            "property": { "id": place }, "source": "PATROL",
        });
        let opened = sergeant.done("caseOpen", "case { number }", input).await;
        let number = opened["case"]["number"].as_str().expect("a number");
        let case = case::Entity::find().filter(case::Column::Number.eq(number)).one(&ground.app.db).await;
        cases.push(case.expect("cases").expect("the case").id);
    }
    cases
}

/// Appends an entry to the case, as any server would.
pub async fn write(app: &App, id: CaseId, privileged: bool) {
    write_after(app, id, privileged, std::future::ready(())).await;
}

/// The same, committed only after something else has happened.
pub async fn write_after(app: &App, id: CaseId, privileged: bool, meanwhile: impl Future<Output = ()>) {
    let server = Viewer::server();
    let written = app.write(&server, "test", Action::WorkCases, async |tx| {
        let case = case::Entity::find_by_id(id).lock_rows().one(tx.conn()).await?;
        let mut case = case.expect("the case");
        let entry = Entry::new(CaseEventKind::Note, "Somebody called.").privileged(privileged);
        events::append(tx, &mut case, entry).await?;
        meanwhile.await;
        Ok(())
    });
    written.await.expect("it is written");
}
