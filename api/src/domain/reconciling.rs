//! Whether a list of the keys that a source has may be believed, and which of our calls it lacks.

use sha2::{Digest, Sha256};

/// Of the rows that a source listed the last time, it must still list this share, in percent.
const SHARE: u64 = 95;

/// The keys that a source lists. Sixteen bytes of a hash stand for each: a source may have millions.
#[derive(Clone, Debug, Default)]
pub struct ListedKeys {
    hashes: Vec<u128>,
    rows: u64,
    sorted: bool,
}

/// Why nothing is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Much less than before: an outage or a changed data set is likelier than so many withdrawals.
    #[error(
        "the source lists {now} rows, fewer than {SHARE} % of the {before} of the last good reconcile. \
         No call was marked as withdrawn. If the source really removed so many, run `jfn feed reconcile` with \
         `--accept-fewer`"
    )]
    Shrunk { now: u64, before: u64 },
    /// About as many rows as before, but few of them are ours: the key was changed rather than the calls removed.
    #[error(
        "of our {standing} calls the source lists only {known}. Did it change its keys? No call was marked as \
         withdrawn. If the source really replaced its rows, run `jfn feed reconcile` with `--accept-fewer`"
    )]
    Foreign { known: u64, standing: u64 },
    /// The list ended early.
    #[error(
        "the source says that it has {stated} rows but its list of keys had only {listed}; no call was marked as \
         withdrawn, and the next reconcile tries again"
    )]
    Short { stated: u64, listed: u64 },
}

impl ListedKeys {
    /// Adds the key of one row.
    pub fn add(&mut self, key: &str) {
        self.hashes.push(short(key));
        self.rows += 1;
        self.sorted = false;
    }

    /// Rows that were listed, keys that repeat included.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the list.
    pub fn end(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.sorted = true;
    }

    /// Whether the source lists that key; the list has ended.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.sorted && self.hashes.binary_search(&short(key)).is_ok()
    }
}

/// Whether the source's count is near enough to the one before.
pub fn near_enough(now: u64, before: u64) -> Result<(), Doubt> {
    if is_share(now, before) { Ok(()) } else { Err(Doubt::Shrunk { now, before }) }
}

/// Whether the source lists nearly all of our calls.
pub fn is_ours(known: u64, standing: u64) -> Result<(), Doubt> {
    if is_share(known, standing) { Ok(()) } else { Err(Doubt::Foreign { known, standing }) }
}

fn is_share(part: u64, whole: u64) -> bool {
    u128::from(part) * 100 >= u128::from(whole) * u128::from(SHARE)
}

/// Whether the list is as long as the source says it is. Counts from before and after the listing come in: rows that
/// went or came in between are no fault of the list.
pub fn is_whole(listed: u64, [before, after]: [u64; 2]) -> Result<(), Doubt> {
    let stated = before.min(after);
    if listed < stated { Err(Doubt::Short { stated, listed }) } else { Ok(()) }
}

fn short(key: &str) -> u128 {
    let hash: [u8; 32] = Sha256::digest(key).into();
    hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_lose_one_row_in_twenty_and_no_more() {
        assert_eq!(near_enough(95, 100), Ok(()));
        assert_eq!(near_enough(94, 100), Err(Doubt::Shrunk { now: 94, before: 100 }));
        assert_eq!(near_enough(0, 0), Ok(()));
        assert_eq!(near_enough(u64::MAX, u64::MAX), Ok(()));
        assert_eq!(is_ours(19, 20), Ok(()));
        assert_eq!(is_ours(18, 20), Err(Doubt::Foreign { known: 18, standing: 20 }));
        let told = Doubt::Shrunk { now: 94, before: 100 }.to_string();
        assert!(told.contains("94") && told.contains("100"), "{told}");
    }

    #[test]
    fn a_list_that_ended_early_is_not_believed() {
        assert_eq!(is_whole(10, [10, 10]), Ok(()));
        assert_eq!(is_whole(9, [10, 10]), Err(Doubt::Short { stated: 10, listed: 9 }));
        // A row went, or one came, while we listed.
        assert_eq!(is_whole(9, [10, 9]), Ok(()));
        assert_eq!(is_whole(10, [10, 11]), Ok(()));
    }

    #[test]
    fn a_list_has_what_was_added_and_nothing_before_it_ended() {
        let mut keys = ListedKeys::default();
        for key in ["B", "A", "B"] {
            keys.add(key);
        }
        assert!(!keys.has("A"));
        keys.end();
        assert_eq!(keys.rows(), 3);
        assert!(keys.has("A") && keys.has("B") && !keys.has("C"));
    }
}
