//! Sums of calls: right, complete, and silent about who called for help.

use api::domain::call_count::{PlainCall, exclusion};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    flag_call::ExclusionReason,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::{
    Client, Jfn,
    calls::{call, nights},
    story,
};

const VOLUME: &str = "from to total qualifying distinctDays protectedCount excluded { reason count } \
    byCategory { category count } daily { day qualifying total } perUnit asOf";

/// All that can be asked about calls, of each place and of all.
async fn everything(client: &Client, window: Value) -> Value {
    let query = format!(
        "query ($window: CallWindowInput!) {{ highVolumeProperties(window: $window) {{ nodes {{ property {{ address \
         calls(window: $window) {{ nodes {{ occurredAt category description }} totalCount }} \
         flags {{ nodes {{ measured version explanation {{ counted {{ call {{ occurredAt }} }} \
         excluded {{ call {{ occurredAt }} reason }} excludedByReason {{ reason count }} }} }} totalCount }} }} \
         volume {{ {VOLUME} }} }} totalCount }} }}"
    );
    client.ask(&query, json!({ "window": window })).await
}

async fn volume(client: &Client, place: &str, window: Value) -> Value {
    let query = format!(
        "query ($window: CallWindowInput!) {{ highVolumeProperties(window: $window, first: 100) \
         {{ nodes {{ property {{ id }} volume {{ {VOLUME} }} }} }} }}"
    );
    let found = client.ask(&query, json!({ "window": window })).await;
    let nodes = found["highVolumeProperties"]["nodes"].as_array().expect("a list").clone();
    let of_place = nodes.into_iter().find(|node| node["property"]["id"] == place);
    of_place.map_or(Value::Null, |mut node| node["volume"].take())
}

fn protected() -> impl Iterator<Item = CallCategory> {
    use CallCategory as C;
    [
        C::Domestic,
        C::SexCrime,
        C::Stalking,
        C::ChildOrElder,
        C::MissingPerson,
        C::Medical,
        C::MentalHealth,
        C::Welfare,
        C::Death,
    ]
    .into_iter()
}

story! {
    async fn no_answer_changes_with_a_protected_call_below_the_limits(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let mut calls = nights(&place, CallCategory::Noise, &[1, 5, 10, 15, 19]);
        calls.push(call::Model { category: CallCategory::Alarm, ..call(&place, "2026-11-07 08:00") });
        jfn.told(&calls).await;
        let sergeant = jfn.sergeant(3).await;
        let windows = [json!({ "days": 29 }), json!({ "days": 30 }), json!({ "days": 365 }),
            json!({ "from": "2026-11-10", "to": "2026-11-12" })];
        let mut before = Vec::new();
        for window in &windows {
            before.push(everything(&sergeant, window.clone()).await);
        }
        // Four within the windows of 30 days and more, and any number before those of 29 days and less end.
        for (n, category) in protected().take(4).enumerate() {
            let at = format!("2026-11-12 {:02}:00", 8 + n);
            jfn.told(&[call::Model { category, ..call(&place, &at) }]).await;
            for (window, before) in windows.iter().zip(&before) {
                assert_eq!(&everything(&sergeant, window.clone()).await, before, "{category} in {window}");
            }
        }
        for category in protected() {
            jfn.told(&[call::Model { category, ..call(&place, "2026-11-12 20:00") }]).await;
        }
        // However many there are: the month still runs, and only months that are over are summed.
        for (window, before) in windows.iter().zip(&before) {
            assert_eq!(&everything(&sergeant, window.clone()).await, before, "{window}");
        }
    }
}

story! {
    async fn a_place_with_protected_calls_only_is_no_busy_place(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let calls: Vec<call::Model> = protected()
            .map(|category| call::Model { category, ..call(&place, "2026-11-12 20:00") })
            .collect();
        assert_eq!(jfn.told(&calls).await, 0);
        let found = everything(&jfn.sergeant(3).await, json!({ "days": 90 })).await;
        assert_eq!(found["highVolumeProperties"], json!({ "nodes": [], "totalCount": 0 }));
    }
}

story! {
    async fn sums_leave_out_what_the_rules_would_and_for_the_same_reason(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let mut calls = Vec::new();
        for &category in CallCategory::ALL {
            for &precision in AddressPrecision::ALL {
                for bits in 0..8_u8 {
                    calls.push(call::Model {
                        category,
                        precision,
                        disposition_excludes: bits & 1 != 0,
                        officer_initiated: bits & 2 != 0,
                        withdrawn_at: (bits & 4 != 0).then(|| jfn.app.clock.now()),
                        ..call(&place, "2026-11-12 20:00")
                    });
                }
            }
        }
        jfn.told(&calls).await;
        let mut expected: BTreeMap<Option<ExclusionReason>, i64> = BTreeMap::new();
        for call in &calls {
            let plain = PlainCall {
                id: call.id,
                occurred_at: call.occurred_at,
                day: call.occurred_on,
                category: call.category,
                precision: call.precision,
                disposition_excludes: call.disposition_excludes,
                officer_initiated: call.officer_initiated,
                withdrawn: call.withdrawn_at.is_some(),
                taken_out: None,
                disposition: None,
            };
            *expected.entry(exclusion(&plain, None)).or_default() += 1;
        }
        let found = volume(&jfn.sergeant(3).await, &place, json!({ "days": 30 })).await;
        let qualifying = expected.remove(&None).unwrap();
        assert_eq!(found["qualifying"], qualifying);
        // Protected calls are summed over months that are over, and this one still runs.
        let reasons: Vec<Value> = expected
            .iter()
            .filter(|(reason, _)| **reason != Some(ExclusionReason::Protected))
            .map(|(reason, count)| json!({ "reason": reason.unwrap().word(), "count": count }))
            .collect();
        assert_eq!(found["excluded"], json!(reasons));
        let unlisted = expected[&Some(ExclusionReason::Protected)] + expected[&Some(ExclusionReason::WithdrawnBySource)];
        let total = i64::try_from(calls.len()).unwrap() - unlisted;
        assert_eq!(found["total"], total);
        let sum = |list: &str, field: &str| found[list].as_array().unwrap().iter().map(|x| x[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("byCategory", "count"), sum("daily", "total")), (total, total));
        assert_eq!((&found["distinctDays"], sum("daily", "qualifying")), (&json!(1), qualifying));
    }
}

async fn busy_city(jfn: &Jfn) -> Vec<String> {
    let mut places = Vec::new();
    let mut calls = Vec::new();
    for (n, days) in
        [(1, vec![3]), (2, vec![1, 2, 3]), (3, vec![1, 2, 3]), (4, vec![1, 2, 3, 4, 5]), (5, vec![])]
    {
        let place = jfn.place(&format!("{n}00 ELM ST"), if n == 4 { 5 } else { 3 }).await;
        calls.extend(nights(&place, CallCategory::Fight, &days));
        calls.extend(nights(&place, CallCategory::Traffic, &[4, 5, 6, 7, 8, 9]));
        places.push(place);
    }
    jfn.told(&calls).await;
    places
}

async fn busiest(client: &Client, arguments: &str) -> (Vec<String>, Value) {
    let query = format!(
        "{{ highVolumeProperties({arguments}) {{ nodes {{ property {{ address }} volume {{ qualifying total }} }} \
         pageInfo {{ hasNextPage endCursor }} totalCount }} }}"
    );
    let page = client.ask(&query, json!({})).await["highVolumeProperties"].take();
    let name = |node: &Value| node["property"]["address"].as_str().unwrap().to_owned();
    (page["nodes"].as_array().unwrap().iter().map(name).collect(), page)
}

story! {
    async fn the_busiest_places_come_first_and_pages_have_no_gap(jfn) {
        let places = busy_city(jfn).await;
        assert!(places[1] < places[2], "equal numbers are in the order of ids");
        let sergeant = jfn.sergeant(3).await;
        let (all, page) = busiest(&sergeant, "window: { days: 30 }").await;
        assert_eq!(all, ["400 ELM ST", "200 ELM ST", "300 ELM ST", "100 ELM ST"]);
        assert_eq!(page["totalCount"], 4);
        assert_eq!(page["nodes"][0]["volume"], json!({ "qualifying": 5, "total": 11 }));
        let mut walked = Vec::new();
        let mut after = String::new();
        loop {
            let (some, page) = busiest(&sergeant, &format!("window: {{ days: 30 }}, first: 1{after}")).await;
            walked.extend(some);
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(walked, all);
        let other = format!("{{ highVolumeProperties(window: {{ days: 31 }}{after}) {{ totalCount }} }}");
        assert_eq!(sergeant.error_of(&other, json!({})).await, "BAD_INPUT", "a cursor of another window");
        assert_eq!(busiest(&sergeant, "window: { days: 30 }, districts: [5]").await.0, ["400 ELM ST"]);
        assert!(busiest(&sergeant, "window: { days: 30 }, useTypes: [MOTEL]").await.0.is_empty());
        let window = "window: { from: \"2026-11-05\", to: \"2026-11-05\" }";
        assert_eq!(busiest(&sergeant, window).await.0, ["400 ELM ST"]);
    }
}

story! {
    async fn a_window_that_cannot_be_is_refused(jfn) {
        busy_city(jfn).await;
        let sergeant = jfn.sergeant(3).await;
        for window in [
            json!({}),
            json!({ "days": 0 }),
            json!({ "days": -1 }),
            json!({ "days": 1101 }),
            json!({ "days": 30, "from": "2026-01-01" }),
            json!({ "days": 30, "from": "2026-01-01", "to": "2026-01-02" }),
            json!({ "from": "2026-01-01" }),
            json!({ "to": "2026-01-01" }),
            json!({ "from": "2026-01-02", "to": "2026-01-01" }),
            json!({ "from": "2020-01-01", "to": "2026-01-01" }),
            json!({ "from": "2026-02-30", "to": "2026-03-01" }),
        ] {
            let query = "query ($window: CallWindowInput!) { highVolumeProperties(window: $window) { totalCount } }";
            let code = sergeant.error_of(query, json!({ "window": window.clone() })).await;
            assert_eq!(code, "BAD_INPUT", "{window}");
        }
        let commissioner = jfn.commissioner().await;
        let query = "{ highVolumeProperties(window: { days: 30 }) { totalCount } }";
        assert_eq!(commissioner.error_of(query, json!({})).await, "FORBIDDEN");
        let rules = "query ($on: Date) { nuisanceRules(activeOn: $on) { key version label citation basis effectiveFrom \
            effectiveTo useTypes measure threshold comparison window { n unit } unitBands { from to threshold } \
            occupancies categories maxPerDay minGapHours includeOfficerInitiated } }";
        let found = commissioner.ask(rules, json!({ "on": "2026-11-20" })).await;
        assert_eq!(found["nuisanceRules"].as_array().unwrap().len(), 6);
        let motel = found["nuisanceRules"].as_array().unwrap().iter().find(|rule| rule["measure"] == "PER_UNIT").unwrap();
        assert_eq!(motel["occupancies"], json!(["NONE", "SOME", "UNKNOWN"]));
        assert_eq!((&motel["threshold"], &motel["comparison"]), (&json!(0.5), &json!("MORE_THAN")));
        let before = commissioner.ask(rules, json!({ "on": "2019-12-31" })).await;
        assert_eq!(before["nuisanceRules"], json!([]));
    }
}

story! {
    async fn the_number_of_statements_does_not_grow_with_flags_and_places(jfn) {
        let mut counts = Vec::new();
        for n in [5, 15] {
            let mut calls = Vec::new();
            for number in 0..n {
                let place = jfn.place(&format!("{}{n:02} OAK ST", number + 1), 3).await;
                calls.extend(nights(&place, CallCategory::Fight, &[1, 2, 3]));
                calls.extend(nights(&place, CallCategory::Traffic, &[2]));
            }
            jfn.told(&calls).await;
            let sergeant = jfn.sergeant(3).await;
            let list = "query ($first: Int) { flags(first: $first) { nodes { id property { address } rule { label } \
                explanation { counted { call { id } } excluded { reason } excludedByReason { count } wouldClearWhen } \
                } } }";
            let before = jfn.statements();
            let found = sergeant.ask(list, json!({ "first": n })).await;
            assert_eq!(found["flags"]["nodes"].as_array().unwrap().len(), usize::try_from(n).unwrap());
            let of_flags = jfn.statements() - before;
            let volumes = "query ($first: Int) { highVolumeProperties(window: { days: 90 }, first: $first) { nodes { \
                property { address } volume { total protectedCount daily { total } excluded { count } } } } }";
            // The first who asks after calls changed has the places ranked anew.
            sergeant.ask(volumes, json!({ "first": n })).await;
            let before = jfn.statements();
            let found = sergeant.ask(volumes, json!({ "first": n })).await;
            assert_eq!(found["highVolumeProperties"]["nodes"].as_array().unwrap().len(), usize::try_from(n).unwrap());
            counts.push((of_flags, jfn.statements() - before));
        }
        assert_eq!(counts[0], counts[1]);
        // Beside the one that looks the sign-in up: the page, its calls, and the sums of protected ones; and how far the
        // data reach (for the page and for its sums), the page, and its sums.
        assert!(counts[0].0 <= 5 && counts[0].1 <= 8, "{counts:?}");
    }
}
