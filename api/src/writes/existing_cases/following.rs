//! A case that is known already, brought up to what its register tells now.

use entity::{
    case::{self, CasePriority, CaseStage},
    case_event::CaseEventKind,
    case_kind::CaseKind,
    imported_case::{self, Told},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{Outcome, Record, Snapshot, opening::last_action};
use crate::{
    app::Tx,
    error::Result,
    events::{self, Entry},
    writes::{cases, responses},
};

/// Takes what the register tells anew. A field that people edited here since is theirs, and that it was kept is told.
pub(super) async fn follow(
    tx: &mut Tx,
    snapshot: &Snapshot,
    record: &Record,
    mut imported: imported_case::Model,
    mut case: case::Model,
    outcome: &mut Outcome,
) -> Result<()> {
    let before = imported.told.clone();
    let told = record.told.clone().over(&before);
    if told == before {
        outcome.unchanged += 1;
        return Ok(());
    }
    outcome.updated += 1;
    let mut notes = Notes { number: case.number.clone(), line: record.line, outcome };
    if case.stage == CaseStage::Closed {
        notes.add("is closed here, so nothing of it was changed");
    } else {
        take(tx, snapshot, &mut case, &mut imported, &told, &mut notes).await?;
    }
    imported.told = told;
    let id = imported.id;
    let row: imported_case::ActiveModel = imported.into();
    imported_case::Entity::update_many()
        .set(row.reset_all())
        .filter(imported_case::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

struct Notes<'o> {
    number: String,
    line: u64,
    outcome: &'o mut Outcome,
}

impl Notes<'_> {
    fn add(&mut self, what: &str) {
        self.outcome.left_out.push((self.line, format!("{} {what}", self.number)));
    }

    // Whether the register's new value is to be taken: it is new, and people left the field as the import had set it.
    fn takes<T: PartialEq>(&mut self, field: &str, here: &T, before: &T, told: &T) -> bool {
        if told == before || told == here {
            return false;
        }
        if here != before {
            self.add(&format!("keeps its {field}, which was edited here since"));
        }
        here == before
    }
}

async fn take(
    tx: &mut Tx,
    snapshot: &Snapshot,
    case: &mut case::Model,
    imported: &mut imported_case::Model,
    told: &Told,
    notes: &mut Notes<'_>,
) -> Result<()> {
    let before = imported.told.clone();
    let summary = format!("Brought up to date from {}, as of {}", snapshot.name, snapshot.as_of);
    let mut entry = Entry::new(CaseEventKind::Corrected, summary).on(snapshot.as_of, tx);
    if notes.takes("title", &case.title, &before.title, &told.title) {
        entry = entry.change("title", Some(&case.title), Some(&told.title));
        case.title.clone_from(&told.title);
    }
    if notes.takes("description", &case.description, &before.description, &told.description) {
        entry = entry.change("description", case.description.as_ref(), told.description.as_ref());
        case.description.clone_from(&told.description);
    }
    let priority = |told: &Told| told.priority.unwrap_or(CasePriority::Normal);
    if notes.takes("priority", &case.priority, &priority(&before), &priority(told)) {
        entry = entry.change("priority", Some(case.priority), Some(priority(told)));
        case.priority = priority(told);
        case.priority_rank = case.priority.rank();
    }
    let kind = |told: &Told| told.kind.unwrap_or(CaseKind::Other);
    if kind(&before) != kind(told) {
        let here = cases::kinds_of(tx, case.id).await?;
        if notes.takes("kinds", &here, &vec![kind(&before)], &vec![kind(told)]) {
            entry = entry.change("kinds", Some(kind(&before)), Some(kind(told)));
            cases::replace_kinds(tx, case.id, &[kind(told)]).await?;
        }
    }
    let due = told.due_on.or(imported.next_action_on);
    if notes.takes("next action", &case.next_action_on, &imported.next_action_on, &due) {
        entry = entry.change("nextActionOn", case.next_action_on, due);
        case.next_action_on = due;
        imported.next_action_on = due;
    }
    if told.opened_on != before.opened_on {
        entry = entry.change("openedOn", Some(before.opened_on), Some(told.opened_on));
        case.opened_at = tx.city.start_of(told.opened_on).unwrap_or(case.opened_at).min(tx.now);
    }
    if entry.changes.iter().any(|change| ["priority", "openedOn"].contains(&change.field.as_str())) {
        entry = responses::recount(tx, case, entry).await?;
    }
    if let Some(day) = told.responded_on.filter(|_| told.responded_on != before.responded_on) {
        entry = responses::noticed(tx, case, day, entry).await?;
    }
    let moved = move_stage(tx, snapshot, case, &before, told, notes);
    if !entry.changes.is_empty() || moved.is_some() {
        cases::store(tx, case).await?;
    }
    if !entry.changes.is_empty() {
        events::append(tx, case, entry).await?;
    }
    if let Some(moved) = moved {
        events::append(tx, case, moved).await?;
    }
    if (&told.last_action, told.last_action_on) != (&before.last_action, before.last_action_on)
        && let Some(entry) = last_action(tx, snapshot, told)
    {
        events::append(tx, case, entry).await?;
    }
    tell_of_the_rest(&before, told, notes);
    Ok(())
}

// The register's step was taken elsewhere and is a fact, so nothing blocks it; steps that people take here are guarded.
fn move_stage(
    tx: &Tx,
    snapshot: &Snapshot,
    case: &mut case::Model,
    before: &Told,
    told: &Told,
    notes: &mut Notes<'_>,
) -> Option<Entry> {
    let stage = |told: &Told| told.stage.unwrap_or(CaseStage::Intake);
    let to = stage(told);
    if !notes.takes("stage", &case.stage, &stage(before), &to) {
        return None;
    }
    let entry = Entry::new(CaseEventKind::StageChanged, format!("{} → {to}", case.stage))
        .body(Some(format!("As {} told it on {}", snapshot.name, snapshot.as_of)))
        .on(snapshot.as_of, tx)
        .change("stage", Some(case.stage), Some(to));
    case.previous_stage = Some(case.stage);
    case.stage = to;
    case.stage_since = tx.now;
    Some(entry)
}

fn tell_of_the_rest(before: &Told, told: &Told, notes: &mut Notes<'_>) {
    if told.address != before.address {
        let address: String = told.address.iter().flat_map(|text| text.chars().take(80)).collect();
        notes.add(&format!("stays at its place, though the register gives the address `{address}` now"));
    }
    if let Some(day) = told.closed_on.filter(|_| before.closed_on.is_none()) {
        notes.add(&format!(
            "was closed in the register on {day}; close it here with `caseClose` and its outcome"
        ));
    }
}
