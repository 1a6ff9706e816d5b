//! Why the reading of a feed stopped, in words that a person can act on.

use std::io;

use super::{clock::shortened, fetch_error::FetchError};

/// What ends the reading of a feed's file. A single bad line does not.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("{file} cannot be opened: {source}")]
    Open { file: String, source: io::Error },
    #[error("the file is empty; it must begin with a header line")]
    Empty,
    #[error(
        "none of the mapped columns was found among the {columns} of the first line; expected {missing}. \
         Does the file begin with a header line, and is it this feed's?"
    )]
    NoHeader { columns: usize, missing: String },
    #[error(
        "the header lacks {missing}; found {found}. Correct the feed's mapping, or ask the source for the columns"
    )]
    MissingColumns { missing: String, found: String },
    #[error("the header names {column} twice, so which one is meant cannot be told")]
    RepeatedColumn { column: String },
    #[error(
        "the header changed: gone {gone}; new {new}. Check what they hold, then correct `header` in the feed's mapping"
    )]
    HeaderChanged { gone: String, new: String },
    #[error(
        "the compressed file becomes far larger than any log does, near line {line}, and is read no further; \
         unpack it and look at it"
    )]
    Inflated { line: u64 },
    #[error("the compressed file ends in the middle, near line {line}; fetch it again")]
    Truncated { line: u64 },
    #[error("the compressed file is damaged near line {line}; fetch it again")]
    Damaged { line: u64 },
    #[error(
        "a quotation mark near line {line} is never closed; correct that line at the source and send the file again"
    )]
    OpenQuote { line: u64 },
    #[error("the file could not be read near line {line}: {source}")]
    Read { line: u64, source: io::Error },
    #[error("{file}: {source}")]
    InFile { file: String, source: Box<FeedError> },
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(
        "the source's columns changed: missing {missing}; of another type {retyped}. Check what they hold, then correct \
         the feed's mapping"
    )]
    ColumnsChanged { missing: String, retyped: String },
    #[error(
        "the list of rows changed so often while it was read that it could not be read as a whole; try again later"
    )]
    Restless,
}

/// A line took more bytes than any line may.
#[derive(Debug, thiserror::Error)]
#[error("the line is too long")]
pub(super) struct LineTooLong;

/// A compressed file holds far more than any log of its size.
#[derive(Debug, thiserror::Error)]
#[error("the compressed file becomes too large")]
pub(super) struct TooDense;

impl FeedError {
    /// How long the source asked to be left alone, when that is why the reading stopped.
    #[must_use]
    pub fn wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::Fetch(error) => error.wait(),
            _ => None,
        }
    }

    /// The same, with the name of the file in front.
    pub(super) fn in_file(self, file: &str) -> Self {
        Self::InFile { file: shortened(file), source: Box::new(self) }
    }

    pub(super) fn from_csv(line: u64, error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::from_io(line, source),
            // Nothing else comes of reading bytes flexibly; kept apart so as not to hide it.
            other => {
                Self::Read { line, source: io::Error::other(format!("{:?}", std::mem::discriminant(&other))) }
            }
        }
    }

    pub(super) fn from_io(line: u64, source: io::Error) -> Self {
        if source.get_ref().is_some_and(|inner| inner.is::<LineTooLong>()) {
            return Self::OpenQuote { line };
        }
        if source.get_ref().is_some_and(|inner| inner.is::<TooDense>()) {
            return Self::Inflated { line };
        }
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated { line },
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Damaged { line },
            _ => Self::Read { line, source },
        }
    }
}

/// Names of columns for a person, cut short when there are very many.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 40;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(MOST).map(|name| shortened(name.as_ref()));
    let mut list = shown.collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        list.push_str(" and more");
    }
    list
}
