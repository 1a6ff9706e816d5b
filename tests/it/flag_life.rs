//! What becomes of flags as calls change: renewed, withdrawn, left in peace, stale.

use api::schedule::{self, Stop};
use chrono::TimeDelta;
use entity::{
    call::CallCategory,
    property::{self, ResidentialOccupancy, UseType},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{
    Client, Jfn,
    calls::{call, nights},
    flags::{flagged, flags, review},
    key, story,
};

async fn reviewed(sergeant: &Client, flag: &Value, decision: &str) {
    sergeant.done("flagReview", "flag { status }", review(flag, decision)).await;
}

async fn change(jfn: &Jfn, place: &str, change: impl FnOnce(&mut property::ActiveModel)) {
    let id: entity::id::PropertyId = place.parse().expect("an id");
    let row = property::Entity::find_by_id(id).one(&jfn.app.db).await.expect("places").expect("the place");
    let mut row: property::ActiveModel = row.into();
    change(&mut row);
    row.update(&jfn.app.db).await.expect("a change");
    jfn.evaluated(&[id]).await;
}

story! {
    async fn an_open_flag_is_renewed_by_further_calls_and_not_doubled(jfn) {
        let (sergeant, place, _, flag) = flagged(jfn).await;
        assert_eq!(jfn.told(&nights(&place, CallCategory::Fight, &[18])).await, 0);
        let found = flags(&sergeant).await;
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["id"], &found[0]["measured"]), (&flag["id"], &json!(4.0)));
        assert_eq!((&found[0]["version"], &found[0]["windowTo"]), (&json!(2), &json!("2026-11-18")));
        assert_eq!(found[0]["explanation"]["counted"].as_array().unwrap().len(), 4);
        let input = json!({ "flagId": flag["id"], "expectedVersion": 1, "decision": "CONFIRM", "reason": "Old." });
        assert_eq!(sergeant.refused("flagReview", "flag { id }", input).await, "STALE_VERSION");
    }
}

story! {
    async fn a_call_that_turns_out_to_be_protected_leaves_the_flag_and_withdraws_it(jfn) {
        for decision in [None, Some("CONFIRM")] {
            let number = if decision.is_none() { 12 } else { 14 };
            let place = jfn.place(&format!("{number} ELM ST"), 3).await;
            let mut calls = nights(&place, CallCategory::Noise, &[5, 10, 15]);
            assert_eq!(jfn.told(&calls).await, 1);
            let sergeant = jfn.sergeant(3).await;
            let flag = flags(&sergeant).await[0].clone();
            if let Some(decision) = decision {
                reviewed(&sergeant, &flag, decision).await;
            }
            calls[1].category = CallCategory::Domestic;
            jfn.told(&calls[1..2]).await;
            let found = flags(&sergeant).await[0].clone();
            assert_eq!((&found["id"], &found["status"]), (&flag["id"], &json!("WITHDRAWN")));
            assert_eq!(found["measured"], 2.0);
            let listed = found["explanation"].to_string();
            assert!(!listed.contains(&calls[1].id.to_string()), "the protected call is not listed any more");
            let reason = decision.map_or(Value::Null, |_| json!("Looked at it."));
            assert_eq!(found["reviewReason"], reason, "what the sergeant wrote is kept");
            let query = format!("{{ node(id: \"{}\") {{ id }} }}", calls[1].id);
            assert_eq!(sergeant.error_of(&query, json!({})).await, "NOT_FOUND");
        }
    }
}

story! {
    async fn a_call_the_source_takes_back_no_longer_counts_and_the_case_is_told(jfn) {
        let (sergeant, _, mut calls, flag) = flagged(jfn).await;
        reviewed(&sergeant, &flag, "CONFIRM").await;
        let input = json!({
            "idempotencyKey": key(), "flagId": flag["id"], "title": "Loud bar", "kinds": ["HIGH_CALL_VOLUME"],
        });
        let case = sergeant.done("flagOpenCase", "case { id version }", input).await["case"].take();
        calls[0].withdrawn_at = Some(jfn.app.clock.now());
        jfn.told(&calls[..1]).await;
        let found = flags(&sergeant).await[0].clone();
        assert_eq!((&found["status"], &found["measured"]), (&json!("CASE_OPENED"), &json!(2.0)));
        assert_eq!(found["explanation"]["excluded"][0]["reason"], "WITHDRAWN_BY_SOURCE");
        let query = "query ($id: ID!) { case(by: { id: $id }) { version events(first: 1) { nodes { kind actor { id } \
                     changes { field before after } } } } }";
        let seen = sergeant.ask(query, json!({ "id": case["id"] })).await["case"].take();
        assert_eq!(seen["version"], case["version"], "only edited fields raise the version");
        let event = &seen["events"]["nodes"][0];
        assert_eq!((&event["kind"], &event["actor"]), (&json!("CALLS_CHANGED"), &Value::Null));
        assert_eq!(event["changes"], json!([{ "field": "measured", "before": "3", "after": "2" }]));
    }
}

story! {
    async fn what_was_dismissed_comes_back_only_by_enough_calls_after_the_review(jfn) {
        let (sergeant, place, calls, flag) = flagged(jfn).await;
        reviewed(&sergeant, &flag, "DISMISS").await;
        assert_eq!(jfn.told(&calls).await, 0);
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[21, 22])).await, 0, "two after November 20");
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[23])).await, 1);
        let found = flags(&sergeant).await;
        assert_eq!(found.len(), 2);
        let newest = found.iter().find(|found| found["id"] != flag["id"]).unwrap();
        assert_eq!((&newest["status"], &newest["measured"]), (&json!("NEEDS_REVIEW"), &json!(3.0)));
        assert_eq!((&newest["windowFrom"], &newest["windowTo"]), (&json!("2026-11-21"), &json!("2026-11-23")));
    }
}

story! {
    async fn a_call_taken_out_of_one_flag_is_out_of_the_others_of_the_place(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let calls = nights(&place, CallCategory::Noise, &[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(jfn.told(&calls).await, 2, "3 days in 30, and 7 days in 12 months");
        let sergeant = jfn.sergeant(3).await;
        let found = flags(&sergeant).await;
        let measured: Vec<&Value> = found.iter().map(|flag| &flag["measured"]).collect();
        assert_eq!(measured, [7.0, 7.0]);
        let query = "{ flags { nodes { id rule { key } } } }";
        let rules = sergeant.ask(query, json!({})).await["flags"]["nodes"].take();
        let month = rules.as_array().unwrap().iter().find(|flag| flag["rule"]["key"] == "bar-3-days-in-30").unwrap();
        let input = json!({
            "flagId": month["id"], "expectedVersion": 1, "decision": "CONFIRM", "reason": "Looked at it.",
            "calls": [{ "callId": calls[0].id.to_string(), "counted": false, "reason": "The bar called itself." }],
        });
        sergeant.done("flagReview", "flag { id }", input).await;
        let found = flags(&sergeant).await;
        let year = found.iter().find(|flag| flag["id"] != month["id"]).unwrap();
        assert_eq!((&year["status"], &year["measured"]), (&json!("WITHDRAWN"), &json!(6.0)));
        assert_eq!(year["explanation"]["excluded"][0]["reason"], "EXCLUDED_BY_REVIEW");
        assert_eq!(jfn.told(&calls).await, 0, "and it stays out");
    }
}

story! {
    async fn a_flag_that_nobody_reviews_goes_stale(jfn) {
        let (_, place, calls, flag) = flagged(jfn).await;
        jfn.wait(TimeDelta::days(90));
        assert_eq!(jfn.told(&calls).await, 0);
        assert_eq!(flags(&jfn.sergeant(3).await).await[0]["status"], "NEEDS_REVIEW");
        jfn.wait(TimeDelta::days(1));
        assert_eq!(jfn.told(&calls).await, 0);
        let sergeant = jfn.sergeant(3).await;
        let found = flags(&sergeant).await;
        assert_eq!((&found[0]["id"], &found[0]["status"]), (&flag["id"], &json!("STALE")));
        assert_eq!(jfn.told(&calls).await, 0, "nothing new was called");
        let late = call(&place, "2026-11-20 22:00");
        assert_eq!(jfn.told(&[late]).await, 1);
        let input = json!({
            "flagId": flag["id"], "expectedVersion": found[0]["version"], "decision": "CONFIRM", "reason": "Late.",
        });
        assert_eq!(sergeant.refused("flagReview", "flag { id }", input).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn a_flag_goes_stale_also_where_no_feed_brings_anything_any_more(jfn) {
        flagged(jfn).await;
        jfn.wait(TimeDelta::days(91));
        schedule::tick(&jfn.app, &Stop::never()).await.expect("a look at what is due");
        assert_eq!(flags(&jfn.sergeant(3).await).await[0]["status"], "STALE");
    }
}

story! {
    async fn no_flag_is_raised_at_a_home_and_one_raised_by_mistake_is_withdrawn(jfn) {
        let (sergeant, place, _, flag) = flagged(jfn).await;
        change(jfn, &place, |row| row.residential_occupancy = Set(ResidentialOccupancy::Unknown)).await;
        let found = flags(&sergeant).await;
        assert_eq!((&found[0]["id"], &found[0]["status"]), (&flag["id"], &json!("WITHDRAWN")));
        for use_type in [UseType::SingleFamily, UseType::MultiFamily, UseType::Unknown] {
            change(jfn, &place, |row| {
                row.use_type = Set(use_type);
                row.residential_occupancy = Set(ResidentialOccupancy::None);
            })
            .await;
            assert_eq!(flags(&sergeant).await.len(), 1, "{use_type}");
        }
        change(jfn, &place, |row| row.district_id = Set(None)).await;
        change(jfn, &place, |row| row.use_type = Set(UseType::Bar)).await;
        assert_eq!(flags(&sergeant).await.len(), 1, "no flag in no district");
    }
}

story! {
    async fn a_motel_is_measured_by_its_rooms(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let calls = nights(&place, CallCategory::Noise, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        change(jfn, &place, |row| {
            row.use_type = Set(UseType::Motel);
            row.residential_occupancy = Set(ResidentialOccupancy::Unknown);
        })
        .await;
        assert_eq!(jfn.told(&calls).await, 0, "nobody knows how many rooms it has");
        let sergeant = jfn.sergeant(3).await;
        change(jfn, &place, |row| row.unit_count = Set(Some(20))).await;
        assert!(flags(&sergeant).await.is_empty(), "10 calls at 20 rooms are half a call per room, not more");
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[11])).await, 1);
        let found = flags(&sergeant).await;
        assert_eq!(found[0]["measured"], 0.55);
        assert_eq!((&found[0]["windowFrom"], &found[0]["windowTo"]), (&json!("2025-11-12"), &json!("2026-11-11")));
    }
}

story! {
    async fn correcting_a_place_weighs_the_rules_again(jfn) {
        let (sergeant, place, _, flag) = flagged(jfn).await;
        let edit = |version: i32, use_type: &str| json!({
            "propertyId": place, "expectedVersion": version, "useType": use_type,
        });
        sergeant.done("propertyEdit", "property { useType }", edit(1, "MULTI_FAMILY")).await;
        let found = flags(&sergeant).await;
        assert_eq!((&found[0]["id"], &found[0]["status"]), (&flag["id"], &json!("WITHDRAWN")));
        sergeant.done("propertyEdit", "property { useType }", edit(2, "RETAIL")).await;
        let found = flags(&sergeant).await;
        assert_eq!(found.len(), 2, "the rule for shops");
        assert!(found.iter().any(|flag| flag["status"] == "NEEDS_REVIEW"));
    }
}

story! {
    async fn those_who_decide_on_one_place_at_the_same_time_take_turns(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let id: entity::id::PropertyId = place.parse().expect("an id");
        change(jfn, &place, |row| row.use_type = Set(UseType::Other)).await;
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[5, 10, 15])).await, 0);
        let row = property::ActiveModel { id: Set(id), use_type: Set(UseType::Bar), ..Default::default() };
        row.update(&jfn.app.db).await.expect("a bar");
        let here = [id];
        let many = |_| jfn.evaluated(&here);
        let raised: i32 = futures_util::future::join_all((0..8).map(many)).await.into_iter().sum();
        assert_eq!(raised, 1, "one flag, however many imports see the place at once");

        let sergeant = jfn.sergeant(3).await;
        let flag = flags(&sergeant).await[0].clone();
        let review = |decision: &'static str| {
            let (sergeant, flag) = (sergeant.clone(), flag.clone());
            async move {
                let input = json!({
                    "flagId": flag["id"], "expectedVersion": 1, "decision": decision, "reason": "Looked at it.",
                });
                sergeant.change("flagReview", "flag { status }", input).await["userErrors"] == json!([])
            }
        };
        let reviews = futures_util::future::join_all(["CONFIRM", "DISMISS", "CONFIRM", "DISMISS"].map(review));
        let (reviews, _) = tokio::join!(reviews, jfn.evaluated(&here));
        assert_eq!(reviews.into_iter().filter(|done| *done).count(), 1, "one review stands");
    }
}
