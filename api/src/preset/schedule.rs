//! How often a feed is read, how far back, and when it counts as late.

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Deserializer, de};

use super::document::positive;
use crate::domain::feed_health::LATE_AFTER;

/// The part `[schedule]` of a feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Minutes from the start of one run to the start of the next. A feed that does not say so is read only when
    /// somebody asks for it.
    #[serde(default, deserialize_with = "stated")]
    every_minutes: Option<u32>,
    /// Minutes before the newest change seen from which each run reads again, for what the source told late.
    #[serde(default = "overlap")]
    overlap_minutes: u32,
    /// Minutes without a successful run after which the feed is late.
    #[serde(default, deserialize_with = "stated")]
    late_after_minutes: Option<u32>,
    /// When, by the city's clock, the source's keys are compared with ours: `HH:MM` or `never`.
    #[serde(default)]
    reconcile_at: ReconcileAt,
}

/// A time of the day, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum ReconcileAt {
    At(NaiveTime),
    Never,
}

impl Default for ReconcileAt {
    fn default() -> Self {
        // Half past three: what was closed in the evening is entered by then, and few people look.
        NaiveTime::from_hms_opt(3, 30, 0).map_or(Self::Never, Self::At)
    }
}

impl TryFrom<String> for ReconcileAt {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        NaiveTime::parse_from_str(&text, "%H:%M")
            .map(Self::At)
            .map_err(|_| format!("`{text}` is no time of the day; write one such as `03:30`, or `never`"))
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            every_minutes: None,
            overlap_minutes: overlap(),
            late_after_minutes: None,
            reconcile_at: ReconcileAt::default(),
        }
    }
}

impl Schedule {
    /// From the start of one run to the start of the next; none when the feed is read only on request.
    #[must_use]
    pub fn every(&self) -> Option<TimeDelta> {
        self.every_minutes.map(minutes)
    }

    /// How far before the watermark a run reads again.
    #[must_use]
    pub fn overlap(&self) -> TimeDelta {
        minutes(self.overlap_minutes)
    }

    /// How long without a successful run until the feed is late: as stated; else three intervals, so that one failed
    /// run is no alarm; else two days.
    #[must_use]
    pub fn late_after(&self) -> TimeDelta {
        match (self.late_after_minutes, self.every_minutes) {
            (Some(stated), _) => minutes(stated),
            (None, Some(every)) => minutes(every) * 3,
            (None, None) => LATE_AFTER,
        }
    }

    /// When, by the city's clock, the source's keys are compared with ours; none when never.
    #[must_use]
    pub fn reconcile_at(&self) -> Option<NaiveTime> {
        match self.reconcile_at {
            ReconcileAt::At(time) => Some(time),
            ReconcileAt::Never => None,
        }
    }
}

fn minutes(count: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
}

fn overlap() -> u32 {
    60
}

fn stated<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    positive(from)
        .map_err(|_: D::Error| de::Error::custom("must be a number of minutes above zero"))
        .map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(text: &str) -> Result<Schedule, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let none = Schedule::default();
        assert_eq!((none.every(), none.overlap()), (None, TimeDelta::hours(1)));
        assert_eq!((none.late_after(), none.reconcile_at()), (LATE_AFTER, NaiveTime::from_hms_opt(3, 30, 0)));
        let some = schedule("every_minutes = 15").unwrap();
        assert_eq!((some.every(), some.overlap()), (Some(TimeDelta::minutes(15)), TimeDelta::hours(1)));
        assert_eq!(some.late_after(), TimeDelta::minutes(45));
    }

    #[test]
    fn what_is_stated_stands() {
        let stated = schedule(
            "every_minutes = 5\noverlap_minutes = 0\nlate_after_minutes = 7\nreconcile_at = \"never\"",
        );
        let stated = stated.unwrap();
        assert_eq!((stated.overlap(), stated.late_after()), (TimeDelta::zero(), TimeDelta::minutes(7)));
        assert_eq!(stated.reconcile_at(), None);
        assert_eq!(
            schedule("reconcile_at = \"23:05\"").unwrap().reconcile_at(),
            NaiveTime::from_hms_opt(23, 5, 0)
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_in_words() {
        for (text, told) in [
            ("every_minutes = 0", "above zero"),
            ("late_after_minutes = -1", "above zero"),
            ("reconcile_at = \"25:00\"", "`25:00` is no time of the day"),
            ("evry_minutes = 5", "unknown field"),
        ] {
            let error = schedule(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
