//! What a run counted, left out and rejected.

use std::collections::BTreeMap;

use crate::{domain::call_intake::LeftOut, feeds::UnreadableRow};

/// Rejected lines that are told one by one.
const TOLD: usize = 10;

/// The counts of a run, as its row keeps them. `read` is the sum of the next five.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: i32,
    pub inserted: i32,
    pub updated: i32,
    pub unchanged: i32,
    /// Rows of a key for which another row of the same file stands.
    pub duplicates: i32,
    pub rejected: i32,
    /// Calls that the source no longer lists; no part of `read`.
    pub withdrawn: i32,
    /// Of the calls that were inserted or updated, those at a known place.
    pub matched: i32,
    pub flags_raised: i32,
}

impl Counts {
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            read: self.read + other.read,
            inserted: self.inserted + other.inserted,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            duplicates: self.duplicates + other.duplicates,
            rejected: self.rejected + other.rejected,
            withdrawn: self.withdrawn + other.withdrawn,
            matched: self.matched + other.matched,
            flags_raised: self.flags_raised + other.flags_raised,
        }
    }
}

/// What a run did with its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub counts: Counts,
    /// Calls that a rule may count if they are at a place it runs on.
    pub may_count: u64,
    /// Calls that can count towards no place, by the first reason.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// The first rejected lines, and why.
    pub rejections: Vec<(u64, String)>,
}

impl Summary {
    /// Adds what happened after it.
    pub fn add(&mut self, later: Self) {
        self.counts = self.counts.plus(&later.counts);
        self.may_count += later.may_count;
        for (reason, count) in later.left_out {
            *self.left_out.entry(reason).or_default() += count;
        }
        self.rejections.extend(later.rejections);
        self.rejections.truncate(TOLD);
    }

    pub(super) fn reject(&mut self, row: &UnreadableRow) {
        self.counts.rejected += 1;
        if self.rejections.len() < TOLD {
            self.rejections.push((row.line, row.reason.clone()));
        }
    }

    pub(super) fn tally(&mut self, left_out: Option<LeftOut>) {
        match left_out {
            Some(reason) => *self.left_out.entry(reason).or_default() += 1,
            None => self.may_count += 1,
        }
    }
}
