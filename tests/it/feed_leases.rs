//! One run of a feed at a time: who has the lease writes, who lost it writes nothing more.

use api::{
    authz::Viewer,
    error::{Error, Result},
    feeds::{CallLog, Line},
    schedule::{self, Stop},
    writes::{feed_runs::Failure, ingest::ImportRun},
};
use chrono::TimeDelta;
use entity::feed_run::FeedRunStatus;
use serde_json::json;
use tests::{
    Jfn,
    calls::{HEADER, load_file},
    fetched::eventually,
    story,
};

const FEED: &str = "demo-police";

fn log(calls: &[(u32, &str)]) -> Vec<u8> {
    let line =
        |(number, day): &(u32, &str)| format!("{number},{day},22:00,,,Noise Party,12 ELM ST,No Report");
    let lines: Vec<String> = calls.iter().map(line).collect();
    format!("{HEADER}\n{}\n", lines.join("\n")).into_bytes()
}

fn lines(jfn: &Jfn, calls: &[(u32, &str)]) -> Vec<Line> {
    let mapping = &jfn.app.city.preset.feed(FEED).expect("the feed").mapping;
    let log = log(calls);
    CallLog::read(&log[..], mapping).expect("a header").map(|line| line.expect("a whole file")).collect()
}

async fn start(jfn: &Jfn) -> Result<ImportRun> {
    ImportRun::start(&jfn.app, &Viewer::server(), FEED).await
}

async fn statuses(jfn: &Jfn) -> Vec<FeedRunStatus> {
    jfn.run_rows().await.iter().map(|run| run.status).collect()
}

/// Waits until nobody who died can still have the feed.
fn outlive(jfn: &Jfn) {
    jfn.wait(jfn.app.holder.lease + TimeDelta::seconds(1));
}

const THREE: &[(u32, &str)] = &[(1, "11/05/26"), (2, "11/10/26"), (3, "11/15/26")];

story! {
    async fn of_two_runs_at_once_the_second_is_refused_and_told_by_whom(jfn) {
        let first = start(jfn).await.expect("the first begins");
        match start(jfn).await.err() {
            Some(Error::Busy { message, retry_after }) => {
                assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
                assert!((1..=10).contains(&retry_after), "{retry_after}");
            }
            other => panic!("{other:?}"),
        }
        // Another feed is free.
        ImportRun::start(&jfn.app, &Viewer::server(), "slo-police").await.expect("it begins").finish().await.expect("it ends");
        first.finish().await.expect("it ends well");
        start(jfn).await.expect("now it begins").finish().await.expect("it ends well");
        assert_eq!(statuses(jfn).await, [FeedRunStatus::Succeeded; 3]);
    }
}

story! {
    async fn a_holder_whose_lease_ran_out_writes_nothing_more(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let mut first = start(jfn).await.expect("it begins");
        first.take(&lines(jfn, THREE)).await.expect("it has the feed");
        outlive(jfn);
        let second = start(jfn).await.expect("it takes over");
        let refused = first.take(&lines(jfn, &[(4, "11/16/26")])).await.expect_err("it lost the feed");
        assert!(matches!(refused, Error::Interrupted(_)), "{refused:?}");
        assert_eq!(jfn.call_rows().await.len(), 3);
        let refused = first.fail_with(&Failure::of("late")).await.expect_err("it has no say in its end either");
        assert!(matches!(refused, Error::Interrupted(_)), "{refused:?}");
        // The second sees to what the first left: three nights at a bar.
        assert_eq!(second.finish().await.expect("it ends well").counts.flags_raised, 1);
        let runs = jfn.run_rows().await;
        assert_eq!(statuses(jfn).await, [FeedRunStatus::Failed, FeedRunStatus::Succeeded]);
        let told = runs[0].error.as_deref().expect("a reason");
        assert!(told.contains(runs[0].holder.as_deref().expect("a holder")) && told.contains("lease"), "{told}");
        assert_eq!((runs[0].inserted, runs[1].inserted), (3, 0));
    }
}

story! {
    async fn a_late_holder_cannot_end_the_run_well_either(jfn) {
        let mut first = start(jfn).await.expect("it begins");
        first.take(&lines(jfn, THREE)).await.expect("it has the feed");
        outlive(jfn);
        start(jfn).await.expect("it takes over").finish().await.expect("it ends well");
        assert!(matches!(first.finish().await, Err(Error::Interrupted(_))));
        assert_eq!(statuses(jfn).await, [FeedRunStatus::Failed, FeedRunStatus::Succeeded]);
    }
}

story! {
    async fn a_holder_that_is_late_but_alone_goes_on(jfn) {
        let mut run = start(jfn).await.expect("it begins");
        outlive(jfn);
        run.take(&lines(jfn, THREE)).await.expect("nobody else took the feed");
        assert!(matches!(start(jfn).await, Err(Error::Busy { .. })), "the lease was renewed");
        run.finish().await.expect("it ends well");
    }
}

story! {
    async fn a_run_that_waits_for_its_source_says_that_it_is_alive(jfn) {
        let app = jfn.app.clone().with_lease(TimeDelta::milliseconds(400));
        let run = ImportRun::start(&app, &Viewer::server(), FEED).await.expect("it begins");
        jfn.wait(TimeDelta::hours(1));
        let now = jfn.clock.now();
        eventually("a renewed lease", || async {
            jfn.feed_row(FEED).await.lease_until.filter(|until| *until > now)
        })
        .await;
        assert!(matches!(start(jfn).await, Err(Error::Busy { .. })));
        run.finish().await.expect("it ends well");
        assert_eq!(jfn.feed_row(FEED).await.lease_holder, None);
    }
}

story! {
    async fn what_a_dead_process_left_is_cleared_up_even_where_nothing_is_scheduled(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let mut run = start(jfn).await.expect("it begins");
        run.take(&lines(jfn, THREE)).await.expect("it has the feed");
        drop(run);
        assert_eq!(schedule::tick(&jfn.app, &Stop::never()).await.expect("a look"), 0, "it may still be alive");
        outlive(jfn);
        assert_eq!(schedule::tick(&jfn.app, &Stop::never()).await.expect("a look"), 1);
        assert_eq!(statuses(jfn).await, [FeedRunStatus::Failed]);
        let flags = jfn.sergeant(3).await.ask("{ flags { nodes { measured } } }", json!({})).await;
        assert_eq!(flags["flags"]["nodes"], json!([{ "measured": 3.0 }]));
        assert_eq!(schedule::tick(&jfn.app, &Stop::never()).await.expect("a look"), 0);
    }
}

story! {
    async fn a_file_at_the_command_line_waits_for_its_turn(jfn) {
        let run = start(jfn).await.expect("it begins");
        let (app, bytes) = (jfn.app.clone(), log(THREE));
        let load = tokio::spawn(async move {
            load_file(&app, FEED, bytes).await
        });
        run.finish().await.expect("it ends well");
        let loaded = load.await.expect("no panic").expect("it loads");
        assert_eq!(loaded.counts.inserted, 3);
    }
}

story! {
    async fn from_a_paused_feed_nothing_is_taken(jfn) {
        const PAYLOAD: &str = "feed { version health }";
        let sergeant = jfn.sergeant(1).await;
        let id = jfn.feed_row(FEED).await.id.to_string();
        let pause = |version: i32, paused| json!({ "feedId": id, "expectedVersion": version, "paused": paused });
        let mut run = start(jfn).await.expect("it begins");
        run.take(&lines(jfn, THREE)).await.expect("it has the feed");
        let done = sergeant.done("feedPause", PAYLOAD, pause(1, true)).await;
        assert_eq!(done["feed"], json!({ "version": 2, "health": "PAUSED" }));
        let refused = run.take(&lines(jfn, &[(4, "11/16/26")])).await.expect_err("it is paused");
        run.fail(&refused.to_string()).await.expect("it still has the feed, to end its run");
        let runs = jfn.run_rows().await;
        assert!(runs[0].error.as_deref().expect("a reason").contains("paused"));
        assert_eq!(jfn.call_rows().await.len(), 3);
        match start(jfn).await.err() {
            Some(Error::Refused(refusals)) => assert!(refusals[0].message.contains("paused"), "{refusals:?}"),
            other => panic!("{other:?}"),
        }
        // To pause it again changes nothing; to resume it with what one saw before does not work.
        sergeant.done("feedPause", PAYLOAD, pause(1, true)).await;
        assert_eq!(sergeant.refused("feedPause", PAYLOAD, pause(1, false)).await, "STALE_VERSION");
        sergeant.done("feedPause", PAYLOAD, pause(2, false)).await;
        start(jfn).await.expect("it begins").finish().await.expect("it ends well");
        assert_eq!(jfn.feed_seen(FEED).await["health"], "HEALTHY");
        let attorney = jfn.attorney(1).await;
        let refused = attorney.error_of(
            "mutation ($input: FeedPauseInput!) { feedPause(input: $input) { feed { id } } }",
            json!({ "input": pause(3, true) }),
        );
        assert_eq!(refused.await, "FORBIDDEN");
    }
}
