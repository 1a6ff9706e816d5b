//! Litigation holds, and what becomes of raw calls when nobody needs them any more.

use api::{
    reads::{retention, rule_replay},
    writes::purge::carry_out,
};
use chrono::TimeDelta;
use entity::{audit_row, call, call_roll_up, feed, litigation_hold};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tests::{
    Client, Jfn,
    calls::{HEADER, call, load_file},
    flags::flagged,
    key, story,
};

use crate::case_at_work::{open, open_at};

const HOLDS: &str = "query ($id: ID!, $asOf: Date) { case(by: { id: $id }, asOf: $asOf) { litigationHolds { inForce reason placedBy { name } \
    placedAt releasedBy { name } releasedAt releaseReason } } }";

fn placing(case: &Value) -> Value {
    json!({ "idempotencyKey": key(), "caseId": case, "reason": "The owner's counsel announced a suit." })
}

fn releasing(case: &Value) -> Value {
    json!({ "caseId": case, "reason": "The suit was settled." })
}

async fn held(client: &Client, case: &Value) -> Value {
    client.ask(HOLDS, json!({ "id": case })).await["case"]["litigationHolds"].take()
}

story! {
    async fn an_attorney_places_and_releases_a_hold_and_everybody_who_sees_the_case_sees_it(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let case = open(jfn, &sergeant, "1200 K ST").await;
        for other in [&sergeant, &jfn.attorney(4).await] {
            let refused = other.answer("mutation ($input: LitigationHoldPlaceInput!) { litigationHoldPlace(input: $input) \
                { userErrors { code } } }", json!({ "input": placing(&case) })).await;
            let by_policy = refused["errors"][0]["extensions"]["code"] == "FORBIDDEN";
            let by_district = refused["data"]["litigationHoldPlace"]["userErrors"][0]["code"] == "NOT_ALLOWED";
            assert!(by_policy || by_district, "{refused}");
        }
        assert_eq!(held(&sergeant, &case).await, json!([]));
        let empty = json!({ "idempotencyKey": key(), "caseId": case, "reason": " " });
        assert_eq!(attorney.refused("litigationHoldPlace", "case { id }", empty).await, "REQUIRED");
        let input = placing(&case);
        attorney.done("litigationHoldPlace", "case { id }", input.clone()).await;
        attorney.done("litigationHoldPlace", "case { id }", input).await;
        let holds = held(&jfn.code_officer(7).await, &case).await;
        let since = holds[0]["placedAt"].clone();
        assert_eq!(holds, json!([{ "inForce": true, "reason": "The owner's counsel announced a suit.",
            "placedBy": { "name": "Person attorney3" }, "placedAt": since, "releasedBy": null, "releasedAt": null,
            "releaseReason": null }]));
        let again = attorney.change("litigationHoldPlace", "case { id }", placing(&case)).await;
        assert_eq!(again["userErrors"][0]["code"], "TRANSITION_BLOCKED");
        assert!(again["userErrors"][0]["message"].as_str().unwrap().contains("litigationHoldRelease"));

        jfn.wait(TimeDelta::days(2));
        let chief = jfn.city_attorney().await;
        chief.done("litigationHoldRelease", "case { id }", releasing(&case)).await;
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let after = held(&sergeant, &case).await;
        assert_eq!((&after[0]["inForce"], &after[0]["releasedBy"]["name"]), (&json!(false), &json!("Person cityattorney")));
        assert_eq!(after[0]["releaseReason"], "The suit was settled.");
        let blocked = chief.change("litigationHoldRelease", "case { id }", releasing(&case)).await;
        assert!(blocked["userErrors"][0]["message"].as_str().unwrap().contains("litigationHoldPlace"), "{blocked}");
        let then = sergeant.ask(HOLDS, json!({ "id": case, "asOf": "2026-11-21" })).await;
        assert_eq!(then["case"]["litigationHolds"], holds, "on the day between it held");
        attorney.done("litigationHoldPlace", "case { id }", placing(&case)).await;
        assert_eq!(held(&sergeant, &case).await.as_array().unwrap().len(), 2);
        let query = "query ($id: ID!) { case(by: { id: $id }) { events(first: 10) { nodes { kind } } } }";
        let told = sergeant.ask(query, json!({ "id": case })).await.to_string();
        assert_eq!(told.matches("LITIGATION_HOLD_PLACED").count(), 2);
        assert_eq!(told.matches("LITIGATION_HOLD_RELEASED").count(), 1);
    }
}

async fn calls(jfn: &Jfn) -> Vec<String> {
    let calls = call::Entity::find().order_by_asc(call::Column::SourceId).all(&jfn.app.db).await.unwrap();
    calls.into_iter().map(|call| call.source_id).collect()
}

async fn sums(jfn: &Jfn) -> Vec<call_roll_up::Model> {
    let mut sums = call_roll_up::Entity::find().all(&jfn.app.db).await.unwrap();
    sums.sort_by_key(|sum| (sum.property_id, sum.occurred_on, sum.category.clone(), sum.reason.clone()));
    sums
}

story! {
    async fn old_calls_go_but_not_their_sums_nor_what_is_evidence_challenged_or_held(jfn) {
        // Three calls that a flag lists, and time until they are older than anything has to be.
        let (sergeant, flagged_at, listed, _) = flagged(jfn).await;
        let (plain, held_at) = (jfn.place("100 OAK ST", 3).await, jfn.place("200 ASH ST", 3).await);
        let old = [call(&plain, "2026-11-03 22:00"), call(&plain, "2026-11-04 22:00"), call(&held_at, "2026-11-03 22:00")];
        let not_listed = call(&flagged_at, "2026-08-01 22:00");
        jfn.told(&[&old[..], std::slice::from_ref(&not_listed)].concat()).await;
        let case = open_at(&sergeant, &held_at).await;
        let attorney = jfn.attorney(3).await;
        attorney.done("litigationHoldPlace", "case { id }", placing(&case)).await;
        jfn.wait(TimeDelta::days(900));
        let attorney = jfn.attorney(3).await;
        let recent = call(&plain, "2029-05-01 22:00");
        jfn.told(std::slice::from_ref(&recent)).await;
        let (before, was) = (sums(jfn).await, calls(jfn).await);

        let plan = retention::plan(&jfn.app).await.unwrap();
        let share = plan.feeds.iter().find(|share| share.key == "demo-police").unwrap();
        let kept_by_flag = u64::try_from(listed.len()).unwrap();
        assert_eq!((share.goes, share.stays), (3, kept_by_flag + 1), "{plan:?}");
        assert_eq!(calls(jfn).await, was, "a plan removes nothing");
        assert_eq!(carry_out(&jfn.app, &plan).await.unwrap(), 3);
        let mut kept: Vec<String> =
            listed.iter().chain([&old[2], &recent]).map(|call| call.source_id.clone()).collect();
        kept.sort();
        assert_eq!(calls(jfn).await, kept);
        assert_eq!(sums(jfn).await, before, "the sums stay");
        assert!(rule_replay::replay(&jfn.app).await.unwrap().differences.is_empty(), "the rules say what they said");
        let audited = audit_row::Entity::find().filter(audit_row::Column::Action.eq("callsPurge"));
        assert_eq!(audited.count(&jfn.app.db).await.unwrap(), 1);
        // Nothing is left to go, until the hold is released.
        let again = retention::plan(&jfn.app).await.unwrap();
        assert_eq!(carry_out(&jfn.app, &again).await.unwrap(), 0);
        attorney.done("litigationHoldRelease", "case { id }", releasing(&case)).await;
        let released = retention::plan(&jfn.app).await.unwrap();
        assert_eq!(carry_out(&jfn.app, &released).await.unwrap(), 1);
        assert_eq!(sums(jfn).await, before);
        assert_eq!(litigation_hold::Entity::find().count(&jfn.app.db).await.unwrap(), 1, "the hold stays on record");
    }
}

story! {
    async fn a_purged_call_that_its_source_tells_again_is_not_counted_twice(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let line = |number: u32, day: &str| format!("{number},{day},22:00,,,Noise Party,12 ELM ST,");
        let file = |lines: &[String]| format!("{HEADER}\n{}\n", lines.join("\n"));
        let old = [line(1, "11/03/26"), line(2, "11/04/26")];
        let first = load_file(&jfn.app, "demo-police", file(&old)).await.unwrap();
        assert_eq!(first.counts.inserted, 2);
        jfn.wait(TimeDelta::days(900));
        load_file(&jfn.app, "demo-police", file(&[line(3, "05/01/29")])).await.unwrap();
        let before = sums(jfn).await;
        let plan = retention::plan(&jfn.app).await.unwrap();
        assert_eq!(carry_out(&jfn.app, &plan).await.unwrap(), 2);
        let told = feed::Entity::find().filter(feed::Column::Key.eq("demo-police")).one(&jfn.app.db).await.unwrap().unwrap();
        assert_eq!(told.purged_before, Some(plan.keeps_from));
        let again = load_file(&jfn.app, "demo-police", file(&old)).await.unwrap();
        assert_eq!((again.counts.inserted, again.counts.unchanged), (0, 2));
        assert_eq!(sums(jfn).await, before);
        assert_eq!(calls(jfn).await.len(), 1);
    }
}
