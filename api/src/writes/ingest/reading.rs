//! What the server makes of one row of a feed.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    call::{self, CallCategory},
    id::{CallId, FeedId, PropertyId},
};
use sha2::{Digest, Sha256};

use crate::{
    app::Tx,
    domain::{
        address::{Address, Writing},
        call_intake::{self, LeftOut},
    },
    events::hex,
    feeds::{SourceRow, mapping::key_of},
};

/// A row with its address read.
pub(super) struct Reading<'a> {
    pub(super) row: &'a SourceRow,
    address: Address,
    /// What the address matches by; empty when it names no single place.
    pub(super) place_key: String,
    pub(super) hash: String,
}

/// Why a row cannot be taken although it could be read.
pub(super) fn refusal(row: &SourceRow, now: DateTime<Utc>) -> Option<String> {
    // The newest call sets the end of every window, so a date far ahead would silence the rules.
    (row.occurred_at > now + TimeDelta::days(1)).then(|| {
        format!(
            "it says it happened at {}, which is yet to come; correct the date at the source",
            row.occurred_at
        )
    })
}

/// The call types of a row as mappings name them: the initial one and the final one.
pub(super) fn types(row: &SourceRow) -> [Option<String>; 2] {
    [row.initial_type.as_deref().map(key_of), row.final_type.as_deref().map(key_of)]
}

impl<'a> Reading<'a> {
    pub(super) fn of(row: &'a SourceRow, writing: &Writing) -> Self {
        let address = Address::parse(&row.address, writing);
        let place_key = if address.is_exact() { address.key() } else { String::new() };
        let hash = hash(row, &address);
        Self { row, address, place_key, hash }
    }

    pub(super) fn category(&self, mapped: &HashMap<String, CallCategory>) -> CallCategory {
        let [initial, last] = types(self.row)
            .map(|key| key.map(|key| mapped.get(&key).copied().unwrap_or(CallCategory::Unmapped)));
        call_intake::category(initial, last)
    }

    pub(super) fn left_out(&self, category: CallCategory) -> Option<LeftOut> {
        let row = self.row;
        let exact = !self.place_key.is_empty();
        call_intake::left_out(
            category,
            row.excluded_disposition,
            row.officer_initiated,
            self.address.precision,
            exact,
        )
    }

    /// The row of the database, as if the call were new.
    pub(super) fn into_call(
        self,
        tx: &Tx,
        feed: FeedId,
        category: CallCategory,
        place: Option<PropertyId>,
    ) -> call::Model {
        call::Model {
            id: CallId::generate(),
            feed_id: feed,
            source_id: self.row.source_id.clone(),
            occurred_at: self.row.occurred_at,
            occurred_on: tx.city.day_of(self.row.occurred_at),
            address: self.address.text(),
            // A call near an address is not at it, so that no place may claim it later either.
            address_key: if self.address.near { String::new() } else { self.address.key() },
            precision: self.address.precision,
            category,
            description: self.row.final_type.clone(),
            initial_description: self.row.initial_type.clone(),
            disposition: self.row.disposition.clone(),
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
fn hash(row: &SourceRow, address: &Address) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    for (column, value) in &row.columns {
        add(column);
        add(value);
    }
    add(&row.occurred_at.timestamp_micros().to_string());
    add(&address.text());
    add(&address.key());
    add(&address.precision.word());
    hash.update([
        u8::from(address.near),
        u8::from(row.excluded_disposition),
        u8::from(row.officer_initiated),
    ]);
    hex(&hash.finalize())
}
