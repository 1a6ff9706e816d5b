//! What a register told of a case later is not what it told of it before.

use super::{
    tests::{at, change, opened, record, told},
    *,
};

#[test]
fn a_case_of_a_register_has_the_description_and_the_opening_that_the_register_told_then() {
    let opened_at = "2026-11-02T08:00:00Z".parse().unwrap();
    // It has not left its first stage, in which it is since it was opened.
    let then = case::Model { opened_at, stage_since: opened_at, ..opened() };
    let now =
        case::Model { description: None, opened_at: "2026-10-20T07:00:00Z".parse().unwrap(), ..then.clone() };
    let changes = vec![
        change("description", then.description.as_ref(), None::<String>),
        change("openedOn", Some("2026-11-02"), Some("2026-10-20")),
    ];
    let corrected = record(now.id, 1, told(CaseEventKind::Corrected, 1, changes));
    assert_eq!(corrected.unwind(now).unwrap(), then, "midnight, by the city's clocks of November");
}

#[test]
fn a_case_that_was_taken_on_the_day_it_was_opened_was_not_opened_before_that_day() {
    // The register corrects the day of the snapshot itself, which began before the first entry.
    let now = case::Model { opened_at: "2026-11-18T08:00:00Z".parse().unwrap(), ..opened() };
    let days = vec![change("openedOn", Some("2026-11-21"), Some("2026-11-18"))];
    let corrected = record(now.id, 1, told(CaseEventKind::Corrected, 1, days));
    assert_eq!(corrected.unwind(now).unwrap().opened_at, at(0), "a day that was still to come counts as now");
}
