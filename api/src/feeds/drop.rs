//! Folders and buckets into which a source drops files: each file is read once, by its content, whatever it is called.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fs::File,
    io::Write as _,
    path::Path as LocalPath,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, parse_url_opts, path::Path};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{
    CallLog, FeedError, FetchError, Line,
    connection::Connection,
    connector::{Connector, Page, Start},
    fetch::install_cryptography,
    mapping::{FeedMapping, RepeatedKeys},
};

/// Ends of names that programs give to files which they have not finished.
const UNFINISHED: &[&str] = &[".part", ".filepart", ".partial", ".tmp", ".crdownload"];

/// A file of a feed's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedFile {
    /// Its name in the folder.
    pub name: String,
    /// SHA-256 of its bytes as they lie there, in hex.
    pub sha256: String,
    pub bytes: u64,
}

/// A folder, being read: its new files one after the other, the oldest first.
///
/// Each file is copied into a temporary one and read from there, twice: for its keys, as of rows with one key only one
/// stands, and to see that it is whole before anything of it is handed on. Memory stays flat however long it is.
pub struct Folder {
    store: Box<dyn ObjectStore>,
    folder: Path,
    mapping: FeedMapping,
    connection: Connection,
    known: BTreeSet<String>,
    /// What is still to be looked at, once the folder was listed.
    waiting: Option<VecDeque<ObjectMeta>>,
    open: Option<Opened>,
}

/// A file that is being handed on.
struct Opened {
    log: CallLog<File>,
    file: DroppedFile,
    /// Of keys that come more than once, the line that stands.
    standing: HashMap<u128, u64>,
    /// The copy; it is removed with this.
    _copy: NamedTempFile,
}

impl Folder {
    /// The folder that the connection names.
    pub fn new(mapping: &FeedMapping, connection: &Connection, start: Start) -> Result<Self, FeedError> {
        install_cryptography();
        let options = start.store_options.iter().map(|(name, value)| (name.as_str(), value.reveal()));
        let (store, folder) = parse_url_opts(connection.url.url(), options).map_err(|_| {
            FetchError::Connection("`url` must read like file:///folder or s3://bucket/prefix".to_owned())
        })?;
        Ok(Self {
            store,
            folder,
            mapping: mapping.clone(),
            connection: connection.clone(),
            known: start.known_files,
            waiting: None,
            open: None,
        })
    }

    async fn list(&self) -> Result<VecDeque<ObjectMeta>, FeedError> {
        let url = self.connection.url.url();
        // A folder that is not there lists no files, which nobody would notice.
        if url.scheme() == "file" && !url.to_file_path().is_ok_and(|folder| folder.is_dir()) {
            let why = "the folder of `url` is not there, or may not be read";
            return Err(FetchError::Connection(why.to_owned()).into());
        }
        let listed = self.store.list_with_delimiter(Some(&self.folder)).await.map_err(unreachable)?;
        let now = DateTime::<Utc>::from(SystemTime::now());
        let settle = Duration::from_secs(self.connection.settle_seconds.into());
        let mut files: Vec<ObjectMeta> = listed.objects;
        files.retain(|file| {
            let name = file.location.filename().unwrap_or_default();
            // A file from the future has lain there for no time yet, as far as one can tell.
            let has_settled = (now - file.last_modified).to_std().unwrap_or_default() >= settle;
            has_settled && self.takes(name)
        });
        files.sort_by(|a, b| (a.last_modified, &a.location).cmp(&(b.last_modified, &b.location)));
        Ok(files.into())
    }

    fn takes(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        !name.starts_with('.')
            && !UNFINISHED.iter().any(|end| lower.ends_with(end))
            && matches(&self.connection.pattern, name)
    }

    /// Copies a file; none when it is known, or still being written.
    async fn take(&self, listed: &ObjectMeta) -> Result<Option<Opened>, FeedError> {
        let name = listed.location.filename().unwrap_or_default().to_owned();
        let broken = |source| FeedError::Read { line: 1, source };
        let mut copy = NamedTempFile::new().map_err(broken)?;
        let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
        let mut pieces = match self.store.get(&listed.location).await {
            Ok(found) => found.into_stream(),
            // It was taken away since the folder was listed.
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(unreachable(error)),
        };
        while let Some(piece) = pieces.try_next().await.map_err(unreachable)? {
            copy.write_all(&piece).map_err(broken)?;
            hash.update(&piece);
            bytes += piece.len() as u64;
        }
        copy.flush().map_err(broken)?;
        let is_as_listed =
            |now: ObjectMeta| now.size == listed.size && now.last_modified == listed.last_modified;
        let after = self.store.head(&listed.location).await;
        if bytes != listed.size || !after.is_ok_and(is_as_listed) {
            return Ok(None);
        }
        let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if self.known.contains(&sha256) {
            return Ok(None);
        }
        let file = DroppedFile { name, sha256, bytes };
        let standing = self.standing(copy.path()).map_err(|error| error.in_file(&file.name))?;
        let log = CallLog::open(copy.path(), &self.mapping).map_err(|error| error.in_file(&file.name))?;
        Ok(Some(Opened { log, file, standing, _copy: copy }))
    }

    /// Reads a file for its keys, all of it.
    fn standing(&self, copy: &LocalPath) -> Result<HashMap<u128, u64>, FeedError> {
        let mut lines: HashMap<u128, (u64, bool)> = HashMap::new();
        let last_wins = self.mapping.repeated_keys == RepeatedKeys::LastWins;
        for line in CallLog::open(copy, &self.mapping)? {
            if let Ok(row) = line? {
                lines
                    .entry(short(&row.source_id))
                    .and_modify(|(line, repeated)| {
                        *line = if last_wins { row.line } else { *line };
                        *repeated = true;
                    })
                    .or_insert((row.line, false));
            }
        }
        Ok(lines
            .into_iter()
            .filter(|(_, (_, repeated))| *repeated)
            .map(|(key, (line, _))| (key, line))
            .collect())
    }
}

impl Opened {
    fn page(&mut self, rows: usize) -> Result<Page, FeedError> {
        let mut page = Page { file: Some(self.file.clone()), ..Page::default() };
        while page.lines.len() < rows {
            let Some(line) = self.log.next() else {
                page.file_ends = true;
                break;
            };
            let line = line.map_err(|error| error.in_file(&self.file.name))?;
            if self.stands(&line) {
                page.lines.push(line);
            } else {
                page.repeated += 1;
            }
        }
        Ok(page)
    }

    fn stands(&self, line: &Line) -> bool {
        let Ok(row) = line else { return true };
        self.standing.get(&short(&row.source_id)).is_none_or(|standing| *standing == row.line)
    }
}

#[async_trait]
impl Connector for Folder {
    /// Each file's header is checked when the file is opened.
    async fn check(&mut self) -> Result<(), FeedError> {
        self.waiting = Some(self.list().await?);
        Ok(())
    }

    async fn page(&mut self) -> Result<Option<Page>, FeedError> {
        loop {
            if let Some(open) = &mut self.open {
                let page = open.page(self.connection.page_rows as usize)?;
                if page.file_ends {
                    // The same content under another name is no news.
                    self.known.insert(open.file.sha256.clone());
                    self.open = None;
                }
                return Ok(Some(page));
            }
            let mut waiting = match self.waiting.take() {
                Some(waiting) => waiting,
                None => self.list().await?,
            };
            let Some(next) = waiting.pop_front() else {
                self.waiting = Some(waiting);
                return Ok(None);
            };
            self.open = self.take(&next).await?;
            self.waiting = Some(waiting);
        }
    }

    /// A folder has what it was given, not all there is.
    async fn count(&mut self) -> Result<Option<u64>, FeedError> {
        Ok(None)
    }

    async fn keys(&mut self) -> Result<Option<Vec<String>>, FeedError> {
        Ok(None)
    }
}

// The store's own words may quote addresses with signatures in them.
fn unreachable(error: object_store::Error) -> FeedError {
    let why = match error {
        object_store::Error::NotFound { .. } => "the folder or bucket is not there",
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            "access is denied; are the credentials right?"
        }
        _ => "it does not answer",
    };
    FetchError::Unreachable { host: "the feed's folder".to_owned(), why, attempts: 1 }.into()
}

/// Whether a name is of a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

// Sixteen bytes of a hash instead of the key: a file may have millions.
fn short(key: &str) -> u128 {
    let hash: [u8; 32] = Sha256::digest(key).into();
    hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        let name = "calls-2026-01-02.csv.gz";
        for pattern in ["*", "calls-*.csv*", "*.gz", "calls-2026-01-02.csv.gz", "*2026*02*", "calls*"] {
            assert!(matches(pattern, name), "{pattern}");
        }
        for pattern in ["", "calls", "*.csv", "Calls*", "*2027*", "calls-*-03.csv.gz", "*gz*csv*"] {
            assert!(!matches(pattern, name), "{pattern}");
        }
        assert!(!matches("a*a", "a"));
    }
}
