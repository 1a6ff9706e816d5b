//! Cases of a register that are new to us, opened many at a time.

use entity::{
    case::{self, CasePriority, CaseStage},
    case_event::{self, CaseEventKind},
    case_kind::{self, CaseKind},
    id::{CaseRegisterId, DistrictId, ImportedCaseId},
    imported_case, property,
};

use super::{Outcome, Record, Snapshot, known::Known, place};
use crate::{
    app::Tx,
    error::Result,
    events::{self, Entry},
    writes::{cases, many, responses},
};

/// Opens these cases. Each begins when the register says; that we know of it begins now.
pub(super) async fn open(
    tx: &mut Tx,
    snapshot: &Snapshot,
    register: CaseRegisterId,
    known: &Known,
    records: &[&Record],
    outcome: &mut Outcome,
) -> Result<()> {
    let mut placed = Vec::with_capacity(records.len());
    for record in records {
        if let Some(day) = record.told.closed_on {
            let reason = format!("it was closed on {day} already; only open cases are taken");
            outcome.rejected.push((record.line, reason));
            continue;
        }
        match place::find(known, record) {
            Ok(Some(place)) => match place.district_id {
                Some(district) => placed.push((*record, place, district)),
                None => outcome.unmatched.push((record.line, without_district(tx, place))),
            },
            Ok(None) => outcome.unmatched.push((record.line, place::unknown(snapshot, record))),
            Err(reason) => outcome.unmatched.push((record.line, reason)),
        }
    }
    if placed.is_empty() {
        return Ok(());
    }
    let numbers = cases::numbers(tx, i32::try_from(placed.len()).unwrap_or(i32::MAX)).await?;
    let mut rows = Rows::default();
    for ((record, place, district), number) in placed.into_iter().zip(numbers) {
        if let Some(others) = known.opened_here.get(&place.id) {
            let note = format!(
                "{number} was opened although {} is open at {}; if they are one, close one as DUPLICATE with \
                 `caseClose`",
                others.join(", "),
                place.address
            );
            outcome.left_out.push((record.line, note));
        }
        rows.add(tx, snapshot, register, record, place, district, number).await?;
        outcome.added += 1;
    }
    rows.write(tx).await
}

#[derive(Default)]
struct Rows {
    cases: Vec<case::Model>,
    kinds: Vec<case_kind::Model>,
    events: Vec<case_event::Model>,
    imported: Vec<imported_case::Model>,
}

impl Rows {
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    async fn add(
        &mut self,
        tx: &mut Tx,
        snapshot: &Snapshot,
        register: CaseRegisterId,
        record: &Record,
        place: &property::Model,
        district: DistrictId,
        number: String,
    ) -> Result<()> {
        let told = &record.told;
        let began = tx.city.start_of(told.opened_on).unwrap_or(tx.now).min(tx.now);
        let priority = told.priority.unwrap_or(CasePriority::Normal);
        let kind = told.kind.unwrap_or(CaseKind::Other);
        // A day that has passed stays: the case is late, and lists sort it first.
        let next_action_on = match told.due_on {
            Some(day) => day,
            None => cases::next_action(tx, None)?,
        };
        let mut case = case::Model {
            description: told.description.clone(),
            stage: told.stage.unwrap_or(CaseStage::Intake),
            priority,
            priority_rank: priority.rank(),
            source: record.source,
            opened_at: began,
            next_action_on: Some(next_action_on),
            ..cases::blank(tx, number, told.title.clone(), place.id, district)
        };
        if record.tells_response {
            responses::start(tx, &mut case);
            case.responded_at = told.responded_on.map(|day| responses::moment_of(tx, &case, day));
        }
        let summary = format!("Case {} taken from {} at {}", case.number, snapshot.name, place.address);
        let body = format!(
            "Case {} of {}, as of {}. Its address there: {}",
            record.key,
            snapshot.name,
            snapshot.as_of,
            told.address.as_deref().unwrap_or("-")
        );
        let opened = Entry::new(CaseEventKind::Opened, summary)
            .body(Some(body))
            .on(told.opened_on, tx)
            .change("stage", None::<CaseStage>, Some(case.stage))
            .change("title", None::<&str>, Some(&case.title))
            .change("kinds", None::<CaseKind>, Some(kind))
            .change("priority", None::<CasePriority>, Some(case.priority))
            .change("nextActionOn", None::<chrono::NaiveDate>, case.next_action_on)
            .change("responseDueAt", None::<String>, case.response_due_at.map(|at| at.to_rfc3339()))
            .change("respondedAt", None::<String>, case.responded_at.map(|at| at.to_rfc3339()));
        self.events.push(events::bind(tx, &mut case, opened).await?);
        if let Some(entry) = last_action(tx, snapshot, told) {
            self.events.push(events::bind(tx, &mut case, entry).await?);
        }
        self.kinds.push(case_kind::Model { case_id: case.id, kind, position: 0 });
        self.imported.push(imported_case::Model {
            id: ImportedCaseId::generate(),
            register_id: register,
            key: record.key.clone(),
            case_id: case.id,
            told: told.clone(),
            next_action_on: case.next_action_on,
        });
        self.cases.push(case);
        Ok(())
    }

    async fn write(self, tx: &Tx) -> Result<()> {
        many::insert::<case::ActiveModel>(tx, self.cases).await?;
        many::insert::<case_kind::ActiveModel>(tx, self.kinds).await?;
        many::insert::<case_event::ActiveModel>(tx, self.events).await?;
        many::insert::<imported_case::ActiveModel>(tx, self.imported).await
    }
}

/// What the register did last, for the timeline: on the day it says, or planned for it on the day of the snapshot.
pub(super) fn last_action(tx: &Tx, snapshot: &Snapshot, told: &imported_case::Told) -> Option<Entry> {
    let action = told.last_action.as_ref()?;
    let (day, planned) = match told.last_action_on {
        Some(day) if day > snapshot.as_of => (snapshot.as_of, format!(", planned for {day}")),
        Some(day) => (day, String::new()),
        None => (snapshot.as_of, String::new()),
    };
    let entry = Entry::new(CaseEventKind::Note, format!("{}: {action}{planned}", snapshot.name));
    Some(entry.on(day, tx))
}

fn without_district(tx: &Tx, place: &property::Model) -> String {
    format!(
        "{} lies in no district of {}; record the district with `propertyEdit` first",
        place.address, tx.city.preset.city.name
    )
}
