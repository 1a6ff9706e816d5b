//! From a row of a log to a flag: calls that come, change, are mapped or find their place later raise and withdraw flags.

use api::{
    app::App,
    authz::Viewer,
    feeds::{CallLog, Line},
    writes::ingest::{Counts, ImportRun},
};
use chrono::TimeDelta;
use entity::flag::{self, FlagStatus};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use tests::{
    Jfn,
    calls::{HEADER, load_file},
    story,
};

/// A call at the bar on a night of November 2026.
fn night(day: u8, call_type: &str) -> String {
    format!("{day},11/{day:02}/26,22:00,,,{call_type},1200 K ST,No Report")
}

async fn load(app: &App, rows: &[String]) -> Counts {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    load_file(app, "demo-police", text).await.expect("it loads").counts
}

fn lines(app: &App, rows: &[String]) -> Vec<Line> {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let mapping = &app.city.preset.feed("demo-police").expect("the feed").mapping;
    let log = CallLog::read(text.as_bytes(), mapping).expect("a header");
    log.map(|line| line.expect("a whole file")).collect()
}

async fn flags(jfn: &Jfn) -> Vec<FlagStatus> {
    let flags = flag::Entity::find().order_by_asc(flag::Column::Id).all(&jfn.app.db).await.expect("flags");
    flags.into_iter().map(|flag| flag.status).collect()
}

fn three_nights(call_type: &str) -> Vec<String> {
    [3, 7, 12].map(|day| night(day, call_type)).to_vec()
}

story! {
    async fn three_loud_nights_at_a_bar_raise_one_flag_and_the_same_log_raises_no_other(jfn) {
        jfn.place("1200 K ST", 3).await;
        let first = load(&jfn.app, &three_nights("Noise Party")).await;
        assert_eq!((first.inserted, first.matched, first.flags_raised), (3, 3, 1));
        let second = load(&jfn.app, &three_nights("Noise Party")).await;
        assert_eq!((second.unchanged, second.matched, second.flags_raised), (3, 0, 0));
        assert_eq!(flags(jfn).await, [FlagStatus::NeedsReview]);
        let seen = jfn.sergeant(3).await.ask("{ feeds { key runs { nodes { matched flagsRaised } } } }", json!({})).await;
        let feeds = seen["feeds"].as_array().expect("a list").clone();
        let feed = feeds.iter().find(|feed| feed["key"] == "demo-police").expect("the feed");
        assert_eq!(feed["runs"]["nodes"][1], json!({ "matched": 3, "flagsRaised": 1 }));
    }
}

story! {
    async fn a_call_that_becomes_protected_takes_its_flag_along(jfn) {
        jfn.place("1200 K ST", 3).await;
        load(&jfn.app, &three_nights("Noise Party")).await;
        let again = load(&jfn.app, &[night(7, "Domestic Viol")]).await;
        assert_eq!((again.updated, again.flags_raised), (1, 0));
        assert_eq!(flags(jfn).await, [FlagStatus::Withdrawn]);
    }
}

story! {
    async fn protected_and_unmapped_calls_raise_nothing_however_many_they_are(jfn) {
        jfn.place("1200 K ST", 3).await;
        let types = ["Domestic Viol", "Goat on roof", "Welfare Check"];
        let rows: Vec<String> = (1..=18).map(|day| night(day, types[usize::from(day) % 3])).collect();
        let loaded = load(&jfn.app, &rows).await;
        assert_eq!((loaded.inserted, loaded.matched, loaded.flags_raised), (18, 18, 0));
        assert!(flags(jfn).await.is_empty());
    }
}

story! {
    async fn calls_of_a_killed_run_are_seen_by_the_rules_when_the_next_begins(jfn) {
        jfn.place("1200 K ST", 3).await;
        let mut run = ImportRun::start(&jfn.app, &Viewer::server(), "demo-police").await.expect("it begins");
        run.take(&lines(&jfn.app, &three_nights("Noise Party"))).await.expect("it is taken");
        drop(run);
        assert!(flags(jfn).await.is_empty(), "no rule has seen them");
        // Nobody gives its lease back.
        jfn.wait(jfn.app.holder.lease + TimeDelta::seconds(1));
        let next = load(&jfn.app, &three_nights("Noise Party")).await;
        assert_eq!((next.unchanged, next.flags_raised), (3, 1));
    }
}

story! {
    async fn mapping_a_call_type_raises_flags_and_correcting_it_withdraws_them(jfn) {
        jfn.place("1200 K ST", 3).await;
        load(&jfn.app, &three_nights("Goat on roof")).await;
        assert!(flags(jfn).await.is_empty());
        let sergeant = jfn.sergeant(1).await;
        let feeds = sergeant.ask("{ feeds { id key } }", json!({})).await["feeds"].take();
        let feeds = feeds.as_array().expect("a list").clone();
        let feed = &feeds.iter().find(|feed| feed["key"] == "demo-police").expect("the feed")["id"];
        for (category, status) in [("NOISE", FlagStatus::NeedsReview), ("WELFARE", FlagStatus::Withdrawn)] {
            let input = json!({ "feedId": feed, "description": "goat on roof", "category": category });
            let mapped = sergeant.done("callCategoryMap", "callsChanged", input).await;
            assert_eq!(mapped["callsChanged"], 3);
            assert_eq!(flags(jfn).await, [status]);
        }
    }
}

story! {
    async fn a_flag_is_raised_when_the_place_of_the_calls_becomes_known(jfn) {
        let loaded = load(&jfn.app, &three_nights("Noise Party")).await;
        assert_eq!((loaded.inserted, loaded.matched), (3, 0));
        let place = jfn.place("900 J ST", 3).await;
        let input = json!({ "propertyId": place, "expectedVersion": 1, "addAliases": ["1200 K Street"] });
        jfn.sergeant(3).await.done("propertyEdit", "property { id }", input).await;
        assert_eq!(flags(jfn).await, [FlagStatus::NeedsReview]);
    }
}
