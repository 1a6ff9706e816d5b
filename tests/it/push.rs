//! Calls that a source pushes: each row is answered for, and nobody else can bring any.

use std::fmt::Write as _;

use api::{
    authz::Viewer,
    writes::{
        access_tokens::{self, NewToken},
        feed_runs::Purpose,
        ingest::ImportRun,
    },
};
use entity::{access_token::TokenScope, feed_run::FeedRunKind};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Client, Jfn, fetched::eventually, story};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const LINES: &str = "application/x-ndjson";
const EIDO: &str = "application/emergency.eido+json";
/// Requests with calls that a server has in work at once.
const AT_ONCE: usize = 4;

/// A program with a token of that scope.
pub async fn program(jfn: &Jfn, scope: TokenScope, feed: Option<&str>) -> Client {
    let token = format!("jfn_test_{}_{}", feed.unwrap_or("none"), uuid::Uuid::now_v7());
    let new = NewToken {
        name: "Dispatch".to_owned(),
        token_hash: hex(&Sha256::digest(token.as_bytes())),
        scope,
        feed: feed.map(str::to_owned),
        districts: None,
        expires_days: None,
    };
    let server = Viewer::server();
    let made = jfn.app.write(&server, "token", api::authz::Action::ChangeSeats, async |tx| {
        access_tokens::create(tx, new.clone()).await
    });
    made.await.expect("a token");
    jfn.nobody().with_token(&token)
}

async fn dispatch(jfn: &Jfn) -> Client {
    program(jfn, TokenScope::PushCalls, Some("demo-police")).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn push(program: &Client, feed: &str, media: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = program.request(Method::POST, &format!("/feeds/{feed}/calls"));
    request.header(header::CONTENT_TYPE, media).body(body).send().await.expect("the server answers")
}

/// Pushes lines that must be taken.
async fn pushed(program: &Client, body: String) -> Value {
    let response = push(program, "demo-police", LINES, body).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    response.json().await.expect("JSON")
}

fn night(number: u32, day: u32, kind: &str) -> String {
    let call = json!({
        "case_number": number, "date": format!("11/{day:02}/26"), "received": "22:00", "type": kind,
        "address": "1200 K ST", "clearance_code": "No Report", "caller": "Ms Caller, 916-555-0100",
    });
    format!("{call}\n")
}

fn results(answer: &Value) -> Vec<(u64, &str)> {
    let rows = answer["rows"].as_array().expect("rows").iter();
    rows.map(|row| (row["line"].as_u64().expect("a number"), row["result"].as_str().expect("a word")))
        .collect()
}

async fn refusal(response: Response) -> (StatusCode, String, String) {
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    let text = |name: &str| body[name].as_str().expect("a text").to_owned();
    (status, text("code"), text("message"))
}

story! {
    async fn every_row_is_answered_for_and_the_rules_see_them_at_once(jfn) {
        jfn.place("1200 K ST", 3).await;
        let dispatch = dispatch(jfn).await;
        let body = format!(
            "{}{}not json\n{}{}{}",
            night(1, 5, "Noise Party"), night(2, 10, "Noise Party"), night(1, 5, "Noise Party"),
            night(3, 15, "Noise Party"), night(4, 99, "Noise Party"),
        );
        let answer = pushed(&dispatch, body.clone()).await;
        let told = results(&answer);
        assert_eq!(
            told,
            [(1, "unchanged"), (2, "accepted"), (3, "rejected"), (4, "accepted"), (5, "accepted"), (6, "rejected")]
        );
        assert_eq!(answer["rows"][0]["reason"], "another row of this request stands for this call");
        assert!(answer["rows"][5]["reason"].as_str().expect("a reason").starts_with("date"), "{answer}");
        assert_eq!((&answer["inserted"], &answer["rejected"], &answer["duplicates"]), (&json!(3), &json!(2), &json!(1)));
        let seen = jfn.feed_seen("demo-police").await;
        let run = &seen["runs"]["nodes"][0];
        assert_eq!((&run["kind"], &run["status"], &run["inserted"]), (&json!("PUSH"), &json!("SUCCEEDED"), &json!(3)));
        assert_eq!((&run["id"], &seen["health"]), (&answer["run"], &json!("HEALTHY")));
        let flags = jfn.sergeant(3).await.ask("{ flags(first: 5) { nodes { status } } }", json!({})).await;
        assert_eq!(flags["flags"]["nodes"], json!([{ "status": "NEEDS_REVIEW" }]));

        let again = pushed(&dispatch, night(2, 10, "Noise Party")).await;
        assert_eq!(results(&again), [(1, "unchanged")]);
        let changed = pushed(&dispatch, night(2, 10, "Fight")).await;
        assert_eq!((results(&changed), &changed["updated"]), (vec![(1, "accepted")], &json!(1)));
        // What no mapping names is not kept anywhere.
        let rejected = jfn.rejected_columns().await;
        assert!(rejected.len() == 2 && rejected.iter().all(|columns| !columns.contains("Caller")), "{rejected:?}");
    }
}

story! {
    async fn only_the_token_of_the_feed_may_push_to_it_and_may_do_nothing_else(jfn) {
        let other = program(jfn, TokenScope::PushCalls, Some("slo-police")).await;
        let reader = program(jfn, TokenScope::ReadCases, None).await;
        let (nobody, stranger) = (jfn.nobody(), jfn.nobody().with_token("jfn_nobody_gave_me_this"));
        let signed_in = jfn.administrator().await;
        for (who, status) in [
            (&nobody, StatusCode::UNAUTHORIZED),
            (&stranger, StatusCode::UNAUTHORIZED),
            (&signed_in, StatusCode::UNAUTHORIZED),
            (&other, StatusCode::FORBIDDEN),
            (&reader, StatusCode::FORBIDDEN),
        ] {
            let response = push(who, "demo-police", LINES, night(1, 5, "Fight")).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), status == StatusCode::UNAUTHORIZED);
        }
        assert!(jfn.call_rows().await.is_empty() && jfn.run_rows().await.is_empty());
        let dispatch = dispatch(jfn).await;
        assert_eq!(push(&dispatch, "no-such-feed", LINES, "").await.status(), StatusCode::FORBIDDEN);
        assert_eq!(dispatch.error_of("{ feeds { key } }", json!({})).await, "FORBIDDEN");
        let refused = crate::audit::told(jfn, "pushCalls").await;
        assert_eq!(refused.iter().map(|row| row.result.as_str()).collect::<Vec<_>>(), ["FORBIDDEN"; 3]);
        assert!(refused.iter().all(|row| row.access_token_id.is_some()), "and whose tokens they were");
        let get = dispatch.request(Method::GET, "/feeds/demo-police/calls").send().await.expect("an answer");
        assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}

story! {
    async fn a_body_that_cannot_be_read_changes_nothing(jfn) {
        let dispatch = dispatch(jfn).await;
        let broken = push(&dispatch, "demo-police", "application/json", "[{\"address\": \"9 SECRET ST\"}, ").await;
        let (status, code, message) = refusal(broken).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "BAD_INPUT"));
        assert!(message.contains("line 1, column") && !message.contains("SECRET"), "{message}");
        let (status, _, message) = refusal(push(&dispatch, "demo-police", "text/csv", "a,b").await).await;
        assert!(status == StatusCode::UNSUPPORTED_MEDIA_TYPE && message.contains("application/x-ndjson"), "{message}");
        assert!(jfn.run_rows().await.is_empty());
        // What is fetched is not pushed.
        let fetched = program(jfn, TokenScope::PushCalls, Some("seattle-police-calls")).await;
        let (status, ..) = refusal(push(&fetched, "seattle-police-calls", LINES, "{}").await).await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
}

story! {
    async fn ten_megabytes_are_taken_and_more_are_refused_with_an_answer(jfn) {
        let dispatch = dispatch(jfn).await;
        let call = |number: u32, bytes: usize| {
            let call = json!({
                "case_number": number, "date": "11/05/26", "received": "22:00", "type": "Fight", "address": "12 ELM ST",
                "narrative": "x".repeat(bytes),
            });
            format!("{call}\n")
        };
        let mut body: String = (0..100).map(|number| call(number, 100_000)).collect();
        let left = 10 * 1024 * 1024 - body.len() - call(100, 0).len();
        body.push_str(&call(100, left));
        assert_eq!(body.len(), 10 * 1024 * 1024);
        let answer = pushed(&dispatch, body.clone()).await;
        assert_eq!(answer["inserted"], 101);
        body.push_str(&call(101, 10_000_000));
        let (status, code, message) = refusal(push(&dispatch, "demo-police", LINES, body).await).await;
        assert_eq!((status, code.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "BAD_INPUT"));
        assert!(message.contains("10485760"), "{message}");
        assert_eq!(jfn.call_rows().await.len(), 101);
    }
}

story! {
    async fn a_feed_that_is_busy_or_paused_asks_to_be_told_again(jfn) {
        let dispatch = dispatch(jfn).await;
        let purpose = Purpose::brought(FeedRunKind::Import);
        let run = ImportRun::start_as(&jfn.app, &Viewer::server(), "demo-police", purpose).await.expect("it begins");
        let busy = push(&dispatch, "demo-police", LINES, night(1, 5, "Fight")).await;
        assert_eq!(busy.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = busy.headers()[header::RETRY_AFTER].to_str().expect("ASCII").parse().expect("seconds");
        assert!((1..=10).contains(&wait), "{wait}");
        run.finish().await.expect("it ends");
        let seen = jfn.feed_seen("demo-police").await;
        let input = json!({ "feedId": seen["id"], "expectedVersion": seen["version"], "paused": true });
        jfn.administrator().await.done("feedPause", "feed { id }", input).await;
        let paused = push(&dispatch, "demo-police", LINES, night(1, 5, "Fight")).await;
        assert!(paused.headers().contains_key(header::RETRY_AFTER));
        let (status, _, message) = refusal(paused).await;
        assert!(status == StatusCode::SERVICE_UNAVAILABLE && message.contains("paused"), "{message}");
        assert!(jfn.call_rows().await.is_empty());
    }
}

/// Begins a request and does not end it; returns once the server has made room for it and asks for its body.
async fn dawdle(jfn: &Jfn, token: &str) -> TcpStream {
    let address = jfn.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /feeds/demo-police/calls HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {LINES}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let mut told = [0; 12];
    stream.read_exact(&mut told).await.expect("the server answers");
    assert_eq!(&told, b"HTTP/1.1 100");
    stream
}

story! {
    async fn a_server_with_enough_in_work_says_when_to_come_again(jfn) {
        let dispatch = dispatch(jfn).await;
        let mut dawdling = Vec::new();
        for _ in 0..AT_ONCE {
            dawdling.push(dawdle(jfn, dispatch.token().expect("its token")).await);
        }
        let full = push(&dispatch, "demo-police", LINES, "").await;
        assert_eq!(full.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(full.headers()[header::RETRY_AFTER], "1");
        drop(dawdling);
        let taken = eventually("room", async || {
            let response = push(&dispatch, "demo-police", LINES, night(1, 5, "Fight")).await;
            (response.status() == StatusCode::ACCEPTED).then_some(())
        });
        taken.await;
        assert_eq!(jfn.call_rows().await.len(), 1);
    }
}

/// HMAC-SHA256 as RFC 2104 writes it, for keys of up to 64 bytes.
fn signature(key: &str, body: &str) -> String {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key.bytes()).for_each(|(pad, byte)| *pad ^= byte);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(body).finalize();
    hex(&Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_key_is_set_what_is_not_signed_with_it_is_refused() {
    for store in [tests::Store::Sqlite, tests::Store::Postgres] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        std::fs::write(&file, "between dispatch and us\n").expect("it is written");
        let change = |preset: &mut api::preset::Preset| {
            let feed = preset.feeds.iter_mut().find(|feed| feed.key == "demo-police").expect("the feed");
            feed.push.signing_key_file = Some(file.clone());
        };
        let jfn = Jfn::start_in(store, api::http::Edge::default(), change).await;
        let dispatch = dispatch(&jfn).await;
        let body = night(1, 5, "Fight");
        let signed = async |signature: Option<String>| {
            let mut request = dispatch.request(Method::POST, "/feeds/demo-police/calls");
            if let Some(signature) = signature {
                request = request.header("X-JFN-Signature", format!("sha256={signature}"));
            }
            let request = request.header(header::CONTENT_TYPE, LINES).body(body.clone());
            request.send().await.expect("an answer").status()
        };
        assert_eq!(signed(None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(signed(Some(signature("another key", &body))).await, StatusCode::UNAUTHORIZED);
        assert!(jfn.run_rows().await.is_empty());
        assert_eq!(signed(Some(signature("between dispatch and us", &body))).await, StatusCode::ACCEPTED);
        jfn.stop().await;
    }
}

fn eido(kind: &str, minute: u32) -> Value {
    json!({
        "EIDOVersion": "1.0", "LastUpdateTimeStamp": format!("2026-11-20T06:{minute:02}:00Z"),
        "incidentTrackingIdentifier": "urn:emergency:uid:incidentid:7:dispatch.example",
        "incidentComponent": [{
            "incidentTypeInternalText": kind, "LastUpdateTimeStamp": format!("2026-11-20T06:{minute:02}:00Z"),
        }],
        "dispatchComponent": [{ "LastUpdateTimeStamp": "2026-11-20T06:00:00Z" }],
        "callComponent": [{ "callBackNumber": "9165550100" }],
        "locationInformationComponent": [{ "locationByValue": "<presence xmlns='urn:ietf:params:xml:ns:pidf'>\
            <civicAddress xmlns='c'><RD>K</RD><STS>ST</STS><HNO>1200</HNO><UNIT>APT 4</UNIT></civicAddress></presence>" }],
    })
}

story! {
    async fn an_older_incident_never_overwrites_a_newer_one(jfn) {
        let dispatch = program(jfn, TokenScope::PushCalls, Some("dispatch-eido")).await;
        let types = &jfn.app.city.preset.feed("dispatch-eido").expect("the feed").call_types;
        let of = |wanted: entity::call::CallCategory| {
            types.iter().find(|(_, category)| **category == wanted).expect("a type").0.clone()
        };
        let (disturbance, domestic) = (of(entity::call::CallCategory::Disturbance), of(entity::call::CallCategory::Domestic));
        let told = async |incidents: Value| -> Value {
            let response = push(&dispatch, "dispatch-eido", EIDO, incidents.to_string()).await;
            assert_eq!(response.status(), StatusCode::ACCEPTED);
            response.json().await.expect("JSON")
        };
        // In one request the newest stands, wherever it is in the list.
        let first = told(json!([eido(&domestic, 20), eido(&disturbance, 10)])).await;
        assert_eq!(results(&first), [(1, "accepted"), (2, "unchanged")]);
        let late = told(eido(&disturbance, 15)).await;
        assert_eq!(late["rows"][0]["reason"], "something newer of this call is known");
        let calls = jfn.call_rows().await;
        assert_eq!((calls.len(), calls[0].category), (1, entity::call::CallCategory::Domestic));
        assert_eq!((calls[0].address.as_str(), calls[0].occurred_at.to_rfc3339().as_str()), ("1200 K ST", "2026-11-20T06:00:00+00:00"));
        let newer = told(eido(&disturbance, 30)).await;
        assert_eq!((results(&newer), &newer["updated"]), (vec![(1, "accepted")], &json!(1)));
    }
}
