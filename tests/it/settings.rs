//! `jfn config check`, secrets in files, and that no secret comes into the log.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::{Store, socket::Heard};

use crate::{
    evidence::sha256,
    process::{PASSWORD, Place},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_shows_every_setting_and_of_secrets_only_that_they_are_set() {
    let place = Place::new(Store::Sqlite).await;
    let secrets = [
        ("JFN_METRICS_TOKEN", "figures-4711"),
        ("JFN_FEED_TOKEN_SEATTLE_POLICE_CALLS", "portal-4711"),
        ("JFN_OPENID_CLIENT_SECRET", "provider-4711"),
    ];
    let ran = place.jfn_with(&["config", "check", "--connections", "3"], &secrets).await;
    assert!(ran.well, "{}{}", ran.out, ran.log);
    for line in [
        format!("DATABASE_URL = {}", place.url),
        "JFN_LISTEN = 127.0.0.1:8080 (default)".to_owned(),
        "JFN_CONNECTIONS = 3 (command line)".to_owned(),
        "JFN_METRICS_TOKEN = set".to_owned(),
        "JFN_FEED_TOKEN_SEATTLE_POLICE_CALLS = set".to_owned(),
        "JFN_OPENID_CLIENT_SECRET = set".to_owned(),
        "JFN_SUBSCRIPTIONS_BY_VIEWER = 20 (default)".to_owned(),
        "JFN_PRESET = not set".to_owned(),
    ] {
        assert!(ran.out.lines().any(|told| told == line), "`{line}` in\n{}", ran.out);
    }
    assert!(
        ran.out.contains("The settings are fine.") && ran.out.contains("is not there yet"),
        "{}",
        ran.out
    );
    assert!(!place.path("jfn.db").exists(), "it changes nothing");
    assert!(!format!("{}{}", ran.out, ran.log).contains("4711"));
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_tells_what_is_wrong() {
    let place = Place::new(Store::Sqlite).await;
    let nowhere = place.path("nowhere").display().to_string();
    for (name, value, what) in [
        ("JFN_METRIC_TOKEN", "x", "`JFN_METRIC_TOKEN` is no setting"),
        ("JFN_PRESET", nowhere.as_str(), "The preset is broken"),
        ("JFN_METRICS_TOKEN_FILE", nowhere.as_str(), "cannot be read"),
        ("JFN_FEED_TOKEN_SEATTLE_POLICE_CALLS_FILE", nowhere.as_str(), "cannot be read"),
        ("JFN_OPENID_CLIENT_SECRET_FILE", nowhere.as_str(), "cannot be read"),
        ("DATABASE_URL_FILE", nowhere.as_str(), "not both"),
        ("JFN_EVIDENCE", "/etc/passwd", "it is a file"),
    ] {
        let ran = place.jfn_with(&["config", "check"], &[(name, value)]).await;
        assert!(
            !ran.well && ran.out.contains("wrong") && ran.out.contains(what),
            "{name}: {}{}",
            ran.out,
            ran.log
        );
    }
    let ran = place
        .jfn_with(&["config", "check"], &[("DATABASE_URL", "postgres://jfn:secret-4711@127.0.0.1:9/jfn")])
        .await;
    assert!(
        !ran.well && ran.out.contains("DATABASE_URL = set\n") && ran.out.contains("cannot be opened"),
        "{}",
        ran.out
    );
    assert!(!format!("{}{}", ran.out, ran.log).contains("4711"));
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_comes_into_the_log() {
    const CHANGE: &str =
        "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { userErrors { code } } }";
    let place = Place::new(Store::Postgres).await;
    place.sergeant().await;
    // The cluster of the tests takes any password.
    let url = place.url.replace("//jfn@", "//jfn:database-4711@");
    let (address, token) = (place.path("address"), place.path("token"));
    fs::write(&address, format!("{url}\n")).unwrap();
    fs::write(&token, "figures-4711\n").unwrap();
    let documents = place.path("documents.json");
    fs::write(&documents, json!({ (sha256(CHANGE.as_bytes())): CHANGE }).to_string()).unwrap();
    let environment = [
        ("DATABASE_URL_FILE", address.to_str().unwrap()),
        ("JFN_TRUSTED_DOCUMENTS", documents.to_str().unwrap()),
        ("JFN_METRICS_TOKEN_FILE", token.to_str().unwrap()),
        ("JFN_FEED_TOKEN_SEATTLE_POLICE_CALLS", "portal-4711"),
        ("JFN_FEED_SIGNING_KEY_DISPATCH_EIDO", "signing-4711"),
        ("JFN_OPENID_CLIENT_SECRET", "provider-4711"),
        ("AWS_SECRET_ACCESS_KEY", "bucket-4711"),
        ("JFN_LOG", "debug"),
    ];
    let server = place.serve_without(&["DATABASE_URL"], &["--production"], &environment).await;
    let sergeant = server.sergeant().await;
    let session = sergeant.cookie().expect("a session").to_owned();
    // A browser's document that nobody trusts: its text is not to be logged either.
    let refused = sergeant.error_of("{ cases(filter: { text: \"4711\" }) { totalCount } }", json!({})).await;
    assert_eq!(refused, "DOCUMENT_NOT_TRUSTED");
    let (nobody, guess) =
        (server.nobody(), json!({ "email": "sergeant3@city.example", "password": "guess-4711" }));
    let wrong = nobody.post("/auth/login", &guess).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let change = json!({ "currentPassword": "old-4711", "newPassword": "a long and new 4711" });
    let changed = sergeant.ask(CHANGE, json!({ "input": change })).await["passwordChange"].take();
    assert_eq!(changed["userErrors"][0]["code"], "INVALID");
    let program = server.nobody().with_token("jfn_4711");
    assert_eq!(program.error_of("{ cases { totalCount } }", json!({})).await, "UNAUTHENTICATED");
    let figures =
        server.nobody().with_token("figures-4711").request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(figures.status(), StatusCode::OK);
    server.nobody().request(Method::GET, "/calendar/4711.ics").send().await.unwrap();
    let ran = server.stop().await;
    assert!(ran.well && ran.log.contains("\"answered\""), "{}", ran.log);
    let (_, secret) = session.split_once('=').expect("a cookie");
    for secret in ["4711", secret, PASSWORD] {
        let told = ran.log.lines().find(|line| line.contains(secret));
        assert!(told.is_none(), "{told:?}");
    }
    place.raze().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_many_subscriptions_somebody_has_open_can_be_set() {
    let place = Place::new(Store::Sqlite).await;
    place.sergeant().await;
    let server = place.serve(&[], &[("JFN_SUBSCRIPTIONS_BY_VIEWER", "1")]).await;
    let mut socket = server.sergeant().await.live().await;
    for id in ["a", "b"] {
        socket.subscribe(id, "subscription { caseChanged { cursor } }", json!({})).await;
    }
    let Heard::Message(refused) = socket.heard().await else { panic!("it stays open") };
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("b")), "{refused:#}");
    let message = refused["payload"][0]["message"].as_str().unwrap();
    assert!(message.contains("as you may have at once, 1;"), "{message}");
    drop(socket);
    assert!(server.stop().await.well);
    place.raze().await;
}
