//! Reading a request's body: within a limit and a time, and so that a sender of too much still reads the answer.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream::BoxStream};
use poem::{Body, http::StatusCode};

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of a body that is too large so many times the limit is read and thrown away: whoever is cut off while sending sees a broken
/// connection and not the answer.
const DRAINED: usize = 8;
/// How long a sender of a large body may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a large body may take, over a slow line.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);
/// Of a large body so many bytes are thrown away before its sender is cut off.
const DRAINED_BYTES: u64 = 16 * 1024 * 1024;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    TooLarge { limit: u64 },
    Broken,
    TooSlow,
}

impl Unread {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    pub(super) fn message(self) -> String {
        match self {
            Self::TooLarge { limit } => format!("The request is larger than {limit} bytes."),
            Self::Broken => "The request's body ended too early.".to_owned(),
            Self::TooSlow => "The request's body took too long.".to_owned(),
        }
    }
}

/// The whole body, if it has no more bytes than that.
pub(super) async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Unread> {
    let whole = async {
        let mut pieces = body.into_bytes_stream();
        let (mut bytes, mut length) = (Vec::new(), 0_usize);
        while let Some(piece) = pieces.try_next().await.map_err(|_| Unread::Broken)? {
            length = length.saturating_add(piece.len());
            if length <= limit {
                bytes.extend_from_slice(&piece);
            } else if length > limit.saturating_mul(DRAINED) {
                break;
            }
        }
        if length > limit { Err(Unread::TooLarge { limit: limit as u64 }) } else { Ok(bytes) }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or(Err(Unread::TooSlow))
}

/// A large body, piece by piece, never whole in memory.
pub(super) struct Pieces {
    pieces: BoxStream<'static, std::io::Result<Bytes>>,
    limit: u64,
    length: u64,
    ends: tokio::time::Instant,
}

impl Pieces {
    /// A body of at most so many bytes.
    pub(super) fn of(body: Body, limit: u64) -> Self {
        let pieces = Box::pin(body.into_bytes_stream());
        Self { pieces, limit, length: 0, ends: tokio::time::Instant::now() + LONGEST }
    }

    /// The next piece; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Unread> {
        let soon = (tokio::time::Instant::now() + SILENCE).min(self.ends);
        let piece = tokio::time::timeout_at(soon, self.pieces.try_next());
        let piece = piece.await.map_err(|_| Unread::TooSlow)?.map_err(|_| Unread::Broken)?;
        self.length += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.length > self.limit { Err(Unread::TooLarge { limit: self.limit }) } else { Ok(piece) }
    }

    /// Reads on without keeping anything, so that the sender reads the answer.
    pub(super) async fn drain(mut self) {
        self.limit = self.length + DRAINED_BYTES;
        while matches!(self.next().await, Ok(Some(_))) {}
    }
}
