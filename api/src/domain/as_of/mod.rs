//! A case as it was known on a day: what was recorded later is left out, and what that changed is put back.

#[cfg(test)]
mod history_tests;
mod parts;
#[cfg(test)]
mod register_tests;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, str::FromStr};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use entity::{
    case::{self, CaseOutcome, CaseStage},
    case_event::{CaseEventKind, Change},
    case_kind::{self, CaseKind},
    id::{CaseId, InspectionId},
    legal_action_status_change as status_change,
};

/// An entry of a timeline, as far as it tells what it changed.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: CaseEventKind,
    pub recorded_at: DateTime<Utc>,
    /// The case's version once it was written.
    pub case_version: i32,
    pub changes: Vec<Change>,
}

/// A day of the city, after which nothing that was recorded counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub on: NaiveDate,
    /// The first moment that is not of it.
    pub end: DateTime<Utc>,
    pub zone: Tz,
}

/// Why something cannot be told as of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKnown {
    #[error("{0} is only known as it is now; ask for it without `asOf`.")]
    OnlyNow(&'static str),
    #[error(
        "What was recorded later about {0} does not tell what it changed, so it is only known as it is now; ask for it \
         without `asOf`."
    )]
    Untold(&'static str),
    #[error("This is of another case; ask for that case with its own `asOf`.")]
    OtherCase,
}

/// The timeline of one case, parted by the end of a day.
#[derive(Clone, Debug)]
pub struct Record {
    pub case: CaseId,
    pub day: Day,
    earlier: Vec<Told>,
    later: Vec<Told>,
    // The value of each field before the first change that came later.
    before: HashMap<String, Option<String>>,
}

impl Record {
    /// Parts a timeline that is in the order in which it was written; none when nothing was known by then.
    #[must_use]
    pub fn new(case: CaseId, day: Day, timeline: Vec<Told>) -> Option<Self> {
        let (earlier, later): (Vec<Told>, Vec<Told>) =
            timeline.into_iter().partition(|told| told.recorded_at < day.end);
        if earlier.is_empty() {
            return None;
        }
        let mut before = HashMap::new();
        for change in later.iter().flat_map(|told| &told.changes) {
            before.entry(change.field.clone()).or_insert_with(|| change.before.clone());
        }
        Some(Self { case, day, earlier, later, before })
    }

    /// Whether something that was recorded at that moment was known.
    #[must_use]
    pub fn knew(&self, recorded_at: DateTime<Utc>) -> bool {
        recorded_at < self.day.end
    }

    /// The case's own fields as they were.
    pub fn unwind(&self, mut case: case::Model) -> Result<case::Model, NotKnown> {
        const WHAT: &str = "the case";
        // Older entries of reopening do not name the case that had covered this one.
        let loses_duplicate = |told: &&Told| {
            let was = |change: &Change| change.before.as_deref() == Some("DUPLICATE");
            told.kind == CaseEventKind::Reopened
                && told.changes.iter().any(|change| change.field == "outcome" && was(change))
                && !told.changes.iter().any(|change| change.field == "duplicateOf")
        };
        if self.later.iter().any(|told| loses_duplicate(&told)) {
            return Err(NotKnown::Untold(WHAT));
        }
        self.put_back("title", &mut case.title, WHAT)?;
        self.put_back_optional("description", &mut case.description, WHAT)?;
        case.opened_at = self.opened_at(case.opened_at, WHAT)?;
        self.put_back("priority", &mut case.priority, WHAT)?;
        case.priority_rank = case.priority.rank();
        self.put_back("stage", &mut case.stage, WHAT)?;
        self.put_back_optional("assignee", &mut case.assignee_id, WHAT)?;
        self.put_back_optional("nextActionOn", &mut case.next_action_on, WHAT)?;
        self.put_back_optional::<CaseOutcome>("outcome", &mut case.outcome, WHAT)?;
        self.put_back_optional("duplicateOf", &mut case.duplicate_of_id, WHAT)?;
        if let Some(last) = self.earlier.last() {
            case.version = last.case_version;
            case.updated_at = last.recorded_at;
        }
        case.event_count = i32::try_from(self.earlier.len()).unwrap_or(i32::MAX);
        let of_stage = |told: &Told| told.changes.iter().any(|change| change.field == "stage");
        let steps: Vec<&Told> = self.earlier.iter().filter(|told| of_stage(told)).collect();
        case.stage_since = steps.last().map_or(case.opened_at, |told| told.recorded_at);
        case.closed_at = (case.stage == CaseStage::Closed).then_some(case.stage_since);
        case.was_litigated = steps.iter().any(|told| goes_to(told, CaseStage::Litigation));
        case.previous_stage = steps
            .last()
            .filter(|told| told.kind != CaseEventKind::Reopened)
            .and_then(|told| told.changes.iter().find(|change| change.field == "stage"))
            .and_then(|change| change.before.as_deref()?.parse().ok());
        Ok(case)
    }

    /// The inspections that were made later, planned or not by then.
    #[must_use]
    pub fn inspections_made_later(&self) -> Vec<InspectionId> {
        let made = |(name, before): (&String, &Option<String>)| {
            let id = name.strip_suffix(".performedAt").filter(|_| before.is_none())?;
            id.parse().ok()
        };
        self.before.iter().filter_map(made).collect()
    }

    // A register that a case was taken from may correct the day it was opened: its beginning in the city, or what was known
    // then when that day had only begun.
    fn opened_at(&self, now: DateTime<Utc>, what: &'static str) -> Result<DateTime<Utc>, NotKnown> {
        let mut day: Option<NaiveDate> = None;
        self.put_back_optional("openedOn", &mut day, what)?;
        let start = day.and_then(|day| start_of(day, self.day.zone));
        let taken = self.earlier.first().map_or(now, |told| told.recorded_at);
        Ok(start.map_or(now, |start| start.min(taken)))
    }

    fn put_back<T: FromStr>(&self, name: &str, value: &mut T, what: &'static str) -> Result<(), NotKnown> {
        match self.before.get(name) {
            None => Ok(()),
            Some(Some(text)) => {
                *value = text.parse().map_err(|_| NotKnown::Untold(what))?;
                Ok(())
            }
            Some(None) => Err(NotKnown::Untold(what)),
        }
    }

    fn put_back_optional<T: FromStr>(
        &self,
        name: &str,
        value: &mut Option<T>,
        what: &'static str,
    ) -> Result<(), NotKnown> {
        match self.before.get(name) {
            None => {}
            Some(None) => *value = None,
            Some(Some(text)) => *value = Some(text.parse().map_err(|_| NotKnown::Untold(what))?),
        }
        Ok(())
    }

    // Whether that field had its first value later, and its row with it.
    fn began_later(&self, name: &str) -> bool {
        matches!(self.before.get(name), Some(None))
    }

    // How many later entries changed something whose name begins so.
    fn changes_of(&self, name: &str) -> i32 {
        let changes = |told: &&Told| told.changes.iter().any(|change| change.field.starts_with(name));
        i32::try_from(self.later.iter().filter(changes).count()).unwrap_or(i32::MAX)
    }

    // Older entries of these kinds do not say which row they are about; what they changed cannot be put back.
    fn all_name(
        &self,
        kinds: &[CaseEventKind],
        prefix: &'static str,
        what: &'static str,
    ) -> Result<(), NotKnown> {
        let names =
            |change: &Change| change.field.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'));
        let is_silent = |told: &&Told| kinds.contains(&told.kind) && !told.changes.iter().any(names);
        if self.later.iter().any(|told| is_silent(&told)) { Err(NotKnown::Untold(what)) } else { Ok(()) }
    }
}

fn goes_to(told: &Told, stage: CaseStage) -> bool {
    let word = stage.word();
    told.changes.iter().any(|change| change.field == "stage" && change.after.as_ref() == Some(&word))
}

/// A row of a case's record, as it was known on a day.
pub trait Past: Sized {
    /// The row as it was; none when it was not known yet.
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown>;

    /// The rows that were known, in the order that they had.
    fn all_then(rows: Vec<Self>, record: &Record) -> Result<Vec<Self>, NotKnown> {
        rows.into_iter().filter_map(|row| row.then(record).transpose()).collect()
    }
}

impl Past for case::Model {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if self.id == record.case { record.unwind(self).map(Some) } else { Err(NotKnown::OtherCase) }
    }
}

impl Past for case_kind::Model {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if self.case_id == record.case { Ok(Some(self)) } else { Err(NotKnown::OtherCase) }
    }

    fn all_then(rows: Vec<Self>, record: &Record) -> Result<Vec<Self>, NotKnown> {
        if rows.iter().any(|row| row.case_id != record.case) {
            return Err(NotKnown::OtherCase);
        }
        let Some(before) = record.before.get("kinds") else { return Ok(rows) };
        let words = before.as_deref().unwrap_or_default().split(", ");
        let kinds: Result<Vec<CaseKind>, _> = words.map(str::parse).collect();
        let kinds = kinds.map_err(|_| NotKnown::Untold("the kinds of the case"))?;
        let row = |(kind, position)| Self { case_id: record.case, kind, position };
        Ok(kinds.into_iter().zip(0..).map(row).collect())
    }
}

fn start_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&midnight).earliest().map(|at| at.with_timezone(&Utc))
}

/// Since when a legal action stands where its last step took it; none without a step. The steps are in the order in which
/// they were recorded: one of the day itself counts from the moment, an earlier day from its beginning, and none from before
/// the step that it follows.
#[must_use]
pub fn status_since(steps: &[status_change::Model], zone: Tz) -> Option<DateTime<Utc>> {
    steps.iter().fold(None, |since, step| {
        let start = start_of(step.changed_on, zone);
        let same_day = step.recorded_at.with_timezone(&zone).date_naive() == step.changed_on;
        let stated = if same_day { None } else { start }.unwrap_or(step.recorded_at);
        Some(since.map_or(stated, |before: DateTime<Utc>| before.max(stated)))
    })
}
