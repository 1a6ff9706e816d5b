//! Clients that keep their connection and ask one thing after the other, with as little work of their own as can be.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What a time of asking came to.
#[derive(Clone, Debug, Default)]
pub struct Took {
    pub answers: u64,
    pub seconds: f64,
    /// Of each answer.
    pub micros: Vec<u32>,
}

impl Took {
    /// Both times together.
    pub fn add(&mut self, more: Self) {
        self.answers += more.answers;
        self.seconds += more.seconds;
        self.micros.extend(more.micros);
    }

    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// Milliseconds within which that share of the answers came.
    pub fn within(&self, share: f64) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let nth = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
        sorted.get(nth).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, read: Vec::with_capacity(128 * 1024) }
    }

    /// Sends the request, and reads the whole answer; its status must be 200.
    pub async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("it is sent");
        self.read.clear();
        let mut wanted = None;
        loop {
            let read = self.stream.read_buf(&mut self.read).await.expect("it is answered");
            assert!(read > 0, "the connection ended");
            if wanted.is_none() {
                wanted = head(&self.read);
            }
            if let Some((start, end)) = wanted
                && self.read.len() >= end
            {
                return &self.read[start..end];
            }
        }
    }

    pub async fn json(&mut self, request: &[u8]) -> Value {
        serde_json::from_slice(self.ask(request).await).expect("JSON")
    }
}

// Where the body begins and ends, once the head is there.
fn head(read: &[u8]) -> Option<(usize, usize)> {
    let start = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&read[..start]).expect("a head is text");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{}", String::from_utf8_lossy(&read[start..]));
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some((start, start + length.expect("an answer tells its length")))
}

/// Asks over so many connections at once for so long; `request` makes the request of a number, and every number is used once.
pub async fn ask(
    address: &str,
    connections: usize,
    time: Duration,
    next: &Arc<AtomicU64>,
    request: Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>,
) -> Took {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await);
    }
    let began = Instant::now();
    let ends = began + time;
    let clients: Vec<_> = open
        .into_iter()
        .map(|mut connection| {
            let (next, request) = (next.clone(), request.clone());
            tokio::spawn(async move {
                let mut micros = Vec::new();
                while Instant::now() < ends {
                    let request = request(next.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    connection.ask(&request).await;
                    micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
                micros
            })
        })
        .collect();
    let mut took = Took::default();
    for client in clients {
        took.micros.extend(client.await.expect("a client ends"));
    }
    took.answers = took.micros.len() as u64;
    took.seconds = began.elapsed().as_secs_f64();
    took
}
