//! What is followed live ends with the sign-in that opened it, and to be told of things keeps no session alive.

use std::time::{Duration, Instant};

use api::{authn::SessionTimes, http::Edge};
use chrono::TimeDelta;
use entity::id::CaseId;
use reqwest::{Method, Response, StatusCode, header};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::{Value, json};
use tests::{
    Client, Jfn, Store,
    socket::{Heard, Socket},
    story,
    trials::live::{write, write_after},
};

use crate::{
    access_tokens::{program, reader},
    live::{changes, flows, note, open},
};

const CHANGES: &str = "subscription { caseChanged { cursor caseNumber } }";
/// How long the end of a stream is waited for; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the server may take what it knows of somebody's rights for true.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// The same changes as server-sent events.
async fn told(client: &Client) -> Response {
    let request = client.request(Method::POST, "/graphql").header(header::ACCEPT, "text/event-stream");
    let stream = request.json(&json!({ "query": CHANGES })).send().await.expect("an answer");
    assert_eq!(stream.status(), StatusCode::OK);
    stream
}

/// All that comes until the server ends the stream.
async fn ended(stream: Response) -> String {
    let all = tokio::time::timeout(PATIENCE, stream.text()).await;
    all.expect("the server ends it").expect("it does not break")
}

/// The code with which the server closes the socket; no change is told before.
async fn closed(socket: &mut Socket) -> u16 {
    loop {
        match socket.heard().await {
            Heard::Closed(code) => return code,
            Heard::Message(message) => assert!(message["payload"]["data"].is_null(), "{message:#}"),
            Heard::Lost => panic!("the server says why"),
        }
    }
}

async fn answers(socket: &mut Socket) {
    socket.say(&json!({ "type": "ping" })).await;
    assert_eq!(socket.heard().await, Heard::Message(json!({ "type": "pong" })));
}

story! {
    async fn a_revoked_session_ends_its_socket_and_its_stream_and_no_others(jfn) {
        let (lost, desk) = (jfn.attorney(2).await, jfn.attorney(2).await);
        let (mut socket, mut silent, stream) = (lost.live().await, lost.live().await, told(&lost).await);
        socket.subscribe("1", CHANGES, json!({})).await;
        let mut stays = desk.live().await;
        desk.done("sessionRevokeAll", "ended", json!({ "keepThis": true })).await;
        assert_eq!(closed(&mut socket).await, 4403);
        assert_eq!(closed(&mut silent).await, 4403);
        assert!(ended(stream).await.ends_with("event: complete\ndata: \n\n"));
        answers(&mut stays).await;
    }
}

story! {
    async fn a_revoked_token_ends_its_socket_and_its_stream_and_no_others(jfn) {
        let (lost, made) = program(jfn, reader(json!(null))).await;
        let (other, _) = program(jfn, reader(json!(null))).await;
        let (mut socket, stream) = (lost.live().await, told(&lost).await);
        socket.subscribe("1", CHANGES, json!({})).await;
        let mut stays = other.live().await;
        let revoke = json!({ "accessTokenId": made["id"] });
        jfn.administrator().await.done("accessTokenRevoke", "accessToken { id }", revoke).await;
        assert_eq!(closed(&mut socket).await, 4403);
        assert!(ended(stream).await.ends_with("event: complete\ndata: \n\n"));
        answers(&mut stays).await;
    }
}

story! {
    async fn nothing_that_happens_after_a_sign_in_has_ended_is_told(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(&sergeant, &jfn.place("100 K ST", 3).await, "Dumping").await;
        let leaver = jfn.code_officer(3).await;
        let mut socket = leaver.live().await;
        socket.subscribe("1", CHANGES, json!({})).await;
        flows(&sergeant, &case, &mut socket).await;
        leaver.done("sessionRevokeAll", "ended", json!({})).await;
        let ended = Instant::now();
        // What is known of their rights is a second old at most: whatever comes later is asked about before it is told.
        loop {
            let late = ended.elapsed() > KNOWN_FOR;
            note(&sergeant, &case, false).await;
            match socket.heard().await {
                Heard::Message(message) if message["payload"]["data"].is_object() => {
                    assert!(!late, "told though the sign-in had ended: {message:#}");
                }
                _ => break,
            }
        }
    }
}

story! {
    async fn a_program_hears_of_its_own_districts_until_its_token_ends(jfn) {
        let (third, second) = (jfn.sergeant(3).await, jfn.sergeant(2).await);
        let ours = open(&third, &jfn.place("300 K ST", 3).await, "Ours").await;
        let theirs = open(&second, &jfn.place("200 K ST", 2).await, "Theirs").await;
        let mut input = reader(json!([3]));
        input["expiresDays"] = json!(1);
        let (program, _) = program(jfn, input).await;
        let (mut socket, stream) = (program.live().await, told(&program).await);
        socket.subscribe("1", CHANGES, json!({})).await;
        flows(&third, &ours, &mut socket).await;
        note(&second, &theirs, false).await;
        note(&third, &ours, false).await;
        assert_eq!(changes(&mut socket, 1).await[0]["caseNumber"], ours["number"]);
        jfn.wait(TimeDelta::days(1));
        assert_eq!(closed(&mut socket).await, 4403);
        let heard = ended(stream).await;
        let number = |case: &Value| case["number"].as_str().expect("a number").to_owned();
        assert!(heard.contains(&number(&ours)) && !heard.contains(&number(&theirs)), "{heard}");
    }
}

/// Whoever only listens is signed out like whoever does nothing; to begin a subscription is to do something.
async fn listening_is_no_use(store: Store) {
    let times = SessionTimes { idle: TimeDelta::minutes(20), longest: TimeDelta::hours(1) };
    let jfn = Jfn::start_with(store, Edge::default(), times, |_| ()).await;
    let place = jfn.place("100 K ST", 3).await;
    let case = open(&jfn.sergeant(3).await, &place, "Dumping").await;
    let (listener, asker) = (jfn.code_officer(3).await, jfn.attorney(3).await);
    let (mut socket, mut asking, stream) = (listener.live().await, asker.live().await, told(&listener).await);
    socket.subscribe("1", CHANGES, json!({})).await;
    flows(&jfn.sergeant(3).await, &case, &mut socket).await;

    jfn.wait(TimeDelta::minutes(19));
    let sergeant = jfn.sergeant(3).await;
    let began = Instant::now();
    // Long enough that the server has looked again who that is.
    while began.elapsed() <= 2 * KNOWN_FOR {
        note(&sergeant, &case, false).await;
        changes(&mut socket, 1).await;
    }
    asking.subscribe("1", CHANGES, json!({})).await;
    flows(&sergeant, &case, &mut asking).await;

    jfn.wait(TimeDelta::minutes(2));
    loop {
        match socket.heard().await {
            Heard::Closed(code) => break assert_eq!(code, 4403, "nobody used it for 21 minutes"),
            // Of what happened before.
            Heard::Message(_) => {}
            Heard::Lost => panic!("the server says why"),
        }
    }
    assert!(ended(stream).await.ends_with("event: complete\ndata: \n\n"));
    note(&sergeant, &case, false).await;
    changes(&mut asking, 1).await;

    jfn.wait(TimeDelta::minutes(40));
    assert_eq!(closed(&mut asking).await, 4403, "it is older than an hour");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_only_listens_ends_as_one_that_nobody_uses_on_sqlite() {
    listening_is_no_use(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_only_listens_ends_as_one_that_nobody_uses_on_postgres() {
    listening_is_no_use(Store::Postgres).await;
}

/// How many ask who somebody is and wait for the answer.
async fn waiting(jfn: &Jfn) -> i64 {
    let sql = "SELECT COUNT(*) AS waiting FROM pg_locks WHERE NOT granted AND relation = 'session'::regclass";
    let row = jfn.app.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
    row.expect("the locks").expect("a row").try_get("", "waiting").expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_goes_on_after_the_database_took_its_time_to_say_who_listens() {
    let jfn = Jfn::start(Store::Postgres).await;
    let place = jfn.place("100 K ST", 3).await;
    let case = open(&jfn.sergeant(3).await, &place, "Dumping").await;
    let mut socket = jfn.code_officer(3).await.live().await;
    socket.subscribe("1", CHANGES, json!({})).await;
    flows(&jfn.sergeant(3).await, &case, &mut socket).await;

    let id: CaseId = case["id"].as_str().expect("an id").parse().expect("an id");
    let mut slow = None;
    let meanwhile = async {
        let nobody = jfn.app.db.begin().await.expect("a transaction");
        nobody.execute_unprepared("LOCK TABLE session").await.expect("nobody is recognised");
        slow = Some(nobody);
        // Long enough that what is known of the listener is no longer taken for true.
        let heard = socket.heard_within(KNOWN_FOR + KNOWN_FOR / 4).await;
        assert_eq!(heard, None, "what is not committed is told to nobody");
    };
    write_after(&jfn.app, id, false, meanwhile).await;
    while waiting(&jfn).await == 0 {
        tokio::task::yield_now().await;
    }
    // Now the stream asks who listens, and the socket asks for itself.
    socket.subscribe("2", CHANGES, json!({})).await;
    assert_eq!(socket.heard_within(KNOWN_FOR / 4).await, None, "nobody knows yet");
    slow.expect("the transaction").rollback().await.expect("everybody is recognised again");

    loop {
        write(&jfn.app, id, false).await;
        match socket.heard().await {
            Heard::Message(message) if message["id"] == "2" => break,
            Heard::Message(message) => {
                assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!("1")))
            }
            ended => panic!("{ended:?}"),
        }
    }
    jfn.stop().await;
}
