//! Limits on how often and how long somebody may ask.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use api::{database, error::Error, http::Edge};
use reqwest::{StatusCode, header::RETRY_AFTER};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, story};

const WHO: &str = "{ viewer { isCitywide } }";

async fn asked(client: &Client) -> (StatusCode, Option<u64>, Value) {
    let answer = client.post("/graphql", &json!({ "query": WHO })).await;
    let wait = answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    (answer.status(), wait, answer.json().await.expect("JSON"))
}

async fn one_who_asks_too_often_waits(store: Store) {
    let edge = Edge { requests_by_viewer: NonZeroU32::new(5), ..Edge::default() };
    let jfn = Jfn::start_as(store, edge).await;
    let (sergeant, attorney) = (jfn.sergeant(3).await, jfn.attorney(3).await);
    for _ in 0..5 {
        assert_eq!(asked(&sergeant).await.0, StatusCode::OK);
    }
    let (status, wait, answer) = asked(&sergeant).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "{wait:?}");
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("5 a minute"), "it says what the limit is: {message}");
    assert_eq!(asked(&attorney).await.0, StatusCode::OK, "others are served");
    jfn.stop().await;
}

async fn an_address_that_asks_too_often_waits(store: Store) {
    let edge = Edge { requests_by_address: NonZeroU32::new(4), ..Edge::default() };
    let jfn = Jfn::start_as(store, edge).await;
    let nobody = jfn.nobody();
    for _ in 0..4 {
        nobody.post("/auth/login", &json!({ "email": "x@jfn.example", "password": "guess" })).await;
    }
    let refused = nobody.post("/auth/login", &json!({ "email": "y@jfn.example", "password": "guess" })).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "whatever the e-mail");
    let alive = nobody.request(reqwest::Method::GET, "/healthz").send().await.expect("an answer");
    assert_eq!(alive.status(), StatusCode::OK, "whoever watches the server is not counted");
    jfn.stop().await;
}

async fn a_request_that_takes_too_long_is_ended(store: Store) {
    let edge = Edge { request_time: Duration::from_millis(1), ..Edge::default() };
    let jfn = Jfn::start_as(store, edge).await;
    let sergeant = jfn.sergeant(3).await;
    // Ninety statements and more, which nobody answers in that time.
    let many: String =
        (0..90).map(|n| format!("a{n}: cases(filter: {{ text: \"{n}\" }}) {{ totalCount }} ")).collect();
    let answer = sergeant.post("/graphql", &json!({ "query": format!("{{ {many} }}") })).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_COMPLEX", "{answer:#}");
    assert!(answer["errors"][0]["message"].as_str().is_some_and(|text| text.contains("longer than 0.001 s")));
    jfn.stop().await;
}

macro_rules! on_both {
    ($($name:ident),+) => {$(
        mod $name {
            use tests::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(Store::Postgres).await;
            }
        }
    )+};
}

on_both!(
    one_who_asks_too_often_waits,
    an_address_that_asks_too_often_waits,
    a_request_that_takes_too_long_is_ended
);

story! {
    async fn the_database_ends_a_statement_that_takes_too_long_and_goes_on(jfn) {
        let opening = database::Opening { statement_time: Some(Duration::from_millis(300)), ..jfn.opening() };
        let db = database::open(&opening).await.expect("it opens");
        let endless = match jfn.runs_on() {
            Store::Postgres => "SELECT pg_sleep(600)",
            Store::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
            }
        };
        let began = Instant::now();
        let ended = db.execute_unprepared(endless).await.expect_err("it is ended");
        assert!(matches!(Error::from(ended), Error::TooComplex(_)));
        // Ten minutes or for ever without it; any bound that a slow machine meets will do.
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
        for _ in 0..20 {
            db.execute_unprepared("SELECT 1").await.expect("the connection serves on");
        }
        db.close().await.expect("it closes");
    }
}
