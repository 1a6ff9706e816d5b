//! Whether a feed does what it should.

use chrono::{DateTime, TimeDelta, Utc};

/// A feed that had no successful run for longer than this is late.
pub const LATE_AFTER: TimeDelta = TimeDelta::days(2);

/// How a feed does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    Healthy,
    Late,
    Failing,
    Paused,
    NeverRun,
}

/// The health of a feed; `failed` tells how its last finished run ended, if there was one.
#[must_use]
pub fn health(
    paused: bool,
    failed: Option<bool>,
    last_success: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Health {
    match (paused, failed) {
        (true, _) => Health::Paused,
        (false, None) => Health::NeverRun,
        (false, Some(true)) => Health::Failing,
        (false, Some(false)) if last_success.is_none_or(|at| now - at > LATE_AFTER) => Health::Late,
        (false, Some(false)) => Health::Healthy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn a_feed_is_late_only_after_two_days() {
        assert_eq!(health(false, Some(false), Some(at(0)), at(48)), Health::Healthy);
        assert_eq!(health(false, Some(false), Some(at(0)), at(49)), Health::Late);
    }

    #[test]
    fn a_feed_that_is_paused_is_neither_late_nor_failing() {
        assert_eq!(health(true, Some(true), Some(at(0)), at(99)), Health::Paused);
        assert_eq!(health(true, None, None, at(99)), Health::Paused);
    }

    #[test]
    fn the_last_run_decides_whether_a_feed_fails() {
        assert_eq!(health(false, Some(true), Some(at(0)), at(1)), Health::Failing);
        assert_eq!(health(false, None, None, at(1)), Health::NeverRun);
    }
}
