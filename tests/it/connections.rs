//! Clients that take their time, too many of them, and a server that is told to stop while they are at it.

use std::time::{Duration, Instant};

use api::http::Edge;
use serde_json::json;
use tests::{Jfn, Store, key, socket::Heard};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::process::Place;

/// Far longer than any limit that a story sets.
const LONG: Duration = Duration::from_secs(20);
const REQUEST: &str = "GET /livez HTTP/1.1\r\nHost: city.example\r\n\r\n";

async fn connect(jfn: &Jfn) -> TcpStream {
    TcpStream::connect(jfn.url.trim_start_matches("http://")).await.expect("a connection")
}

/// Whether the server lets go of the connection; what it says until then does not count.
async fn is_let_go(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    // An end and a reset are the same to who waits for it.
    tokio::time::timeout(LONG, stream.read_to_end(&mut rest)).await.is_ok()
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 16_384];
    let read = tokio::time::timeout(LONG, stream.read(&mut bytes)).await.expect("an answer in time");
    String::from_utf8_lossy(&bytes[..read.expect("an answer")]).into_owned()
}

async fn hurried() -> Jfn {
    let edge = Edge {
        head_within: Duration::from_millis(300),
        taken_within: Duration::from_millis(300),
        ..Edge::default()
    };
    Jfn::start_as(Store::Sqlite, edge).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_drips_its_headers_is_dropped() {
    let jfn = hurried().await;
    let mut stream = connect(&jfn).await;
    let began = Instant::now();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: city.example\r\nX-Drip: ").await.expect("it is read");
    let mut byte = [0];
    // A letter now and then, for as long as the server listens.
    while began.elapsed() < LONG {
        match tokio::time::timeout(Duration::from_millis(20), stream.read(&mut byte)).await {
            Err(_) => {
                if stream.write_all(b"x").await.is_err() {
                    break;
                }
            }
            Ok(_) => break,
        }
    }
    assert!(began.elapsed() < LONG / 2, "dropped after {:?}", began.elapsed());
    assert!(began.elapsed() >= Duration::from_millis(250), "it had its time");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_asks_or_never_asks_again_is_let_go() {
    let jfn = hurried().await;
    let mut silent = connect(&jfn).await;
    let mut done = connect(&jfn).await;
    done.write_all(REQUEST.as_bytes()).await.expect("it is read");
    assert!(answer(&mut done).await.starts_with("HTTP/1.1 200 OK"));
    assert!(is_let_go(&mut silent).await, "one that never asked");
    assert!(is_let_go(&mut done).await, "one that asked once");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_take_its_answers_is_dropped() {
    let jfn = hurried().await;
    let mut stream = connect(&jfn).await;
    let body = json!({ "query": "{ __schema { types { name description fields { name description } } } }" })
        .to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: city.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // It asks on and on, and reads nothing: at some point the answers fill all that lies between.
    let asking = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(LONG * 2, asking).await.expect("the server drops it");
    jfn.stop().await;
}

// On Linux; elsewhere the machine's own bound is all there is.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn little_is_kept_for_a_client_that_does_not_take_its_answers() {
    let jfn = hurried().await;
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let address = jfn.url.trim_start_matches("http://").parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("a connection");
    let asking = async { while stream.write_all(REQUEST.repeat(100).as_bytes()).await.is_ok() {} };
    tokio::time::timeout(LONG * 2, asking).await.expect("the server drops it");
    let figures = jfn.nobody().request(reqwest::Method::GET, "/metrics").send().await.expect("figures");
    let figures = figures.text().await.expect("text");
    let counted = figures
        .lines()
        .find_map(|line| line.strip_prefix(r#"jfn_http_requests_total{route="livez",status="200"} "#));
    let answered: u32 = counted.expect("they are counted").parse().expect("a number");
    // An answer has 300 bytes at least, and 64 kB are kept; what hyper has in hand comes on top.
    assert!((1..=1_000).contains(&answered), "{answered} answers were written");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_when_all_connections_are_taken_gets_the_place_of_who_was_awaited_longest() {
    let edge = Edge { connections: 2, ..Edge::default() };
    let jfn = Jfn::start_as(Store::Sqlite, edge).await;
    let (mut first, mut second) = (connect(&jfn).await, connect(&jfn).await);
    for stream in [&mut first, &mut second] {
        stream.write_all(REQUEST.as_bytes()).await.expect("it is read");
        assert!(answer(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    let mut third = connect(&jfn).await;
    third.write_all(REQUEST.as_bytes()).await.expect("it waits in the queue");
    assert!(answer(&mut third).await.starts_with("HTTP/1.1 200 OK"));
    assert!(is_let_go(&mut first).await, "it had been idle the longest");
    second.write_all(REQUEST.as_bytes()).await.expect("it has kept its place");
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 OK"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_whose_answer_is_still_being_told_makes_room() {
    let edge = Edge { connections: 1, ..Edge::default() };
    let jfn = Jfn::start_as(Store::Sqlite, edge).await;
    let sergeant = jfn.sergeant(3).await;
    let mut following = connect(&jfn).await;
    let body = json!({ "query": "subscription { caseChanged { caseId } }" }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: city.example\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n\
         Cookie: {}\r\nContent-Length: {}\r\n\r\n{body}",
        sergeant.cookie().expect("a session"),
        body.len()
    );
    following.write_all(request.as_bytes()).await.expect("it is read");
    assert!(answer(&mut following).await.starts_with("HTTP/1.1 200 OK"));
    let mut second = connect(&jfn).await;
    second.write_all(REQUEST.as_bytes()).await.expect("it waits in the queue");
    let mut byte = [0];
    let waited = tokio::time::timeout(Duration::from_millis(600), second.peek(&mut byte)).await;
    assert!(waited.is_err(), "there is no room");
    drop(following);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 OK"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_keeps_its_place_once_somebody_has_signed_in_on_it() {
    let edge = Edge { connections: 1, ..Edge::default() };
    let jfn = Jfn::start_as(Store::Sqlite, edge).await;
    let sergeant = jfn.sergeant(3).await;
    let mut silent = sergeant.socket().await;
    let mut second = connect(&jfn).await;
    second.write_all(REQUEST.as_bytes()).await.expect("it waits in the queue");
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200 OK"), "who has not signed in makes room");
    assert_eq!(silent.heard().await, Heard::Closed(1013));

    let socket = sergeant.live().await;
    let mut third = connect(&jfn).await;
    third.write_all(REQUEST.as_bytes()).await.expect("it waits in the queue");
    let waited = tokio::time::timeout(Duration::from_millis(600), third.peek(&mut [0])).await;
    assert!(waited.is_err(), "there is no room");
    drop(socket);
    assert!(answer(&mut third).await.starts_with("HTTP/1.1 200 OK"));
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_do_not_keep_a_server_that_is_told_to_stop() {
    // Head and answer have half a minute, and the grace is 20 s.
    let jfn = Jfn::start_as(Store::Sqlite, Edge::default()).await;
    let mut silent = connect(&jfn).await;
    let mut done = connect(&jfn).await;
    done.write_all(REQUEST.as_bytes()).await.expect("it is read");
    answer(&mut done).await;
    let began = Instant::now();
    jfn.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "stopped after {:?}", began.elapsed());
    assert!(is_let_go(&mut silent).await && is_let_go(&mut done).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_never_ends_is_dropped_after_the_grace() {
    let edge = Edge { grace: Duration::from_millis(300), ..Edge::default() };
    let jfn = Jfn::start_as(Store::Sqlite, edge).await;
    let mut half = connect(&jfn).await;
    half.write_all(
        b"POST /graphql HTTP/1.1\r\nHost: city.example\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    )
    .await
    .expect("it is read");
    // The server has begun with it once it has served another one that came later.
    assert_eq!(jfn.nobody().request(reqwest::Method::GET, "/livez").send().await.unwrap().status(), 200);
    let began = Instant::now();
    jfn.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "stopped after {:?}", began.elapsed());
    assert!(is_let_go(&mut half).await);
}

async fn told_to_stop_under_load(store: Store) {
    let place = Place::new(store).await;
    place.sergeant().await;
    let server = place.serve(&["--requests-by-viewer", "0", "--requests-by-address", "0"], &[]).await;
    let sergeant = server.sergeant().await;
    let (first, opened) = tokio::sync::oneshot::channel();
    let (mut first, mut writers) = (Some(first), Vec::new());
    for writer in 0..4 {
        let (sergeant, mut first) = (sergeant.clone(), first.take());
        writers.push(tokio::spawn(async move {
            let mut kept = Vec::new();
            for number in 0..10_000 {
                let input = json!({
                    "idempotencyKey": key(), "title": "Couches on the sidewalk", "kinds": ["ILLEGAL_DUMPING"],
                    "property": { "address": format!("{} K Street", 1_000 + writer * 10_000 + number) },
                    "source": "RESIDENT",
                });
                let query = "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { case { number } userErrors { message } } }";
                let body = json!({ "query": query, "variables": { "input": input } });
                let Ok(response) = sergeant.request(reqwest::Method::POST, "/graphql").json(&body).send().await else {
                    break;
                };
                let answer: serde_json::Value = response.json().await.expect("whoever gets an answer gets it whole");
                let number = &answer["data"]["caseOpen"]["case"]["number"];
                kept.push(number.as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned());
                if let Some(first) = first.take() {
                    let _ = first.send(());
                }
            }
            kept
        }));
    }
    opened.await.expect("cases are opened");
    let began = Instant::now();
    let ran = server.stop().await;
    assert!(ran.well, "{}", ran.log);
    assert!(began.elapsed() < Duration::from_secs(15), "stopped after {:?}", began.elapsed());
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("a writer"));
    }
    let again = place.serve(&[], &[]).await;
    let sergeant = again.sergeant().await;
    for number in &acknowledged {
        let query = "query ($number: String!) { case(by: { number: $number }) { number } }";
        let found = sergeant.ask(query, json!({ "number": number })).await;
        assert_eq!(found["case"]["number"], json!(number));
    }
    assert!(!acknowledged.is_empty());
    assert!(again.stop().await.well);
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_server_stops_is_kept_on_sqlite() {
    told_to_stop_under_load(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_server_stops_is_kept_on_postgres() {
    told_to_stop_under_load(Store::Postgres).await;
}
