//! Opening a case at a place.

use chrono::{Datelike, NaiveDate};
use entity::{
    case::{self, CasePriority, CaseSource, CaseStage},
    case_event::CaseEventKind,
    case_kind::{self, CaseKind},
    case_number,
    id::{CaseId, DistrictId, PropertyId, StaffId},
    property,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{BODY, TITLE, check_assignee, checked_kinds, next_action, store_kinds, words};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal, line, optional_text},
    error::Result,
    events::{self, Entry},
    scope::unscoped,
    writes::{
        properties::{self, PlaceRef},
        responses,
    },
};

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
    let title = line("title", &opening.title, TITLE)?;
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
    let number = numbers(tx, 1).await?.remove(0);
    let mut case = case::Model {
        description,
        priority: opening.priority,
        priority_rank: opening.priority.rank(),
        source: opening.source,
        assignee_id: opening.assignee,
        next_action_on: Some(next_action_on),
        previous_case_id: previous,
        ..blank(tx, number, title, place.id, district)
    };
    responses::start(tx, &mut case);
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
            .change("nextActionOn", None::<NaiveDate>, case.next_action_on)
            .change("responseDueAt", None::<String>, case.response_due_at.map(|at| at.to_rfc3339()));
    events::append(tx, &mut case, entry).await?;
    Ok(case.id)
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

/// A case that begins now, before anything but its title and place is known of it.
pub fn blank(
    tx: &Tx,
    number: String,
    title: String,
    property_id: PropertyId,
    district_id: DistrictId,
) -> case::Model {
    case::Model {
        id: CaseId::generate(),
        number,
        version: 1,
        title,
        description: None,
        stage: CaseStage::Intake,
        stage_since: tx.now,
        previous_stage: None,
        was_litigated: false,
        priority: CasePriority::Normal,
        priority_rank: CasePriority::Normal.rank(),
        source: CaseSource::Other,
        district_id,
        property_id,
        assignee_id: None,
        opened_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
        outcome: None,
        duplicate_of_id: None,
        next_action_on: None,
        previous_case_id: None,
        response_rule: None,
        response_due_at: None,
        responded_at: None,
        event_count: 0,
        event_hash: String::new(),
    }
}

/// So many new case numbers, such as JFN-2026-000123: the row of the year is locked until this transaction ends, so
/// numbers have no gaps.
pub async fn numbers(tx: &Tx, count: i32) -> Result<Vec<String>> {
    let year = tx.today().year();
    let first = case_number::ActiveModel { year: Set(year), last: Set(count) };
    let next = OnConflict::column(case_number::Column::Year)
        .value(
            case_number::Column::Last,
            Expr::col((case_number::Entity, case_number::Column::Last)).add(count),
        )
        .to_owned();
    let row = case_number::Entity::insert(first).on_conflict(next).exec_with_returning(tx.conn()).await?;
    let prefix = &tx.city.preset.city.case_number_prefix;
    Ok((row.last - count + 1..=row.last).map(|number| format!("{prefix}-{year}-{number:06}")).collect())
}
