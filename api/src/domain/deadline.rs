//! Deadlines: what is overdue, and when one can be recorded as met.

use chrono::NaiveDate;
use entity::deadline::DeadlineKind;

use super::refusal::{Code, Refusal};

/// Whether something that had to be done by that day is still not done.
#[must_use]
pub fn is_overdue(
    kind: DeadlineKind,
    due_on: NaiveDate,
    completed_on: Option<NaiveDate>,
    today: NaiveDate,
) -> bool {
    kind == DeadlineKind::Due && completed_on.is_none() && due_on < today
}

/// What stands in the way of recording it as met on `completed_on`.
#[must_use]
pub fn blocks_completion(
    kind: DeadlineKind,
    due_on: NaiveDate,
    completed_on: NaiveDate,
    today: NaiveDate,
) -> Option<Refusal> {
    if completed_on > today {
        return Some(Refusal::invalid("completedOn", format!("{completed_on} is still to come.")));
    }
    if kind == DeadlineKind::NotBefore && completed_on < due_on {
        let message = format!("This waiting period runs until {due_on}; nothing meets it before that day.");
        return Some(Refusal::new(Code::ClockNotRun, message).at("completedOn"));
    }
    None
}

/// What stands in the way of moving a deadline of that kind and day, met or not, to another day.
#[must_use]
pub fn blocks_extension(
    (kind, due_on, completed_on): (DeadlineKind, NaiveDate, Option<NaiveDate>),
    to: NaiveDate,
) -> Option<Refusal> {
    if let Some(day) = completed_on {
        return Some(Refusal::blocked(format!("It was met on {day} already.")).at("deadlineId"));
    }
    if kind == DeadlineKind::Expires {
        let message = "A power ends when the law or the court says; record the court's order instead.";
        return Some(Refusal::blocked(message).at("deadlineId"));
    }
    if to <= due_on {
        return Some(Refusal::invalid(
            "to",
            format!("It is due on {due_on}; an extension is to a later day."),
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_due_today_is_not_overdue_and_tomorrow_it_is() {
        let due = day("2026-03-02");
        assert!(!is_overdue(DeadlineKind::Due, due, None, day("2026-03-02")));
        assert!(is_overdue(DeadlineKind::Due, due, None, day("2026-03-03")));
    }

    #[test]
    fn what_is_done_is_not_overdue_even_if_it_was_late() {
        assert!(!is_overdue(
            DeadlineKind::Due,
            day("2026-03-02"),
            Some(day("2026-03-05")),
            day("2026-03-09")
        ));
    }

    #[test]
    fn a_waiting_period_and_a_power_that_ends_are_never_overdue() {
        for kind in [DeadlineKind::NotBefore, DeadlineKind::Expires] {
            assert!(!is_overdue(kind, day("2026-03-02"), None, day("2027-03-02")), "{kind}");
        }
    }

    #[test]
    fn nothing_is_met_in_the_future() {
        let block =
            blocks_completion(DeadlineKind::Due, day("2026-03-09"), day("2026-03-03"), day("2026-03-02"));
        assert_eq!(block.map(|refusal| refusal.code), Some(Code::Invalid));
    }

    #[test]
    fn what_must_be_done_by_a_day_may_be_done_before_it_and_a_waiting_period_may_not_end_early() {
        let (due, early, today) = (day("2026-03-09"), day("2026-03-02"), day("2026-03-20"));
        assert_eq!(blocks_completion(DeadlineKind::Due, due, early, today), None);
        assert_eq!(blocks_completion(DeadlineKind::Expires, due, early, today), None);
        let block = blocks_completion(DeadlineKind::NotBefore, due, early, today);
        assert_eq!(block.map(|refusal| refusal.code), Some(Code::ClockNotRun));
        assert_eq!(blocks_completion(DeadlineKind::NotBefore, due, due, today), None);
    }

    #[test]
    fn an_open_deadline_is_extended_to_a_later_day_and_a_power_that_ends_is_not() {
        let (due, later) = (day("2026-03-09"), day("2026-03-10"));
        let code = |now, to| blocks_extension(now, to).map(|refusal| refusal.code);
        assert_eq!(code((DeadlineKind::Due, due, None), later), None);
        assert_eq!(code((DeadlineKind::NotBefore, due, None), later), None);
        assert_eq!(code((DeadlineKind::Due, due, None), due), Some(Code::Invalid));
        assert_eq!(code((DeadlineKind::Due, due, Some(due)), later), Some(Code::TransitionBlocked));
        assert_eq!(code((DeadlineKind::Expires, due, None), later), Some(Code::TransitionBlocked));
    }
}
