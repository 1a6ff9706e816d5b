//! Reading a request's body: within a limit and a time, and so that a sender of too much still reads the answer.

use std::time::Duration;

use futures_util::TryStreamExt;
use poem::{Body, http::StatusCode};

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of a body that is too large so many times the limit is read and thrown away: whoever is cut off while sending sees a broken
/// connection and not the answer.
const DRAINED: usize = 8;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    TooLarge { limit: usize },
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
            Self::TooSlow => format!("The request's body took longer than {} seconds.", PATIENCE.as_secs()),
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
        if length > limit { Err(Unread::TooLarge { limit }) } else { Ok(bytes) }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or(Err(Unread::TooSlow))
}
