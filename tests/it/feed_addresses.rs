//! The addresses that calls came from and no place has: who is told, and what happens once somebody knows the place.

use serde_json::{Value, json};
use tests::{
    Client, Jfn,
    calls::{HEADER, load_file},
    key, story,
};

const UNMATCHED: &str = "{ feeds { key unmatchedAddresses { address calls newestAt } } }";
const LINKED: &str = "callsMatched property { id version aliases }";

/// Loads lines of the demo city's log: key, day and time, type, address.
async fn load(jfn: &Jfn, lines: &[&str]) {
    let line = |line: &&str| {
        let [key, day, time, of, address] = line.split(", ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        format!("{key},{day},{time},,,{of},{address},\n")
    };
    let text = format!("{HEADER}\n{}", lines.iter().map(line).collect::<String>());
    load_file(&jfn.app, "demo-police", text).await.expect("it loads");
}

async fn demo_feed(client: &Client, query: &str) -> Value {
    let feeds = client.ask(query, json!({})).await["feeds"].take();
    feeds
        .as_array()
        .expect("a list")
        .iter()
        .find(|feed| feed["key"] == "demo-police")
        .expect("the feed")
        .clone()
}

async fn unmatched(client: &Client) -> Vec<(String, i64)> {
    let feed = demo_feed(client, UNMATCHED).await;
    let told = feed["unmatchedAddresses"].as_array().expect("a list").iter();
    let row = |row: &Value| {
        (row["address"].as_str().expect("text").to_owned(), row["calls"].as_i64().expect("calls"))
    };
    told.map(row).collect()
}

fn rows(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(address, calls)| ((*address).to_owned(), *calls)).collect()
}

/// Three nights of noise at an address nobody knows, a protected call there, and other calls around it.
const NIGHTS: [&str; 9] = [
    "1, 11/05/26, 22:00, Noise Party, 1202 K # 4",
    "2, 11/10/26, 22:00, Noise Party, 1202 K; OAK HALL;",
    "3, 11/15/26, 22:00, Noise Party, 1202 K",
    "4, 11/12/26, 22:00, Domestic Viol, 1202 K",
    "5, 11/12/26, 22:00, Domestic Viol, 9 ELM",
    "6, 11/13/26, 22:00, Theft, 14 K",
    "7, 11/13/26, 22:00, Noise Party, 1200 BLK K",
    "8, 11/13/26, 22:00, Noise Party, AREA OF 1202 K",
    "9, 10/13/26, 22:00, Noise Party, 77 OLD",
];

story! {
    async fn addresses_that_wait_for_a_place_are_told_to_those_who_can_link_them(jfn) {
        load(jfn, &NIGHTS).await;
        // Three of them, not four: a protected call is not counted, and an address with no other is not told at all. Nor
        // is a block, what was near an address, or a call of more than thirty days before the newest.
        let expected = rows(&[("1202 K", 3), ("14 K", 1)]);
        for client in [jfn.sergeant(1).await, jfn.sergeant(3).await, jfn.city_attorney().await] {
            assert_eq!(unmatched(&client).await, expected);
        }
        let newest = demo_feed(&jfn.sergeant(1).await, UNMATCHED).await["unmatchedAddresses"][0]["newestAt"].take();
        assert_eq!(newest, "2026-11-16T06:00:00+00:00");
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        for client in [attorney, officer, jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(client.error_of(UNMATCHED, json!({})).await, "FORBIDDEN");
        }
        let limited = "{ feeds { key unmatchedAddresses(first: 1) { address } } }";
        let first = demo_feed(&jfn.sergeant(1).await, limited).await["unmatchedAddresses"].take();
        assert_eq!(first, json!([{ "address": "1202 K" }]));
        for first in [0, 101] {
            let query = format!("{{ feeds {{ unmatchedAddresses(first: {first}) {{ address }} }} }}");
            assert_eq!(jfn.sergeant(1).await.error_of(&query, json!({})).await, "BAD_INPUT");
        }
    }
}

story! {
    async fn an_address_linked_to_its_place_brings_its_past_calls_and_raises_the_flag_at_once(jfn) {
        let place = jfn.place("1200 K", 3).await;
        load(jfn, &NIGHTS).await;
        let sergeant = jfn.sergeant(3).await;
        let flags = "{ flags { nodes { status measured property { id } } } }";
        assert_eq!(sergeant.ask(flags, json!({})).await["flags"]["nodes"], json!([]));
        let input = json!({ "idempotencyKey": key(), "propertyId": place, "address": "1202 k, unit 9" });
        let linked = sergeant.done("addressAliasLink", LINKED, input.clone()).await;
        assert_eq!(linked["callsMatched"], 3, "the protected call moves too, and is not told");
        assert_eq!((&linked["property"]["aliases"], &linked["property"]["version"]), (&json!(["1202 K"]), &json!(2)));
        let flag = sergeant.ask(flags, json!({})).await["flags"]["nodes"].take();
        let expected = json!([{ "status": "NEEDS_REVIEW", "measured": 3.0, "property": { "id": place } }]);
        assert_eq!(flag, expected);
        // The sums of the place follow.
        let volume = "query ($id: ID!) { property(by: { id: $id }) { callVolume(window: { days: 30 }) { total qualifying } } }";
        let volume = sergeant.ask(volume, json!({ "id": place })).await["property"]["callVolume"].take();
        assert_eq!((&volume["total"], &volume["qualifying"]), (&json!(3), &json!(3)));
        assert_eq!(unmatched(&sergeant).await, rows(&[("14 K", 1)]));
        // Again, by the same key or without one, it changes nothing.
        for again in [input, json!({ "propertyId": place, "address": "1202 K" })] {
            let again = sergeant.done("addressAliasLink", LINKED, again).await;
            assert_eq!((&again["callsMatched"], &again["property"]["version"]), (&json!(0), &json!(2)));
        }
        // A call that comes later finds its place by itself.
        load(jfn, &["10, 11/16/26, 22:00, Theft, 1202 K"]).await;
        assert_eq!(unmatched(&sergeant).await, rows(&[("14 K", 1)]));
        // Taken away again, the calls are nobody's, and the flag does not stand.
        let edit = json!({ "propertyId": place, "expectedVersion": 2, "removeAliases": ["1202 K"] });
        sergeant.done("propertyEdit", "property { aliases }", edit).await;
        assert_eq!(unmatched(&sergeant).await, rows(&[("1202 K", 4), ("14 K", 1)]));
        let flags = sergeant.ask(flags, json!({})).await["flags"]["nodes"].take();
        assert!(flags.as_array().expect("a list").iter().all(|flag| flag["status"] != "NEEDS_REVIEW"), "{flags:#}");
    }
}

story! {
    async fn an_address_is_linked_only_if_it_is_one_and_nobody_elses(jfn) {
        let (place, other) = (jfn.place("1200 K", 3).await, jfn.place("1300 K", 2).await);
        let sergeant = jfn.sergeant(3).await;
        let input = |place: &str, address: &str| json!({ "propertyId": place, "address": address });
        let taken = sergeant.change("addressAliasLink", LINKED, input(&place, "1300 K")).await;
        let error = &taken["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("NOT_UNIQUE"), &json!(["address"])));
        let message = error["message"].as_str().expect("text");
        assert!(message.contains("1300 K") && message.contains(&other), "it says which place: {message}");
        for (address, code) in [("1200 BLK K", "INVALID"), ("K & 12TH", "INVALID"), ("AREA OF 1202 K", "INVALID"), (" ", "REQUIRED")] {
            assert_eq!(sergeant.refused("addressAliasLink", LINKED, input(&place, address)).await, code, "{address}");
        }
        let nowhere = "property_00000000000000000000000000000000";
        assert_eq!(sergeant.refused("addressAliasLink", LINKED, input(nowhere, "1 OAK")).await, "NOT_FOUND");
        let query = "mutation ($input: AddressAliasLinkInput!) { addressAliasLink(input: $input) { callsMatched } }";
        for nobody in [jfn.attorney(3).await, jfn.code_officer(3).await, jfn.commissioner().await] {
            assert_eq!(nobody.error_of(query, json!({ "input": input(&place, "1 OAK") })).await, "FORBIDDEN");
        }
        // An administrator runs feeds without reading places.
        let linked = jfn.administrator().await.done("addressAliasLink", LINKED, input(&place, "1 OAK")).await;
        assert_eq!(linked["property"], Value::Null);
        let seen = "query ($id: ID!) { property(by: { id: $id }) { aliases version } }";
        let seen = sergeant.ask(seen, json!({ "id": place })).await["property"].take();
        assert_eq!(seen, json!({ "aliases": ["1 OAK"], "version": 2 }));
    }
}

story! {
    async fn the_match_rate_is_of_the_newest_calls_and_tells_of_no_protected_one(jfn) {
        const RATE: &str = "{ feeds { key matchRate } }";
        jfn.place("1202 K", 3).await;
        load(jfn, &NIGHTS).await;
        let rate = |client| async move { demo_feed(&client, RATE).await["matchRate"].clone() };
        // Three at 1202 K of four; neither of the protected calls is counted, nor is the one of more than 30 days before.
        assert_eq!(rate(jfn.administrator().await).await, 0.75);
        assert_eq!(rate(jfn.commissioner().await).await, Value::Null, "fewer than five calls");
        load(jfn, &["11, 11/16/26, 22:00, Theft, 14 K"]).await;
        assert_eq!(rate(jfn.commissioner().await).await, 0.6);
        // Windows end at the feed's newest call: a month on, the old ones are out of it.
        load(jfn, &["12, 11/19/26, 22:00, Theft, 14 K"]).await;
        assert_eq!(rate(jfn.sergeant(1).await).await, 0.5);
    }
}

story! {
    async fn months_are_those_of_the_feed_and_small_ones_are_hidden_from_commissioners(jfn) {
        load(jfn, &NIGHTS).await;
        let query = |months: i32| format!("{{ feeds {{ key callsByMonth(months: {months}) {{ month calls }} }} }}");
        let told = demo_feed(&jfn.sergeant(1).await, &query(3)).await["callsByMonth"].take();
        let month = |month: &str, calls: Value| json!({ "month": month, "calls": calls });
        let expected = |october: Value| json!([month("2026-09", json!(0)), month("2026-10", october), month("2026-11", json!(8))]);
        assert_eq!(told, expected(json!(1)));
        let told = demo_feed(&jfn.commissioner().await, &query(3)).await["callsByMonth"].take();
        assert_eq!(told, expected(Value::Null));
        for months in [0, 101] {
            assert_eq!(jfn.sergeant(1).await.error_of(&query(months), json!({})).await, "BAD_INPUT");
        }
    }
}

story! {
    async fn what_feeds_tell_of_addresses_takes_as_many_statements_for_one_feed_as_for_all(jfn) {
        const ALL: &str =
            "{ feeds { matchRate unmatchedAddresses { address } callsByMonth { month calls } } }";
        let sergeant = jfn.sergeant(1).await;
        let statements = async || {
            let before = jfn.statements();
            sergeant.ask(ALL, json!({})).await;
            jfn.statements() - before
        };
        load(jfn, &NIGHTS).await;
        assert_eq!(statements().await, 5, "sign-in, feeds, matches, addresses, months");
        let text = "id,location,description,eventtime,raweventtime\n1,11XX BATES ST,Noise,2021-01-28 20:24:14,\n";
        load_file(&jfn.app, "stlouis-police", text).await.expect("it loads");
        assert_eq!(statements().await, 5, "however many feeds have told of calls");
    }
}
