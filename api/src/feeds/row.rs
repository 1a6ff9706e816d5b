//! One line of a feed: read, or unreadable with the reason.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// What one line gave.
pub type Line = Result<SourceRow, UnreadableRow>;

/// A call as its source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Line of the file, the header being 1; of a source without a file, the row's place in the run, the first being 1.
    pub line: u64,
    /// The source's own key.
    pub source_id: String,
    pub occurred_at: DateTime<Utc>,
    /// When the source last changed it, where the mapping names a column for it.
    pub changed_at: Option<DateTime<Utc>>,
    /// As written, columns joined; may be empty.
    pub address: String,
    /// The call type as first reported, where the source tells both.
    pub initial_type: Option<String>,
    /// The call type as the source last gave it.
    pub final_type: Option<String>,
    pub disposition: Option<String>,
    /// The disposition says that there was nothing to count.
    pub excluded_disposition: bool,
    pub officer_initiated: bool,
    /// The mapped columns, as written.
    pub columns: BTreeMap<String, String>,
}

/// What a line is noted by before any row is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// As of the row.
    pub line: u64,
    /// The source's own key and when it happened; none when the row cannot be read.
    pub call: Option<(String, DateTime<Utc>)>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Line of the file, the header being 1; of a source without a file, the row's place in the run, the first being 1.
    pub line: u64,
    /// What is wrong, for a person who can mend the source.
    pub reason: String,
    /// The mapped columns, as far as they could be told apart.
    pub columns: BTreeMap<String, String>,
}
