//! Traces by OTLP, taken by a little collector of the story's own.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use tests::Store;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::process::Place;

/// Takes what is sent to it: each request with its head and body.
async fn collector() -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", socket.local_addr().expect("a bound socket"));
    let taken: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let kept = taken.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut piece = [0; 8_192];
                while !is_whole(&request) {
                    match stream.read(&mut piece).await {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&piece[..length]),
                    }
                }
                kept.lock().expect("the list").push(request);
                let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (address, taken)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    request.len() >= head + 4 + length.trim().parse::<usize>().expect("a number")
}

fn holds(request: &[u8], what: &str) -> bool {
    request.windows(what.len()).any(|part| part == what.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_traced_to_the_collector_that_the_settings_name() {
    let (address, taken) = collector().await;
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("OTEL_SERVICE_NAME", "city-jfn")];
    let server = place.serve(&[], &environment).await;
    let id = "0192f0c1-2b7e-7c3a-9d53-5d1f6a0c2e44";
    let sergeant = server.sergeant().await;
    let request = sergeant.request(Method::POST, "/graphql").header("X-Request-Id", id);
    let secret = json!({ "query": "query ($it: String) { cases { totalCount } properties(filter: { text: $it }) { totalCount } }",
        "variables": { "it": "1200 K Street" } });
    assert!(request.json(&secret).send().await.unwrap().status().is_success());
    let plain = sergeant.ask("{ cases { totalCount } }", json!({})).await;
    assert_eq!(plain["cases"]["totalCount"], 0);
    // What is left is sent before the end.
    assert!(server.stop().await.well);
    let taken = taken.lock().unwrap().clone();
    assert!(!taken.is_empty(), "traces came");
    assert!(taken.iter().all(|request| request.starts_with(b"POST /v1/traces HTTP/1.1\r\n")));
    for part in ["city-jfn", "request", id, "operation", "cases", "/graphql"] {
        assert!(taken.iter().any(|request| holds(request, part)), "{part} is in the traces");
    }
    for part in ["1200 K", "sergeant3@city.example"] {
        assert!(!taken.iter().any(|request| holds(request, part)), "{part} is in no trace");
    }
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_keeps_nobody_waiting() {
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let server = place.serve(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]).await;
    server.sergeant().await.ask("{ cases { totalCount } }", json!({})).await;
    assert!(server.stop().await.well);
    place.raze().await;
}
