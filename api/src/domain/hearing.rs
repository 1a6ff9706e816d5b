//! Hearings: when one may be set, and how it may end.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::hearing::HearingStatus;

use super::refusal::Refusal;

/// How a hearing ended, as somebody wants to record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    pub status: HearingStatus,
    pub outcome: Option<&'a str>,
    pub continued_to: Option<DateTime<Utc>>,
}

/// Where and when one hearing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub starts_at: DateTime<Utc>,
    pub court: &'a str,
    pub department: Option<&'a str>,
}

/// Minutes for which somebody at a hearing cannot be at another one; how long it takes nobody says beforehand.
pub const SAME_TIME: i64 = 60;

/// Whether one person cannot be at both: they start less than an hour apart, in two courts or departments. Several
/// matters before the same judge are one morning's calendar, not a conflict.
#[must_use]
pub fn are_in_conflict(one: &Place<'_>, other: &Place<'_>) -> bool {
    let apart = (one.starts_at - other.starts_at).abs();
    apart < TimeDelta::minutes(SAME_TIME) && (one.court, one.department) != (other.court, other.department)
}

/// What is wrong with the day of a new hearing, which cannot lie before the action's last step.
#[must_use]
pub fn wrong_start(starts_on: NaiveDate, last_step: NaiveDate) -> Option<Refusal> {
    (starts_on < last_step).then(|| {
        let message =
            format!("The action's last step was on {last_step}; a hearing on {starts_on} cannot follow it.");
        Refusal::invalid("startsAt", message)
    })
}

/// What stands in the way of moving a hearing of that status to another time or place, if it would differ at all.
#[must_use]
pub fn blocks_move(now: HearingStatus, differs: bool) -> Option<Refusal> {
    if now != HearingStatus::Scheduled {
        let message =
            format!("This hearing is {now}; only one that is still to be held gets another time or place.");
        return Some(Refusal::blocked(message).at("hearingId"));
    }
    (!differs)
        .then(|| Refusal::required("startsAt", "Say what changes: `startsAt`, `court` or `department`."))
}

/// What stands in the way of ending the hearing of that moment and day like this.
#[must_use]
pub fn blocks_ending(
    now: HearingStatus,
    starts: (DateTime<Utc>, NaiveDate),
    today: NaiveDate,
    ending: &Ending<'_>,
) -> Vec<Refusal> {
    use HearingStatus as H;
    if now != H::Scheduled {
        return vec![
            Refusal::blocked(format!("This hearing is recorded already: it is {now}.")).at("hearingId"),
        ];
    }
    let mut found = Vec::new();
    let (starts_at, starts_on) = starts;
    match ending.status {
        H::Scheduled => {
            let message = "Record the hearing as HELD, VACATED or CONTINUED; it is scheduled already.";
            found.push(Refusal::invalid("status", message));
        }
        H::Held if starts_on > today => {
            let message = format!("It is on {starts_on}; a hearing is HELD once its day has come.");
            found.push(Refusal::invalid("status", message));
        }
        H::Held | H::Vacated | H::Continued => {}
    }
    let says_nothing = ending.outcome.is_none_or(|text| text.trim().is_empty());
    if says_nothing && matches!(ending.status, H::Held | H::Vacated) {
        let message =
            if ending.status == H::Held { "Say what came of it." } else { "Say why it was vacated." };
        found.push(Refusal::required("outcome", message));
    }
    match (ending.status, ending.continued_to) {
        (H::Continued, None) => found.push(Refusal::required("continuedTo", "Say when the hearing goes on.")),
        (H::Continued, Some(next)) if next <= starts_at => {
            found.push(Refusal::invalid(
                "continuedTo",
                "A hearing is continued to a later time than its own.",
            ));
        }
        (H::Continued, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            let message =
                "Only a CONTINUED hearing goes on at another time; set a new one with `hearingSchedule`.";
            found.push(Refusal::invalid("continuedTo", message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Code;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, d).unwrap()
    }

    fn at(d: u32) -> DateTime<Utc> {
        day(d).and_hms_opt(17, 0, 0).unwrap().and_utc()
    }

    fn ending(status: HearingStatus) -> Ending<'static> {
        Ending { status, outcome: Some("granted"), continued_to: None }
    }

    fn fields(refusals: &[Refusal]) -> Vec<(Code, &'static str)> {
        refusals.iter().map(|refusal| (refusal.code, refusal.field[0])).collect()
    }

    fn blocks(today: u32, ending: &Ending<'_>) -> Vec<(Code, &'static str)> {
        fields(&blocks_ending(HearingStatus::Scheduled, (at(10), day(10)), day(today), ending))
    }

    #[test]
    fn a_hearing_is_held_on_its_day_or_later_and_says_what_came_of_it() {
        assert_eq!(blocks(10, &ending(HearingStatus::Held)), []);
        assert_eq!(blocks(9, &ending(HearingStatus::Held)), [(Code::Invalid, "status")]);
        let silent = Ending { outcome: Some("  "), ..ending(HearingStatus::Held) };
        assert_eq!(blocks(10, &silent), [(Code::Required, "outcome")]);
    }

    #[test]
    fn a_hearing_is_vacated_before_its_day_with_a_reason() {
        assert_eq!(blocks(1, &ending(HearingStatus::Vacated)), []);
        let silent = Ending { outcome: None, ..ending(HearingStatus::Vacated) };
        assert_eq!(blocks(1, &silent), [(Code::Required, "outcome")]);
    }

    #[test]
    fn a_hearing_is_continued_to_a_later_time_and_to_none_otherwise() {
        let to = |d| Ending { continued_to: Some(at(d)), outcome: None, status: HearingStatus::Continued };
        assert_eq!(blocks(9, &to(24)), []);
        assert_eq!(blocks(9, &to(10)), [(Code::Invalid, "continuedTo")]);
        assert_eq!(blocks(9, &ending(HearingStatus::Continued)), [(Code::Required, "continuedTo")]);
        let held = Ending { continued_to: Some(at(24)), ..ending(HearingStatus::Held) };
        assert_eq!(blocks(10, &held), [(Code::Invalid, "continuedTo")]);
    }

    #[test]
    fn a_hearing_ends_once() {
        for status in HearingStatus::ALL.iter().filter(|status| **status != HearingStatus::Scheduled) {
            let found = blocks_ending(*status, (at(10), day(10)), day(11), &ending(HearingStatus::Held));
            assert_eq!(fields(&found), [(Code::TransitionBlocked, "hearingId")]);
        }
        assert_eq!(blocks(10, &ending(HearingStatus::Scheduled)), [(Code::Invalid, "status")]);
    }

    #[test]
    fn a_hearing_may_be_recorded_late_but_not_before_the_last_step() {
        assert_eq!(wrong_start(day(10), day(10)), None);
        assert!(wrong_start(day(9), day(10)).is_some());
    }

    #[test]
    fn only_a_scheduled_hearing_is_moved_and_only_to_somewhere_else() {
        assert_eq!(blocks_move(HearingStatus::Scheduled, true), None);
        assert_eq!(blocks_move(HearingStatus::Scheduled, false).map(|no| no.code), Some(Code::Required));
        for status in HearingStatus::ALL.iter().filter(|status| **status != HearingStatus::Scheduled) {
            assert_eq!(blocks_move(*status, true).map(|no| no.code), Some(Code::TransitionBlocked));
        }
    }

    #[test]
    fn nobody_is_in_two_departments_within_an_hour() {
        let place = |minutes, department| Place {
            starts_at: at(10) + TimeDelta::minutes(minutes),
            court: "Superior Court",
            department: Some(department),
        };
        assert!(are_in_conflict(&place(0, "53"), &place(0, "54")));
        assert!(are_in_conflict(&place(59, "53"), &place(0, "54")), "whichever comes first");
        assert!(!are_in_conflict(&place(0, "53"), &place(60, "54")));
        assert!(!are_in_conflict(&place(0, "53"), &place(0, "53")), "one calendar");
    }
}
