//! What the server makes of the rows of a feed before it asks the database.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    id::{CallId, FeedId, PropertyId},
};
use sha2::{Digest, Sha256};

use super::{repeated_rows::RepeatedRows, summary::Summary};
use crate::{
    app::{Clock, Tx},
    domain::{
        address::{Address, Writing},
        call_intake::{self, LeftOut},
    },
    events::hex,
    feeds::{Line, SourceRow, UnreadableRow, mapping::key_of},
};

/// Addresses that are remembered, so that one that comes again need not be read again: some 25 MB.
const REMEMBERED: usize = 80_000;

/// Lines that have been read and are ready to be taken.
#[derive(Default)]
pub struct ReadLines {
    /// In the order of their keys, each key once.
    pub(super) readings: Vec<Reading>,
    pub(super) rejected: Vec<UnreadableRow>,
    /// What was counted so far.
    pub(super) summary: Summary,
}

/// Reads lines: whether they can be taken, which of those with one key stands, and where it was.
pub struct LineReader {
    writing: Writing,
    clock: Clock,
    repeats: Arc<RepeatedRows>,
    addresses: HashMap<String, Arc<Place>>,
}

impl LineReader {
    pub(super) fn new(writing: Writing, clock: Clock, repeats: Arc<RepeatedRows>) -> Self {
        Self { writing, clock, repeats, addresses: HashMap::new() }
    }

    /// Reads one line and adds it to others.
    pub fn read(&mut self, line: Line, to: &mut ReadLines) {
        to.summary.counts.read += 1;
        let row = match line {
            Ok(row) => row,
            Err(unreadable) => return reject(unreadable, to),
        };
        if let Some(reason) = refusal(row.occurred_at, self.clock.now()) {
            return reject(UnreadableRow { line: row.line, reason, columns: row.columns }, to);
        }
        if !self.repeats.stands(row.line) {
            to.summary.counts.duplicates += 1;
            return;
        }
        let place = self.place(&row.address);
        to.readings.push(Reading::of(row, place));
    }

    /// Ends a batch: of lines with one key, which nobody noted, one stands.
    pub fn ended(&self, lines: &mut ReadLines) {
        let last_wins = self.repeats.last_wins();
        lines.readings.sort_by(|a, b| a.row.source_id.cmp(&b.row.source_id));
        let before = lines.readings.len();
        lines.readings.dedup_by(|later, earlier| {
            let same = later.row.source_id == earlier.row.source_id;
            if same && last_wins {
                std::mem::swap(later, earlier);
            }
            same
        });
        let left_out = before - lines.readings.len();
        lines.summary.counts.duplicates += i32::try_from(left_out).unwrap_or(i32::MAX);
    }

    fn place(&mut self, raw: &str) -> Arc<Place> {
        if let Some(place) = self.addresses.get(raw) {
            return place.clone();
        }
        let place = Arc::new(Place::of(&Address::parse(raw, &self.writing)));
        if self.addresses.len() >= REMEMBERED {
            self.addresses.clear();
        }
        self.addresses.insert(raw.to_owned(), place.clone());
        place
    }
}

fn reject(row: UnreadableRow, to: &mut ReadLines) {
    to.summary.reject(&row);
    to.rejected.push(row);
}

/// Why a row cannot be taken although it could be read.
pub(super) fn refusal(occurred_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    // The newest call sets the end of every window, so a date far ahead would silence the rules.
    (occurred_at > now + TimeDelta::days(1)).then(|| {
        format!("it says it happened at {occurred_at}, which is yet to come; correct the date at the source")
    })
}

/// What is kept of an address.
struct Place {
    text: String,
    key: String,
    precision: AddressPrecision,
    /// Whether it names one place, and the call was at it.
    exact: bool,
    /// What of it goes into the hash of a row.
    hashed: Vec<u8>,
    near: bool,
}

impl Place {
    fn of(address: &Address) -> Self {
        let (text, key) = (address.text(), address.key());
        let mut hashed = Vec::new();
        for part in [&text, &key, &address.precision.word()] {
            add(part, |bytes| hashed.extend_from_slice(bytes));
        }
        Self {
            // A call near an address is not at it, so that no place may claim it later either.
            key: if address.near { String::new() } else { key },
            text,
            precision: address.precision,
            exact: address.is_exact(),
            hashed,
            near: address.near,
        }
    }
}

/// A row with its address read.
pub(super) struct Reading {
    pub(super) row: SourceRow,
    place: Arc<Place>,
    pub(super) hash: String,
}

impl Reading {
    fn of(mut row: SourceRow, place: Arc<Place>) -> Self {
        let hash = hash(&row, &place);
        // Only a rejected row keeps them.
        row.columns.clear();
        Self { row, place, hash }
    }

    /// What the address matches by; empty when it names no single place.
    pub(super) fn place_key(&self) -> &str {
        if self.place.exact { &self.place.key } else { "" }
    }

    /// The call types as the source writes them.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        [&self.row.initial_type, &self.row.final_type].into_iter().flatten().map(String::as_str)
    }

    /// `mapped` tells the category of call types as the source writes them.
    pub(super) fn category(&self, mapped: &HashMap<String, CallCategory>) -> CallCategory {
        let of = |told: &Option<String>| {
            told.as_ref().map(|told| mapped.get(told).copied().unwrap_or(CallCategory::Unmapped))
        };
        call_intake::category(of(&self.row.initial_type), of(&self.row.final_type))
    }

    pub(super) fn left_out(&self, category: CallCategory) -> Option<LeftOut> {
        let row = &self.row;
        let (precision, exact) = (self.place.precision, !self.place_key().is_empty());
        call_intake::left_out(category, row.excluded_disposition, row.officer_initiated, precision, exact)
    }

    /// The row of the database, as if the call were new.
    /// The call that the row tells of; `known` is its id, if it is there.
    pub(super) fn into_call(
        self,
        tx: &Tx,
        feed: FeedId,
        known: Option<CallId>,
        category: CallCategory,
        place: Option<PropertyId>,
    ) -> call::Model {
        call::Model {
            id: known.unwrap_or_else(|| CallId::at(self.row.occurred_at)),
            feed_id: feed,
            source_id: self.row.source_id,
            occurred_at: self.row.occurred_at,
            source_changed_at: self.row.changed_at,
            occurred_on: tx.city.day_of(self.row.occurred_at),
            address: self.place.text.clone(),
            address_key: self.place.key.clone(),
            precision: self.place.precision,
            category,
            description: self.row.final_type,
            initial_description: self.row.initial_type,
            disposition: self.row.disposition,
            disposition_excludes: self.row.excluded_disposition,
            officer_initiated: self.row.officer_initiated,
            property_id: place,
            row_hash: self.hash,
            recorded_at: tx.now,
            updated_at: tx.now,
            withdrawn_at: None,
        }
    }
}

// Besides the mapped columns it covers what was made of them, so that a corrected mapping counts as a change too.
fn hash(row: &SourceRow, place: &Place) -> String {
    let mut hash = Sha256::new();
    for (column, value) in &row.columns {
        add(column, |bytes| hash.update(bytes));
        add(value, |bytes| hash.update(bytes));
    }
    add(&row.occurred_at.timestamp_micros().to_string(), |bytes| hash.update(bytes));
    hash.update(&place.hashed);
    hash.update([u8::from(place.near), u8::from(row.excluded_disposition), u8::from(row.officer_initiated)]);
    hex(&hash.finalize())
}

fn add(text: &str, mut to: impl FnMut(&[u8])) {
    to(&(text.len() as u64).to_be_bytes());
    to(text.as_bytes());
}

/// The call types as mappings name them, each with how the source writes it.
pub(super) fn type_keys<'a>(readings: &'a [Reading]) -> HashMap<&'a str, String> {
    let mut keys: HashMap<&'a str, String> = HashMap::new();
    for told in readings.iter().flat_map(Reading::types) {
        keys.entry(told).or_insert_with(|| key_of(told));
    }
    keys
}
