//! A small HTTP server that can cut connections and drip: what a well-made one does not let anybody do.

use std::{future::Future, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub method: String,
    pub path: String,
    /// The parameters of the address, or of the form if one was sent.
    pub parameters: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
}

impl Question {
    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(named, _)| named.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What is answered.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub manner: Manner,
}

impl Answer {
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes(), manner: Manner::Whole }
    }
}

/// How an answer is sent.
#[derive(Clone, Debug)]
pub enum Manner {
    Whole,
    /// Half of the body, then the connection ends.
    Cut,
    /// The body in drops, with a pause after each.
    Drip(Duration),
    /// After a silence.
    Silence(Duration),
}

/// A running server; it ends when this is dropped.
pub struct Wire {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    served: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.served.abort();
    }
}

impl Wire {
    pub async fn serve<F: Future<Output = Answer> + Send>(
        answer: impl Fn(Question) -> F + Send + Sync + 'static,
    ) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("a bound socket"));
        let answer = Arc::new(answer);
        let served = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    // Who asks may hang up in the middle; that is no failure of the portal.
                    let _ = converse(stream, |question| answer(question)).await;
                });
            }
        });
        Self { url, served }
    }
}

async fn converse<F: Future<Output = Answer>>(
    mut stream: TcpStream,
    answer: impl Fn(Question) -> F,
) -> std::io::Result<()> {
    let Some(question) = question(&mut stream).await? else { return Ok(()) };
    let answer = answer(question).await;
    if let Manner::Silence(pause) = answer.manner {
        tokio::time::sleep(pause).await;
    }
    let mut head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    match answer.manner {
        Manner::Whole | Manner::Silence(_) => stream.write_all(&answer.body).await?,
        Manner::Cut => stream.write_all(&answer.body[..answer.body.len() / 2]).await?,
        Manner::Drip(pause) => {
            for drop in answer.body.chunks(16) {
                stream.write_all(drop).await?;
                stream.flush().await?;
                tokio::time::sleep(pause).await;
            }
        }
    }
    stream.shutdown().await
}

async fn question(stream: &mut TcpStream) -> std::io::Result<Option<Question>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let form = String::from_utf8_lossy(&bytes[head..]).into_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let written = if method == "POST" { &form } else { query };
    // The parser of addresses reads forms as well: they are written alike.
    let address = reqwest::Url::parse(&format!("http://portal/?{written}")).expect("parameters");
    let parameters = address.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
    Ok(Some(Question { parameters: parameters.collect(), path: path.to_owned(), method, headers }))
}
