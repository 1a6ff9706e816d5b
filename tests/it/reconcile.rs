//! Calls that the source no longer lists: marked when its list can be believed, never deleted, and back when they return.

use api::schedule::{self, Stop};
use chrono::{DateTime, TimeDelta, Utc};
use entity::feed_run::{FeedRunKind, FeedRunStatus};
use serde_json::json;
use tests::{
    Jfn,
    fetched::{KEY, told},
    fetched_story,
    portal::Fault,
};

async fn withdrawn(jfn: &Jfn) -> Vec<String> {
    let calls = jfn.call_rows().await.into_iter().filter(|call| call.withdrawn_at.is_some());
    calls.map(|call| call.source_id).collect()
}

async fn flag(jfn: &Jfn) -> serde_json::Value {
    let seen = jfn.sergeant(3).await.ask("{ flags { nodes { status measured } } }", json!({})).await;
    seen["flags"]["nodes"][0].clone()
}

fetched_story! {
    async fn calls_that_are_gone_are_marked_and_lose_their_flag_and_return_with_it(jfn, portal) {
        jfn.place("12 ELM ST", 3).await;
        portal.change(|state| {
            for day in [5, 10, 15] {
                state.add("2026-11-19T12:00:00.000Z", told(&format!("elm-{day}"), day, "NOISE", "12 ELM ST"));
            }
        });
        assert_eq!(jfn.fetch().await.expect("it is read").counts.flags_raised, 1);
        jfn.wait(TimeDelta::hours(1));
        portal.change(|state| {
            state.remove(("id", "elm-10"));
            state.remove(("id", "4"));
        });
        let counts = jfn.reconcile(false).await.expect("it is compared").counts;
        assert_eq!((counts.withdrawn, counts.read), (2, 0));
        assert_eq!(withdrawn(jfn).await, ["4", "elm-10"]);
        assert_eq!(jfn.call_rows().await.len(), 43, "nothing is deleted");
        assert_eq!(flag(jfn).await, json!({ "status": "WITHDRAWN", "measured": 2.0 }));
        let run = jfn.feed_seen(KEY).await["runs"]["nodes"][0].clone();
        assert_eq!((&run["kind"], &run["status"], &run["withdrawn"]), (&json!("RECONCILE"), &json!("SUCCEEDED"), &json!(2)));

        portal.change(|state| state.add("2026-11-20T19:00:00.000Z", told("elm-10", 10, "NOISE", "12 ELM ST")));
        jfn.wait(TimeDelta::hours(1));
        let counts = jfn.fetch().await.expect("it is read").counts;
        assert_eq!((counts.inserted, counts.updated, counts.flags_raised), (0, 1, 1));
        assert_eq!(withdrawn(jfn).await, ["4"]);
        assert_eq!(jfn.reconcile(false).await.expect("it is compared").counts.withdrawn, 0);
    }
}

fetched_story! {
    async fn a_source_that_lost_too_much_at_once_is_not_believed_until_somebody_says_so(jfn, portal) {
        jfn.fetch().await.expect("it is read");
        assert_eq!(jfn.reconcile(false).await.expect("it is compared").counts.withdrawn, 0);
        assert_eq!(jfn.feed_row(KEY).await.listed, Some(40));
        portal.change(|state| {
            for id in ["1", "2", "3"] {
                state.remove(("id", id));
            }
        });
        let told = jfn.reconcile(false).await.expect_err("37 of 40 is too few").to_string();
        assert!(told.contains("37 rows") && told.contains("40 of the last good"), "{told}");
        let seen = jfn.feed_seen(KEY).await;
        assert_eq!(seen["runs"]["nodes"][0]["error"], told);
        assert_eq!(seen["health"], "FAILING");
        // A run that reads well does not hide that.
        jfn.wait(TimeDelta::minutes(15));
        jfn.fetch().await.expect("it is read");
        assert_eq!(jfn.feed_seen(KEY).await["health"], "FAILING");
        assert!(withdrawn(jfn).await.is_empty());
        assert_eq!(jfn.reconcile(true).await.expect("somebody said so").counts.withdrawn, 3);
        assert_eq!((jfn.feed_row(KEY).await.listed, withdrawn(jfn).await.len()), (Some(37), 3));
        assert_eq!(jfn.feed_seen(KEY).await["health"], "HEALTHY");
        assert_eq!(jfn.reconcile(false).await.expect("37 of 37").counts.withdrawn, 0);
    }
}

fetched_story! {
    async fn a_short_or_broken_list_of_keys_marks_nothing(jfn, portal) {
        jfn.fetch().await.expect("it is read");
        portal.change(|state| state.remove(("id", "1")));
        // The count, one page of keys, and then an end that comes too early.
        portal.misbehave([Fault::None, Fault::None, Fault::Body(json!([]))]);
        let told = jfn.reconcile(false).await.expect_err("the list is short").to_string();
        assert!(told.contains("39 rows") && told.contains("only 10"), "{told}");
        portal.misbehave([Fault::None, Fault::None, Fault::Cut, Fault::Cut]);
        jfn.reconcile(false).await.expect_err("the list breaks off");
        portal.misbehave([Fault::None, Fault::None, Fault::Body(json!([]))]);
        jfn.reconcile(true).await.expect_err("not even if somebody accepts fewer");
        assert!(withdrawn(jfn).await.is_empty());
        assert_eq!(jfn.reconcile(false).await.expect("a whole list").counts.withdrawn, 1);
    }
}

fetched_story! {
    async fn a_source_that_changed_its_keys_is_not_believed(jfn, portal) {
        jfn.fetch().await.expect("it is read");
        portal.change(|state| {
            for id in 1..=40 {
                let id = id.to_string();
                state.change(("id", &id), "2026-11-20T17:00:00.000Z", "id", json!(format!("P{id}")));
            }
        });
        let told = jfn.reconcile(false).await.expect_err("none of our keys is listed").to_string();
        assert!(told.contains("of our 40 calls") && told.contains("only 0"), "{told}");
        assert!(withdrawn(jfn).await.is_empty());
    }
}

fetched_story! {
    async fn keys_are_compared_at_half_past_three_every_night(jfn, portal) {
        let tick = async || schedule::tick(&jfn.app, &Stop::never()).await.expect("a look at what is due");
        assert_eq!(tick().await, 1);
        let night: DateTime<Utc> = "2026-11-21T11:30:00Z".parse().expect("a time");
        assert_eq!(jfn.feed_row(KEY).await.next_reconcile_at, Some(night));
        portal.change(|state| state.remove(("id", "1")));
        jfn.clock.set(night);
        assert_eq!(tick().await, 1, "it is read first");
        assert_eq!(tick().await, 1, "and then compared");
        assert_eq!(tick().await, 0);
        let runs = jfn.run_rows().await;
        let last = runs.last().expect("a run");
        assert_eq!((last.kind, last.status, last.withdrawn), (FeedRunKind::Reconcile, FeedRunStatus::Succeeded, 1));
        assert_eq!(jfn.feed_row(KEY).await.next_reconcile_at, Some(night + TimeDelta::days(1)));
    }
}
