//! What every way of fetching a feed has in common: pages of rows, oldest change first, from where the last run ended.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{FeedError, Line, drop::DroppedFile, secret::Secret};

/// One way of fetching a feed, set up for one run.
///
/// A run calls `check` once, then `page` until it answers none. A reconcile calls `count`, then `keys` until it answers
/// none, and never `page`.
#[async_trait]
pub trait Connector: Send {
    /// Asks the source what its columns are: an error names those that are missing or of another type than mapped.
    async fn check(&mut self) -> Result<(), FeedError>;

    /// The next rows that changed after the watermark that the connector was set up with; none when there are no more.
    async fn page(&mut self) -> Result<Option<Page>, FeedError>;

    /// How many rows the source lists now; none where it cannot tell, and then `keys` says nothing about what is gone.
    async fn count(&mut self) -> Result<Option<u64>, FeedError>;

    /// The next of the keys of all rows that the source lists now; none when there are no more. A page may be empty.
    async fn keys(&mut self) -> Result<Option<Vec<String>>, FeedError>;
}

/// From where a run goes on, and what it may show the source.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Rows that changed after this are read; all rows without it.
    pub since: Option<DateTime<Utc>>,
    /// SHA-256 of the files that were taken before, in hex; files with such content are passed over.
    pub known_files: BTreeSet<String>,
    /// The portal's app token.
    pub token: Option<Secret>,
    /// What a bucket needs: the settings of the environment whose names begin with `AWS_`.
    pub store_options: Vec<(String, Secret)>,
}

/// Rows that came together.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub lines: Vec<Line>,
    /// The newest change that the source tells of these rows by its own clock; none where it tells no changes.
    pub newest_change: Option<DateTime<Utc>>,
    /// The file that the rows are of, where the source is a folder.
    pub file: Option<DroppedFile>,
    /// The file has no more rows than these.
    pub file_ends: bool,
    /// Rows of the file that were left out since the page before, because another row of the same file stands for their key.
    pub repeated: u32,
}
