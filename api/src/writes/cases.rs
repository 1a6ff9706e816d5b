//! Cases: open, edit, assign, advance, note, close, reopen.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use entity::{
    case::{self, CaseOutcome, CasePriority, CaseSource, CaseStage},
    case_event::CaseEventKind,
    case_kind::{self, CaseKind},
    case_number,
    id::{CaseEventId, CaseId, DistrictId, StaffId},
    property, staff, team_seat,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::properties::{self, PlaceRef};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::{self, Asker},
        refusal::{Code, Refusal, optional_text, text},
    },
    error::{Error, Result},
    events::{self, Entry},
    reads::case_facts,
    scope::{VisibleTo, unscoped},
};

/// Characters of a title at most.
pub const TITLE: usize = 200;
/// Characters of a longer text at most.
pub const BODY: usize = 20_000;

/// What a new case starts with.
#[derive(Clone, Debug)]
pub struct Opening {
    pub title: String,
    pub kinds: Vec<CaseKind>,
    pub place: PlaceRef,
    pub source: CaseSource,
    pub allow_duplicate: bool,
    pub priority: CasePriority,
    pub description: Option<String>,
    pub assignee: Option<StaffId>,
    pub next_action_on: Option<NaiveDate>,
}

/// Opens a case at a place; refused with NOT_UNIQUE when one is open there, unless that is allowed.
pub async fn open(tx: &mut Tx, opening: Opening) -> Result<CaseId> {
    let title = text("title", &opening.title, TITLE)?;
    let description = optional_text("description", opening.description.as_deref(), BODY)?;
    let kinds = checked_kinds(&opening.kinds)?;
    let place = properties::find_or_make(tx, &opening.place).await?;
    let district = district_of(tx, &place)?;
    tx.viewer.require(Action::WorkCases, Some(district))?;
    // Two people who open at one place at the same time see each other's case.
    let place = properties::lock(tx, place.id).await?;
    if !opening.allow_duplicate {
        refuse_duplicate(tx, &place).await?;
    }
    if let Some(assignee) = opening.assignee {
        check_assignee(tx, assignee, district).await?;
    }
    let next_action_on = next_action(tx, opening.next_action_on)?;
    let previous = recurrence_of(tx, &place, &kinds).await?;
    let mut case = case::Model {
        id: CaseId::generate(),
        number: next_number(tx).await?,
        version: 1,
        title,
        description,
        stage: CaseStage::Intake,
        stage_since: tx.now,
        previous_stage: None,
        was_litigated: false,
        priority: opening.priority,
        priority_rank: opening.priority.rank(),
        source: opening.source,
        district_id: district,
        property_id: place.id,
        assignee_id: opening.assignee,
        opened_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
        outcome: None,
        duplicate_of_id: None,
        next_action_on: Some(next_action_on),
        previous_case_id: previous,
        event_count: 0,
        event_hash: String::new(),
    };
    let row: case::ActiveModel = case.clone().into();
    case::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    store_kinds(tx, case.id, &kinds).await?;
    let entry =
        Entry::new(CaseEventKind::Opened, format!("Case {} opened at {}", case.number, place.address))
            .change("stage", None::<CaseStage>, Some(case.stage))
            .change("title", None::<&str>, Some(&case.title))
            .change("kinds", None::<String>, Some(words(&kinds)))
            .change("priority", None::<CasePriority>, Some(case.priority))
            .change("assignee", None::<StaffId>, case.assignee_id)
            .change("nextActionOn", None::<NaiveDate>, case.next_action_on);
    events::append(tx, &mut case, entry).await?;
    Ok(case.id)
}

/// What is edited; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub title: Option<String>,
    pub kinds: Option<Vec<CaseKind>>,
    pub priority: Option<CasePriority>,
    pub next_action_on: Option<NaiveDate>,
}

/// Corrects a case's own fields.
pub async fn edit(tx: &mut Tx, id: CaseId, version: i32, edit: Edit) -> Result<()> {
    let mut case = lock_version(tx, id, version).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let mut entry = Entry::new(CaseEventKind::Corrected, "Case edited");
    if let Some(title) = &edit.title {
        let title = text("title", title, TITLE)?;
        entry = entry.change("title", Some(&case.title), Some(&title));
        case.title = title;
    }
    if let Some(priority) = edit.priority {
        entry = entry.change("priority", Some(case.priority), Some(priority));
        case.priority = priority;
        case.priority_rank = priority.rank();
    }
    if let Some(day) = edit.next_action_on {
        let day = next_action(tx, Some(day))?;
        if case.stage == CaseStage::Closed {
            return Err(Refusal::blocked("A closed case has no next action.").at("nextActionOn").into());
        }
        entry = entry.change("nextActionOn", case.next_action_on, Some(day));
        case.next_action_on = Some(day);
    }
    if let Some(kinds) = &edit.kinds {
        let kinds = checked_kinds(kinds)?;
        let before = kinds_of(tx, id).await?;
        entry = entry.change("kinds", Some(words(&before)), Some(words(&kinds)));
        case_kind::Entity::delete_many().filter(case_kind::Column::CaseId.eq(id)).exec(tx.conn()).await?;
        store_kinds(tx, id, &kinds).await?;
    }
    if entry.changes.is_empty() {
        return Ok(());
    }
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Gives a case to a member of its team, or to nobody.
pub async fn assign(tx: &mut Tx, id: CaseId, version: i32, assignee: Option<StaffId>) -> Result<()> {
    let mut case = lock_version(tx, id, version).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let summary = match assignee {
        Some(person) => format!("Assigned to {}", check_assignee(tx, person, case.district_id).await?),
        None => "Assigned to nobody".to_owned(),
    };
    let entry = Entry::new(CaseEventKind::Assigned, summary).change("assignee", case.assignee_id, assignee);
    if entry.changes.is_empty() {
        return Ok(());
    }
    case.assignee_id = assignee;
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Moves a case to another stage, if nothing blocks it.
pub async fn advance(
    tx: &mut Tx,
    id: CaseId,
    version: i32,
    to: CaseStage,
    reason: Option<String>,
    next_action_on: Option<NaiveDate>,
) -> Result<()> {
    let mut case = lock_version(tx, id, version).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    let reason = optional_text("reason", reason.as_deref(), BODY)?;
    let facts = case_facts::of(tx.conn(), &[id], tx.today()).await?.remove(&id).unwrap_or_default();
    let asker = Asker { role: tx.viewer.role, reason: reason.as_deref() };
    let blocks = case_stage::blocks(case.stage, to, case.previous_stage, &facts, asker);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    let next = next_action(tx, next_action_on)?;
    let entry = Entry::new(CaseEventKind::StageChanged, format!("{} → {to}", case.stage))
        .body(reason)
        .change("stage", Some(case.stage), Some(to))
        .change("nextActionOn", case.next_action_on, Some(next));
    case.previous_stage = Some(case.stage);
    case.stage = to;
    case.stage_since = tx.now;
    case.was_litigated |= to == CaseStage::Litigation;
    case.next_action_on = Some(next);
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// A note, before it is written.
#[derive(Clone, Debug)]
pub struct Note {
    pub body: String,
    pub occurred_at: Option<DateTime<Utc>>,
    pub privileged: bool,
}

/// Adds a note; a privileged one is an attorney's, and for attorneys.
pub async fn add_note(tx: &mut Tx, id: CaseId, note: Note) -> Result<CaseEventId> {
    let mut case = lock(tx, id).await?;
    let action = if note.privileged { Action::WritePrivileged } else { Action::WorkCases };
    tx.viewer.require(action, Some(case.district_id))?;
    let body = text("body", &note.body, BODY)?;
    if note.occurred_at.is_some_and(|at| at > tx.now) {
        return Err(Refusal::invalid("occurredAt", "A note cannot tell of the future.").into());
    }
    let summary = if note.privileged { "Privileged note" } else { "Note" };
    let entry = Entry::new(CaseEventKind::Note, summary)
        .body(Some(body))
        .occurred(note.occurred_at)
        .privileged(note.privileged);
    events::append(tx, &mut case, entry).await
}

/// Closes a case with an outcome.
pub async fn close(
    tx: &mut Tx,
    id: CaseId,
    version: i32,
    outcome: CaseOutcome,
    reason: &str,
    duplicate_of: Option<CaseId>,
) -> Result<()> {
    let mut case = lock_version(tx, id, version).await?;
    tx.viewer.require(Action::CloseCases, Some(case.district_id))?;
    let reason = text("reason", reason, BODY)?;
    let facts = case_facts::of(tx.conn(), &[id], tx.today()).await?.remove(&id).unwrap_or_default();
    let asker = Asker { role: tx.viewer.role, reason: Some(&reason) };
    let blocks = case_stage::blocks_closing(case.stage, outcome, &facts, asker);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    check_duplicate_of(tx, id, outcome, duplicate_of).await?;
    let entry = Entry::new(CaseEventKind::Closed, format!("Closed: {outcome}"))
        .body(Some(reason))
        .change("stage", Some(case.stage), Some(CaseStage::Closed))
        .change("outcome", None::<CaseOutcome>, Some(outcome))
        .change("duplicateOf", None::<CaseId>, duplicate_of)
        .change("nextActionOn", case.next_action_on, None::<NaiveDate>);
    case.previous_stage = Some(case.stage);
    case.stage = CaseStage::Closed;
    case.stage_since = tx.now;
    case.closed_at = Some(tx.now);
    case.outcome = Some(outcome);
    case.duplicate_of_id = duplicate_of;
    case.next_action_on = None;
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Opens a closed case again, at ASSESSMENT.
pub async fn reopen(tx: &mut Tx, id: CaseId, version: i32, reason: &str) -> Result<()> {
    let mut case = lock_version(tx, id, version).await?;
    tx.viewer.require(Action::CloseCases, Some(case.district_id))?;
    let reason = text("reason", reason, BODY)?;
    if case.stage != CaseStage::Closed {
        return Err(Refusal::blocked("Only a closed case can be reopened.").into());
    }
    let next = next_action(tx, None)?;
    let entry = Entry::new(CaseEventKind::Reopened, "Reopened")
        .body(Some(reason))
        .change("stage", Some(case.stage), Some(CaseStage::Assessment))
        .change("outcome", case.outcome, None::<CaseOutcome>)
        .change("nextActionOn", None::<NaiveDate>, Some(next));
    case.previous_stage = None;
    case.stage = CaseStage::Assessment;
    case.stage_since = tx.now;
    case.closed_at = None;
    case.outcome = None;
    case.duplicate_of_id = None;
    case.next_action_on = Some(next);
    store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// The case, locked until the transaction ends.
pub async fn lock(tx: &Tx, id: CaseId) -> Result<case::Model> {
    let found = case::Entity::visible_to(&tx.viewer)
        .filter(case::Column::Id.eq(id))
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("case").at("caseId").into())
}

async fn lock_version(tx: &Tx, id: CaseId, version: i32) -> Result<case::Model> {
    let case = lock(tx, id).await?;
    if case.version == version {
        return Ok(case);
    }
    let message = format!(
        "Somebody changed this case in the meantime: it is at version {}, not {version}. Look at it again.",
        case.version
    );
    Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion").into())
}

/// Writes the case's own fields under the next version.
pub async fn store(tx: &mut Tx, case: &mut case::Model) -> Result<()> {
    let loaded = case.version;
    case.version += 1;
    let row: case::ActiveModel = case.clone().into();
    let stored = case::Entity::update_many()
        .set(row.reset_all())
        .filter(case::Column::Id.eq(case.id))
        .filter(case::Column::Version.eq(loaded))
        .exec(tx.conn())
        .await?;
    if stored.rows_affected == 1 {
        return Ok(());
    }
    Err(Refusal::new(Code::StaleVersion, "Somebody changed this case in the meantime.").into())
}

fn district_of(tx: &Tx, place: &property::Model) -> Result<DistrictId> {
    place.district_id.ok_or_else(|| {
        let message = format!(
            "{} lies in no district of {}; record the district with `propertyEdit` first.",
            place.address, tx.city.preset.city.name
        );
        Refusal::invalid("property", message).into()
    })
}

fn checked_kinds(kinds: &[CaseKind]) -> Result<Vec<CaseKind>, Refusal> {
    let mut distinct: Vec<CaseKind> = Vec::new();
    for kind in kinds {
        if !distinct.contains(kind) {
            distinct.push(*kind);
        }
    }
    if distinct.is_empty() {
        return Err(Refusal::required("kinds", "Name at least one kind; the first is the primary one."));
    }
    Ok(distinct)
}

fn words(kinds: &[CaseKind]) -> String {
    kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ")
}

async fn kinds_of(tx: &Tx, id: CaseId) -> Result<Vec<CaseKind>> {
    let rows = unscoped::<case_kind::Entity>()
        .filter(case_kind::Column::CaseId.eq(id))
        .order_by_asc(case_kind::Column::Position)
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

async fn store_kinds(tx: &Tx, id: CaseId, kinds: &[CaseKind]) -> Result<()> {
    let rows = kinds.iter().zip(0..).map(|(kind, position)| case_kind::ActiveModel {
        case_id: Set(id),
        kind: Set(*kind),
        position: Set(position),
    });
    case_kind::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    Ok(())
}

async fn refuse_duplicate(tx: &Tx, place: &property::Model) -> Result<()> {
    let open = unscoped::<case::Entity>()
        .filter(case::Column::PropertyId.eq(place.id))
        .filter(case::Column::Stage.ne(CaseStage::Closed))
        .order_by_asc(case::Column::Id)
        .all(tx.conn())
        .await?;
    if open.is_empty() {
        return Ok(());
    }
    let numbers: Vec<&str> = open.iter().map(|case| case.number.as_str()).collect();
    let message = format!(
        "There is an open case at {} already: {}. Add to it, or set `allowDuplicate`.",
        place.address,
        numbers.join(", ")
    );
    let mut refusal = Refusal::new(Code::NotUnique, message).at("property");
    refusal.existing = open.iter().map(|case| case.id).collect();
    Err(refusal.into())
}

// The latest closed case at the same place that shares a kind.
async fn recurrence_of(tx: &Tx, place: &property::Model, kinds: &[CaseKind]) -> Result<Option<CaseId>> {
    let of_kind = unscoped::<case_kind::Entity>()
        .select_only()
        .column(case_kind::Column::CaseId)
        .filter(case_kind::Column::Kind.is_in(kinds.iter().copied()));
    let found = unscoped::<case::Entity>()
        .filter(case::Column::PropertyId.eq(place.id))
        .filter(case::Column::Stage.eq(CaseStage::Closed))
        .filter(case::Column::Id.in_subquery(of_kind.into_query()))
        .order_by_desc(case::Column::ClosedAt)
        .one(tx.conn())
        .await?;
    Ok(found.map(|case| case.id))
}

/// The name of the person, if they may be given cases of that district.
pub async fn check_assignee(tx: &Tx, id: StaffId, district: DistrictId) -> Result<String> {
    let seated = unscoped::<team_seat::Entity>()
        .select_only()
        .column(team_seat::Column::StaffId)
        .filter(team_seat::Column::DistrictId.eq(district))
        .filter(team_seat::Column::FromOn.lte(tx.today()))
        .filter(
            Condition::any()
                .add(team_seat::Column::ToOn.is_null())
                .add(team_seat::Column::ToOn.gte(tx.today())),
        );
    let person = unscoped::<staff::Entity>()
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::Active.eq(true))
        .filter(
            Condition::any()
                .add(staff::Column::Id.in_subquery(seated.into_query()))
                .add(staff::Column::Role.eq(staff::StaffRole::CityAttorney)),
        )
        .one(tx.conn())
        .await?;
    let message = "Only a member of the district's team or the city attorney can be given this case.";
    person.map(|person| person.name).ok_or_else(|| Refusal::invalid("assigneeId", message).into())
}

fn next_action(tx: &Tx, stated: Option<NaiveDate>) -> Result<NaiveDate, Refusal> {
    let today = tx.today();
    match stated {
        Some(day) if day < today => Err(Refusal::invalid("nextActionOn", format!("{day} has passed."))),
        Some(day) => Ok(day),
        None => Ok(today + Days::new(tx.city.preset.city.next_action.days.into())),
    }
}

async fn check_duplicate_of(
    tx: &Tx,
    id: CaseId,
    outcome: CaseOutcome,
    duplicate_of: Option<CaseId>,
) -> Result<(), Error> {
    match (outcome == CaseOutcome::Duplicate, duplicate_of) {
        (false, None) => Ok(()),
        (false, Some(_)) => {
            Err(Refusal::invalid("duplicateOfId", "Name another case only with the outcome DUPLICATE.")
                .into())
        }
        (true, None) => Err(Refusal::required("duplicateOfId", "Name the case that covers this one.").into()),
        (true, Some(other)) if other == id => {
            Err(Refusal::invalid("duplicateOfId", "A case is no duplicate of itself.").into())
        }
        (true, Some(other)) => {
            let found = case::Entity::visible_to(&tx.viewer)
                .filter(case::Column::Id.eq(other))
                .one(tx.conn())
                .await?;
            found.map(|_| ()).ok_or_else(|| Refusal::not_found("case").at("duplicateOfId").into())
        }
    }
}

// JFN-2026-000123: the row of the year is locked until this transaction ends, so numbers have no gaps.
async fn next_number(tx: &Tx) -> Result<String> {
    let year = tx.today().year();
    let first = case_number::ActiveModel { year: Set(year), last: Set(1) };
    let next = OnConflict::column(case_number::Column::Year)
        .value(case_number::Column::Last, Expr::col((case_number::Entity, case_number::Column::Last)).add(1))
        .to_owned();
    let row = case_number::Entity::insert(first).on_conflict(next).exec_with_returning(tx.conn()).await?;
    Ok(format!("{}-{year}-{:06}", tx.city.preset.city.case_number_prefix, row.last))
}
