//! Every state that a case and its parts went through is found again, whatever came after it.

use super::*;
use chrono::TimeDelta;
use entity::{
    case::{CaseOutcome, CasePriority, CaseSource},
    hearing::{self, HearingStatus},
    id::{DistrictId, HearingId, LegalActionId, PropertyId, StaffId, ViolationId},
    inspection::{self, InspectionResult},
    legal_action::LegalActionStatus,
    violation,
};

const ZONE: Tz = Tz::America__Los_Angeles;

/// The moment of an entry: one each hour.
pub(super) fn at(number: usize) -> DateTime<Utc> {
    let hours = TimeDelta::hours(i64::try_from(number).unwrap());
    "2026-11-20T18:00:00Z".parse::<DateTime<Utc>>().unwrap() + hours
}

/// A day that ends after so many entries.
pub(super) fn after(entries: usize) -> Day {
    let end = at(entries) - TimeDelta::minutes(1);
    Day { on: end.date_naive(), end, zone: ZONE }
}

pub(super) fn change(
    field: impl Into<String>,
    from: Option<impl ToString>,
    to: Option<impl ToString>,
) -> Option<Change> {
    let (before, after) = (from.map(|v| v.to_string()), to.map(|v| v.to_string()));
    (before != after).then(|| Change { field: field.into(), before, after })
}

pub(super) fn opened() -> case::Model {
    case::Model {
        id: CaseId::generate(),
        number: "JFN-2026-000001".to_owned(),
        version: 1,
        title: "Broken stairs".to_owned(),
        description: Some("They are rotten.".to_owned()),
        stage: CaseStage::Intake,
        stage_since: at(0),
        previous_stage: None,
        was_litigated: false,
        priority: CasePriority::Normal,
        priority_rank: CasePriority::Normal.rank(),
        source: CaseSource::Resident,
        district_id: DistrictId::generate(),
        property_id: PropertyId::generate(),
        assignee_id: None,
        opened_at: at(0),
        updated_at: at(0),
        closed_at: None,
        outcome: None,
        duplicate_of_id: None,
        next_action_on: Some(at(0).date_naive()),
        previous_case_id: None,
        response_rule: None,
        response_due_at: None,
        responded_at: None,
        event_count: 1,
        event_hash: String::new(),
    }
}

pub(super) fn told_of_opening(case: &case::Model) -> Told {
    let changes = [
        change("stage", None::<CaseStage>, Some(case.stage)),
        change("title", None::<String>, Some(&case.title)),
    ];
    Told {
        kind: CaseEventKind::Opened,
        recorded_at: at(0),
        case_version: 1,
        changes: changes.into_iter().flatten().collect(),
    }
}

pub(super) fn told(kind: CaseEventKind, number: usize, changes: Vec<Option<Change>>) -> Told {
    Told { kind, recorded_at: at(number), case_version: 1, changes: changes.into_iter().flatten().collect() }
}

pub(super) fn record(case: CaseId, entries: usize, later: Told) -> Record {
    Record::new(case, after(entries), vec![told(CaseEventKind::Opened, 0, Vec::new()), later]).unwrap()
}

#[test]
fn nothing_is_known_before_the_first_entry() {
    let case = opened();
    assert!(Record::new(case.id, after(0), vec![told_of_opening(&case)]).is_none());
    assert!(Record::new(case.id, after(0), Vec::new()).is_none());
}

#[test]
fn kinds_are_those_of_then_in_their_order() {
    let case = CaseId::generate();
    let kinds = change("kinds", Some("SQUATTERS, OTHER"), Some("GANG_ACTIVITY"));
    let record = record(case, 1, told(CaseEventKind::Corrected, 1, vec![kinds]));
    let row = |kind, position| case_kind::Model { case_id: case, kind, position };
    let then = case_kind::Model::all_then(vec![row(CaseKind::GangActivity, 0)], &record).unwrap();
    assert_eq!(then, [row(CaseKind::Squatters, 0), row(CaseKind::Other, 1)]);
}

fn found(case: CaseId) -> violation::Model {
    violation::Model {
        id: ViolationId::generate(),
        case_id: case,
        inspection_id: InspectionId::generate(),
        code_section: "SCC 8.96.130".to_owned(),
        description: "The stairs are rotten.".to_owned(),
        found_on: at(0).date_naive(),
        comply_by: None,
        corrected_on: Some(at(0).date_naive()),
        immediate_danger: false,
        offense_number: 1,
    }
}

#[test]
fn a_violation_stands_open_before_its_correction_and_is_absent_before_its_finding() {
    let violation = found(CaseId::generate());
    let field = |name: &str| format!("{}.{name}", violation.id);
    let corrected = change(field("correctedOn"), None::<String>, violation.corrected_on);
    let then = violation.clone().then(&record(
        violation.case_id,
        1,
        told(CaseEventKind::ViolationCorrected, 1, vec![corrected]),
    ));
    assert_eq!(then, Ok(Some(violation::Model { corrected_on: None, ..violation.clone() })));
    let section = change(field("codeSection"), None::<String>, Some("SCC 8.96.130"));
    let then = violation.clone().then(&record(
        violation.case_id,
        1,
        told(CaseEventKind::ViolationFound, 1, vec![section]),
    ));
    assert_eq!(then, Ok(None));
}

#[test]
fn an_entry_that_does_not_name_its_row_makes_the_day_before_it_unknown() {
    let violation = found(CaseId::generate());
    let unnamed = || vec![change("correctedOn", None::<String>, Some("2026-11-20"))];
    let later = record(violation.case_id, 1, told(CaseEventKind::ViolationCorrected, 1, unnamed()));
    assert_eq!(violation.clone().then(&later), Err(NotKnown::Untold("violations")));
    let earlier = record(violation.case_id, 2, told(CaseEventKind::ViolationCorrected, 1, unnamed()));
    assert_eq!(violation.clone().then(&earlier), Ok(Some(violation)));
}

#[test]
fn a_case_that_was_reopened_without_a_word_about_its_duplicate_is_unknown_before_that() {
    let case = opened();
    let outcome = |word: &str| vec![change("outcome", Some(word), None::<String>)];
    let reopened = |word| record(case.id, 1, told(CaseEventKind::Reopened, 1, outcome(word)));
    assert_eq!(reopened("DUPLICATE").unwind(case.clone()), Err(NotKnown::Untold("the case")));
    assert_eq!(reopened("WITHDRAWN").unwind(case).unwrap().outcome, Some(CaseOutcome::Withdrawn));
}

#[test]
fn what_hangs_on_another_case_is_not_told_by_this_one() {
    let violation = found(CaseId::generate());
    let other = record(CaseId::generate(), 1, told(CaseEventKind::Note, 1, Vec::new()));
    assert_eq!(violation.then(&other), Err(NotKnown::OtherCase));
}

#[test]
fn a_planned_inspection_has_no_result_before_it_is_made() {
    let case = CaseId::generate();
    let (planned, came) = (StaffId::generate(), StaffId::generate());
    let made = inspection::Model {
        id: InspectionId::generate(),
        case_id: case,
        scheduled_for: Some(at(1)),
        performed_at: Some(at(1)),
        inspector_id: Some(came),
        result: Some(InspectionResult::Corrected),
        notes: Some("All is well.".to_owned()),
        verifies_compliance: true,
        created_at: at(0),
    };
    let changes = vec![
        change(format!("{}.performedAt", made.id), None::<String>, Some(at(1).to_rfc3339())),
        change(format!("{}.inspector", made.id), Some(planned), Some(came)),
    ];
    let record = record(case, 1, told(CaseEventKind::Inspected, 1, changes));
    assert_eq!(record.inspections_made_later(), [made.id]);
    let then = inspection::Model {
        performed_at: None,
        inspector_id: Some(planned),
        result: None,
        notes: None,
        verifies_compliance: false,
        ..made.clone()
    };
    assert_eq!(made.then(&record), Ok(Some(then)));
}

#[test]
fn a_hearing_stands_where_it_was_set_before_it_was_moved() {
    let case = CaseId::generate();
    let set: DateTime<Utc> = "2026-12-02T07:30:00Z".parse().unwrap();
    let moved = set + TimeDelta::days(7);
    let now = hearing::Model {
        id: HearingId::generate(),
        version: 2,
        legal_action_id: LegalActionId::generate(),
        case_id: case,
        district_id: DistrictId::generate(),
        starts_at: moved,
        starts_on: moved.with_timezone(&ZONE).date_naive(),
        court: "Superior Court".to_owned(),
        department: Some("53".to_owned()),
        purpose: "Injunction".to_owned(),
        status: HearingStatus::Scheduled,
        outcome: None,
        continued_to_id: None,
        created_at: at(0),
        changed_at: Some(at(1)),
    };
    let changes = vec![
        change(format!("{}.startsAt", now.id), Some(set.to_rfc3339()), Some(moved.to_rfc3339())),
        change(format!("{}.department", now.id), None::<String>, Some("53")),
    ];
    let record = record(case, 1, told(CaseEventKind::HearingScheduled, 1, changes));
    let then = now.then(&record).unwrap().unwrap();
    // Half past eleven at night is the day before in the city.
    assert_eq!((then.starts_at, then.starts_on), (set, "2026-12-01".parse().unwrap()));
    assert_eq!((then.department, then.version), (None, 1));
}

#[test]
fn the_status_of_an_action_lasts_since_its_last_step_and_never_since_before_the_one_before() {
    let step = |recorded: &str, on: &str| status_change::Model {
        id: entity::id::LegalActionStatusChangeId::generate(),
        legal_action_id: LegalActionId::generate(),
        from_status: None,
        to_status: LegalActionStatus::Referred,
        changed_on: on.parse().unwrap(),
        recorded_at: recorded.parse().unwrap(),
        changed_by: StaffId::generate(),
        reason: None,
    };
    assert_eq!(status_since(&[], ZONE), None);
    let moment = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
    let referred = step("2026-11-20T18:00:00Z", "2026-11-20");
    assert_eq!(status_since(std::slice::from_ref(&referred), ZONE), moment("2026-11-20T18:00:00Z"));
    let of_yesterday = step("2026-11-22T18:00:00Z", "2026-11-21");
    assert_eq!(status_since(&[referred.clone(), of_yesterday], ZONE), moment("2026-11-21T08:00:00Z"));
    let of_that_day = step("2026-11-22T18:00:00Z", "2026-11-20");
    assert_eq!(status_since(&[referred, of_that_day], ZONE), moment("2026-11-20T18:00:00Z"));
}
