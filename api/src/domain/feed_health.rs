//! Whether a feed does what it should.

use chrono::{DateTime, TimeDelta, Utc};

/// A feed whose city states nothing else is late when it had no successful run for longer than this.
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

/// What the health of a feed is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    pub paused: bool,
    /// Whether the last run failed that ended and brought calls; none when there was none.
    pub reading_failed: Option<bool>,
    /// The same for the last reconcile.
    pub reconcile_failed: Option<bool>,
    pub last_success: Option<DateTime<Utc>>,
    pub late_after: TimeDelta,
}

/// The health of a feed.
#[must_use]
pub fn health(signs: &Signs, now: DateTime<Utc>) -> Health {
    if signs.paused {
        return Health::Paused;
    }
    let Some(reading_failed) = signs.reading_failed else { return Health::NeverRun };
    if reading_failed || signs.reconcile_failed == Some(true) {
        return Health::Failing;
    }
    match signs.last_success {
        Some(at) if now - at <= signs.late_after => Health::Healthy,
        _ => Health::Late,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    const WELL: Signs = Signs {
        paused: false,
        reading_failed: Some(false),
        reconcile_failed: None,
        last_success: Some(DateTime::UNIX_EPOCH),
        late_after: LATE_AFTER,
    };

    #[test]
    fn a_feed_is_late_only_after_its_own_period() {
        assert_eq!(health(&WELL, at(48)), Health::Healthy);
        assert_eq!(health(&WELL, at(49)), Health::Late);
        let quick = Signs { late_after: TimeDelta::hours(1), ..WELL };
        assert_eq!([1, 2].map(|hour| health(&quick, at(hour))), [Health::Healthy, Health::Late]);
    }

    #[test]
    fn a_feed_that_is_paused_is_neither_late_nor_failing() {
        assert_eq!(
            health(&Signs { paused: true, reading_failed: Some(true), ..WELL }, at(99)),
            Health::Paused
        );
        assert_eq!(health(&Signs { paused: true, reading_failed: None, ..WELL }, at(99)), Health::Paused);
    }

    #[test]
    fn the_last_run_of_each_sort_decides_whether_a_feed_fails() {
        assert_eq!(health(&Signs { reading_failed: Some(true), ..WELL }, at(1)), Health::Failing);
        assert_eq!(health(&Signs { reconcile_failed: Some(true), ..WELL }, at(1)), Health::Failing);
        assert_eq!(health(&Signs { reconcile_failed: Some(false), ..WELL }, at(1)), Health::Healthy);
        assert_eq!(
            health(&Signs { reading_failed: None, last_success: None, ..WELL }, at(1)),
            Health::NeverRun
        );
    }
}
