//! Calls on their way in: files become calls, and what goes wrong with a file is told and half of nothing is written.

use std::{io::Write as _, path::Path};

use api::{
    app::App,
    authz::Viewer,
    commands::import_calls,
    error::Result,
    feeds::CallLog,
    writes::ingest::{Counts, ImportRun, Summary},
};
use entity::{
    call::{self, CallCategory},
    feed, feed_run,
};
use flate2::{Compression, write::GzEncoder};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tests::{
    Jfn,
    calls::{HEADER, load_file},
    files, story,
};

const FEEDS: &str = "{ feeds { id key kind health lastSuccessAt dataAsOf matchRate \
     runs { nodes { id status read inserted updated unchanged duplicates rejected matched error } totalCount } \
     unmappedDescriptions { description count } } }";

async fn load(app: &App, feed: &str, file: &Path) -> Result<Summary> {
    import_calls::load(app, feed, |mapping| CallLog::open(file, mapping), |line| line, |_| ()).await
}

/// Loads lines of the demo city's log, the header in front.
async fn load_lines(app: &App, lines: &[&str]) -> Result<Summary> {
    let text = format!("{HEADER}\n{}\n", lines.join("\n"));
    load_file(app, "demo-police", text).await
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).expect("memory takes it");
    gzip.finish().expect("memory takes it")
}

/// All calls of the database, by the source's key.
async fn calls(app: &App) -> Vec<call::Model> {
    call::Entity::find().order_by_asc(call::Column::SourceId).all(&app.db).await.expect("calls")
}

async fn call(app: &App, source_id: &str) -> call::Model {
    let found = call::Entity::find().filter(call::Column::SourceId.eq(source_id)).one(&app.db).await;
    found.expect("a statement that runs").expect("the call")
}

/// What the server says of a feed.
async fn feed(jfn: &Jfn, key: &str) -> Value {
    let feeds = jfn.administrator().await.ask(FEEDS, json!({})).await["feeds"].take();
    let feeds = feeds.as_array().expect("a list");
    feeds.iter().find(|feed| feed["key"] == key).expect("the feed").clone()
}

fn counts(read: i32, inserted: i32, updated: i32, unchanged: i32, duplicates: i32, rejected: i32) -> Counts {
    Counts { read, inserted, updated, unchanged, duplicates, rejected, ..Counts::default() }
}

story! {
    async fn the_same_log_loaded_again_changes_nothing(jfn) {
        let log = files::in_repository("api/demo/calls.csv.gz");
        let first = load(&jfn.app, "demo-police", &log).await.expect("the log loads");
        assert_eq!(first.counts, counts(10_340, 10_138, 0, 0, 202, 0));
        let before = calls(&jfn.app).await;
        assert_eq!(before.len(), 10_138);
        jfn.wait(chrono::TimeDelta::hours(1));
        let second = load(&jfn.app, "demo-police", &log).await.expect("the log loads");
        assert_eq!(second.counts, counts(10_340, 0, 0, 10_138, 202, 0));
        assert_eq!(second.left_out, first.left_out);
        assert_eq!(calls(&jfn.app).await, before);
        let feed = feed(jfn, "demo-police").await;
        assert_eq!(feed["health"], "HEALTHY");
        assert_eq!(feed["dataAsOf"], "2021-12-15T07:59:00+00:00");
        assert_eq!(feed["runs"]["totalCount"], 2);
        assert_eq!(feed["runs"]["nodes"][0]["unchanged"], 10_138);
    }
}

story! {
    async fn of_rows_with_one_key_the_last_of_the_file_stands_however_far_apart_they_are(jfn) {
        let other = |n: usize| format!("9{n:05},10/02/21,10:00,,,Suspicious,,");
        let others: Vec<String> = (0..700).map(other).collect();
        let mut lines = vec![
            "1,10/01/21,10:00,,,Noise Party,1 OAK,No Report",
            "2,10/01/21,11:00,,,Theft,1 OAK,No Report",
            "2,10/01/21,11:00,,,Theft,2 OAK,No Report",
        ];
        lines.extend(others.iter().map(String::as_str));
        lines.push("1,10/01/21,10:00,,,Noise Party,1 OAK,Unfounded");
        for expected in [counts(704, 702, 0, 0, 2, 0), counts(704, 0, 0, 702, 2, 0)] {
            let summary = load_lines(&jfn.app, &lines).await.expect("it loads");
            assert_eq!(summary.counts, expected);
            assert_eq!(call(&jfn.app, "1").await.disposition.as_deref(), Some("Unfounded"));
            assert!(call(&jfn.app, "1").await.disposition_excludes);
            assert_eq!(call(&jfn.app, "2").await.address, "2 OAK");
        }
    }
}

story! {
    async fn a_wrong_header_changes_nothing_but_tells_of_the_failed_run(jfn) {
        load_lines(&jfn.app, &["1,10/01/21,10:00,,,Noise Party,1 OAK,"]).await.expect("it loads");
        let before = calls(&jfn.app).await;
        let wrong = "case_number,day,received,type\n2,10/01/21,10:00,Theft\n".to_owned();
        let refused = load_file(&jfn.app, "demo-police", wrong.into_bytes()).await.expect_err("a wrong header");
        assert!(refused.to_string().contains("the header lacks"), "{refused}");
        assert_eq!(calls(&jfn.app).await, before);
        let feed = feed(jfn, "demo-police").await;
        assert_eq!(feed["health"], "FAILING");
        let run = &feed["runs"]["nodes"][0];
        assert_eq!((&run["status"], &run["read"]), (&json!("FAILED"), &json!(0)));
        assert_eq!(run["error"], refused.to_string());
        load_lines(&jfn.app, &["1,10/01/21,10:00,,,Noise Party,1 OAK,"]).await.expect("it loads");
        assert_eq!(self::feed(jfn, "demo-police").await["health"], "HEALTHY");
    }
}

story! {
    async fn a_truncated_file_is_refused_as_a_whole(jfn) {
        let rows: Vec<String> = (0..5_000).map(|n| format!("{n},10/01/21,10:00,,,Theft,{n} OAK,")).collect();
        let mut bytes = gzip(&format!("{HEADER}\n{}\n", rows.join("\n")));
        bytes.truncate(bytes.len() / 2);
        let refused = load_file(&jfn.app, "demo-police", bytes).await.expect_err("a truncated file");
        assert!(refused.to_string().contains("ends in the middle"), "{refused}");
        assert!(calls(&jfn.app).await.is_empty());
        let run = feed_run::Entity::find().one(&jfn.app.db).await.expect("runs").expect("a run");
        assert_eq!(run.status, feed_run::FeedRunStatus::Failed);
        assert_eq!((run.read, run.finished_at.is_some()), (0, true));
    }
}

story! {
    async fn a_line_that_cannot_be_read_is_kept_with_its_reason_for_administrators(jfn) {
        let lines = [
            "1,02/30/21,10:00,,,Noise Party,1 OAK,",
            "2,10/01/21,10:00,,,Noise Party,1 OAK,",
            ",10/01/21,10:00,,,Noise Party,1 OAK,",
            "3,10/01/26,10:00,,,Noise Party,1 OAK,",
            "4,12/24/26,10:00,,,Noise Party,1 OAK,",
        ];
        let summary = load_lines(&jfn.app, &lines).await.expect("the rest loads");
        assert_eq!(summary.counts, counts(5, 2, 0, 0, 0, 3));
        assert_eq!(summary.rejections.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 6]);
        let query = "{ feeds { key rejectedRows { nodes { id line reason columns } totalCount } } }";
        let feeds = jfn.administrator().await.ask(query, json!({})).await;
        let feeds = feeds["feeds"].as_array().expect("a list");
        let feed = feeds.iter().find(|feed| feed["key"] == "demo-police").expect("the feed");
        let rows = &feed["rejectedRows"];
        assert_eq!(rows["totalCount"], 3);
        let (newest, oldest) = (&rows["nodes"][0], &rows["nodes"][2]);
        assert!(newest["reason"].as_str().expect("a reason").contains("yet to come"));
        assert_eq!(oldest["line"], 2);
        let columns: Value = serde_json::from_str(oldest["columns"].as_str().expect("columns")).expect("JSON");
        assert_eq!(columns["date"], "02/30/21");
        assert_eq!(jfn.sergeant(1).await.error_of(query, json!({})).await, "FORBIDDEN");
        let node = "query ($id: ID!) { node(id: $id) { ... on RejectedRow { reason } } }";
        let id = json!({ "id": oldest["id"] });
        assert!(jfn.administrator().await.ask(node, id.clone()).await["node"]["reason"].is_string());
        assert_eq!(jfn.city_attorney().await.error_of(node, id).await, "NOT_FOUND");
    }
}

story! {
    async fn a_row_that_comes_again_changed_is_derived_again(jfn) {
        let place = jfn.place("1200 K ST", 3).await;
        load_lines(&jfn.app, &["1,10/01/21,10:00,,,Noise Party,1200 K ST # 4,"]).await.expect("it loads");
        let before = call(&jfn.app, "1").await;
        assert_eq!(before.category, CallCategory::Noise);
        assert_eq!(before.address, "1200 K ST", "the unit is dropped");
        assert_eq!(before.property_id.map(|id| id.to_string()), Some(place));
        jfn.wait(chrono::TimeDelta::minutes(5));
        let summary = load_lines(&jfn.app, &["1,10/01/21,10:00,,,Domestic Viol,9 ELM ST,"]).await.expect("it loads");
        assert_eq!(summary.counts, counts(1, 0, 1, 0, 0, 0));
        let after = call(&jfn.app, "1").await;
        assert_eq!(after.category, CallCategory::Domestic);
        assert_eq!((after.address.as_str(), after.property_id), ("9 ELM ST", None));
        assert_eq!((after.id, after.recorded_at), (before.id, before.recorded_at));
        assert!(after.updated_at > before.updated_at);
    }
}

story! {
    async fn a_call_type_is_mapped_once_somebody_who_may_says_what_it_is(jfn) {
        let lines = [
            "1,10/01/21,10:00,,,Goat  on roof,1 OAK,", "2,10/01/21,10:00,,,GOAT ON ROOF,2 OAK,",
            "3,10/01/21,10:00,,,Noise Party,1 OAK,", "4,10/01/21,10:00,,,,1 OAK,",
        ];
        load_lines(&jfn.app, &lines).await.expect("it loads");
        assert_eq!(call(&jfn.app, "1").await.category, CallCategory::Unmapped);
        let feed = feed(jfn, "demo-police").await;
        assert_eq!(feed["unmappedDescriptions"], json!([{ "description": "GOAT ON ROOF", "count": 2 }]));
        let input = |description: &str, category: &str| {
            json!({ "feedId": feed["id"], "description": description, "category": category })
        };
        let fields = "callsChanged feed { unmappedDescriptions { description } }";
        let sergeant = jfn.sergeant(1).await;
        let mapped = sergeant.done("callCategoryMap", fields, input(" goat on  roof ", "ASSIST")).await;
        assert_eq!(mapped["callsChanged"], 2);
        assert_eq!(mapped["feed"]["unmappedDescriptions"], json!([]));
        assert_eq!(call(&jfn.app, "2").await.category, CallCategory::Assist);
        // Calls that come later know it too, and a person's mapping can be corrected by a person.
        load_lines(&jfn.app, &["5,10/01/21,10:00,,,Goat on Roof,2 OAK,"]).await.expect("it loads");
        assert_eq!(call(&jfn.app, "5").await.category, CallCategory::Assist);
        let corrected = sergeant.done("callCategoryMap", fields, input("GOAT ON ROOF", "NOISE")).await;
        assert_eq!(corrected["callsChanged"], 3);
        let refused = |category| (fields, category);
        for ((fields, category), description, code) in [
            (refused("NOISE"), "no such type", "NOT_FOUND"),
            (refused("UNMAPPED"), "goat on roof", "INVALID"),
            (refused("NOISE"), "   ", "REQUIRED"),
            (refused("DISTURBANCE"), "domestic viol", "PROTECTED_CALL"),
        ] {
            assert_eq!(sergeant.refused("callCategoryMap", fields, input(description, category)).await, code);
        }
        let mut elsewhere = input("goat on roof", "NOISE");
        elsewhere["feedId"] = json!("feed_00000000000000000000000000000000");
        assert_eq!(sergeant.refused("callCategoryMap", fields, elsewhere).await, "NOT_FOUND");
        let query = "mutation ($input: CallCategoryMapInput!) { callCategoryMap(input: $input) { callsChanged } }";
        for nobody in [jfn.attorney(1).await, jfn.code_officer(1).await, jfn.commissioner().await] {
            let variables = json!({ "input": input("goat on roof", "NOISE") });
            assert_eq!(nobody.error_of(query, variables).await, "FORBIDDEN");
        }
    }
}

story! {
    async fn a_call_finds_its_place_when_the_place_becomes_known(jfn) {
        let lines = [
            "1,10/01/21,10:00,,,Noise Party,1200 K ST # 4,", "2,10/01/21,10:00,,,Noise Party,1200 BLK K ST,",
            "3,10/01/21,10:00,,,Noise Party,AREA OF 1200 K ST,", "4,10/01/21,10:00,,,Noise Party,14 K ST,",
        ];
        load_lines(&jfn.app, &lines).await.expect("it loads");
        assert_eq!(feed(jfn, "demo-police").await["matchRate"], 0.0);
        let place = jfn.place("1200 K ST", 3).await;
        let property = place.parse().expect("an id");
        let viewer = Viewer::server();
        let action = api::authz::Action::RunFeeds;
        for expected in [1, 0] {
            let keys = ["1200 K ST".to_owned(), String::new()];
            let moved = jfn.app.write(&viewer, "test", action, async |tx| {
                api::writes::rematch::rematch(tx, property, &keys).await
            });
            assert_eq!(moved.await.expect("it runs"), expected);
        }
        let places: Vec<_> = calls(&jfn.app).await.iter().map(|call| call.property_id).collect();
        assert_eq!(places, [Some(property), None, None, None]);
        assert_eq!(feed(jfn, "demo-police").await["matchRate"], 0.5);
        let again = load_lines(&jfn.app, &lines).await.expect("it loads");
        assert_eq!(again.counts, counts(4, 0, 0, 4, 0, 0));
    }
}

story! {
    async fn feeds_are_seen_by_staff_and_their_statements_do_not_grow_with_them(jfn) {
        let sergeant = jfn.sergeant(1).await;
        let query = "{ feeds { key health matchRate unmappedDescriptions { count } } }";
        let before = jfn.statements();
        let feeds = sergeant.ask(query, json!({})).await;
        assert_eq!(jfn.statements() - before, 5, "sign-in, feeds, last runs, types, mappings");
        assert!(feeds["feeds"].as_array().expect("a list").len() >= 6);
        assert!(feeds["feeds"].as_array().expect("a list").iter().all(|feed| feed["health"] == "NEVER_RUN"));
        jfn.commissioner().await.ask(query, json!({})).await;
        assert_eq!(jfn.nobody().error_of(query, json!({})).await, "UNAUTHENTICATED");
    }
}

story! {
    async fn a_feed_is_late_when_nothing_came_for_more_than_two_days(jfn) {
        load_lines(&jfn.app, &["1,10/01/21,10:00,,,Noise Party,1 OAK,"]).await.expect("it loads");
        jfn.wait(chrono::TimeDelta::hours(48));
        assert_eq!(feed(jfn, "demo-police").await["health"], "HEALTHY");
        jfn.wait(chrono::TimeDelta::seconds(1));
        assert_eq!(feed(jfn, "demo-police").await["health"], "LATE");
        let node = "query ($id: ID!) { node(id: $id) { id ... on Feed { key } ... on FeedRun { read } } }";
        let feed = feed(jfn, "demo-police").await;
        for id in [&feed["id"], &feed["runs"]["nodes"][0]["id"]] {
            let found = jfn.commissioner().await.ask(node, json!({ "id": id })).await;
            assert_eq!(&found["node"]["id"], id);
        }
    }
}

story! {
    async fn a_file_that_is_not_there_and_a_feed_nobody_knows_are_no_runs(jfn) {
        let missing = load(&jfn.app, "demo-police", Path::new("no-such-file.csv")).await.expect_err("no file");
        assert!(missing.to_string().contains("cannot be opened"), "{missing}");
        let unknown = load(&jfn.app, "no-feed", Path::new("no-such-file.csv")).await.expect_err("no feed");
        assert!(unknown.to_string().contains("demo-police"), "it names the feeds there are: {unknown}");
        assert_eq!(feed_run::Entity::find().count(&jfn.app.db).await.expect("a count"), 0);
        assert!(feed::Entity::find().count(&jfn.app.db).await.expect("a count") > 0);
    }
}

story! {
    async fn a_run_that_was_killed_is_told_as_failed_once_the_next_begins(jfn) {
        let mut run = ImportRun::start(&jfn.app, &Viewer::server(), "demo-police").await.expect("it begins");
        let text = format!("{HEADER}\n1,10/01/21,10:00,,,Noise Party,1 OAK,\n");
        let mapping = &jfn.app.city.preset.feed("demo-police").expect("the feed").mapping;
        let log = CallLog::read(text.as_bytes(), mapping).expect("a header");
        let lines: Vec<_> = log.map(|line| line.expect("a whole file")).collect();
        run.take(&lines).await.expect("it is taken");
        drop(run);
        assert_eq!(feed(jfn, "demo-police").await["health"], "NEVER_RUN");
        // Nobody gives its lease back.
        jfn.wait(jfn.app.holder.lease + chrono::TimeDelta::seconds(1));
        load_lines(&jfn.app, &["1,10/01/21,10:00,,,Noise Party,1 OAK,"]).await.expect("it loads");
        let feed = feed(jfn, "demo-police").await;
        assert_eq!(feed["health"], "HEALTHY");
        let runs = &feed["runs"]["nodes"];
        assert_eq!((&runs[0]["status"], &runs[0]["unchanged"]), (&json!("SUCCEEDED"), &json!(1)));
        assert_eq!((&runs[1]["status"], &runs[1]["inserted"]), (&json!("FAILED"), &json!(1)));
    }
}

story! {
    async fn two_runs_of_one_feed_at_once_write_every_call_once(jfn) {
        let rows: Vec<String> = (0..1_200).map(|n| format!("{n},10/01/21,10:00,,,Theft,{n} OAK,")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let backwards: Vec<&str> = rows.iter().rev().copied().collect();
        let (one, two) = tokio::join!(load_lines(&jfn.app, &rows), load_lines(&jfn.app, &backwards));
        let (one, two) = (one.expect("it loads").counts, two.expect("it loads").counts);
        assert_eq!(one.inserted + two.inserted, 1_200);
        assert_eq!(one.unchanged + two.unchanged, 1_200);
        assert_eq!(calls(&jfn.app).await.len(), 1_200);
        let runs = &feed(jfn, "demo-police").await["runs"]["nodes"];
        assert!(runs.as_array().expect("a list").iter().all(|run| run["status"] == "SUCCEEDED"), "{runs:#}");
    }
}
