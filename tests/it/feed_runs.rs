//! A feed that is fetched: what changed is read, nothing is missed, and every run says what it did.

use api::{
    authz::Viewer,
    commands::feed::replay_rejected,
    commands::serve::app_of,
    preset::Preset,
    schedule::{self, Manner, Stop},
    writes::{feed_runs::Purpose, ingest::ImportRun},
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    feed_run::{FeedRunKind, FeedRunStatus},
    rejected_row,
};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tests::{
    Jfn, Store,
    calls::{HEADER, load_file},
    fetched,
    fetched::{KEY, eventually, told},
    fetched_story, key,
    portal::Fault,
    story,
};

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("a time")
}

async fn tick(jfn: &Jfn) -> usize {
    schedule::tick(&jfn.app, &Stop::never()).await.expect("a look at what is due")
}

fetched_story! {
    async fn each_run_reads_what_changed_since_the_last_and_an_hour_before(jfn, portal) {
        assert_eq!(jfn.fetch().await.expect("it is read").counts.inserted, 40);
        let newest: DateTime<Utc> = "2026-11-19T12:00:40Z".parse().expect("a time");
        let seen = jfn.feed_seen(KEY).await;
        assert_eq!(time(&seen["watermark"]), newest);
        assert_eq!(seen["runs"]["nodes"][0]["kind"], "IMPORT");
        // Ten in the evening of the 18th until ten in the morning of the 20th.
        assert_eq!(seen["lagMinutes"], 36 * 60);
        jfn.wait(TimeDelta::minutes(15));
        portal.change(|state| {
            // Told late, changed, and new; one was changed too long ago to be read again.
            state.add("2026-11-19T11:30:00.000Z", told("late", 18, "FIGHT", "1 ASH ST"));
            state.change(("id", "7"), "2026-11-20T18:01:00.000Z", "kind", json!("FIGHT"));
            state.add("2026-11-20T18:02:00.000Z", told("new", 20, "NOISE", "2 ASH ST"));
            state.add("2026-11-19T10:59:00.000Z", told("too late", 18, "FIGHT", "1 ASH ST"));
        });
        let counts = jfn.fetch().await.expect("it is read").counts;
        assert_eq!((counts.inserted, counts.updated, counts.unchanged), (2, 1, 39));
        let calls = jfn.call_rows().await;
        let kind = |id: &str| calls.iter().find(|call| call.source_id == id).and_then(|call| call.description.clone());
        assert_eq!(kind("7").as_deref(), Some("FIGHT"));
        assert_eq!((kind("late").is_some(), kind("new").is_some(), kind("too late").is_some()), (true, true, false));
    }
}

fetched_story! {
    async fn the_watermark_never_passes_the_start_of_the_run(jfn, portal) {
        // The portal's clock is ahead of ours.
        portal.change(|state| state.add("2026-11-20T23:00:00.000Z", told("x", 19, "NOISE", "1 ASH ST")));
        let started = jfn.clock.now();
        jfn.fetch().await.expect("it is read");
        assert_eq!(jfn.feed_row(KEY).await.watermark, Some(started));
    }
}

fetched_story! {
    async fn a_run_that_fails_half_way_keeps_what_it_took_and_leaves_the_watermark(jfn, portal) {
        portal.misbehave([Fault::None, Fault::None, Fault::Cut, Fault::Cut]);
        jfn.fetch().await.expect_err("the portal hangs up");
        let run = jfn.run_rows().await.remove(0);
        assert_eq!((run.status, run.inserted), (FeedRunStatus::Failed, 20));
        assert!(run.error.expect("a reason").contains("cannot be reached"));
        assert_eq!(jfn.call_rows().await.len(), 20);
        let seen = jfn.feed_seen(KEY).await;
        assert_eq!((&seen["health"], &seen["watermark"]), (&json!("FAILING"), &json!(null)));
        let counts = jfn.fetch().await.expect("it is read").counts;
        assert_eq!((counts.inserted, counts.unchanged), (20, 20));
        assert_eq!(jfn.feed_seen(KEY).await["health"], "HEALTHY");
    }
}

fetched_story! {
    async fn a_column_that_is_gone_or_of_another_type_stops_the_run_before_anything_is_read(jfn, portal) {
        portal.change(|state| {
            state.columns.remove("kind");
        });
        let told = jfn.fetch().await.expect_err("a column is gone").to_string();
        assert!(told.contains("missing kind"), "{told}");
        assert_eq!(jfn.run_rows().await[0].error.as_deref(), Some(told.as_str()));
        portal.change(|state| {
            state.columns.insert("kind".to_owned(), "text".to_owned());
            state.columns.insert("at".to_owned(), "number".to_owned());
        });
        let told = jfn.fetch().await.expect_err("a column is a number now").to_string();
        assert!(told.contains("of another type at"), "{told}");
        assert!(jfn.call_rows().await.is_empty());
    }
}

fetched_story! {
    async fn a_feed_is_read_when_it_is_due_and_not_while_it_is_paused(jfn, portal) {
        assert_eq!(tick(jfn).await, 1, "a new feed is due at once, and no other is scheduled");
        assert_eq!(tick(jfn).await, 0);
        let seen = jfn.feed_seen(KEY).await;
        let wait = time(&seen["nextRunAt"]) - jfn.clock.now();
        assert!((TimeDelta::minutes(15)..=TimeDelta::seconds(990)).contains(&wait), "{wait}");
        jfn.wait(TimeDelta::minutes(14));
        assert_eq!(tick(jfn).await, 0);
        let sergeant = jfn.sergeant(2).await;
        let mut pause = json!({ "feedId": seen["id"], "expectedVersion": 1, "paused": true });
        sergeant.done("feedPause", "feed { id }", pause.clone()).await;
        jfn.wait(TimeDelta::minutes(3));
        assert_eq!(tick(jfn).await, 0, "it is paused");
        let run = json!({ "feedId": seen["id"], "idempotencyKey": key() });
        assert_eq!(sergeant.refused("feedRun", "run { id }", run).await, "TRANSITION_BLOCKED");
        assert_eq!(jfn.feed_seen(KEY).await["nextRunAt"], json!(null));
        pause["expectedVersion"] = json!(2);
        pause["paused"] = json!(false);
        sergeant.done("feedPause", "feed { id }", pause).await;
        assert_eq!(tick(jfn).await, 1);
        assert_eq!(jfn.run_rows().await.len(), 2);
        assert_eq!(portal.pages(), 5 + 5);
    }
}

fetched_story! {
    async fn a_feed_that_keeps_failing_is_tried_less_often_and_a_source_is_left_alone_when_it_asks(jfn, portal) {
        let next = async || time(&jfn.feed_seen(KEY).await["nextRunAt"]) - jfn.clock.now();
        let mut waits = Vec::new();
        for _ in 0..3 {
            portal.misbehave([Fault::Status(503, None), Fault::Status(503, None)]);
            assert_eq!(tick(jfn).await, 1);
            let wait = next().await;
            waits.push(wait.num_minutes());
            jfn.wait(wait);
        }
        assert!((15..=16).contains(&waits[0]) && (30..=31).contains(&waits[1]) && (60..=61).contains(&waits[2]), "{waits:?}");
        portal.misbehave([Fault::Status(429, Some("14400".to_owned()))]);
        assert_eq!(tick(jfn).await, 1);
        let wait = next().await;
        assert!(wait >= TimeDelta::hours(4), "the source asked for four hours: {wait}");
        assert_eq!(jfn.feed_row(KEY).await.failures, 4);
        jfn.wait(wait);
        assert_eq!(tick(jfn).await, 1);
        assert_eq!(jfn.feed_row(KEY).await.failures, 0);
        assert!(next().await <= TimeDelta::minutes(17));
    }
}

fetched_story! {
    async fn a_feed_is_late_when_nothing_came_for_three_intervals(jfn, portal) {
        assert_eq!(jfn.feed_seen(KEY).await["health"], "NEVER_RUN");
        jfn.fetch().await.expect("it is read");
        jfn.wait(TimeDelta::minutes(45));
        assert_eq!(jfn.feed_seen(KEY).await["health"], "HEALTHY");
        jfn.wait(TimeDelta::minutes(1));
        assert_eq!(jfn.feed_seen(KEY).await["health"], "LATE");
        assert_eq!(portal.pages(), 5);
    }
}

fetched_story! {
    async fn a_run_that_somebody_asks_for_answers_at_once_and_can_be_watched(jfn, portal) {
        const PAYLOAD: &str = "run { id status } feed { key }";
        portal.take_time(std::time::Duration::from_millis(300));
        let sergeant = jfn.sergeant(3).await;
        let feed = jfn.feed_row(KEY).await.id.to_string();
        let ask = json!({ "feedId": feed, "idempotencyKey": key() });
        let payload = sergeant.done("feedRun", PAYLOAD, ask.clone()).await;
        assert_eq!((&payload["run"]["status"], &payload["feed"]["key"]), (&json!("RUNNING"), &json!(KEY)));
        let other = json!({ "feedId": feed, "idempotencyKey": key() });
        assert_eq!(sergeant.refused("feedRun", PAYLOAD, other).await, "TRANSITION_BLOCKED");
        let node = "query ($id: ID!) { node(id: $id) { ... on FeedRun { status read inserted } } }";
        let look = || async {
            let seen = sergeant.ask(node, json!({ "id": payload["run"]["id"] })).await;
            Some(seen["node"].clone())
        };
        let half = eventually("a count while it runs", || async {
            look().await.filter(|run| run["status"] == "RUNNING" && run["read"] != 0)
        });
        assert!(half.await["read"].as_i64().expect("a number") < 40);
        let done = eventually("its end", || async { look().await.filter(|run| run["status"] != "RUNNING") }).await;
        assert_eq!(done, json!({ "status": "SUCCEEDED", "read": 40, "inserted": 40 }));
        let again = sergeant.done("feedRun", PAYLOAD, ask).await;
        assert_eq!(again["run"]["id"], payload["run"]["id"], "the same key answers the same run");
        let by_hand = json!({ "feedId": jfn.feed_row("demo-police").await.id.to_string(), "idempotencyKey": key() });
        assert_eq!(sergeant.refused("feedRun", PAYLOAD, by_hand).await, "TRANSITION_BLOCKED");
        let question = "mutation ($input: FeedRunInput!) { feedRun(input: $input) { run { id } } }";
        let input = json!({ "input": { "feedId": feed, "idempotencyKey": key() } });
        for nobody in [jfn.commissioner().await, jfn.code_officer(3).await] {
            assert_eq!(nobody.error_of(question, input.clone()).await, "FORBIDDEN");
        }
        assert_eq!(jfn.run_rows().await.len(), 1);
    }
}

fetched_story! {
    async fn a_server_that_stops_ends_its_run_at_the_next_batch_and_the_next_one_reads_on(jfn, portal) {
        let (stopper, stop) = Stop::new();
        portal.after_pages(2, move |_| stopper.stop());
        let (server, purpose) = (Viewer::server(), Purpose::fetched(FeedRunKind::Import));
        let run = ImportRun::start_as(&jfn.app, &server, KEY, purpose).await.expect("it begins");
        let manner = Manner { progress: &|_| (), accept_fewer: false, stop };
        schedule::carry_out(&jfn.app, run, manner).await.expect_err("it was stopped");
        let run = jfn.run_rows().await.remove(0);
        assert_eq!((run.status, run.inserted), (FeedRunStatus::Failed, 10));
        assert!(run.error.expect("a reason").contains("server was stopped"));
        assert_eq!(jfn.feed_row(KEY).await.failures, 0, "that is not the source's fault");
        assert_eq!(tick(jfn).await, 1, "it is due at once");
        assert_eq!(jfn.run_rows().await[1].inserted, 30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_reads_its_feeds_by_itself() {
    for store in [Store::Sqlite, Store::Postgres] {
        let portal = fetched::portal(40).await;
        let jfn = fetched::start(store, &portal, true).await;
        let done = eventually("a run", || async {
            jfn.run_rows().await.into_iter().find(|run| run.status == FeedRunStatus::Succeeded)
        });
        assert_eq!(done.await.inserted, 40);
        jfn.stop().await;
    }
}

story! {
    async fn rejected_rows_are_read_again_after_the_mapping_was_mended(jfn) {
        let load = async |lines: &str| {
            let text = format!("{HEADER}\n{lines}\n");
            load_file(&jfn.app, "demo-police", text).await.expect("it loads")
        };
        jfn.place("12 ELM ST", 3).await;
        let first = load(
            "1,2026-11-05,22:00,,,Noise Party,12 ELM ST,\n2,11/10/26,22:00,,,Noise Party,12 ELM ST,\n\
             3,2026-11-15,22:00,,,Noise Party,12 ELM ST,\n4,yesterday,22:00,,,Noise Party,12 ELM ST,\n\
             5,2026-11-16,22:00,,,Noise Party,12 ELM ST,",
        );
        assert_eq!((first.await.counts.rejected, jfn.call_rows().await.len()), (4, 1));
        jfn.wait(TimeDelta::hours(1));
        // The source mended this row itself, and says something else by now.
        load("5,11/17/26,23:00,,,Theft,14 ELM ST,").await;
        jfn.wait(TimeDelta::hours(1));
        let nothing = replay_rejected(&jfn.app, "demo-police", Stop::never(), &|_| ()).await.expect("it is read");
        assert_eq!((nothing.counts.read, nothing.counts.rejected), (4, 4), "nothing was mended yet");

        let mut preset = Preset::sacramento().expect("the preset");
        let feed = preset.feeds.iter_mut().find(|feed| feed.key == "demo-police").expect("the feed");
        feed.mapping.occurred_at[0].format = "%Y-%m-%d".to_owned().try_into().expect("a form");
        let mended = app_of(jfn.app.db.clone(), preset, jfn.clock.clone()).await.expect("the preset loads");
        let again = replay_rejected(&mended, "demo-police", Stop::never(), &|_| ()).await.expect("it is read");
        let counts = &again.counts;
        assert_eq!((counts.read, counts.inserted, counts.duplicates, counts.rejected), (4, 2, 1, 1));
        assert_eq!(counts.flags_raised, 1);
        let calls = jfn.call_rows().await;
        assert_eq!(calls.iter().map(|call| call.source_id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "5"]);
        assert_eq!(calls[3].address, "14 ELM ST", "what was told later stands");
        let left = rejected_row::Entity::find().order_by_asc(rejected_row::Column::Id).all(&jfn.app.db).await;
        let left = left.expect("rejected rows");
        assert_eq!(left.len(), 1);
        assert!(left[0].columns.contains("yesterday") && left[0].reason.contains("yesterday"), "{}", left[0].reason);
        let run = &jfn.feed_seen("demo-police").await["runs"]["nodes"][0];
        assert_eq!((&run["kind"], &run["status"], &run["rejected"]), (&json!("REPLAY"), &json!("SUCCEEDED"), &json!(1)));
    }
}
