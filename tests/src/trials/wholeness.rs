//! Whether a database holds all that was acknowledged and nothing half, read from its tables.

use std::collections::{HashMap, HashSet};

use api::app::App;
use entity::{audit_row, case, case_event, case_event::CaseEventKind as Kind, case_kind, idempotency_record};
use sea_orm::{EntityTrait, QueryOrder};
use uuid::Uuid;

use super::writers::Acknowledged;

/// The mutations that the writers send, each with the entry that it makes.
const MADE: [(&str, Kind); 4] = [
    ("caseOpen", Kind::Opened),
    ("caseAddNote", Kind::Note),
    ("caseEdit", Kind::Corrected),
    ("caseAdvance", Kind::StageChanged),
];

/// The tables at one moment.
pub struct Tables {
    cases: Vec<case::Model>,
    kinds: HashSet<Uuid>,
    events: Vec<case_event::Model>,
    records: Vec<idempotency_record::Model>,
    done: Vec<(String, Uuid)>,
}

impl Tables {
    /// Reads them as they are now.
    pub async fn read(app: &App) -> Self {
        let read = app.steady(async |tx| {
            let cases = case::Entity::find().all(tx).await?;
            let kinds = case_kind::Entity::find().all(tx).await?;
            let events = case_event::Entity::find()
                .order_by_asc(case_event::Column::CaseId)
                .order_by_asc(case_event::Column::Position)
                .all(tx)
                .await?;
            let records = idempotency_record::Entity::find().all(tx).await?;
            let rows = audit_row::Entity::find().all(tx).await?;
            let done = rows.into_iter().filter(|row| row.result == "DONE");
            let done = done.filter_map(|row| Some((row.action, row.request_id?)));
            Ok(Self {
                cases,
                kinds: kinds.into_iter().map(|kind| kind.case_id.0).collect(),
                events,
                records,
                done: done.collect(),
            })
        });
        read.await.expect("the tables can be read")
    }

    /// How many entries all timelines have.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.events.len()
    }

    /// No transaction is there by half.
    pub fn hold_nothing_half(&self) {
        let mut timelines: HashMap<Uuid, Vec<&case_event::Model>> = HashMap::new();
        for event in &self.events {
            timelines.entry(event.case_id.0).or_default().push(event);
        }
        for case in &self.cases {
            let timeline = timelines.remove(&case.id.0).unwrap_or_default();
            assert_eq!(case.event_count as usize, timeline.len(), "{} counts its entries", case.number);
            let last = timeline.last().expect("a case has entries");
            assert_eq!(case.event_hash, last.hash, "{} ends with its last entry", case.number);
            assert_eq!(timeline[0].kind, Kind::Opened, "{} begins with its opening", case.number);
            let mut titles =
                timeline.iter().flat_map(|event| &event.changes.0).filter(|change| change.field == "title");
            let title = titles.next_back().and_then(|change| change.after.as_ref());
            assert_eq!(Some(&case.title), title, "{} is called as it was called last", case.number);
            assert!(self.kinds.contains(&case.id.0), "{} is about something", case.number);
            assert_eq!(
                case.version,
                timeline.iter().map(|event| event.case_version).max().unwrap_or_default(),
                "{} has the version of its last change",
                case.number
            );
        }
        assert!(timelines.is_empty(), "no entry is without its case");
        let made: HashSet<Uuid> = self
            .cases
            .iter()
            .map(|case| case.id.0)
            .chain(self.events.iter().map(|event| event.id.0))
            .collect();
        for record in &self.records {
            let object = record.object_id.expect("a retry's record has its object");
            assert!(made.contains(&object), "what {} made is there", record.mutation);
        }
        for (mutation, kind) in MADE {
            let requests: HashSet<Uuid> = self
                .done
                .iter()
                .filter(|(action, _)| action == mutation)
                .map(|(_, request)| *request)
                .collect();
            let entries = self.events.iter().filter(|event| event.kind == kind).count();
            assert_eq!(
                requests.len(),
                entries,
                "each {mutation} that was done is audited, and the other way round"
            );
        }
    }

    /// Everything that was acknowledged is there, once.
    pub fn hold(&self, acknowledged: &[Acknowledged]) {
        let numbers: HashMap<_, _> = self.cases.iter().map(|case| (case.number.as_str(), case)).collect();
        let done: HashSet<(&str, Uuid)> =
            self.done.iter().map(|(action, request)| (action.as_str(), *request)).collect();
        let mut said: HashMap<String, u32> = HashMap::new();
        for event in &self.events {
            let changed = event.changes.0.iter().filter_map(|change| change.after.clone());
            for text in event.body.iter().cloned().chain(changed) {
                *said.entry(text).or_default() += 1;
            }
        }
        for Acknowledged { mutation, request, case, words, version } in acknowledged {
            let found = numbers.get(case.as_str()).unwrap_or_else(|| panic!("{case} is there"));
            assert!(done.contains(&(*mutation, *request)), "{mutation} {request} is audited");
            if let Some(version) = version {
                assert!(i64::from(found.version) >= *version, "{case} is at least at version {version}");
            }
            assert_eq!(said.get(words), Some(&1), "{mutation} of {case} is there once: {words}");
        }
    }
}
