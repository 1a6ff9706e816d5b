//! Flags: raised by calls, explained call by call, reviewed by the sergeant, and turned into cases.

use entity::call::{self, CallCategory};
use serde_json::{Value, json};
use tests::{
    calls::{call, nights},
    flags::{flagged, flags, only_flag, review},
    key, story,
};

const FLAG: &str = "flag { id version status measured }";

fn opening(flag: &Value) -> Value {
    json!({
        "idempotencyKey": key(), "flagId": flag["id"], "title": "Loud bar",
        "kinds": ["HIGH_CALL_VOLUME", "IRRESPONSIBLE_BUSINESS"],
    })
}

story! {
    async fn a_place_over_a_threshold_is_flagged_reviewed_and_becomes_a_case(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let mut calls = nights(&place, CallCategory::Noise, &[5, 10, 15]);
        calls.push(call(&place, "2026-11-15 23:30"));
        calls.push(call::Model { category: CallCategory::Theft, ..call(&place, "2026-11-12 10:00") });
        calls.push(call::Model { disposition_excludes: true, ..call(&place, "2026-11-13 10:00") });
        assert_eq!(jfn.told(&calls).await, 1);
        assert_eq!(jfn.told(&calls).await, 0, "the same again raises nothing");
        let sergeant = jfn.sergeant(3).await;
        let flag = only_flag(&sergeant).await;
        assert_eq!(flag["status"], "NEEDS_REVIEW");
        assert_eq!((&flag["measured"], &flag["threshold"]), (&json!(3.0), &json!(3.0)));
        assert_eq!((&flag["windowFrom"], &flag["windowTo"]), (&json!("2026-10-17"), &json!("2026-11-15")));
        assert_eq!(flag["property"]["address"], "12 ELM ST");
        assert_eq!(flag["rule"]["key"], "bar-3-days-in-30");
        let explanation = &flag["explanation"];
        assert_eq!(explanation["counted"].as_array().unwrap().len(), 3);
        let reasons: Vec<&Value> = explanation["excluded"].as_array().unwrap().iter().map(|call| &call["reason"]).collect();
        assert_eq!(reasons, ["NOT_QUALIFYING", "DISPOSITION", "SAME_DAY"]);
        assert_eq!(
            explanation["excludedByReason"],
            json!([{ "reason": "NOT_QUALIFYING", "count": 1 }, { "reason": "DISPOSITION", "count": 1 },
                   { "reason": "SAME_DAY", "count": 1 }])
        );
        assert_eq!(explanation["dataAsOf"], "2026-11-16T07:30:00+00:00");
        assert_eq!(explanation["reachedOn"], "2026-11-15");
        let words = explanation["wouldClearWhen"].as_str().unwrap();
        assert!(words.contains("at least 3 days with a call within 30 days"), "{words}");
        assert!(words.contains("2026-12-05"), "{words}");

        let attorney = jfn.attorney(3).await;
        assert_eq!(attorney.refused("flagOpenCase", "case { id }", opening(&flag)).await, "TRANSITION_BLOCKED");
        let payload = sergeant.done("flagReview", FLAG, review(&flag, "CONFIRM")).await;
        assert_eq!((&payload["flag"]["status"], &payload["flag"]["version"]), (&json!("CONFIRMED"), &json!(2)));
        let input = opening(&flag);
        let fields = "case { id number source stage flag { id status } events { nodes { kind body } } }";
        let case = attorney.done("flagOpenCase", fields, input.clone()).await["case"].take();
        assert_eq!((&case["source"], &case["stage"]), (&json!("CALL_VOLUME"), &json!("INTAKE")));
        assert_eq!(case["flag"], json!({ "id": flag["id"], "status": "CASE_OPENED" }));
        let kinds: Vec<&Value> = case["events"]["nodes"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
        assert_eq!(kinds, ["CALLS_CHANGED", "OPENED"]);
        let body = case["events"]["nodes"][0]["body"].as_str().unwrap();
        assert!(body.contains("from 2026-10-17 to 2026-11-15") && body.contains("Looked at it."), "{body}");
        let again = attorney.done("flagOpenCase", "case { id }", input).await;
        assert_eq!(again["case"]["id"], case["id"], "a retry answers the same case");
        let payload = attorney.change("flagOpenCase", "case { id } existing { id }", opening(&flag)).await;
        assert_eq!(payload["userErrors"][0]["code"], "TRANSITION_BLOCKED");
        assert_eq!(payload["existing"][0]["id"], case["id"]);
        let flag = only_flag(&sergeant).await;
        assert_eq!((&flag["status"], &flag["case"]["number"]), (&json!("CASE_OPENED"), &case["number"]));
        assert_eq!(flag["reviewedBy"]["name"], "Person sergeant3");
    }
}

story! {
    async fn a_confirmed_flag_opens_no_second_case_at_its_place(jfn) {
        let (sergeant, place, _, flag) = flagged(jfn).await;
        let input = json!({
            "idempotencyKey": key(), "title": "Already known", "kinds": ["OTHER"],
            "property": { "id": place }, "source": "PATROL",
        });
        let open = sergeant.done("caseOpen", "case { id flag { id } }", input).await;
        assert_eq!(open["case"]["flag"], Value::Null);
        sergeant.done("flagReview", FLAG, review(&flag, "CONFIRM")).await;
        let payload = sergeant.change("flagOpenCase", "case { id } existing { id }", opening(&flag)).await;
        assert_eq!((&payload["case"], &payload["existing"][0]["id"]), (&Value::Null, &open["case"]["id"]));
        assert_eq!(payload["userErrors"][0]["code"], "NOT_UNIQUE");
        assert_eq!(payload["userErrors"][0]["field"], json!(["flagId"]));
        assert_eq!(only_flag(&sergeant).await["status"], "CONFIRMED", "nothing was half-written");
    }
}

story! {
    async fn the_review_takes_calls_out_and_confirms_only_what_is_left(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let mut calls = nights(&place, CallCategory::Noise, &[2, 5, 10, 15]);
        calls.push(call::Model { category: CallCategory::Theft, ..call(&place, "2026-11-12 10:00") });
        calls.push(call::Model { category: CallCategory::Medical, ..call(&place, "2026-11-12 11:00") });
        let elsewhere = call(&jfn.place("14 ELM ST", 3).await, "2026-11-12 11:00");
        calls.push(elsewhere.clone());
        jfn.told(&calls).await;
        let sergeant = jfn.sergeant(3).await;
        let flag = only_flag(&sergeant).await;
        let decided = |call: &call::Model, counted: bool| {
            json!({ "callId": call.id.to_string(), "counted": counted, "reason": "The caller was the victim." })
        };
        let with = |decision: &str, calls: Vec<Value>| {
            let mut input = review(&flag, decision);
            input["calls"] = calls.into();
            input
        };
        let refused = async |input: Value| sergeant.refused("flagReview", FLAG, input).await;
        let two_out = vec![decided(&calls[0], false), decided(&calls[1], false)];
        assert_eq!(refused(with("CONFIRM", two_out)).await, "TRANSITION_BLOCKED");
        assert_eq!(refused(with("CONFIRM", vec![decided(&calls[5], true)])).await, "PROTECTED_CALL");
        assert_eq!(refused(with("CONFIRM", vec![decided(&calls[5], false)])).await, "PROTECTED_CALL");
        assert_eq!(refused(with("CONFIRM", vec![decided(&elsewhere, false)])).await, "NOT_FOUND");
        assert_eq!(refused(with("CONFIRM", vec![decided(&calls[4], true)])).await, "INVALID");
        let twice = vec![decided(&calls[0], false), decided(&calls[0], true)];
        assert_eq!(refused(with("CONFIRM", twice)).await, "INVALID");
        let mut silent = review(&flag, "CONFIRM");
        silent["reason"] = json!("  ");
        assert_eq!(refused(silent).await, "REQUIRED");
        let mut old = review(&flag, "CONFIRM");
        old["expectedVersion"] = json!(7);
        let payload = sergeant.change("flagReview", FLAG, old).await;
        assert_eq!(payload["userErrors"][0]["code"], "STALE_VERSION");
        assert_eq!(payload["flag"]["version"], 1, "the payload shows the present flag");

        let input = with("CONFIRM", vec![decided(&calls[0], false), decided(&calls[1], true)]);
        let payload = sergeant.done("flagReview", FLAG, input).await;
        assert_eq!((&payload["flag"]["status"], &payload["flag"]["measured"]), (&json!("CONFIRMED"), &json!(3.0)));
        let flag = only_flag(&sergeant).await;
        let excluded = &flag["explanation"]["excluded"][0];
        assert_eq!(excluded["call"]["id"], calls[0].id.to_string());
        assert_eq!(excluded["reason"], "EXCLUDED_BY_REVIEW");
        assert_eq!(excluded["reviewNote"], "The caller was the victim.");
        assert_eq!(flag["explanation"]["counted"][0]["reviewNote"], "The caller was the victim.");
        assert_eq!(sergeant.refused("flagReview", FLAG, review(&flag, "DISMISS")).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn single_calls_and_flags_of_another_district_do_not_exist(jfn) {
        let (sergeant, place, calls, flag) = flagged(jfn).await;
        let (flag_id, call_id) = (flag["id"].clone(), calls[0].id.to_string());
        let node = "query ($id: ID!) { node(id: $id) { __typename id } }";
        let seen = sergeant.ask(node, json!({ "id": flag_id })).await;
        assert_eq!(seen["node"]["__typename"], "Flag");
        assert_eq!(sergeant.ask(node, json!({ "id": call_id })).await["node"]["__typename"], "Call");
        for other in [jfn.sergeant(4).await, jfn.attorney(4).await] {
            assert!(flags(&other).await.is_empty());
            assert_eq!(other.error_of(node, json!({ "id": flag_id })).await, "NOT_FOUND");
            assert_eq!(other.error_of(node, json!({ "id": call_id })).await, "NOT_FOUND");
        }
        let refused = jfn.sergeant(4).await.refused("flagReview", FLAG, review(&flag, "DISMISS")).await;
        assert_eq!(refused, "NOT_FOUND");
        let refused = jfn.attorney(4).await.refused("flagOpenCase", "case { id }", opening(&flag)).await;
        assert_eq!(refused, "NOT_FOUND");
        // The city attorney reads every flag and reviews none; the oversight commission sees neither.
        let city = jfn.city_attorney().await;
        assert_eq!(flags(&city).await.len(), 1);
        let mutation = "mutation ($input: FlagReviewInput!) { flagReview(input: $input) { flag { id } } }";
        for client in [city, jfn.attorney(3).await, jfn.code_officer(3).await, jfn.commissioner().await] {
            let input = json!({ "input": review(&flag, "DISMISS") });
            assert_eq!(client.error_of(mutation, input).await, "FORBIDDEN");
        }
        for client in [jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(client.error_of("{ flags { totalCount } }", json!({})).await, "FORBIDDEN");
            assert_eq!(client.error_of(node, json!({ "id": flag_id })).await, "NOT_FOUND");
            assert_eq!(client.error_of(node, json!({ "id": call_id })).await, "NOT_FOUND");
        }
        assert_eq!(jfn.nobody().error_of("{ flags { totalCount } }", json!({})).await, "UNAUTHENTICATED");
        // A case that grew from the flag is read by other teams, but not the flag itself.
        sergeant.done("flagReview", FLAG, review(&flag, "CONFIRM")).await;
        let case = sergeant.done("flagOpenCase", "case { id }", opening(&flag)).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { flag { id } property { id calls { totalCount } flags \
                     { totalCount } callVolume(window: { days: 30 }) { total } } } }";
        let variables = json!({ "id": case["case"]["id"] });
        let own = sergeant.ask(query, variables.clone()).await;
        assert_eq!((&own["case"]["flag"]["id"], &own["case"]["property"]["id"]), (&flag_id, &json!(place)));
        let other = jfn.attorney(4).await.ask(query, variables).await;
        assert_eq!(other["case"]["flag"], Value::Null);
        let seen = &other["case"]["property"];
        assert_eq!((&seen["calls"]["totalCount"], &seen["flags"]["totalCount"]), (&json!(0), &json!(0)));
        assert_eq!(seen["callVolume"]["total"], 3, "sums may be read in every district");
    }
}
