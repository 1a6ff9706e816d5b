//! When a seat of a district's team passes from one member to the next.

use chrono::NaiveDate;

use super::refusal::Refusal;

/// A time in a seat: its first day, and its last one once that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Whether it holds that day.
    #[must_use]
    pub fn holds(self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Replaced on its own first day, so that it never held a day. Such a row stays for the record and is not shown.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to.is_some_and(|to| to < self.from)
    }
}

/// The last day of the latest time in a seat, when the next one begins at `from`.
pub fn last_day(latest: Period, from: NaiveDate) -> Result<NaiveDate, Refusal> {
    if from < latest.from {
        let message = format!(
            "The present time in this seat began on {}; the next one cannot begin before it, on {from}.",
            latest.from
        );
        return Err(Refusal::invalid("from", message));
    }
    let day_before = from.pred_opt().unwrap_or(from);
    Ok(latest.to.map_or(day_before, |to| to.min(day_before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn since(from: &str, to: Option<&str>) -> Period {
        Period { from: day(from), to: to.map(day) }
    }

    #[test]
    fn a_seat_ends_the_day_before_the_next_member_takes_it() {
        let open = since("2026-01-05", None);
        assert_eq!(last_day(open, day("2026-03-01")), Ok(day("2026-02-28")));
    }

    #[test]
    fn a_seat_that_ended_before_keeps_its_last_day() {
        let ended = since("2026-01-05", Some("2026-02-10"));
        assert_eq!(last_day(ended, day("2026-03-01")), Ok(day("2026-02-10")));
        assert_eq!(last_day(ended, day("2026-02-01")), Ok(day("2026-01-31")));
    }

    #[test]
    fn who_is_replaced_on_the_first_day_never_held_the_seat() {
        let open = since("2026-01-05", None);
        let to = last_day(open, day("2026-01-05")).unwrap();
        let replaced = Period { to: Some(to), ..open };
        assert!(replaced.is_empty());
        assert!(!replaced.holds(day("2026-01-05")));
    }

    #[test]
    fn nobody_takes_a_seat_before_the_present_time_in_it_began() {
        let refused = last_day(since("2026-01-05", None), day("2026-01-04")).unwrap_err();
        assert_eq!(refused.field, ["from"]);
    }

    #[test]
    fn a_period_holds_its_first_and_its_last_day() {
        let period = since("2026-01-05", Some("2026-01-09"));
        for (at, held) in
            [("2026-01-04", false), ("2026-01-05", true), ("2026-01-09", true), ("2026-01-10", false)]
        {
            assert_eq!(period.holds(day(at)), held, "{at}");
        }
    }
}
