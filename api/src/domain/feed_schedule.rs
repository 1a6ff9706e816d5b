//! When a feed is read next, and how far back.

use chrono::{DateTime, TimeDelta, Utc};

/// How much later than planned a run may begin, as a share of the interval, so that feeds do not all run at once.
const JITTER: f64 = 0.1;
/// Doublings after which a feed that fails is not read less often.
const DOUBLINGS: u32 = 6;
/// A failing feed is read at least this often, unless its interval is longer anyway.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(4);
/// A source that asks for more than this is asked again all the same.
const LONGEST_ASKED: TimeDelta = TimeDelta::days(1);

/// When a feed that begins to run at `now` is to run again; `chance` is from 0 to 1.
#[must_use]
pub fn next_run(now: DateTime<Utc>, every: TimeDelta, chance: f64) -> DateTime<Utc> {
    now + every + jitter(every, chance)
}

/// When a feed is tried again that has failed `failures` times in a row, the last time just now: each time after twice
/// the pause. `asked` is the pause that the source itself asked for.
#[must_use]
pub fn next_try(
    now: DateTime<Utc>,
    every: TimeDelta,
    failures: u32,
    asked: Option<TimeDelta>,
    chance: f64,
) -> DateTime<Utc> {
    let doubled = every * 2_i32.pow(failures.saturating_sub(1).min(DOUBLINGS));
    let pause = doubled.min(LONGEST_PAUSE.max(every));
    let asked = asked.map_or(TimeDelta::zero(), |asked| asked.min(LONGEST_ASKED));
    now + pause.max(asked) + jitter(every, chance)
}

/// The watermark after a run that ended well: the newest change it saw, but not later than its own start, because the
/// source may have changed rows while we read; and never earlier than before.
#[must_use]
pub fn watermark(
    before: Option<DateTime<Utc>>,
    seen: Option<DateTime<Utc>>,
    started: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    before.max(seen.map(|seen| seen.min(started)))
}

fn jitter(every: TimeDelta, chance: f64) -> TimeDelta {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "chance needs no more digits"
    )]
    let millis = (every.num_milliseconds() as f64 * JITTER * chance.clamp(0.0, 1.0)) as i64;
    TimeDelta::milliseconds(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: TimeDelta = TimeDelta::minutes(15);

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn a_feed_runs_again_after_its_interval_and_a_little() {
        assert_eq!(next_run(at(0), QUARTER, 0.0), at(15));
        assert_eq!(next_run(at(0), QUARTER, 1.0), at(15) + TimeDelta::seconds(90));
    }

    #[test]
    fn a_feed_that_keeps_failing_is_tried_less_and_less_often() {
        let tries = [1, 2, 3, 4, 5, 6, 40].map(|failures| next_try(at(0), QUARTER, failures, None, 0.0));
        assert_eq!(tries, [15, 30, 60, 120, 240, 240, 240].map(at));
        let daily = next_try(at(0), TimeDelta::days(1), 5, None, 0.0);
        assert_eq!(daily, at(24 * 60), "a feed of one day is tried every day");
    }

    #[test]
    fn a_source_that_asks_for_a_pause_gets_it_within_reason() {
        let asked = |minutes| next_try(at(0), QUARTER, 1, Some(TimeDelta::minutes(minutes)), 0.0);
        assert_eq!(asked(5), at(15));
        assert_eq!(asked(90), at(90));
        assert_eq!(asked(1_000_000), at(24 * 60));
    }

    #[test]
    fn the_watermark_never_passes_the_start_of_the_run_and_never_goes_back() {
        assert_eq!(watermark(None, None, at(9)), None);
        assert_eq!(watermark(Some(at(1)), None, at(9)), Some(at(1)));
        assert_eq!(watermark(Some(at(1)), Some(at(5)), at(9)), Some(at(5)));
        assert_eq!(watermark(Some(at(1)), Some(at(11)), at(9)), Some(at(9)));
        assert_eq!(watermark(Some(at(8)), Some(at(5)), at(9)), Some(at(8)));
    }
}
