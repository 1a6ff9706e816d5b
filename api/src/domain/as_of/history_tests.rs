//! Every state that a case or a deadline went through is found again, whatever was done to it.

use entity::{
    case::{CaseOutcome, CasePriority},
    deadline::{self, DeadlineKind},
    id::{DeadlineId, DistrictId, StaffId},
};
use proptest::prelude::*;

use super::{
    tests::{after, at, change, opened, told_of_opening},
    *,
};

/// What somebody does to a case.
#[derive(Clone, Debug)]
enum Deed {
    Edit(String, CasePriority, u64),
    Assign(Option<StaffId>),
    Advance(CaseStage),
    Close(CaseOutcome),
    Reopen,
    Note,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let people = [StaffId::generate(), StaffId::generate()];
    let deed =
        prop_oneof![
            ("[a-c]{1,2}", 0..CasePriority::ALL.len(), 0..3_u64)
                .prop_map(|(title, priority, days)| Deed::Edit(title, CasePriority::ALL[priority], days)),
            prop::option::of(0..2_usize).prop_map(move |who| Deed::Assign(who.map(|who| people[who]))),
            (1..8_usize).prop_map(|stage| Deed::Advance(CaseStage::ALL[stage])),
            (0..CaseOutcome::ALL.len()).prop_map(|outcome| Deed::Close(CaseOutcome::ALL[outcome])),
            Just(Deed::Reopen),
            Just(Deed::Note),
        ];
    prop::collection::vec(deed, 0..25)
}

/// Does it as the server does, at that moment, and tells it.
fn does(case: &mut case::Model, deed: &Deed, now: DateTime<Utc>) -> Told {
    let before = case.clone();
    let goes = |case: &mut case::Model, to| {
        case.previous_stage = Some(case.stage);
        case.stage = to;
        case.stage_since = now;
        case.was_litigated |= to == CaseStage::Litigation;
    };
    let kind = match deed {
        Deed::Edit(title, priority, days) => {
            case.title.clone_from(title);
            (case.priority, case.priority_rank) = (*priority, priority.rank());
            if case.stage != CaseStage::Closed {
                case.next_action_on = Some(now.date_naive() + chrono::Days::new(*days));
            }
            CaseEventKind::Corrected
        }
        Deed::Assign(who) => {
            case.assignee_id = *who;
            CaseEventKind::Assigned
        }
        Deed::Advance(to) if case.stage != CaseStage::Closed && case.stage != *to => {
            goes(case, *to);
            CaseEventKind::StageChanged
        }
        Deed::Close(outcome) if case.stage != CaseStage::Closed => {
            goes(case, CaseStage::Closed);
            (case.closed_at, case.outcome, case.next_action_on) = (Some(now), Some(*outcome), None);
            case.duplicate_of_id = (*outcome == CaseOutcome::Duplicate).then(CaseId::generate);
            CaseEventKind::Closed
        }
        Deed::Reopen if case.stage == CaseStage::Closed => {
            goes(case, CaseStage::Assessment);
            case.previous_stage = None;
            (case.closed_at, case.outcome, case.duplicate_of_id) = (None, None, None);
            case.next_action_on = Some(now.date_naive());
            CaseEventKind::Reopened
        }
        _ => CaseEventKind::Note,
    };
    let changes = [
        change("title", Some(&before.title), Some(&case.title)),
        change("priority", Some(before.priority), Some(case.priority)),
        change("stage", Some(before.stage), Some(case.stage)),
        change("assignee", before.assignee_id, case.assignee_id),
        change("nextActionOn", before.next_action_on, case.next_action_on),
        change("outcome", before.outcome, case.outcome),
        change("duplicateOf", before.duplicate_of_id, case.duplicate_of_id),
    ];
    let changes: Vec<Change> = changes.into_iter().flatten().collect();
    if !changes.is_empty() {
        case.version += 1;
    }
    case.updated_at = now;
    case.event_count += 1;
    Told { kind, recorded_at: now, case_version: case.version, changes }
}

proptest! {
    #[test]
    fn every_state_of_a_case_is_found_again(deeds in deeds()) {
        let mut case = opened();
        let mut timeline = vec![told_of_opening(&case)];
        let mut states = vec![case.clone()];
        for (number, deed) in (1..).zip(&deeds) {
            timeline.push(does(&mut case, deed, at(number)));
            states.push(case.clone());
        }
        for (number, state) in (1..).zip(&states) {
            let record = Record::new(case.id, after(number), timeline.clone()).unwrap();
            prop_assert_eq!(&record.unwind(case.clone()).unwrap(), state, "after {} entries", number);
        }
    }

    #[test]
    fn every_state_of_a_deadline_is_found_again(moves in prop::collection::vec((0..4_u64, any::<bool>()), 0..15)) {
        let case = CaseId::generate();
        let mut row = deadline::Model {
            id: DeadlineId::generate(),
            version: 1,
            kind: DeadlineKind::Due,
            case_id: case,
            legal_action_id: None,
            action_status: None,
            district_id: DistrictId::generate(),
            label: "Look again".to_owned(),
            due_on: at(0).date_naive(),
            completed_on: None,
            completed_by: None,
            met_by: None,
            responsible_id: None,
            created_at: at(1),
            changed_at: None,
        };
        let field = |name: &str| format!("{}.{name}", row.id);
        let told = |kind, recorded_at, changes: Vec<Option<Change>>| Told {
            kind,
            recorded_at,
            case_version: 1,
            changes: changes.into_iter().flatten().collect(),
        };
        let set = vec![change(field("dueOn"), None::<String>, Some(row.due_on))];
        let mut timeline = vec![
            told(CaseEventKind::Opened, at(0), Vec::new()),
            told(CaseEventKind::DeadlineSet, at(1), set),
        ];
        let mut states = vec![None, Some(row.clone())];
        for (number, (days, is_met)) in (2..).zip(moves) {
            let before = row.clone();
            let kind = if is_met {
                row.completed_on = Some(before.due_on);
                row.met_by = Some(format!("Seen {days}"));
                CaseEventKind::DeadlineMet
            } else {
                row.due_on = before.due_on + chrono::Days::new(days);
                CaseEventKind::DeadlineExtended
            };
            let changes = vec![
                change(format!("{}.dueOn", row.id), Some(before.due_on), Some(row.due_on)),
                change(format!("{}.completedOn", row.id), before.completed_on, row.completed_on),
                change(format!("{}.metBy", row.id), before.met_by, row.met_by.as_ref()),
            ];
            let kind = if changes.iter().any(Option::is_some) { kind } else { CaseEventKind::Note };
            timeline.push(told(kind, at(number), changes));
            states.push(Some(row.clone()));
        }
        for (number, state) in (1..).zip(states) {
            let record = Record::new(case, after(number), timeline.clone()).unwrap();
            prop_assert_eq!(row.clone().then(&record).unwrap(), state, "after {} entries", number);
        }
    }
}
