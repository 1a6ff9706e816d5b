//! PostgreSQL that goes away and comes back under load: errors are clean, nothing is lost, and who listens catches up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Found,
    ground::{Ground, signed_in},
    live::{Ends, Subscriber, Told},
    percentile,
    wholeness::Tables,
    writers::{Writers, is_clean},
};
use crate::{cluster::Cluster, process::Place};

/// How much is tried.
pub struct Scale {
    pub times: usize,
    pub writers: usize,
    pub subscribers: usize,
    /// Mutations that are acknowledged at least between two absences.
    pub between: usize,
}

/// Seconds after which every writer has got through again, at most.
const RECOVERY: f64 = 5.0;
const ASKED: &str = "{ cases { totalCount } }";

/// Stops and starts the database so many times.
pub async fn play(scale: &Scale) -> Found {
    let mut cluster = Cluster::start().await;
    let ground = Ground::on(Place::in_cluster(&cluster.url()).await).await;
    let server = ground.serve(&["--request-seconds", "3"]).await;
    let writers = Writers::at(&server.url(), scale.writers).await;
    let reader = signed_in(&server.url(), "code5").await;
    let mut following = JoinSet::new();
    let (tell_ends, ends) = watch::channel(Ends::new());
    for number in 0..scale.subscribers {
        let who = format!("code{}", number % 8 + 1);
        let client = signed_in(&server.url(), &who).await;
        following.spawn(Subscriber::new(client, None).follow(ends.clone()));
    }
    let mut recoveries = Vec::new();
    for _ in 0..scale.times {
        writers.ledger.more(scale.between).await;
        cluster.stop_at_once().await;
        // Whoever asks meanwhile is told so in good time, and told nothing else.
        let answer: Value = reader.answer(ASKED, json!({})).await;
        is_clean(&answer);
        cluster.start_again().await;
        let began = Instant::now();
        // Every writer gets through.
        writers.ledger.each_once_more().await;
        recoveries.push(began.elapsed());
        assert!(reader.answer(ASKED, json!({})).await.get("errors").is_none(), "it answers again");
    }
    let (lost, refused) = (writers.ledger.lost(), writers.ledger.refused());
    let acknowledged = writers.end().await;
    let tables = Tables::read(&ground.app).await;
    tables.hold_nothing_half();
    tables.hold(&acknowledged);
    ground.is_verified().await;
    let told = Told::read(&ground.app).await;
    tell_ends.send_replace(told.ends());
    let mut reconnected = 0;
    while let Some(subscriber) = following.join_next().await {
        let subscriber = subscriber.expect("it followed");
        told.is_heard_by(&subscriber);
        reconnected += subscriber.reconnected;
    }
    server.kill().await;
    ground.raze().await;
    cluster.raze().await;
    let worst = recoveries.iter().max().map_or(0.0, Duration::as_secs_f64);
    let tried = format!(
        "PostgreSQL away {} times; {} mutations acknowledged and all there once, {refused} refused cleanly and {lost} \
         unanswered and sent again; {} subscribers heard all, connecting again {reconnected} times",
        scale.times,
        acknowledged.len(),
        scale.subscribers
    );
    Found::new(tried).limited("slowest recovery of all writers", worst, "s", RECOVERY).told(
        "median",
        percentile(&mut recoveries, 0.5) / 1_000.0,
        "s",
    )
}
