//! Files that are dropped for a feed: a run each, and the same content never twice.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use api::{
    authz::Viewer,
    http::Edge,
    preset::Preset,
    schedule::{self, Manner, Stop},
    writes::{
        feed_runs::Purpose,
        ingest::{ImportRun, Summary},
    },
};
use entity::{
    feed_file,
    feed_run::{FeedRunKind, FeedRunStatus},
};
use sea_orm::EntityTrait;
use serde_json::json;
use tests::{Jfn, Store, calls::HEADER};

const FEED: &str = "demo-police";

fn drop_file(folder: &Path, name: &str, age: u64, header: &str, lines: &[&str]) {
    let path = folder.join(name);
    fs::write(&path, format!("{header}\n{}\n", lines.join("\n"))).expect("a file");
    let file = File::options().write(true).open(&path).expect("the file");
    file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("its time is set");
}

fn state(preset: &mut Preset, folder: &Path) {
    let feed = preset.feeds.iter_mut().find(|feed| feed.key == FEED).expect("the feed");
    let text = format!("url = 'file://{}'\npage_rows = 2", folder.display());
    feed.connection = Some(toml::from_str(&text).expect("a connection"));
    feed.schedule = toml::from_str("every_minutes = 15").expect("a schedule");
}

async fn read(jfn: &Jfn) -> api::error::Result<Summary> {
    let purpose = Purpose::fetched(FeedRunKind::Import);
    let run = ImportRun::start_as(&jfn.app, &Viewer::server(), FEED, purpose).await.expect("it begins");
    let manner = Manner { progress: &|_| (), accept_fewer: false, stop: Stop::never() };
    schedule::carry_out(&jfn.app, run, manner).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_file_is_taken_once_by_a_run_of_its_own() {
    for store in [Store::Sqlite, Store::Postgres] {
        let folder = tempfile::tempdir().expect("a folder");
        let jfn = Jfn::start_in(store, Edge::default(), |preset| state(preset, folder.path())).await;
        let call = |n: u32| format!("{n},11/05/26,22:00,,,Noise Party,{n} ELM ST,");
        let [one, two, three, four] = [1, 2, 3, 4].map(call);
        drop_file(folder.path(), "monday.csv", 9_000, HEADER, &[&one, &two, &one]);
        drop_file(folder.path(), "tuesday.csv", 8_000, HEADER, &[&three]);
        assert_eq!(read(&jfn).await.expect("it is read").counts.inserted, 3);
        let told = async || {
            let seen = jfn.feed_seen(FEED).await["runs"]["nodes"].clone();
            let runs = seen.as_array().expect("a list").iter();
            runs.map(|run| json!([run["file"], run["status"], run["read"], run["inserted"]]))
                .collect::<Vec<_>>()
        };
        let monday = json!(["monday.csv", "SUCCEEDED", 3, 2]);
        let tuesday = json!(["tuesday.csv", "SUCCEEDED", 1, 1]);
        assert_eq!(told().await, [tuesday.clone(), monday.clone()]);

        // The same content under another name is no news.
        drop_file(folder.path(), "again.csv", 7_000, HEADER, &[&three]);
        assert_eq!(read(&jfn).await.expect("it is read").counts.read, 0);
        assert_eq!(told().await[0], json!([null, "SUCCEEDED", 0, 0]));

        // A file that cannot be read is no reason to read the good one before it again.
        drop_file(folder.path(), "wednesday.csv", 6_000, HEADER, &[&four]);
        drop_file(folder.path(), "thursday.csv", 5_000, "case_number,day", &["5,11/05/26"]);
        let error = read(&jfn).await.expect_err("the header changed").to_string();
        assert!(error.contains("thursday.csv"), "{error}");
        let runs = jfn.run_rows().await;
        let (last, before) = (&runs[runs.len() - 1], &runs[runs.len() - 2]);
        assert_eq!(
            (before.file.as_deref(), before.status),
            (Some("wednesday.csv"), FeedRunStatus::Succeeded)
        );
        assert_eq!((last.status, last.error.as_deref()), (FeedRunStatus::Failed, Some(error.as_str())));
        let taken = feed_file::Entity::find().all(&jfn.app.db).await.expect("files");
        let mut taken: Vec<(&str, i32)> = taken.iter().map(|file| (file.name.as_str(), file.rows)).collect();
        taken.sort_unstable();
        assert_eq!(taken, [("monday.csv", 3), ("tuesday.csv", 1), ("wednesday.csv", 1)]);

        // A folder has what it was given, not all there is: nothing can be gone from it.
        let purpose = Purpose::fetched(FeedRunKind::Reconcile);
        let run = ImportRun::start_as(&jfn.app, &Viewer::server(), FEED, purpose).await.expect("it begins");
        let manner = Manner { progress: &|_| (), accept_fewer: true, stop: Stop::never() };
        schedule::carry_out(&jfn.app, run, manner).await.expect_err("it cannot be compared");
        assert!(jfn.call_rows().await.iter().all(|call| call.withdrawn_at.is_none()));
        jfn.stop().await;
    }
}
