//! A server that is killed again and again while people write: what it acknowledged stays, and nothing stays by half.

use std::time::Duration;

use super::{Found, ground::Ground, percentile, wholeness::Tables, writers::Writers};
use crate::{Store, proxy::Proxy};

/// How much is tried.
pub struct Scale {
    pub kills: usize,
    pub writers: usize,
    /// Mutations that are acknowledged at least between two kills.
    pub between: usize,
}

/// Seconds from the start of a process to its first answer at most.
const RESTART: f64 = 2.0;

/// Kills and starts the server so many times.
pub async fn play(store: Store, scale: &Scale) -> Found {
    let ground = Ground::new(store).await;
    let mut server = ground.serve(&[]).await;
    let proxy = Proxy::before(vec![server.address.clone()]).await;
    let writers = Writers::at(&proxy.url, scale.writers).await;
    let ledger = writers.ledger.clone();
    let (mut restarts, mut looked_at) = (Vec::new(), 0);
    for kill in 0..scale.kills {
        // Not always at the same step of the same mutation.
        ledger.more(scale.between + kill * 7 % 13).await;
        server.kill().await;
        let acknowledged = ledger.acknowledged();
        let (again, took) = ground.serve_again(&[], &writers.somebody).await;
        proxy.pass_to(vec![again.address.clone()]);
        server = again;
        restarts.push(took);
        let tables = Tables::read(&ground.app).await;
        tables.hold_nothing_half();
        tables.hold(&acknowledged[looked_at..]);
        ground.is_verified().await;
        looked_at = acknowledged.len();
    }
    let (lost, refused) = (ledger.lost(), ledger.refused());
    let acknowledged = writers.end().await;
    let tables = Tables::read(&ground.app).await;
    tables.hold_nothing_half();
    tables.hold(&acknowledged);
    assert!(lost > 0, "the kills hit requests");
    server.kill().await;
    ground.raze().await;
    let tried = format!(
        "{store:?}: {} kills; {} mutations acknowledged and all there once, {lost} unanswered and sent again, {refused} \
         refused",
        scale.kills,
        acknowledged.len()
    );
    let worst = restarts.iter().max().map_or(0.0, Duration::as_secs_f64);
    Found::new(tried).limited("slowest start to first answer", worst, "s", RESTART).told(
        "median",
        percentile(&mut restarts, 0.5) / 1_000.0,
        "s",
    )
}
