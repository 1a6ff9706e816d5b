//! Why a run ends before its source does.

use chrono::TimeDelta;

use super::stop::Told;
use crate::{domain::reconciling::Doubt, error::Error, feeds::FeedError, writes::feed_runs::Failure};

/// Why a run ends early.
pub(super) enum Halt {
    Source(FeedError),
    Doubt(Doubt),
    Ours(Error),
    Told,
}

const STOPPED: &str =
    "The server was stopped in the middle of this run. What it had taken stays; the next run reads on.";

impl Halt {
    /// What the run's row says, and what it means for the next run.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Source(error) => {
                let asked = match error {
                    FeedError::Fetch(error) => error.wait(),
                    _ => None,
                };
                let retry_after = asked.and_then(|asked| TimeDelta::from_std(asked).ok());
                Failure { retry_after, ..Failure::of(error.to_string()) }
            }
            Self::Doubt(doubt) => Failure::of(doubt.to_string()),
            Self::Ours(error) => {
                if let Some(cause) = error.cause() {
                    tracing::error!(cause, "a run stopped by our own fault");
                }
                Failure::of(error.to_string())
            }
            Self::Told => Failure { is_stop: true, ..Failure::of(STOPPED) },
        }
    }

    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Told => Error::Interrupted(STOPPED.to_owned()),
            other => Error::BadInput(other.failure().reason),
        }
    }
}

impl From<FeedError> for Halt {
    fn from(error: FeedError) -> Self {
        Self::Source(error)
    }
}

impl From<Doubt> for Halt {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Told> for Halt {
    fn from(_: Told) -> Self {
        Self::Told
    }
}
