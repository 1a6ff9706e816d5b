//! Cases: edited, assigned, noted; opening them and moving them between stages have rooms of their own.

mod opening;
mod stages;

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::{
    case::{self, CasePriority, CaseStage},
    case_event::{self, CaseEventKind},
    case_kind::{self, CaseKind},
    id::{CaseEventId, CaseId, DistrictId, StaffId},
    staff, team_seat,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

pub use self::{
    opening::{Opening, blank, numbers, open},
    stages::{advance, close, reopen},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal, line, text},
    error::Result,
    events::{self, Entry},
    scope::{LockRows, VisibleTo, unscoped},
    writes::responses,
};

/// Characters of a title at most.
pub const TITLE: usize = 200;
/// Characters of a longer text at most.
pub const BODY: usize = 20_000;

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
    let mut case = lock_version(tx, id, version, Action::WorkCases).await?;
    let mut entry = Entry::new(CaseEventKind::Corrected, "Case edited");
    if let Some(title) = &edit.title {
        let title = line("title", title, TITLE)?;
        entry = entry.change("title", Some(&case.title), Some(&title));
        case.title = title;
    }
    if let Some(priority) = edit.priority {
        let is_new = case.priority != priority;
        entry = entry.change("priority", Some(case.priority), Some(priority));
        case.priority = priority;
        case.priority_rank = priority.rank();
        if is_new {
            entry = responses::recount(tx, &mut case, entry).await?;
        }
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
        replace_kinds(tx, id, &kinds).await?;
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
    let mut case = lock_version(tx, id, version, Action::WorkCases).await?;
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

/// A note, before it is written.
#[derive(Clone, Debug)]
pub struct Note {
    pub id: CaseEventId,
    pub body: String,
    pub occurred_at: Option<DateTime<Utc>>,
    pub privileged: bool,
}

/// Adds a note; a privileged one is an attorney's, and for attorneys.
pub async fn add_note(tx: &mut Tx, id: CaseId, note: Note) -> Result<case_event::Model> {
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
    events::append_as(tx, &mut case, entry, note.id).await
}

/// The case, locked until the transaction ends.
pub async fn lock(tx: &Tx, id: CaseId) -> Result<case::Model> {
    let found = case::Entity::visible_to(&tx.viewer)
        .filter(case::Column::Id.eq(id))
        .lock_rows()
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("case").at("caseId").into())
}

// Who may not do it is told so, whatever version they saw.
async fn lock_version(tx: &Tx, id: CaseId, version: i32, action: Action) -> Result<case::Model> {
    let case = lock(tx, id).await?;
    tx.viewer.require(action, Some(case.district_id))?;
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

/// The kinds of a case, the primary one first.
pub async fn kinds_of(tx: &Tx, id: CaseId) -> Result<Vec<CaseKind>> {
    let rows = unscoped::<case_kind::Entity>()
        .filter(case_kind::Column::CaseId.eq(id))
        .order_by_asc(case_kind::Column::Position)
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// Gives a case these kinds in place of those it has.
pub async fn replace_kinds(tx: &Tx, id: CaseId, kinds: &[CaseKind]) -> Result<()> {
    case_kind::Entity::delete_many().filter(case_kind::Column::CaseId.eq(id)).exec(tx.conn()).await?;
    store_kinds(tx, id, kinds).await
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

/// The day of the next action: the stated one, unless it has passed, or the city's default period from today.
pub fn next_action(tx: &Tx, stated: Option<NaiveDate>) -> Result<NaiveDate, Refusal> {
    let today = tx.today();
    match stated {
        Some(day) if day < today => Err(Refusal::invalid("nextActionOn", format!("{day} has passed."))),
        Some(day) => Ok(day),
        None => Ok(today + Days::new(tx.city.preset.city.next_action.days.into())),
    }
}
