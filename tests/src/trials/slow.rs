//! Thousands of clients that take their time: others are served all the same, and who takes too long is let go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::MissedTickBehavior,
};

use super::{
    Found,
    ground::{Ground, PATIENCE, signed_in},
    percentile,
};
use crate::{Client, Store};

/// How much is tried.
pub struct Scale {
    /// Clients of each kind.
    pub of_each: usize,
    pub kinds: &'static [Kind],
    /// People who meanwhile work as always.
    pub others: usize,
    /// Each of them asks so often at least.
    pub times: usize,
    /// Connections that the server has room for.
    pub room: usize,
}

/// How a client takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It connects and says nothing.
    Silent,
    /// It says half of a head and closes its side.
    HalfOpen,
    /// It says a head letter by letter.
    DripsHead,
    /// It says a body letter by letter.
    DripsBody,
    /// It asks on and on and reads no answer.
    ReadsNothing,
}

/// All of them.
pub const ALL: [Kind; 5] =
    [Kind::Silent, Kind::HalfOpen, Kind::DripsHead, Kind::DripsBody, Kind::ReadsNothing];

const HEAD_SECONDS: u64 = 5;
/// Seconds after which the last of the slow ones is let go, at most: a body and an answer have a minute.
const LET_GO: f64 = 90.0;
/// Megabytes that the server has in memory at most.
const MEMORY: f64 = 300.0;
/// Milliseconds that others wait for 99 of 100 answers at most: far less than what a slow one may take.
const OTHERS: f64 = 2_000.0;
/// How often a slow one comes. More at once would fill the queue of the machine, where who is dropped comes again minutes later,
/// and would take the places of those who work before they were answered; neither is what is tried here.
const ARRIVES: Duration = Duration::from_millis(4);
/// How often a slow one says another letter.
const DRIP: Duration = Duration::from_millis(500);
/// How often a client's machine asks whether the server still knows of the connection.
const ASKS: Duration = Duration::from_secs(5);
const ASKED: &str = "{ cases(first: 10) { totalCount nodes { number title } } }";

/// Lets the slow ones come, and others work.
pub async fn play(scale: &Scale) -> Found {
    let ground = Ground::new(Store::Sqlite).await;
    let head = HEAD_SECONDS.to_string();
    let server =
        ground.serve(&["--head-seconds", &head, "--open-connections", &scale.room.to_string()]).await;
    let mut others = Vec::new();
    for number in 0..scale.others {
        others.push(signed_in(&server.url(), &format!("code{}", number % 8 + 1)).await);
    }
    let began = Instant::now();
    let mut slow = JoinSet::new();
    let mut arriving = tokio::time::interval(ARRIVES);
    for number in 0..scale.of_each * scale.kinds.len() {
        arriving.tick().await;
        let (kind, address) = (scale.kinds[number % scale.kinds.len()], server.address.clone());
        slow.spawn(async move {
            tokio::time::timeout(PATIENCE, take_time(kind, &address)).await.map_err(|_| kind)
        });
    }
    let all_gone = Arc::new(AtomicBool::new(false));
    let mut working = JoinSet::new();
    for client in others {
        working.spawn(work(client, scale.times, all_gone.clone()));
    }
    while let Some(gone) = slow.join_next().await {
        gone.expect("a slow one").unwrap_or_else(|kind| panic!("one that {kind:?} is still not let go"));
    }
    let let_go = began.elapsed().as_secs_f64();
    all_gone.store(true, Ordering::SeqCst);
    let mut times = Vec::new();
    while let Some(worked) = working.join_next().await {
        times.extend(worked.expect("others are served"));
    }
    let memory = server.most_memory();
    server.kill().await;
    ground.raze().await;
    let tried = format!(
        "{} slow clients of {} kinds with room for {}; {} requests of {} others answered meanwhile",
        scale.of_each * scale.kinds.len(),
        scale.kinds.len(),
        scale.room,
        times.len(),
        scale.others
    );
    Found::new(tried)
        .limited("memory", memory, "MB", MEMORY)
        .limited("the last one let go after", let_go, "s", LET_GO)
        .told("p50", percentile(&mut times, 0.5), "ms")
        .limited("p99", percentile(&mut times, 0.99), "ms", OTHERS)
        .told("slowest", percentile(&mut times, 1.0), "ms")
}

/// Works until all slow ones are gone, each time over a connection of its own.
async fn work(client: Client, least: usize, all_gone: Arc<AtomicBool>) -> Vec<Duration> {
    let mut times = Vec::new();
    while times.len() < least || !all_gone.load(Ordering::SeqCst) {
        let began = Instant::now();
        let fresh = client.clone().afresh();
        fresh.ask(ASKED, json!({})).await;
        times.push(began.elapsed());
    }
    times
}

/// Ends when the server lets go of it.
async fn take_time(kind: Kind, address: &str) {
    // Too many at once for the queue of the machine: it comes again.
    let mut stream = loop {
        let socket = TcpSocket::new_v4().expect("a socket");
        // What a slow reader does not take lies with the server, not in a buffer of ours, and it need not ask for long.
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        if let Ok(stream) = socket.connect(address.parse().expect("an address")).await {
            break stream;
        }
    };
    // Where the queue was full the server never heard of a connection that the client takes for open: who says nothing
    // learns so by asking. A server that has it answers, and must let go of it by itself.
    let asks = TcpKeepalive::new().with_time(ASKS).with_interval(ASKS);
    SockRef::from(&stream).set_tcp_keepalive(&asks).expect("it asks whether the server is there");
    let begins: &[u8] = match kind {
        Kind::Silent => b"",
        Kind::HalfOpen => b"GET /livez HTTP/1.1\r\nHost: ci",
        Kind::DripsHead => b"GET /livez HTTP/1.1\r\nHost: city.example\r\nX-Drip: ",
        Kind::DripsBody => {
            b"POST /graphql HTTP/1.1\r\nHost: city.example\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"
        }
        Kind::ReadsNothing => return read_nothing(stream).await,
    };
    if stream.write_all(begins).await.is_err() || kind == Kind::HalfOpen && stream.shutdown().await.is_err() {
        return;
    }
    let drips = matches!(kind, Kind::DripsHead | Kind::DripsBody);
    let mut beat = tokio::time::interval(DRIP);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut bytes = [0; 512];
    loop {
        tokio::select! {
            read = stream.read(&mut bytes) => if matches!(read, Ok(0) | Err(_)) { return },
            _ = beat.tick(), if drips => if stream.write_all(b" ").await.is_err() { return },
        }
    }
}

async fn read_nothing(mut stream: TcpStream) {
    let asked = "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: city.example\r\n\r\n".repeat(100);
    while stream.write_all(asked.as_bytes()).await.is_ok() {}
}
