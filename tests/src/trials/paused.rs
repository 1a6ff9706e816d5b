//! Servers that die or sleep in the middle of a feed's run: another one takes over, and the late one does no harm.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use api::database::{self, Opening};
use chrono::{TimeDelta, Utc};
use entity::{call, feed_run, feed_run::FeedRunStatus};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use tempfile::TempDir;
use tokio::process::Child;
use uuid::Uuid;

use super::Found;
use crate::{
    fetched::{self, KEY, eventually, stated},
    files::in_repository,
    portal::SodaPortal,
    process::{program, run},
};

/// Seconds after which a process that is silent loses the feed.
pub const LEASE: i64 = 3;
pub const CALLS: i32 = 300;

/// A city of its own: a portal, a database and a preset in which the portal's feed is read every quarter of an hour.
pub struct City {
    portal: SodaPortal,
    admin: String,
    database: String,
    db: DatabaseConnection,
    preset: TempDir,
}

impl City {
    pub async fn found() -> Self {
        let portal = fetched::portal(CALLS.unsigned_abs()).await;
        portal.take_time(Duration::from_millis(300));
        let admin = std::env::var("JFN_TEST_POSTGRES").expect("`make test` sets it");
        let database = format!("two_servers_{}", Uuid::now_v7().simple());
        run(&admin, &format!("CREATE DATABASE {database}")).await;
        let url = address(&admin, &database);
        let opening = Opening { url, connections: 4, schema: None, statement_time: None, durable: false };
        let db = database::open(&opening).await.expect("the database opens");
        database::migrate(&db).await.expect("the migrations run");
        let preset = preset(&portal);
        Self { portal, admin, database, db, preset }
    }

    /// A server process.
    pub fn serve(&self) -> Child {
        let mut command = tokio::process::Command::new(program());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--connections", "4"])
            .args(["--feed-lease-seconds", &LEASE.to_string()])
            .arg("--preset")
            .arg(self.preset.path())
            .env("DATABASE_URL", address(&self.admin, &self.database))
            .env("JFN_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command.spawn().expect("the server starts")
    }

    pub async fn runs(&self) -> Vec<feed_run::Model> {
        feed_run::Entity::find().order_by_asc(feed_run::Column::Id).all(&self.db).await.expect("runs")
    }

    /// Waits until the first run is at work, and answers whose it is.
    pub async fn reader(&self, servers: [Child; 2]) -> (Child, Child) {
        let holder = eventually("a run at work", || async {
            let run = self.runs().await.into_iter().next()?;
            (run.inserted >= 50).then_some(run.holder?)
        });
        let holder = holder.await;
        let [first, second] = servers;
        let is_first = holder.starts_with(&format!("process {} ", first.id().expect("it runs")));
        if is_first { (first, second) } else { (second, first) }
    }

    /// Waits until the second run has ended, and answers both.
    pub async fn taken_over(&self) -> [feed_run::Model; 2] {
        self.portal.take_time(Duration::from_millis(1));
        eventually("the end of the second run", || async {
            let runs: [feed_run::Model; 2] = self.runs().await.try_into().ok()?;
            (runs[1].status != FeedRunStatus::Running).then_some(runs)
        })
        .await
    }

    /// No call is lost and none is there twice, and the runs tell who took which.
    pub async fn is_whole(&self, [first, second]: &[feed_run::Model; 2]) {
        let mut ids: Vec<i32> = call::Entity::find()
            .all(&self.db)
            .await
            .expect("calls")
            .iter()
            .map(|call| call.source_id.parse().expect("a number"))
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=CALLS).collect::<Vec<_>>());
        assert_eq!((first.status, second.status), (FeedRunStatus::Failed, FeedRunStatus::Succeeded));
        assert_eq!((second.read, second.unchanged), (CALLS, first.inserted));
        assert_eq!(first.inserted + second.inserted, CALLS);
        assert_ne!(first.holder, second.holder);
        let reason = first.error.as_deref().expect("a reason");
        assert!(reason.contains(first.holder.as_deref().expect("a holder")), "{reason}");
    }

    pub async fn raze(self) {
        self.db.close().await.expect("the connections close");
        run(&self.admin, &format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
    }
}

fn address(admin: &str, database: &str) -> String {
    let (server, _) = admin.rsplit_once('/').expect("an address with a database");
    format!("{server}/{database}")
}

/// The built-in facts of the city, and the one feed.
fn preset(portal: &SodaPortal) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(in_repository("api/presets/sacramento")).expect("the preset") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    let feeds = folder.path().join("feeds");
    fs::create_dir(&feeds).expect("a folder");
    let text = stated(&portal.url(), "every_minutes = 15", "page_rows = 10");
    fs::write(feeds.join(Path::new(KEY).with_extension("toml")), text).expect("a file");
    folder
}

pub fn signal(server: &Child, name: &str) {
    let id = server.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([format!("-{name}"), id]).status().expect("`kill` is there");
    assert!(sent.success(), "the signal {name} is sent");
}

pub async fn stops(mut server: Child) {
    signal(&server, "TERM");
    let ended = tokio::time::timeout(Duration::from_secs(60), server.wait()).await.expect("it stops");
    assert!(ended.expect("a status").success(), "it stops well");
}

/// How much is tried.
pub struct Scale {
    pub times: usize,
}

/// Lets the holder of the lease sleep through it, and wakes it, so many times.
pub async fn play(scale: &Scale) -> Found {
    let mut slowest = TimeDelta::zero();
    for _ in 0..scale.times {
        let city = City::found().await;
        let (sleeper, other) = city.reader([city.serve(), city.serve()]).await;
        signal(&sleeper, "STOP");
        let stopped = now();
        let runs = city.taken_over().await;
        slowest = slowest.max(runs[1].started_at - stopped);
        city.is_whole(&runs).await;
        signal(&sleeper, "CONT");
        // It stops only after its run has ended, which means after it tried to write.
        stops(sleeper).await;
        let after: [feed_run::Model; 2] = city.runs().await.try_into().expect("two runs");
        assert_eq!(after, runs);
        city.is_whole(&after).await;
        stops(other).await;
        city.raze().await;
    }
    found(scale.times, "slept through its lease of", "and wrote nothing when it woke", slowest)
}

/// Kills the holder of the lease in the middle of its run, so many times.
pub async fn play_killed(scale: &Scale) -> Found {
    let mut slowest = TimeDelta::zero();
    for _ in 0..scale.times {
        let city = City::found().await;
        let (mut reader, other) = city.reader([city.serve(), city.serve()]).await;
        reader.kill().await.expect("SIGKILL");
        let killed = now();
        let runs = city.taken_over().await;
        city.is_whole(&runs).await;
        assert!(runs[0].inserted < CALLS, "it was in the middle");
        slowest = slowest.max(runs[1].started_at - killed);
        stops(other).await;
        city.raze().await;
    }
    found(scale.times, "was killed with a lease of", "and no call was lost or doubled", slowest)
}

fn found(times: usize, what: &str, and: &str, slowest: TimeDelta) -> Found {
    let tried = format!("{times} times the reader of a feed {what} {LEASE} s {and}");
    // Its lease, a look at what is due every quarter of a lease, and some time for a busy machine.
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let most = 2.0 * LEASE as f64;
    Found::new(tried).limited("slowest to take over", slowest.as_seconds_f64(), "s", most)
}

fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}
