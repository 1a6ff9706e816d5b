//! Reads a feed's file line by line: gzip or plain, any length, in flat memory.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use chrono::{DateTime, Utc};
use csv::ByteRecord;

use super::{
    error::{FeedError, listed},
    mapping::FeedMapping,
    reading::{RowReader, is_fit},
    row::{Line, Noted, UnreadableRow},
    source::Source,
};

/// A file of calls, being read. Iterating yields its lines; after an error it yields nothing more.
pub struct CallLog<R: Read> {
    reader: csv::Reader<Source<R>>,
    rows: RowReader,
    /// Where each mapped column stands.
    columns: BTreeMap<String, usize>,
    width: usize,
    record: ByteRecord,
    line: u64,
    finished: bool,
}

impl CallLog<File> {
    /// Opens a file and checks its header against the mapping.
    pub fn open(path: &Path, mapping: &FeedMapping) -> Result<Self, FeedError> {
        let file = File::open(path)
            .map_err(|source| FeedError::Open { file: path.display().to_string(), source })?;
        Self::read(file, mapping)
    }
}

impl<R: Read> CallLog<R> {
    /// Reads from anything that gives bytes, and checks the header against the mapping.
    pub fn read(bytes: R, mapping: &FeedMapping) -> Result<Self, FeedError> {
        let source = Source::new(bytes).map_err(|error| FeedError::from_io(1, error))?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true) // a short line is rejected by us; it does not end the reading
            .terminator(csv::Terminator::Any(b'\n')) // else the parser loses count of the lines after CRLF
            .from_reader(source);
        let header = reader.byte_headers().map_err(|error| FeedError::from_csv(1, error))?.clone();
        let columns = columns(&header, mapping)?;
        Ok(Self {
            rows: RowReader::of(mapping),
            columns,
            width: header.len(),
            record: ByteRecord::new(),
            line: 1,
            finished: false,
            reader,
        })
    }

    /// Bytes taken from the file so far, compressed ones if it is compressed; what a progress bar shows.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.reader.get_ref().bytes_read()
    }

    /// A line of white space only, such as the `\r` of an empty line that ends in CRLF.
    fn is_blank(&self) -> bool {
        self.width > 1 && self.record.len() == 1 && self.record.as_slice().trim_ascii().is_empty()
    }

    fn row(&self) -> Line {
        if self.record.len() != self.width {
            // Which value belongs to which column cannot be told, so none is kept: one might be a name.
            return Err(UnreadableRow {
                line: self.line,
                reason: format!("the line has {} columns, the header {}", self.record.len(), self.width),
                columns: BTreeMap::new(),
            });
        }
        let mut refusal = None;
        // Collected rather than inserted one by one: they come in order already.
        let columns = self.columns.iter().map(|(column, &index)| {
            let bytes = self.bytes(index);
            let text = match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => {
                    refusal.get_or_insert(format!("{column}: is not text in UTF-8"));
                    String::from_utf8_lossy(bytes).into_owned()
                }
            };
            (column.clone(), text)
        });
        let columns = columns.collect();
        match refusal {
            None => self.rows.row(self.line, columns),
            Some(reason) => self.rows.refuse(self.line, reason, columns),
        }
    }
}

impl<R: Read> CallLog<R> {
    /// What the next line is noted by, without the rest of the row, which takes several times as long to read.
    pub fn next_noted(&mut self) -> Option<Result<Noted, FeedError>> {
        Some(self.advance()?.map(|()| Noted { line: self.line, call: self.noted() }))
    }

    fn noted(&self) -> Option<(String, DateTime<Utc>)> {
        if self.record.len() != self.width {
            return None;
        }
        let mut readable = true;
        let value = |column: &str| self.columns.get(column).map_or(Some(""), |index| self.text(*index));
        for column in self.columns.keys() {
            readable &= value(column).is_some_and(is_fit);
        }
        readable.then(|| self.rows.noted(|column| value(column).unwrap_or_default())).flatten()
    }

    /// A value; none when it is not text in UTF-8.
    fn text(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(index)).ok()
    }

    fn bytes(&self, index: usize) -> &[u8] {
        let bytes = self.record.get(index).unwrap_or_default();
        if index + 1 == self.width { bytes.strip_suffix(b"\r").unwrap_or(bytes) } else { bytes }
    }

    /// Goes to the next line that is not blank.
    fn advance(&mut self) -> Option<Result<(), FeedError>> {
        if self.finished {
            return None;
        }
        loop {
            self.reader.get_mut().begin_line();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) if self.is_blank() => {}
                Ok(true) => {
                    let breaks = self.record.as_slice().iter().filter(|&&b| b == b'\n');
                    let after = self.reader.position().line();
                    self.line = after.saturating_sub(1 + breaks.count() as u64);
                    return Some(Ok(()));
                }
                Ok(false) => {
                    self.finished = true;
                    return None;
                }
                Err(error) => {
                    self.finished = true;
                    return Some(Err(FeedError::from_csv(self.line + 1, error)));
                }
            }
        }
    }
}

impl<R: Read> Iterator for CallLog<R> {
    type Item = Result<Line, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.advance()?.map(|()| self.row()))
    }
}

/// Where each mapped column stands in the header.
fn columns(header: &ByteRecord, mapping: &FeedMapping) -> Result<BTreeMap<String, usize>, FeedError> {
    if header.is_empty() {
        return Err(FeedError::Empty);
    }
    let found: Vec<String> =
        header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let wanted = mapping.columns();
    let missing: Vec<&str> = wanted.iter().copied().filter(|name| !found.iter().any(|f| f == name)).collect();
    if missing.len() == wanted.len() {
        // The first line may be data, which an error must not repeat.
        return Err(FeedError::NoHeader { columns: found.len(), missing: listed(&missing) });
    }
    if !missing.is_empty() {
        return Err(FeedError::MissingColumns { missing: listed(&missing), found: listed(&found) });
    }
    if let Some(twice) = wanted.iter().find(|name| found.iter().filter(|f| f == *name).count() > 1) {
        return Err(FeedError::RepeatedColumn { column: (*twice).to_owned() });
    }
    if let Some(known) = &mapping.header {
        let gone: Vec<&String> = known.iter().filter(|k| !found.contains(k)).collect();
        let new: Vec<&String> = found.iter().filter(|f| !known.contains(f)).collect();
        if !gone.is_empty() || !new.is_empty() {
            return Err(FeedError::HeaderChanged { gone: listed(&gone), new: listed(&new) });
        }
    }
    let places = found.into_iter().enumerate();
    Ok(places.filter(|(_, name)| wanted.contains(name.as_str())).map(|(index, name)| (name, index)).collect())
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
