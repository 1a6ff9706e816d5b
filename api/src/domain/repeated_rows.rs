//! Which of several rows stands when a file has more than one with the same key.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// The keys of a whole file, noted before any row is taken.
#[derive(Clone, Debug, Default)]
pub struct RepeatedRows {
    // Sixteen bytes of a hash instead of the key: a file may have millions.
    standing: HashMap<u128, Row>,
    last_wins: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    line: u64,
    repeated: bool,
}

impl RepeatedRows {
    /// Of rows with the same key the last one stands, or the first.
    #[must_use]
    pub fn new(last_wins: bool) -> Self {
        Self { standing: HashMap::new(), last_wins }
    }

    /// Whether the last row of a key stands, or the first.
    #[must_use]
    pub fn last_wins(&self) -> bool {
        self.last_wins
    }

    /// Notes that `key` is on that line; lines come in the order of the file.
    pub fn note(&mut self, key: &str, line: u64) {
        let last_wins = self.last_wins;
        self.standing
            .entry(short(key))
            .and_modify(|row| *row = Row { line: if last_wins { line } else { row.line }, repeated: true })
            .or_insert(Row { line, repeated: false });
    }

    /// Ends the noting: keys that came once need not be remembered.
    #[must_use]
    pub fn noted(mut self) -> Self {
        self.standing.retain(|_, row| row.repeated);
        self.standing.shrink_to_fit();
        self
    }

    /// Whether the row on that line is the one that stands for its key.
    #[must_use]
    pub fn stands(&self, key: &str, line: u64) -> bool {
        self.standing.get(&short(key)).is_none_or(|row| row.line == line)
    }
}

fn short(key: &str) -> u128 {
    let hash: [u8; 32] = Sha256::digest(key).into();
    hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(last_wins: bool) -> Vec<u64> {
        let file = [("A", 2), ("B", 3), ("A", 4), ("C", 5), ("A", 6)];
        let mut rows = RepeatedRows::new(last_wins);
        for (key, line) in file {
            rows.note(key, line);
        }
        let rows = rows.noted();
        file.into_iter().filter(|(key, line)| rows.stands(key, *line)).map(|(_, line)| line).collect()
    }

    #[test]
    fn of_rows_with_one_key_the_last_of_the_file_stands() {
        assert_eq!(standing(true), [3, 5, 6]);
    }

    #[test]
    fn or_the_first_where_the_source_says_so() {
        assert_eq!(standing(false), [2, 3, 5]);
    }
}
