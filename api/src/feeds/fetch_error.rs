//! Why a source could not be asked, in words that a person can act on; never with a token or a query in them.

use std::time::Duration;

/// What ends the fetching from a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error(
        "{host} is not named in the feed's connection, so it is not reached; if it should be, add it to `hosts`"
    )]
    HostNotNamed { host: String },
    #[error(
        "{host} is at a private address, which is not reached; if it is the city's own, set `allow_private_addresses`"
    )]
    PrivateAddress { host: String },
    #[error("{host} sends on to an address that cannot be followed: {why}")]
    BadRedirect { host: String, why: &'static str },
    #[error(
        "{host} cannot be reached: {why}; tried {attempts} times. Is the address right, and is the source up?"
    )]
    Unreachable { host: String, why: &'static str, attempts: u32 },
    #[error("{host} answers {status}{said}; tried {attempts} times. {advice}")]
    Status { host: String, status: u16, said: String, advice: &'static str, attempts: u32 },
    #[error("{host} asks to be left alone for {} seconds; the next run asks again", wait.as_secs())]
    Busy { host: String, wait: Duration },
    #[error("{host} answers with more than {limit} bytes; ask for fewer rows at a time (`page_rows`)")]
    TooLarge { host: String, limit: usize },
    #[error("{host} does not answer as its kind of portal does: {why}. Is `url` the right one, and `kind`?")]
    Strange { host: String, why: String },
    #[error("the connection of the feed is wrong: {0}")]
    Connection(String),
}

impl FetchError {
    /// How long the source asked to be left alone.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// The status that the source answered with, when that was the trouble.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn after(self, tried: u32) -> Self {
        match self {
            Self::Unreachable { host, why, .. } => Self::Unreachable { host, why, attempts: tried },
            Self::Status { host, status, said, advice, .. } => {
                Self::Status { host, status, said, advice, attempts: tried }
            }
            other => other,
        }
    }
}

/// What a person can do about a status.
pub(super) fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 | 498 | 499 => "Does the feed need a token, and is it the right one?",
        404 | 410 => "Is `url` right, and is the data set still there?",
        400 | 422 => "Are the mapped columns still there, and is `condition` in the portal's language?",
        429 => "The source counts requests: get an app token, or run the feed less often.",
        500..=599 => "The source has trouble of its own; the next run tries again.",
        _ => "Ask the source what it means.",
    }
}
