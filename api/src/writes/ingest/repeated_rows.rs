//! Which of several rows stands when a file has more than one with the same key; in flat memory, however long the file.
//!
//! Keys are noted as sixteen bytes of their hash. Every so often the notes are sorted and written to a temporary file;
//! when the last row is noted these are merged, and what stays is one bit for each line: whether another row stands for it.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
};

use sha2::{Digest, Sha256};

/// Notes that are held before they are written away: 12 MB of them.
const HELD: usize = 500_000;
const BUFFER: usize = 1 << 16;

/// The first sixteen bytes of a key's hash, and the line of the row.
type Note = ([u64; 2], u64);

/// The keys of a whole file, noted before any row is taken.
#[derive(Debug, Default)]
pub struct RepeatedRows {
    last_wins: bool,
    most: usize,
    held: Vec<Note>,
    written: Vec<File>,
    failed: Option<io::Error>,
    /// One bit for each line: set where another row stands for the key.
    outdone: Vec<u64>,
}

impl RepeatedRows {
    /// Of rows with the same key the last one stands, or the first.
    #[must_use]
    pub fn new(last_wins: bool) -> Self {
        Self::holding(last_wins, HELD)
    }

    fn holding(last_wins: bool, most: usize) -> Self {
        Self { last_wins, most, ..Self::default() }
    }

    /// Whether the last row of a key stands, or the first.
    #[must_use]
    pub fn last_wins(&self) -> bool {
        self.last_wins
    }

    /// Notes that `key` is on that line; lines come in the order of the file. That a note cannot be written away is told
    /// when the noting ends.
    pub fn note(&mut self, key: &str, line: u64) {
        self.held.push((short(key), line));
        if self.held.len() >= self.most
            && self.failed.is_none()
            && let Err(error) = self.write_away()
        {
            self.failed = Some(error);
        }
    }

    fn write_away(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let mut file = BufWriter::with_capacity(BUFFER, tempfile::tempfile()?);
        for ([high, low], line) in self.held.drain(..) {
            for part in [high, low, line] {
                file.write_all(&part.to_le_bytes())?;
            }
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.written.push(file);
        Ok(())
    }

    /// Ends the noting: which rows stand is known now.
    pub fn noted(mut self) -> io::Result<Self> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.held.sort_unstable();
        let mut merged = Merged::of(std::mem::take(&mut self.held), std::mem::take(&mut self.written))?;
        let mut before: Option<Note> = None;
        while let Some(note) = merged.next()? {
            if let Some(before) = before.filter(|before| before.0 == note.0) {
                // Lines of a key come in the order of the file.
                self.outdo(if self.last_wins { before.1 } else { note.1 });
            }
            before = Some(note);
        }
        Ok(self)
    }

    fn outdo(&mut self, line: u64) {
        let Ok(word) = usize::try_from(line / 64) else { return };
        if self.outdone.len() <= word {
            self.outdone.resize(word + 1, 0);
        }
        self.outdone[word] |= 1 << (line % 64);
    }

    /// Whether the row on that line is the one that stands for its key; so does one that nobody noted.
    #[must_use]
    pub fn stands(&self, line: u64) -> bool {
        let word = usize::try_from(line / 64).ok().and_then(|word| self.outdone.get(word));
        word.is_none_or(|word| word & (1 << (line % 64)) == 0)
    }
}

/// Sorted notes from memory and files, in one order.
struct Merged {
    held: std::vec::IntoIter<Note>,
    written: Vec<BufReader<File>>,
    /// The least note of each source; the last source is the memory.
    least: BinaryHeap<Reverse<(Note, usize)>>,
}

impl Merged {
    fn of(held: Vec<Note>, written: Vec<File>) -> io::Result<Self> {
        let written = written.into_iter().map(|file| BufReader::with_capacity(BUFFER, file)).collect();
        let mut merged = Self { held: held.into_iter(), written, least: BinaryHeap::new() };
        for source in 0..=merged.written.len() {
            merged.draw(source)?;
        }
        Ok(merged)
    }

    fn next(&mut self) -> io::Result<Option<Note>> {
        let Some(Reverse((note, source))) = self.least.pop() else { return Ok(None) };
        self.draw(source)?;
        Ok(Some(note))
    }

    fn draw(&mut self, source: usize) -> io::Result<()> {
        let note = match self.written.get_mut(source) {
            Some(file) => read_note(file)?,
            None => self.held.next(),
        };
        self.least.extend(note.map(|note| Reverse((note, source))));
        Ok(())
    }
}

fn read_note(file: &mut impl Read) -> io::Result<Option<Note>> {
    let mut bytes = [0; 24];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(([part(&bytes[..8]), part(&bytes[8..16])], part(&bytes[16..])))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn part(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn short(key: &str) -> [u64; 2] {
    let hash: [u8; 32] = Sha256::digest(key).into();
    [part(&hash[..8]), part(&hash[8..16])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(mut rows: RepeatedRows, file: &[(String, u64)]) -> Vec<u64> {
        for (key, line) in file {
            rows.note(key, *line);
        }
        let rows = rows.noted().unwrap();
        file.iter().map(|(_, line)| *line).filter(|line| rows.stands(*line)).collect()
    }

    fn file() -> Vec<(String, u64)> {
        [("A", 2), ("B", 3), ("A", 4), ("C", 5), ("A", 6)].map(|(key, line)| (key.to_owned(), line)).to_vec()
    }

    #[test]
    fn of_rows_with_one_key_the_last_of_the_file_stands() {
        assert_eq!(standing(RepeatedRows::new(true), &file()), [3, 5, 6]);
    }

    #[test]
    fn or_the_first_where_the_source_says_so() {
        assert_eq!(standing(RepeatedRows::new(false), &file()), [2, 3, 5]);
    }

    #[test]
    fn notes_that_were_written_away_are_remembered() {
        let file: Vec<(String, u64)> =
            (0..10_000_u64).map(|line| ((line * line % 3_571).to_string(), line + 2)).collect();
        for last_wins in [true, false] {
            let found = standing(RepeatedRows::holding(last_wins, 700), &file);
            let in_memory = standing(RepeatedRows::new(last_wins), &file);
            assert_eq!(found, in_memory);
            // Each key has exactly one row that stands.
            let keys: std::collections::BTreeSet<&String> = file.iter().map(|(key, _)| key).collect();
            assert_eq!(found.len(), keys.len());
        }
    }
}
