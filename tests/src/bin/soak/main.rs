//! `make soak`: the trials in their long form, each told in one line with its limits; names as arguments choose some of them.

// As the binary `jfn` itself.
#![recursion_limit = "256"]

use std::{
    future::Future,
    pin::Pin,
    process::ExitCode,
    time::{Duration, Instant},
};

use tests::{
    Store,
    trials::{Found, crowd, database_away, editors, full, kills, live, paused, slow},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Playing = Pin<Box<dyn Future<Output = Found> + Send>>;

/// A name to ask for it by, and what is played; several may have one name.
struct Run {
    name: &'static str,
    play: fn(Size) -> Playing,
}

/// The whole length, or a tenth of what takes time, to see that the trials run.
#[derive(Clone, Copy)]
struct Size {
    divisor: usize,
}

impl Size {
    fn of(self, whole: usize) -> usize {
        (whole / self.divisor).max(1)
    }

    fn seconds(self, whole: u32) -> u32 {
        (whole / u32::try_from(self.divisor).unwrap_or(u32::MAX)).max(1)
    }
}

const RUNS: [Run; 12] = [
    Run { name: "kills", play: |size| Box::pin(kills(Store::Sqlite, size)) },
    Run { name: "kills", play: |size| Box::pin(kills(Store::Postgres, size)) },
    Run {
        name: "database-away",
        play: |size| {
            Box::pin(async move {
                let scale =
                    database_away::Scale { times: size.of(20), writers: 8, subscribers: 16, between: 200 };
                database_away::play(&scale).await
            })
        },
    },
    Run {
        name: "full",
        play: |size| {
            Box::pin(async move { full::play(&full::Scale { times: size.of(50), room: 100 }).await })
        },
    },
    Run { name: "crowd", play: |size| Box::pin(crowd(Store::Sqlite, size)) },
    Run { name: "crowd", play: |size| Box::pin(crowd(Store::Postgres, size)) },
    Run { name: "editors", play: |size| Box::pin(editors(Store::Sqlite, size)) },
    Run { name: "editors", play: |size| Box::pin(editors(Store::Postgres, size)) },
    Run {
        name: "slow",
        play: |size| {
            Box::pin(async move {
                let of_each = size.of(800);
                slow::play(&slow::Scale { of_each, kinds: &slow::ALL, others: 20, times: 50, room: 1_024 })
                    .await
            })
        },
    },
    Run {
        name: "live",
        play: |size| {
            Box::pin(async move {
                let scale = live::Scale { subscribers: 300, writes_a_second: 200, seconds: size.seconds(60) };
                live::play(&scale).await
            })
        },
    },
    Run {
        name: "paused",
        play: |size| Box::pin(async move { paused::play(&paused::Scale { times: size.of(10) }).await }),
    },
    Run {
        name: "paused",
        play: |size| {
            Box::pin(async move { paused::play_killed(&paused::Scale { times: size.of(10) }).await })
        },
    },
];

async fn kills(store: Store, size: Size) -> Found {
    kills::play(store, &kills::Scale { kills: size.of(100), writers: 8, between: 20 }).await
}

async fn crowd(store: Store, size: Size) -> Found {
    let time = Duration::from_secs(u64::from(size.seconds(60)));
    crowd::play(store, &crowd::Scale { clients: 1_000, time, times: 1 }).await
}

async fn editors(store: Store, size: Size) -> Found {
    let versions = i64::try_from(size.of(50)).unwrap_or(1);
    editors::play(store, &editors::Scale { people: 50, versions }).await
}

#[tokio::main]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let divisor = std::env::var("SOAK_SHARE").ok().and_then(|told| told.parse().ok()).unwrap_or(1);
    if let Some(unknown) = wanted.iter().find(|name| !RUNS.iter().any(|run| run.name == **name)) {
        let mut names: Vec<&str> = RUNS.iter().map(|run| run.name).collect();
        names.dedup();
        eprintln!("There is no run `{unknown}`; there are {}.", names.join(", "));
        return ExitCode::FAILURE;
    }
    let mut all_hold = true;
    for Run { name, play } in RUNS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let began = Instant::now();
        // A panic tells what is wrong, on the way; the other runs go on.
        let found = tokio::spawn(play(Size { divisor })).await;
        let took = began.elapsed().as_secs();
        match found {
            Ok(found) => {
                all_hold &= found.holds();
                println!("{} {name} ({took} s): {found}", if found.holds() { "holds " } else { "BROKEN" });
            }
            Err(_) => {
                all_hold = false;
                println!("BROKEN {name} ({took} s): see above");
            }
        }
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
