//! Inspections: planned, and recorded with the violations they found.

use chrono::{DateTime, SubsecRound, Utc};
use entity::{
    case,
    case_event::CaseEventKind,
    id::{CaseId, InspectionId, StaffId},
    inspection::{self, InspectionResult},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    cases::{self, BODY},
    deadlines::of_inspections,
    responses,
    team::check_member,
    violations::{self, Found},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        inspection::{Report, blocks},
        refusal::{Refusal, optional_text},
    },
    error::{Error, Result},
    events::{self, Entry},
    scope::VisibleTo,
};

/// Plans an inspection.
pub async fn schedule(
    tx: &mut Tx,
    case: CaseId,
    scheduled_for: DateTime<Utc>,
    inspector: Option<StaffId>,
) -> Result<InspectionId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::EnforceCode, Some(case.district_id))?;
    require_open(case.stage)?;
    if scheduled_for <= tx.now {
        let message = "This moment has passed; record what was made with `inspectionRecord`.";
        return Err(Refusal::invalid("scheduledFor", message).into());
    }
    if let Some(person) = inspector {
        check_member(tx, "inspectorId", person, case.district_id).await?;
    }
    let inspection = inspection::Model {
        scheduled_for: Some(scheduled_for.trunc_subsecs(6)),
        inspector_id: inspector,
        ..blank(tx, &case)
    };
    let day = tx.city.day_of(scheduled_for);
    let entry = Entry::new(CaseEventKind::InspectionScheduled, format!("Inspection planned for {day}"))
        .change(
            &field(inspection.id, "scheduledFor"),
            None::<String>,
            inspection.scheduled_for.map(|at| at.to_rfc3339()),
        )
        .change(&field(inspection.id, "inspector"), None::<StaffId>, inspector);
    insert(tx, &inspection).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(inspection.id)
}

/// An inspection that was made.
#[derive(Clone, Debug)]
pub struct Record {
    /// The planned one that this is; a new one when it was not planned.
    pub planned: Option<InspectionId>,
    pub performed_at: DateTime<Utc>,
    pub inspector: Option<StaffId>,
    pub result: InspectionResult,
    pub notes: Option<String>,
    pub violations: Vec<Found>,
    pub verifies_compliance: bool,
}

/// Records an inspection with the violations that it found.
pub async fn record(tx: &mut Tx, case: CaseId, record: Record) -> Result<InspectionId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::EnforceCode, Some(case.district_id))?;
    require_open(case.stage)?;
    let performed_at = record.performed_at.trunc_subsecs(6);
    let notes = optional_text("notes", record.notes.as_deref(), BODY)?;
    let found = violations::checked(&record.violations, tx.city.day_of(performed_at))?;
    let report = Report {
        performed_at,
        result: record.result,
        finds_violations: !found.is_empty(),
        has_open_violations: violations::any_open(tx, case.id).await?,
        verifies_compliance: record.verifies_compliance,
    };
    let blocks = blocks(report, tx.now);
    if !blocks.is_empty() {
        return Err(Error::Refused(blocks));
    }
    let mut inspection = match record.planned {
        Some(id) => planned(tx, &case, id).await?,
        None => blank(tx, &case),
    };
    if let Some(person) = record.inspector {
        check_member(tx, "inspectorId", person, case.district_id).await?;
    }
    let planned_for = inspection.inspector_id;
    inspection.inspector_id = record.inspector.or(inspection.inspector_id).or(tx.viewer.staff_id());
    inspection.performed_at = Some(performed_at);
    inspection.result = Some(record.result);
    inspection.notes.clone_from(&notes);
    inspection.verifies_compliance = record.verifies_compliance;
    if record.planned.is_some() {
        update(tx, &inspection).await?;
    } else {
        insert(tx, &inspection).await?;
    }
    let entry = responses::looked(tx, &mut case, performed_at, told(&inspection, planned_for, notes)).await?;
    events::append(tx, &mut case, entry).await?;
    violations::add(tx, &mut case, &inspection, performed_at, &found).await?;
    let on = tx.city.day_of(performed_at);
    of_inspections::made(tx, &mut case, &inspection, record.result, on).await?;
    Ok(inspection.id)
}

fn told(inspection: &inspection::Model, planned_for: Option<StaffId>, notes: Option<String>) -> Entry {
    let result = inspection.result.map_or_else(String::new, |result| result.to_string());
    Entry::new(CaseEventKind::Inspected, format!("Inspection: {result}"))
        .body(notes)
        .occurred(inspection.performed_at)
        .change(
            &field(inspection.id, "performedAt"),
            None::<String>,
            inspection.performed_at.map(|at| at.to_rfc3339()),
        )
        .change(&field(inspection.id, "result"), None::<String>, inspection.result)
        .change(&field(inspection.id, "inspector"), planned_for, inspection.inspector_id)
        .change(
            &field(inspection.id, "verifiesCompliance"),
            Some(false),
            Some(inspection.verifies_compliance),
        )
}

// A case may have several inspections, so their fields are named with them.
fn field(id: InspectionId, name: &str) -> String {
    format!("{id}.{name}")
}

async fn planned(tx: &Tx, case: &case::Model, id: InspectionId) -> Result<inspection::Model> {
    let found = inspection::Entity::visible_to(&tx.viewer)
        .filter(inspection::Column::Id.eq(id))
        .filter(inspection::Column::CaseId.eq(case.id))
        .one(tx.conn())
        .await?;
    let found = found.ok_or_else(|| Refusal::not_found("inspection of this case").at("inspectionId"))?;
    if found.performed_at.is_some() {
        let message = "This inspection is recorded already; leave `inspectionId` out to record another one.";
        return Err(Refusal::blocked(message).at("inspectionId").into());
    }
    Ok(found)
}

fn blank(tx: &Tx, case: &case::Model) -> inspection::Model {
    inspection::Model {
        id: InspectionId::generate(),
        case_id: case.id,
        scheduled_for: None,
        performed_at: None,
        inspector_id: None,
        result: None,
        notes: None,
        verifies_compliance: false,
        created_at: tx.now,
    }
}

async fn insert(tx: &mut Tx, inspection: &inspection::Model) -> Result<()> {
    let row: inspection::ActiveModel = inspection.clone().into();
    inspection::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(inspection.id);
    Ok(())
}

async fn update(tx: &mut Tx, inspection: &inspection::Model) -> Result<()> {
    let row: inspection::ActiveModel = inspection.clone().into();
    row.reset_all().update(tx.conn()).await?;
    tx.changed(inspection.id);
    Ok(())
}
