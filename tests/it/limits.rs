//! What is too large is refused before it costs anything.

use serde_json::json;
use tests::{key, story};

fn nested(levels: usize) -> String {
    let open = "{ case(by: { number: \"x\" }) ".to_owned() + &"{ previousCase ".repeat(levels);
    open + "{ id }" + &"}".repeat(levels + 1)
}

story! {
    async fn deep_wide_and_repeated_requests_are_too_complex(jfn) {
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(sergeant.error_of(&nested(20), json!({})).await, "TOO_COMPLEX");
        assert_eq!(sergeant.error_of(&nested(500), json!({})).await, "TOO_COMPLEX");
        let aliases: String = (0..200).map(|n| format!("a{n}: viewer {{ isCitywide }} ")).collect();
        assert_eq!(sergeant.error_of(&format!("{{ {aliases} }}"), json!({})).await, "TOO_COMPLEX");
        let names = "__typename ".repeat(3000);
        assert_eq!(sergeant.error_of(&format!("{{ {names} }}"), json!({})).await, "TOO_COMPLEX");
        let events = "events(first: 100) { nodes { id } }";
        let wide = format!("{{ cases(first: 100) {{ nodes {{ previousCase {{ {events} }} {events} }} }} }}");
        assert_eq!(sergeant.error_of(&wide, json!({})).await, "TOO_COMPLEX");
    }
}

story! {
    async fn fragments_that_spread_the_next_one_twice_end_at_once(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let fragments: String =
            (0..30).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
        let document = format!("{{ ...f0 }} {fragments} fragment f30 on Query {{ __typename }}");
        let started = std::time::Instant::now();
        assert_eq!(sergeant.error_of(&document, json!({})).await, "TOO_COMPLEX");
        // Without the limit this takes minutes; any bound that a slow machine meets will do.
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
}

story! {
    async fn a_page_is_a_hundred_at_most(jfn) {
        let sergeant = jfn.sergeant(3).await;
        for first in ["100000", "101", "-1"] {
            let query = format!("{{ cases(first: {first}) {{ totalCount }} }}");
            assert_eq!(sergeant.error_of(&query, json!({})).await, "BAD_INPUT", "first: {first}");
        }
        sergeant.ask("{ cases(first: 100) { totalCount } }", json!({})).await;
    }
}

story! {
    async fn a_text_of_a_megabyte_is_refused_where_it_stands(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let input = json!({
            "idempotencyKey": key(), "title": "x".repeat(1_000_000), "kinds": ["OTHER"],
            "property": { "id": place }, "source": "PATROL",
        });
        let payload = sergeant.change("caseOpen", "case { id }", input).await;
        assert_eq!(payload["userErrors"][0]["code"], "INVALID");
        assert_eq!(payload["userErrors"][0]["field"], json!(["title"]));
        let cases = sergeant.ask("{ cases { totalCount } }", json!({})).await;
        assert_eq!(cases["cases"]["totalCount"], 0, "nothing is half-written");
    }
}

story! {
    async fn ids_that_are_not_and_days_that_do_not_exist_are_told(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let by_id = "query ($id: ID!) { case(by: { id: $id }) { number } }";
        let unknown = "case_0198c0de00007000800000000000000f";
        assert_eq!(sergeant.error_of(by_id, json!({ "id": unknown })).await, "NOT_FOUND");
        assert_eq!(sergeant.error_of(by_id, json!({ "id": "staff_1" })).await, "BAD_INPUT");
        assert_eq!(sergeant.error_of(by_id, json!({ "id": "' OR 1=1 --" })).await, "BAD_INPUT");
        let day = "{ cases(filter: { nextActionBefore: \"2026-02-30\" }) { totalCount } }";
        assert_eq!(sergeant.error_of(day, json!({})).await, "BAD_INPUT");
        let note = json!({ "idempotencyKey": key(), "caseId": unknown, "body": "Hello" });
        assert_eq!(sergeant.refused("caseAddNote", "event { id }", note).await, "NOT_FOUND");
    }
}
