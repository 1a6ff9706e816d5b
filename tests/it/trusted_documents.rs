//! In production mode a browser runs only the documents of the app's manifest, whichever way it asks.

use std::{fs, sync::Arc};

use api::{http::Edge, trusted_documents::TrustedDocuments};
use entity::access_token::TokenScope;
use reqwest::{Method, StatusCode, header::ACCEPT};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Client, Jfn, Store, key, socket::Heard};

use crate::{audit::told, process::Place, push::program};

const WHO: &str = "query Who { viewer { isCitywide } }";
const OPEN: &str = "mutation Open($input: CaseOpenInput!) { caseOpen(input: $input) { case { number } userErrors { code } } }";
const CHANGES: &str = "subscription Changes { caseChanged { caseNumber } }";
const FREE: &str = "{ cases { totalCount } }";

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn manifest() -> String {
    let all: serde_json::Map<String, Value> =
        [WHO, OPEN, CHANGES].iter().map(|text| (hash(text), json!(text))).collect();
    Value::Object(all).to_string()
}

async fn city(store: Store, production: bool) -> Jfn {
    let documents = TrustedDocuments::read(&manifest()).expect("a manifest");
    Jfn::start_as(store, Edge { production, documents: Arc::new(documents), ..Edge::default() }).await
}

async fn sent(client: &Client, body: Value) -> (StatusCode, Value) {
    let answer = client.post("/graphql", &body).await;
    (answer.status(), answer.json().await.expect("JSON"))
}

/// The refusal of a document that nobody trusts, which says what to do.
fn is_refused(answer: &Value) {
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "DOCUMENT_NOT_TRUSTED", "{answer:#}");
    let message = error["message"].as_str().expect("words");
    assert!(message.contains("jfn documents") && message.contains("access token"), "{message}");
    assert!(answer.get("data").is_none(), "nothing was run: {answer:#}");
}

async fn by_post_and_get(store: Store) {
    let jfn = city(store, true).await;
    let sergeant = jfn.sergeant(3).await;
    let id = format!("sha256:{}", hash(WHO));
    let apollo = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(WHO) } });
    for body in [
        json!({ "documentId": id }),
        json!({ "documentId": id, "operationName": "Who", "variables": {} }),
        json!({ "extensions": apollo }),
        json!({ "extensions": apollo, "query": WHO }),
        json!({ "query": WHO }),
    ] {
        let (status, answer) = sent(&sergeant, body.clone()).await;
        assert_eq!(
            (status, &answer["data"]["viewer"]["isCitywide"]),
            (StatusCode::OK, &json!(false)),
            "{body}"
        );
    }
    let get = |asked: Vec<(&str, String)>| sergeant.request(Method::GET, "/graphql").query(&asked).send();
    for asked in [
        vec![("documentId", id.clone())],
        vec![("extensions", apollo.to_string())],
        vec![("query", WHO.to_owned())],
    ] {
        let answer: Value = get(asked.clone()).await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["data"]["viewer"]["isCitywide"], false, "{asked:?}: {answer:#}");
    }
    let mutation = get(vec![("documentId", format!("sha256:{}", hash(OPEN)))]).await.expect("an answer");
    assert_eq!(mutation.status(), StatusCode::METHOD_NOT_ALLOWED, "a mutation by GET stays refused");

    // One blank more is another document.
    for text in [FREE, "query Who { viewer { isCitywide } } ", "{ __schema { types { name } } }"] {
        let hashed = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(text) } });
        for body in [json!({ "query": text }), json!({ "query": text, "extensions": hashed })] {
            let (status, answer) = sent(&sergeant, body).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{text}");
            is_refused(&answer);
        }
        let answer = get(vec![("query", text.to_owned())]).await.expect("an answer");
        is_refused(&answer.json().await.expect("JSON"));
    }
    for body in [
        json!({ "documentId": format!("sha256:{}", hash(FREE)) }),
        json!({ "documentId": "of-another-build" }),
    ] {
        let (status, answer) = sent(&sergeant, body).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (StatusCode::FORBIDDEN, &json!("DOCUMENT_NOT_TRUSTED"))
        );
    }
    for body in [
        json!({ "documentId": id, "query": FREE }),
        json!({ "documentId": format!("sha256:{}", hash(OPEN)), "extensions": apollo }),
        json!({ "documentId": "md5:1" }),
        json!({ "documentId": "sha256:ABC" }),
        json!({ "extensions": { "persistedQuery": 7 } }),
        json!({ "documentId": 7 }),
    ] {
        let (status, answer) = sent(&sergeant, body.clone()).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("BAD_INPUT")),
            "{body}"
        );
    }
    assert!(
        told(&jfn, "document")
            .await
            .iter()
            .all(|row| row.result == "DOCUMENT_NOT_TRUSTED" && row.staff_id.is_some())
    );
    assert!(!told(&jfn, "document").await.is_empty(), "what was refused is in the audit log");
    jfn.stop().await;
}

async fn who_may_send_any(store: Store) {
    let jfn = city(store, true).await;
    // A program sends what it likes, within the limits and its own scope.
    let reader = program(&jfn, TokenScope::ReadCases, None).await;
    assert_eq!(reader.ask(FREE, json!({})).await["cases"]["totalCount"], 0);
    let (_, answer) = sent(&reader, json!({ "documentId": format!("sha256:{}", hash(FREE)) })).await;
    let message = answer["errors"][0]["message"].as_str().expect("words");
    assert!(message.contains("send its text"), "{message}");
    // Who has not signed in is no program.
    let (status, answer) = sent(&jfn.nobody(), json!({ "query": FREE })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    is_refused(&answer);
    let (_, answer) = sent(&jfn.nobody(), json!({ "documentId": format!("sha256:{}", hash(WHO)) })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let sergeant = jfn.sergeant(3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Couches", "kinds": ["OTHER"], "source": "PATROL",
        "property": { "id": jfn.place("1200 K ST", 3).await },
    });
    let free = OPEN.replace("number", "number title");
    let (_, answer) = sent(&sergeant, json!({ "query": free, "variables": { "input": input } })).await;
    is_refused(&answer);
    assert_eq!(reader.ask(FREE, json!({})).await["cases"]["totalCount"], 0, "nothing was changed");
    let named = json!({ "documentId": format!("sha256:{}", hash(OPEN)), "variables": { "input": input } });
    let (_, answer) = sent(&sergeant, named).await;
    assert!(answer["data"]["caseOpen"]["case"]["number"].is_string(), "{answer:#}");
    jfn.stop().await;

    let jfn = city(store, false).await;
    let sergeant = jfn.sergeant(3).await;
    assert_eq!(
        sergeant.ask(FREE, json!({})).await["cases"]["totalCount"],
        0,
        "outside production mode everybody may"
    );
    jfn.stop().await;
}

async fn what_is_followed(store: Store) {
    let jfn = city(store, true).await;
    let sergeant = jfn.sergeant(3).await;
    let mut socket = sergeant.live().await;
    socket.subscribe("free", "subscription { caseChanged { kind } }", json!({})).await;
    let Heard::Message(refused) = socket.heard().await else { panic!("the socket stays open") };
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("free")));
    is_refused(&json!({ "errors": refused["payload"] }));
    socket.subscribe("query", FREE, json!({})).await;
    let Heard::Message(refused) = socket.heard().await else { panic!("the socket stays open") };
    is_refused(&json!({ "errors": refused["payload"] }));
    let named = json!({ "documentId": format!("sha256:{}", hash(CHANGES)) });
    socket.say(&json!({ "type": "subscribe", "id": "named", "payload": named })).await;
    socket.say(&json!({ "type": "ping" })).await;
    assert_eq!(socket.heard().await, Heard::Message(json!({ "type": "pong" })));
    let input = json!({
        "idempotencyKey": key(), "title": "Couches", "kinds": ["OTHER"], "source": "PATROL",
        "property": { "id": jfn.place("1200 K ST", 3).await },
    });
    let (_, opened) = sent(&sergeant, json!({ "query": OPEN, "variables": { "input": input } })).await;
    let event = socket.event("named").await;
    assert_eq!(event["caseChanged"]["caseNumber"], opened["data"]["caseOpen"]["case"]["number"]);
    // A program's socket takes any.
    let mut program = program(&jfn, TokenScope::ReadCases, None).await.live().await;
    program.subscribe("1", FREE, json!({})).await;
    assert_eq!(program.event("1").await["cases"]["totalCount"], 1);

    let events = |body: Value| {
        sergeant.request(Method::POST, "/graphql").header(ACCEPT, "text/event-stream").json(&body).send()
    };
    let refused =
        events(json!({ "query": "subscription { caseChanged { kind } }" })).await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    is_refused(&refused.json().await.expect("JSON"));
    let stream = events(named).await.expect("an answer");
    assert_eq!(
        (stream.status(), &stream.headers()["content-type"]),
        (StatusCode::OK, &"text/event-stream".parse().unwrap())
    );
    drop(stream);
    jfn.stop().await;
}

macro_rules! on_both {
    ($($name:ident),+) => {$(
        mod $name {
            use tests::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn holds_on_sqlite() {
                super::$name(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn holds_on_postgres() {
                super::$name(Store::Postgres).await;
            }
        }
    )+};
}

on_both!(by_post_and_get, who_may_send_any, what_is_followed);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_is_made_of_a_folder_and_a_server_takes_it() {
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let folder = place.path("documents");
    fs::create_dir_all(folder.join("cases")).unwrap();
    fs::write(folder.join("who.graphql"), WHO).unwrap();
    fs::write(folder.join("cases/count.gql"), FREE).unwrap();
    fs::write(folder.join("notes.txt"), "no document").unwrap();
    let path = folder.display().to_string();
    let made = place.jfn(&["documents", &path]).await;
    assert!(made.well, "{}", made.log);
    let expected = json!({ hash(WHO): WHO, hash(FREE): FREE });
    assert_eq!(serde_json::from_str::<Value>(&made.out).expect("a manifest"), expected);

    let manifest = place.path("manifest.json");
    fs::write(&manifest, &made.out).unwrap();
    let manifest = manifest.display().to_string();
    let trusting = [("JFN_TRUSTED_DOCUMENTS", manifest.as_str())];
    let checked = place.jfn_with(&["config", "check", "--production"], &trusting).await;
    assert!(checked.well, "{}", checked.out);
    let server = place.serve(&["--production"], &trusting).await;
    let sergeant = server.sergeant().await;
    assert_eq!(sergeant.ask(FREE, json!({})).await["cases"]["totalCount"], 0);
    assert_eq!(sergeant.error_of("{ districts { number } }", json!({})).await, "DOCUMENT_NOT_TRUSTED");
    assert!(server.stop().await.well);
    let without = place.jfn(&["config", "check", "--production"]).await;
    assert!(without.out.contains("`JFN_TRUSTED_DOCUMENTS` is not set"), "{}", without.out);
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_does_not_fit_the_schema_is_named_before_anything_starts() {
    let place = Place::new(Store::Sqlite).await;
    let folder = place.path("documents");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.display().to_string();
    let empty = place.jfn(&["documents", &path]).await;
    assert!(!empty.well && empty.log.contains("no `.graphql` file"), "{}", empty.log);
    let old = "query Old {\n  cases { total }\n}";
    fs::write(folder.join("old.graphql"), old).unwrap();
    let refused = place.jfn(&["documents", &path]).await;
    assert!(!refused.well && refused.out.is_empty(), "{}", refused.out);
    assert!(
        refused.log.contains("old.graphql: line 2, column 11") && refused.log.contains("total"),
        "{}",
        refused.log
    );

    let manifest = place.path("manifest.json");
    for (text, what) in [
        (json!({ hash(old): old }).to_string(), "`query Old { cases { total } }`"),
        (json!({ hash(WHO): old }).to_string(), "not the one of that SHA-256"),
        ("[]".to_owned(), "This is no manifest"),
    ] {
        fs::write(&manifest, text).unwrap();
        let path = manifest.display().to_string();
        let trusting = [("JFN_TRUSTED_DOCUMENTS", path.as_str())];
        let checked = place.jfn_with(&["config", "check"], &trusting).await;
        assert!(!checked.well && checked.out.contains(what), "{what}: {}", checked.out);
        let started = place.jfn_with(&["serve", "--listen", "127.0.0.1:0"], &trusting).await;
        assert!(!started.well && started.log.contains(what), "{what}: {}", started.log);
    }
    place.raze().await;
}
