//! What is wrong with a preset, and where.

/// A fault in a preset: the file, the line and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct PresetError {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub reason: String,
}
