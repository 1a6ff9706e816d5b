//! What a flag rested on: looked at before a review, kept as it was when a case was opened from it.

use api::{http::Edge, preset::Preset};
use entity::{
    call::{self, CallCategory},
    property::{self, UseType},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use tests::{
    Jfn, Store,
    calls::{call, nights},
    flags::{flagged, flagged_on},
    key, story,
};

const PREVIEW: &str = "query ($flag: ID!, $out: [ID!]!) { flagReviewPreview(flagId: $flag, exclude: $out) \
    { measured threshold stands counted explanation } }";

story! {
    async fn a_sergeant_sees_whether_a_flag_would_stand_before_anything_is_written(jfn) {
        let (sergeant, _, calls, flag) = flagged_on(jfn, &[2, 5, 10, 15]).await;
        let preview = async |out: &[&call::Model]| {
            let out: Vec<String> = out.iter().map(|call| call.id.to_string()).collect();
            sergeant.ask(PREVIEW, json!({ "flag": flag["id"], "out": out })).await["flagReviewPreview"].take()
        };
        let whole = preview(&[]).await;
        assert_eq!((&whole["measured"], &whole["threshold"], &whole["stands"]), (&json!(4.0), &json!(3.0), &json!(true)));
        let one_out = preview(&[&calls[0]]).await;
        assert_eq!((&one_out["measured"], &one_out["stands"]), (&json!(3.0), &json!(true)));
        let two_out = preview(&[&calls[0], &calls[1]]).await;
        assert_eq!((&two_out["measured"], &two_out["stands"]), (&json!(2.0), &json!(false)));
        let left: Vec<String> = calls[2..].iter().map(|call| call.id.to_string()).collect();
        assert_eq!(two_out["counted"].as_array().unwrap().len(), left.len());
        assert!(left.iter().all(|id| two_out["counted"].as_array().unwrap().contains(&json!(id))));
        let seen = sergeant.ask("{ flags { nodes { version measured status } } }", json!({})).await;
        assert_eq!(seen["flags"]["nodes"], json!([{ "version": flag["version"], "measured": 4.0, "status": "NEEDS_REVIEW" }]));
        let elsewhere = call(&jfn.place("14 ELM ST", 3).await, "2026-11-12 11:00");
        jfn.told(std::slice::from_ref(&elsewhere)).await;
        let wrong = json!({ "flag": flag["id"], "out": [elsewhere.id.to_string()] });
        assert_eq!(sergeant.error_of(PREVIEW, wrong).await, "BAD_INPUT");
        let asked = json!({ "flag": flag["id"], "out": [] });
        assert_eq!(jfn.sergeant(4).await.error_of(PREVIEW, asked).await, "NOT_FOUND");
    }
}

const EVIDENCE: &str = "query ($id: ID!) { node(id: $id) { ... on Case { flagEvidence { asOpened { measured threshold \
    windowFrom windowTo calls { occurredAt category counted reason } protectedNow } now { measured status } } } } }";

story! {
    async fn a_case_keeps_what_its_flag_rested_on_next_to_the_present_count(jfn) {
        let (sergeant, _, calls, flag) = flagged(jfn).await;
        let input = json!({ "flagId": flag["id"], "expectedVersion": flag["version"], "decision": "CONFIRM", "reason": "Loud." });
        sergeant.done("flagReview", "flag { id }", input).await;
        let opening = json!({ "idempotencyKey": key(), "flagId": flag["id"], "title": "Loud bar", "kinds": ["HIGH_CALL_VOLUME"] });
        let case = sergeant.done("flagOpenCase", "case { id }", opening).await["case"]["id"].take();
        let evidence = async || sergeant.ask(EVIDENCE, json!({ "id": case })).await["node"]["flagEvidence"].take();
        let first = evidence().await;
        assert_eq!((&first["asOpened"]["measured"], &first["now"]["measured"]), (&json!(3.0), &json!(3.0)));
        assert_eq!(first["asOpened"]["calls"].as_array().unwrap().len(), 3);

        // The source corrects a call to another day, and takes one back.
        let mut moved = calls[0].clone();
        moved.category = CallCategory::Theft;
        let gone = call::Model { withdrawn_at: Some(jfn.app.clock.now()), ..calls[1].clone() };
        jfn.told(&[moved, gone]).await;
        let later = evidence().await;
        assert_eq!(later["asOpened"], first["asOpened"], "what was decided on stays as it was");
        assert_eq!((&later["now"]["measured"], &later["now"]["status"]), (&json!(1.0), &json!("CASE_OPENED")));

        // A call that is protected by now is not shown there either.
        let protected = call::Model { category: CallCategory::Domestic, ..calls[2].clone() };
        jfn.told(&[protected]).await;
        let last = evidence().await["asOpened"].take();
        assert_eq!((last["calls"].as_array().unwrap().len(), &last["protectedNow"]), (2, &json!(1)));
        assert_eq!(last["measured"], 3.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_near_a_threshold_is_shown_early_where_the_rule_says_so_and_is_no_flag() {
    for store in [Store::Sqlite, Store::Postgres] {
        // Costa Mesa's rule warns early: more than 0.4 calls a room is its threshold, and 80 percent of that the warning.
        let jfn = Jfn::start_in(store, Edge::default(), |preset| {
            preset.nuisance_rules = Preset::rules_of("costa-mesa").expect("a set").expect("it is whole");
        })
        .await;
        let place = jfn.place("12 ELM ST", 3).await;
        let id: entity::id::PropertyId = place.parse().unwrap();
        let mut row: property::ActiveModel =
            property::Entity::find_by_id(id).one(&jfn.app.db).await.unwrap().unwrap().into();
        row.use_type = Set(UseType::Motel);
        row.unit_count = Set(Some(10));
        row.update(&jfn.app.db).await.unwrap();
        let sergeant = jfn.sergeant(3).await;
        let warnings = "{ earlyWarnings { property { id } measured threshold percent } }";
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[1, 3, 5])).await, 0);
        assert_eq!(sergeant.ask(warnings, json!({})).await["earlyWarnings"], json!([]));
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[7])).await, 0);
        let seen = sergeant.ask(warnings, json!({})).await["earlyWarnings"].take();
        assert_eq!(
            seen,
            json!([{ "property": { "id": place }, "measured": 0.4, "threshold": 0.4, "percent": 80 }])
        );
        assert_eq!(jfn.sergeant(4).await.ask(warnings, json!({})).await["earlyWarnings"], json!([]));
        assert_eq!(jfn.told(&nights(&place, CallCategory::Noise, &[11])).await, 1);
        assert_eq!(
            sergeant.ask(warnings, json!({})).await["earlyWarnings"],
            json!([]),
            "people look already"
        );
        jfn.stop().await;
    }
}
