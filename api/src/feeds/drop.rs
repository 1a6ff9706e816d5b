//! Folders and buckets into which a source drops files.

/// A file of a feed's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedFile {
    /// Its name below the folder.
    pub name: String,
    /// SHA-256 of its bytes as they lie there, in hex.
    pub sha256: String,
    pub bytes: u64,
}
