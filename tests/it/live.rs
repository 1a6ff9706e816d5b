//! Live changes as one server tells them: in order, once, and only to those who may know.

use futures_util::StreamExt;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tests::{
    Client, Jfn, Store,
    calls::nights,
    key,
    socket::{Heard, Socket},
    story,
};

const CHANGES: &str = "subscription ($districts: [Int!], $since: String) { caseChanged(districts: $districts, since: $since) \
    { cursor caseNumber district version kind } }";

pub async fn open(client: &Client, place: &str, title: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "title": title, "kinds": ["OTHER"], "priority": "NORMAL",
        "property": { "id": place }, "source": "PATROL",
    });
    client.done("caseOpen", "case { id number }", input).await["case"].take()
}

pub async fn note(client: &Client, case: &Value, privileged: bool) {
    let input = json!({
        "idempotencyKey": key(), "caseId": case["id"], "body": "Spoke with the neighbours.", "privileged": privileged,
    });
    client.done("caseAddNote", "event { id }", input).await;
}

/// Every change that this client may know of, in order.
async fn table(client: &Client) -> Vec<Value> {
    let query = "query ($cursor: String) { changesSince(cursor: $cursor) \
                 { nodes { cursor caseNumber district version kind } endCursor hasMore } }";
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut page = client.ask(query, json!({ "cursor": cursor })).await["changesSince"].take();
        all.extend(page["nodes"].as_array().expect("a list").clone());
        if page["hasMore"] == false {
            return all;
        }
        cursor = page["endCursor"].take();
    }
}

pub async fn changes(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(socket.event("1").await["caseChanged"].take());
    }
    all
}

story! {
    async fn nothing_is_missed_or_doubled_between_what_is_there_and_what_comes(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("100 K ST", 3).await;
        let case = open(&sergeant, &place, "Dumping").await;
        for _ in 0..5 {
            note(&sergeant, &case, false).await;
        }
        let mut socket = jfn.sergeant(5).await.live().await;
        socket.subscribe("1", CHANGES, json!({ "since": "0.00000000000000000000000000000000" })).await;
        let mut seen = changes(&mut socket, 2).await;
        for _ in 0..5 {
            note(&sergeant, &case, false).await;
        }
        seen.extend(changes(&mut socket, 9).await);
        assert_eq!(seen, table(&sergeant).await);
        assert_eq!(seen.len(), 11);

        // Who comes back with a cursor hears what came behind it, and nothing else.
        let mut again = jfn.sergeant(5).await.live().await;
        again.subscribe("1", CHANGES, json!({ "since": seen[7]["cursor"] })).await;
        assert_eq!(changes(&mut again, 3).await, seen[8..]);
    }
}

story! {
    async fn work_product_is_told_to_attorneys_alone_and_districts_can_be_chosen(jfn) {
        let attorney = jfn.attorney(3).await;
        let ours = open(&attorney, &jfn.place("100 K ST", 3).await, "Ours").await;
        let theirs = open(&jfn.attorney(5).await, &jfn.place("200 K ST", 5).await, "Theirs").await;
        let mut sergeant = jfn.sergeant(3).await.live().await;
        sergeant.subscribe("1", CHANGES, json!({})).await;
        let mut city = jfn.city_attorney().await.live().await;
        city.subscribe("1", CHANGES, json!({})).await;
        let mut chosen = jfn.sergeant(3).await.live().await;
        chosen.subscribe("1", CHANGES, json!({ "districts": [5] })).await;
        for socket in [&mut sergeant, &mut city] {
            flows(&jfn.attorney(5).await, &theirs, socket).await;
        }
        note(&attorney, &ours, true).await;
        note(&attorney, &ours, false).await;
        note(&jfn.attorney(5).await, &theirs, false).await;
        let (ours, theirs) = (&ours["number"], &theirs["number"]);
        assert_eq!(from_ours_on(&mut city, ours, 3).await, [ours.clone(), ours.clone(), theirs.clone()]);
        assert_eq!(from_ours_on(&mut sergeant, ours, 2).await, [ours.clone(), theirs.clone()]);
        let last = changes(&mut chosen, 1).await;
        assert_eq!(last[0]["district"], 5);
    }
}

/// Waits until the socket hears changes, and has heard all that were made: a subscription has no answer of its own, so a
/// change tells that it runs, and one that came too early is never heard.
pub async fn flows(client: &Client, case: &Value, socket: &mut Socket) {
    let again = std::time::Duration::from_secs(2);
    loop {
        note(client, case, false).await;
        let Some(heard) = socket.heard_within(again).await else { continue };
        let last = table(client).await.pop().expect("a change")["cursor"].take();
        let Heard::Message(message) = heard else { panic!("the socket ends") };
        let mut seen = message["payload"]["data"]["caseChanged"]["cursor"].clone();
        while seen != last {
            seen = changes(socket, 1).await[0]["cursor"].take();
        }
        return;
    }
}

// The cases of so many changes from the first one of that case on; before it come those by which it was seen that they flow.
async fn from_ours_on(socket: &mut Socket, case: &Value, count: usize) -> Vec<Value> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let number = changes(socket, 1).await[0]["caseNumber"].clone();
        if !numbers.is_empty() || number == *case {
            numbers.push(number);
        }
    }
    numbers
}

story! {
    async fn the_protocol_is_kept_to_the_letter(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": CHANGES } });
        let init = json!({ "type": "connection_init" });

        let mut early = sergeant.socket().await;
        early.say(&subscribe).await;
        assert_eq!(early.heard().await, Heard::Closed(4401));

        let mut twice = sergeant.live().await;
        twice.say(&init).await;
        assert_eq!(twice.heard().await, Heard::Closed(4429));

        let mut same = sergeant.live().await;
        same.say(&subscribe).await;
        same.say(&subscribe).await;
        assert_eq!(same.heard().await, Heard::Closed(4409));

        for nonsense in ["{", "{}", r#"{"type":"dance"}"#, r#"{"type":"subscribe"}"#, "[]"] {
            let mut confused = sergeant.live().await;
            confused.babble(nonsense).await;
            assert_eq!(confused.heard().await, Heard::Closed(4400), "{nonsense}");
        }

        let mut nobody = jfn.nobody().socket().await;
        nobody.say(&init).await;
        assert_eq!(nobody.heard().await, Heard::Closed(4403));
        let mut stranger = jfn.nobody().socket().await;
        stranger.say(&json!({ "type": "connection_init", "payload": { "authorization": "Bearer jfn_x" } })).await;
        assert_eq!(stranger.heard().await, Heard::Closed(4403));

        let mut calm = sergeant.live().await;
        calm.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
        assert_eq!(calm.heard().await, Heard::Message(json!({ "type": "pong", "payload": { "n": 1 } })));
        // What is refused as a whole is an error of that id, and the socket stays.
        calm.subscribe("bad", "subscription { moonChanged }", json!({})).await;
        let Heard::Message(refused) = calm.heard().await else { panic!("it stays open") };
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("bad")), "{refused:#}");
        assert_eq!(refused["payload"][0]["extensions"]["code"], "BAD_INPUT");
        calm.subscribe("write", "mutation { feedRunNow(input: {}) { userErrors { code } } }", json!({})).await;
        let Heard::Message(refused) = calm.heard().await else { panic!("it stays open") };
        assert_eq!(refused["type"], "error", "{refused:#}");
        // An id is free again once it was completed.
        calm.say(&subscribe).await;
        calm.say(&json!({ "type": "complete", "id": "1" })).await;
        calm.say(&subscribe).await;
        calm.say(&json!({ "type": "ping" })).await;
        assert_eq!(calm.heard().await, Heard::Message(json!({ "type": "pong" })));

        assert_eq!(sergeant.socket_from(None, "graphql-ws").await.err(), Some(400));
        let page = Some("https://elsewhere.example");
        assert_eq!(sergeant.socket_from(page, "graphql-transport-ws").await.err(), Some(403));
        let ours = Some(sergeant.url());
        assert!(sergeant.socket_from(ours, "graphql-transport-ws").await.is_ok());
    }
}

story! {
    async fn who_signs_out_hears_nothing_more(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(&sergeant, &jfn.place("100 K ST", 3).await, "Dumping").await;
        let leaver = jfn.code_officer(3).await;
        let (mut silent, mut busy) = (leaver.live().await, leaver.live().await);
        busy.subscribe("1", CHANGES, json!({})).await;
        flows(&sergeant, &case, &mut busy).await;
        assert_eq!(leaver.post("/auth/logout", &json!({})).await.status(), StatusCode::NO_CONTENT);
        assert_eq!(silent.heard().await, Heard::Closed(4403));
        loop {
            match busy.heard().await {
                Heard::Closed(code) => break assert_eq!(code, 4403),
                // A stream that has something to tell finds out first.
                Heard::Message(message) => assert_ne!(message["type"], "next", "{message:#}"),
                Heard::Lost => panic!("the server says why"),
            }
        }
    }
}

story! {
    async fn events_also_come_as_an_answer_that_does_not_end(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(&sergeant, &jfn.place("100 K ST", 3).await, "Dumping").await;
        let ask = |accept: &str| {
            let body = json!({ "query": CHANGES, "variables": { "since": "0.00000000000000000000000000000000" } });
            sergeant.request(reqwest::Method::POST, "/graphql").header(header::ACCEPT, accept).json(&body).send()
        };
        let plain = ask("application/json").await.expect("an answer");
        assert_eq!(plain.status(), StatusCode::NOT_ACCEPTABLE);

        let response = ask("text/event-stream").await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        let mut body = response.bytes_stream();
        let mut text = String::new();
        while !text.contains("\n\n") {
            let piece = body.next().await.expect("it does not end").expect("it does not break");
            text.push_str(std::str::from_utf8(&piece).expect("UTF-8"));
        }
        let data = text.strip_prefix("event: next\ndata: ").expect("an event").lines().next().expect("a line");
        let event: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(event["data"]["caseChanged"]["caseNumber"], case["number"]);

        let nobody = jfn.nobody();
        let body = json!({ "query": CHANGES });
        let refused = nobody.request(reqwest::Method::POST, "/graphql").header(header::ACCEPT, "text/event-stream");
        let refused = refused.json(&body).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
}

story! {
    async fn flags_are_told_to_those_of_the_district_and_ended_runs_to_those_who_read_feeds(jfn) {
        let query = "subscription { flagRaised { flagId propertyId district } }";
        let mut ours = jfn.sergeant(3).await.live().await;
        let mut others = jfn.sergeant(5).await.live().await;
        let mut runs = jfn.administrator().await.live().await;
        ours.subscribe("1", query, json!({})).await;
        others.subscribe("1", query, json!({})).await;
        runs.subscribe("1", "subscription { feedRunFinished { runId feedKey status } }", json!({})).await;
        for socket in [&mut ours, &mut others, &mut runs] {
            // What was said before is done by now.
            socket.say(&json!({ "type": "ping" })).await;
            assert_eq!(socket.heard().await, Heard::Message(json!({ "type": "pong" })));
        }
        for (address, district) in [("12 ELM ST", 3), ("14 ELM ST", 5)] {
            let place = jfn.place(address, district).await;
            let calls = nights(&place, entity::call::CallCategory::Noise, &[5, 10, 15]);
            assert_eq!(jfn.told(&calls).await, 1);
            let socket = if district == 3 { &mut ours } else { &mut others };
            let flag = socket.event("1").await["flagRaised"].take();
            assert_eq!((&flag["propertyId"], &flag["district"]), (&json!(place), &json!(district)));
        }
        // Had the sergeant of district 3 heard of the flag in 5, it would have come before this answer.
        ours.say(&json!({ "type": "ping" })).await;
        assert_eq!(ours.heard().await, Heard::Message(json!({ "type": "pong" })));

        let log = "incident,time\n";
        assert!(tests::calls::load_file(&jfn.app, "demo-police", log).await.is_err());
        let run = runs.event("1").await["feedRunFinished"].take();
        assert_eq!((&run["feedKey"], &run["status"]), (&json!("demo-police"), &json!("FAILED")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_more_subscriptions_than_the_limit_and_ended_ones_do_not_count() {
    let edge = api::http::Edge { subscriptions_by_viewer: 2, ..api::http::Edge::default() };
    let jfn = Jfn::start_as(Store::Sqlite, edge).await;
    let mut socket = jfn.sergeant(3).await.live().await;
    for id in ["a", "b", "c"] {
        socket.subscribe(id, CHANGES, json!({})).await;
    }
    let Heard::Message(refused) = socket.heard().await else { panic!("it stays open") };
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("c")), "{refused:#}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    let mut other = jfn.sergeant(5).await.live().await;
    other.subscribe("a", CHANGES, json!({})).await;
    socket.say(&json!({ "type": "complete", "id": "a" })).await;
    socket.subscribe("d", CHANGES, json!({})).await;
    for socket in [&mut socket, &mut other] {
        socket.say(&json!({ "type": "ping" })).await;
        assert_eq!(socket.heard().await, Heard::Message(json!({ "type": "pong" })));
    }
    // Sockets are counted like what runs on them.
    let (same, mut third) = (jfn.sergeant(3).await.live().await, jfn.sergeant(3).await.socket().await);
    third.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(third.heard().await, Heard::Closed(4429));
    drop((socket, other, same));
    jfn.stop().await;
}
