//! The clock of a first look, paused, moved and run out.

use chrono::NaiveTime;
use chrono_tz::America::Los_Angeles;
use proptest::prelude::*;

use super::*;
use ResponsePauseReason as R;
use ResponseStatus as S;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn rule(within: Within) -> ResponseRule {
    ResponseRule { within, citation: "City policy".to_owned(), note: None }
}

fn due(within: Within, opened_at: &str) -> DateTime<Utc> {
    let opened = at(opened_at);
    let day = opened.with_timezone(&Los_Angeles).date_naive();
    let start = |day: NaiveDate| {
        day.and_time(NaiveTime::MIN).and_local_timezone(Los_Angeles).earliest().map(|at| at.to_utc())
    };
    first_due(within, opened, day, start).unwrap()
}

const OPENED: &str = "2026-11-20T18:00:00Z";

fn clock<'c>(rule: &'c ResponseRule, pauses: &'c [Pause]) -> Clock<'c> {
    Clock {
        rule,
        first_due: due(rule.within, OPENED),
        opened_at: at(OPENED),
        responded_at: None,
        is_closed: false,
        pauses,
    }
}

fn pause(from: &str, to: Option<&str>) -> Pause {
    Pause { reason: R::Weather, from: at(from), to: to.map(at) }
}

#[test]
fn hours_run_on_and_days_end_with_the_citys_day() {
    assert_eq!(due(Within::Hours(48), OPENED), at("2026-11-22T18:00:00Z"));
    assert_eq!(due(Within::Days(0), OPENED), at("2026-11-21T08:00:00Z"));
    // Ten in the evening in the city is the next day already in UTC.
    assert_eq!(due(Within::Days(0), "2026-11-21T06:00:00Z"), at("2026-11-21T08:00:00Z"));
    // Hours are hours when the clocks change, and a day still ends at midnight.
    assert_eq!(due(Within::Hours(48), "2026-10-31T19:00:00Z"), at("2026-11-02T19:00:00Z"));
    assert_eq!(due(Within::Days(1), "2026-10-31T19:00:00Z"), at("2026-11-02T08:00:00Z"));
}

#[test]
fn a_pause_moves_what_is_due_by_its_length() {
    let rule = rule(Within::Hours(48));
    let pauses = [
        pause("2026-11-20T20:00:00Z", Some("2026-11-20T23:00:00Z")),
        // Only within what the first one gave.
        pause("2026-11-22T20:00:00Z", Some("2026-11-23T20:00:00Z")),
    ];
    assert_eq!(clock(&rule, &pauses[..1]).due_after_pauses(), at("2026-11-22T21:00:00Z"));
    assert_eq!(clock(&rule, &pauses).due_after_pauses(), at("2026-11-23T21:00:00Z"));
    let too_late = [pause("2026-11-22T18:00:01Z", Some("2026-11-23T20:00:00Z"))];
    assert_eq!(clock(&rule, &too_late).due_after_pauses(), at("2026-11-22T18:00:00Z"));
}

#[test]
fn the_status_tells_who_is_late() {
    let rule = rule(Within::Hours(48));
    let open = clock(&rule, &[]);
    assert_eq!(open.status(at("2026-11-22T18:00:00Z")), S::Open);
    assert_eq!(open.status(at("2026-11-22T18:00:01Z")), S::Late);
    let looked = |text| Clock { responded_at: Some(at(text)), ..open }.status(at("2026-12-01T00:00:00Z"));
    assert_eq!(looked("2026-11-22T18:00:00Z"), S::Met);
    assert_eq!(looked("2026-11-22T18:00:01Z"), S::MetLate);
    assert_eq!(Clock { is_closed: true, ..open }.status(at("2026-12-01T00:00:00Z")), S::Ended);
    let in_time = [pause("2026-11-22T17:00:00Z", None)];
    let paused = clock(&rule, &in_time);
    assert_eq!(paused.status(at("2026-12-01T00:00:00Z")), S::Paused);
    assert_eq!(paused.due_at(at("2026-11-23T17:00:00Z")), at("2026-11-23T18:00:00Z"));
    let too_late = [pause("2026-11-22T19:00:00Z", None)];
    let late = clock(&rule, &too_late);
    assert_eq!(late.status(at("2026-12-01T00:00:00Z")), S::Late);
    assert_eq!(late.due_at(at("2026-12-01T00:00:00Z")), at("2026-11-22T18:00:00Z"));
}

#[test]
fn the_explanation_tells_every_step_in_the_citys_time() {
    let rule = rule(Within::Hours(48));
    let pauses =
        [pause("2026-11-20T20:00:00Z", Some("2026-11-20T23:30:00Z")), pause("2026-11-21T20:00:00Z", None)];
    let clock = clock(&rule, &pauses);
    assert_eq!(
        clock.explanation(at("2026-11-21T21:00:00Z"), Los_Angeles),
        [
            "Somebody looks at the place within 48 hours (City policy). The case was opened Fri 20 Nov 2026 10:00, so by \
             Sun 22 Nov 2026 10:00.",
            "WEATHER from Fri 20 Nov 2026 12:00 to Fri 20 Nov 2026 15:30: 3 hours and 30 minutes later, so by Sun 22 Nov \
             2026 13:30.",
            "WEATHER since Sat 21 Nov 2026 12:00: the clock stands still; if it ran on now, by Sun 22 Nov 2026 14:30.",
            "Nobody has looked yet.",
        ]
    );
    let late = Clock { pauses: &[], responded_at: Some(at("2026-11-23T18:00:00Z")), ..clock };
    let told = late.explanation(at("2026-12-01T00:00:00Z"), Los_Angeles);
    assert_eq!(told[1], "Somebody looked Mon 23 Nov 2026 10:00, which was late.");
}

proptest! {
    #[test]
    fn pauses_never_make_anything_due_earlier_nor_by_more_than_their_length(
        spans in proptest::collection::vec((0..5000_i64, 0..600_i64), 0..6),
    ) {
        let rule = rule(Within::Hours(48));
        let mut spans = spans;
        spans.sort_unstable();
        let minute = |minute| at(OPENED) + TimeDelta::minutes(minute);
        let pauses: Vec<Pause> = spans
            .iter()
            .map(|(from, length)| Pause { reason: R::Other, from: minute(*from), to: Some(minute(from + length)) })
            .collect();
        let total: i64 = spans.iter().map(|(_, length)| length).sum();
        let clock = clock(&rule, &pauses);
        let moved = clock.due_after_pauses() - clock.first_due;
        prop_assert!(moved >= TimeDelta::zero() && moved <= TimeDelta::minutes(total));
        prop_assert_eq!(clock.due_at(minute(9000)), clock.due_after_pauses());
    }
}
