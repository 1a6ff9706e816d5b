//! What can go wrong. What an error displays is safe to show; its cause goes to the log.

use std::sync::Arc;

use chrono::NaiveDate;
use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::{
    authz::{Action, Viewer},
    domain::{as_of::NotKnown, refusal::Refusal},
};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any failure of a request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("Sign in first.")]
    Unauthenticated,
    #[error("Your role has no access to {0}.")]
    Forbidden(&'static str),
    /// The viewer may not, and this is what they lack.
    #[error("{message}")]
    Lacking { what: &'static str, message: String },
    /// Missing or invisible: the two look the same.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The case was not on record by the end of that day.
    #[error("Nothing of this case was known on {0}.")]
    NothingKnown(NaiveDate),
    #[error("{0}")]
    BadInput(String),
    /// Somebody else is at it; after so many seconds it is worth another try.
    #[error("{message}")]
    Busy { message: String, retry_after: u64 },
    /// A run had to stop: it lost its feed or lease, the feed was paused, or the server stops.
    #[error("{0}")]
    Interrupted(String),
    /// A stream came faster than it was read.
    #[error(
        "You fell behind; ask what you missed, `changesSince` with your last cursor, and subscribe again."
    )]
    Behind,
    #[error("{0}")]
    TooComplex(String),
    /// A browser's document that the app's build does not know; the words say what to do.
    #[error("{0}")]
    NotTrusted(String),
    #[error("{}", .0.first().map_or("refused", |refusal| refusal.message.as_str()))]
    Refused(Vec<Refusal>),
    /// The database cannot be reached, is going down or is not yet up.
    #[error(
        "The database does not answer just now; try again shortly. A mutation that comes again with the same \
         idempotencyKey or expectedVersion is not done twice."
    )]
    Away(Arc<DbErr>),
    /// The database has no room for more.
    #[error(
        "The database is full, so nothing was changed; whoever runs the server has to make room. What is there can be read."
    )]
    Full(Arc<DbErr>),
    #[error("Something went wrong on our side.")]
    Database(Arc<DbErr>),
    #[error("Something went wrong on our side.")]
    Internal(String),
}

impl Error {
    /// That `what` is closed to a viewer who may not do that anywhere.
    #[must_use]
    pub fn closed_to(viewer: &Viewer, action: Action, what: &'static str) -> Self {
        match viewer.lacking(action) {
            Some(message) => Self::Lacking { what, message },
            None => Self::Forbidden(what),
        }
    }

    /// The word in `extensions.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) | Self::Lacking { .. } => "FORBIDDEN",
            Self::NotFound(_) | Self::NothingKnown(_) => "NOT_FOUND",
            Self::BadInput(_) | Self::Refused(_) => "BAD_INPUT",
            Self::Busy { .. } | Self::Interrupted(_) => "RATE_LIMITED",
            Self::Behind => "CATCH_UP",
            Self::TooComplex(_) => "TOO_COMPLEX",
            Self::NotTrusted(_) => "DOCUMENT_NOT_TRUSTED",
            Self::Away(_) | Self::Full(_) | Self::Database(_) | Self::Internal(_) => "INTERNAL",
        }
    }

    /// The cause for the log, without any value that was in the database; none when there is nothing to log.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Away(error) | Self::Full(error) | Self::Database(error) => Some(cause_of(error)),
            Self::Internal(cause) => Some(cause.clone()),
            _ => None,
        }
    }

    /// Whether the database refused a row because another one with the same unique value is there.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(error)
            if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))))
    }
}

impl Error {
    /// Whether PostgreSQL refused the values of a question, or their types; SQLite compares anything with anything.
    #[must_use]
    pub fn is_of_values(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
            error.as_ref()
        else {
            return false;
        };
        let code = error.as_database_error().and_then(|error| error.code());
        code.is_some_and(|code| code.starts_with("22") || code.starts_with("42"))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match condition(&error) {
            Condition::Ended => {
                let message = "The database took too long over it and ended it; ask for less at once.";
                Self::TooComplex(message.to_owned())
            }
            Condition::Away => Self::Away(Arc::new(error)),
            Condition::Full => Self::Full(Arc::new(error)),
            Condition::Other => Self::Database(Arc::new(error)),
        }
    }
}

impl From<NotKnown> for Error {
    fn from(reason: NotKnown) -> Self {
        Self::BadInput(reason.to_string())
    }
}

/// What a database's error says about the database.
enum Condition {
    /// It ended a statement that took longer than it may.
    Ended,
    Away,
    Full,
    /// Nothing that would be the same for other statements.
    Other,
}

fn condition(error: &DbErr) -> Condition {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Condition::Away,
            _ => Condition::Other,
        };
    };
    let Some(told) = error.as_database_error() else {
        return match **error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Condition::Away,
            _ => Condition::Other,
        };
    };
    match told.code().as_deref() {
        // PostgreSQL's `query_canceled`, SQLite's `SQLITE_INTERRUPT`: the limit that a statement has.
        Some("57014" | "9") => Condition::Ended,
        // PostgreSQL is told to stop, has crashed, starts, has no connection left, or gave up a transaction that slept.
        Some("57P01" | "57P02" | "57P03" | "53300" | "25P03") => Condition::Away,
        // PostgreSQL's `disk_full`, `SQLITE_FULL`.
        Some("53100" | "13") => Condition::Full,
        _ => Condition::Other,
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

// A database's own message can quote a row, so only its code and constraint are kept.
fn cause_of(error: &DbErr) -> String {
    let runtime = match error {
        DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause) => cause,
        other => return format!("database: {}", other.to_string().chars().take(200).collect::<String>()),
    };
    match runtime {
        RuntimeErr::SqlxError(error) => match error.as_database_error() {
            Some(cause) => format!(
                "database refused: code {}, constraint {}, table {}",
                cause.code().unwrap_or_default(),
                cause.constraint().unwrap_or("-"),
                cause.table().unwrap_or("-"),
            ),
            None => format!("database: {error}"),
        },
        RuntimeErr::Internal(text) => format!("database: {text}"),
    }
}
