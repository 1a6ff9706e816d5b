//! A Socrata portal that is busy, slow, broken or hostile: trouble is told plainly, and nothing foreign is reached.

use std::{io::Write, time::Duration};

use api::feeds::{Connection, Connector, Secret, Start, soda::Soda};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tests::portal::Fault;

use crate::soda::{connection, ids, mapping, portal, rows, soda, trouble};

#[tokio::test]
async fn a_portal_that_is_busy_is_asked_again_when_it_says() {
    let portal = portal(4).await;
    let status = |status, after: Option<&str>| Fault::Status(status, after.map(str::to_owned));
    portal.misbehave([status(429, Some("1")), status(503, None), Fault::None, status(408, None)]);
    let began = std::time::Instant::now();
    assert_eq!(rows(&mut soda(&portal, "")).await.expect("the rows").len(), 4);
    assert!(began.elapsed() >= Duration::from_secs(1), "Retry-After is obeyed");
}

#[tokio::test]
async fn a_portal_that_wants_to_be_left_alone_for_long_is_left_alone() {
    let portal = portal(4).await;
    portal.misbehave([Fault::Status(429, Some("3600".to_owned()))]);
    let error = rows(&mut soda(&portal, "")).await.expect_err("it fails");
    assert!(error.to_string().contains("asks to be left alone for 3600 seconds"), "{error}");
    assert_eq!(error.wait(), Some(Duration::from_secs(3600)));
    assert_eq!(portal.questions().len(), 1);
    // The same, told as a date by the portal's own clock.
    portal.misbehave([Fault::Status(503, Some("Fri, 01 Jan 2100 00:00:00 GMT".to_owned()))]);
    assert!(trouble(&mut soda(&portal, "")).await.contains("asks to be left alone"));
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_body_is_made_again() {
    let portal = portal(4).await;
    portal.misbehave([Fault::Cut, Fault::None, Fault::Cut, Fault::Cut]);
    assert_eq!(ids(&rows(&mut soda(&portal, "")).await.expect("the rows")), [1, 2, 3, 4]);
    portal.misbehave([Fault::Cut, Fault::Cut, Fault::Cut]);
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("the connection broke; tried 3 times"), "{told}");
}

#[tokio::test]
async fn a_source_that_is_too_slow_is_given_up_in_time() {
    let portal = portal(4).await;
    let silence = || Fault::Silence(Duration::from_secs(2));
    portal.misbehave([silence(), Fault::None]);
    assert_eq!(rows(&mut soda(&portal, "")).await.expect("the second try").len(), 4);
    // Drops that come often enough to keep the connection alive, but never end.
    let drip = || Fault::Drip(Duration::from_millis(300));
    portal.misbehave([drip(), drip(), drip()]);
    let began = std::time::Instant::now();
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("it takes too long; tried 3 times"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(12), "three times the time for a whole answer");
}

#[tokio::test]
async fn trouble_that_lasts_is_told_at_once_and_without_the_question() {
    let portal = portal(4).await;
    portal.misbehave([Fault::Status(403, None)]);
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("answers 403; tried 1 times. Does the feed need a token"), "{told}");
    let told = trouble(&mut soda(&portal, "condition = 'a secret thing'")).await;
    assert!(told.contains("answers 400 (query.compiler.malformed)"), "{told}");
    assert!(!told.contains("secret"), "{told}");
    portal.misbehave([Fault::Body(json!({ "not": "rows" }))]);
    assert!(trouble(&mut soda(&portal, "")).await.contains("does not answer as its kind of portal does"));
}

#[tokio::test]
async fn a_changed_column_stops_the_run_and_is_named() {
    let portal = portal(1).await;
    let types = "[types]\nat = 'calendar_date'\nkind = 'text'";
    let check = async || {
        let text = format!("url = '{}'\nallow_private_addresses = true\n{types}", portal.url());
        let connection: Connection = toml::from_str(&text).expect("a connection");
        Soda::new(&mapping(), &connection, Start::default()).expect("a connector").check().await
    };
    check().await.expect("the columns are as mapped");
    portal.change(|state| {
        state.columns.remove("address");
        state.columns.insert("at".to_owned(), "text".to_owned());
    });
    let told = check().await.expect_err("they changed").to_string();
    assert!(told.contains("missing address; of another type at (was calendar_date, is text)"), "{told}");
}

#[tokio::test]
async fn redirects_lead_only_to_hosts_that_the_feed_names() {
    let (portal, other) = (portal(4).await, portal(2).await);
    let to =
        || Fault::SendOn(302, other.url() + ".json?$order=:id&$select=:id,:updated_at,id,at,kind,address");
    portal.misbehave([to()]);
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("is not named in the feed's connection"), "{told}");
    assert!(other.questions().is_empty());

    let named = other.host().trim_start_matches("http://").to_owned();
    portal.misbehave([to()]);
    let token = Some(Secret::new("token-of-the-first"));
    let named = connection(&portal.url(), &format!("hosts = ['{named}']"));
    let start = Start { token, ..Start::default() };
    let mut source = Soda::new(&mapping(), &named, start).expect("a connector");
    let page = source.page().await.expect("a page").expect("rows");
    assert_eq!(page.lines.len(), 2);
    // The token is the first host's alone.
    assert!(portal.questions().last().is_some_and(|question| question.header("x-app-token").is_some()));
    assert!(other.questions().iter().all(|question| question.header("x-app-token").is_none()));

    portal.misbehave((0..7).map(|_| Fault::SendOn(307, portal.url() + ".json")));
    assert!(trouble(&mut soda(&portal, "")).await.contains("too many redirects"));
}

#[tokio::test]
async fn private_addresses_are_reached_only_where_the_feed_allows_it() {
    let portal = portal(4).await;
    let at = |host: &str| {
        let url = portal.url().replace("127.0.0.1", host);
        let connection: Connection = toml::from_str(&format!("url = '{url}'")).expect("a connection");
        Soda::new(&mapping(), &connection, Start::default()).expect("a connector")
    };
    // Written out, in another spelling, and behind a name.
    for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        let told = trouble(&mut at(host)).await;
        assert!(told.contains("is at a private address, which is not reached"), "{host}: {told}");
    }
    assert!(portal.questions().is_empty());
    // The metadata service of a cloud is out of reach even so.
    portal.misbehave([Fault::SendOn(302, "http://169.254.169.254/latest/".to_owned())]);
    let told = trouble(&mut soda(&portal, "hosts = ['169.254.169.254']")).await;
    assert!(told.contains("169.254.169.254 is at a private address"), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_taken() {
    let portal = portal(1).await;
    portal.misbehave([Fault::Body(json!(["x".repeat(30_000)]))]);
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("answers with more than 20000 bytes"), "{told}");
}

#[tokio::test]
async fn an_answer_that_becomes_too_large_when_it_is_unpacked_is_not_taken() {
    let portal = portal(1).await;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&[b' '; 10 << 20]).expect("memory");
    let packed = packed.finish().expect("memory");
    assert!(packed.len() < 20_000, "as it comes it is small: {} bytes", packed.len());
    portal.misbehave([Fault::Packed(packed)]);
    let told = trouble(&mut soda(&portal, "")).await;
    assert!(told.contains("answers with more than 20000 bytes"), "{told}");
}

#[tokio::test]
async fn the_token_goes_out_as_a_header_and_into_no_message() {
    let portal = portal(1).await;
    let token = Secret::new("s3cr3t-t0k3n");
    assert!(!format!("{token:?}").contains("s3cr3t"));
    let start = || Start { token: Some(token.clone()), ..Start::default() };
    let mut source = Soda::new(&mapping(), &connection(&portal.url(), ""), start()).expect("a connector");
    portal.misbehave([Fault::Status(401, None)]);
    let told = trouble(&mut source).await;
    assert!(!told.contains("s3cr3t"), "{told}");
    assert_eq!(portal.questions()[0].header("X-App-Token"), Some("s3cr3t-t0k3n"));
    // It is not sent in the clear over the open network.
    let open: Connection = toml::from_str("url = 'http://data.example.gov/resource/abcd-1234'").expect("one");
    let told = Soda::new(&mapping(), &open, start()).err().expect("refused").to_string();
    assert!(told.contains("a token is not sent in the clear"), "{told}");
}
