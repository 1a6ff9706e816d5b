//! Violations: added by the inspection that found them, and recorded as corrected.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case,
    case_event::CaseEventKind,
    id::{CaseId, ViolationId},
    inspection, violation,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait, sea_query::Expr,
};

use super::{
    cases::{self, BODY},
    deadlines::of_notices,
    properties,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        inspection::blocks_correction,
        offense::{Finding, looks_back_to, offense_number},
        refusal::{Refusal, line, text},
    },
    error::Result,
    events::{self, Entry},
    scope::{VisibleTo, unscoped},
};

/// Characters of a code section at most.
const SECTION: usize = 100;
/// Violations of one inspection at most.
const MOST: usize = 100;

/// A violation that an inspection found.
#[derive(Clone, Debug)]
pub struct Found {
    pub code_section: String,
    pub description: String,
    pub comply_by: Option<NaiveDate>,
    pub immediate_danger: bool,
}

/// The same with its texts trimmed, if they can be taken.
pub fn checked(found: &[Found], found_on: NaiveDate) -> Result<Vec<Found>, Refusal> {
    if found.len() > MOST {
        let message =
            format!("{} violations are too many for one inspection; {MOST} are taken.", found.len());
        return Err(Refusal::invalid("violations", message));
    }
    let below = |mut refusal: Refusal| {
        refusal.field.insert(0, "violations");
        refusal
    };
    let check = |one: &Found| {
        let section = line("codeSection", &one.code_section, SECTION).map_err(below)?;
        let description = text("description", &one.description, BODY).map_err(below)?;
        if let Some(day) = one.comply_by.filter(|day| *day < found_on) {
            let message = format!("It was found on {found_on}; nobody can comply by {day}, before it.");
            return Err(below(Refusal::invalid("complyBy", message)));
        }
        let code_section = section.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Found { code_section, description, ..one.clone() })
    };
    found.iter().map(check).collect()
}

/// Whether the case has a violation that is not corrected.
pub async fn any_open(tx: &Tx, case: CaseId) -> Result<bool> {
    let open = unscoped::<violation::Entity>()
        .filter(violation::Column::CaseId.eq(case))
        .filter(violation::Column::CorrectedOn.is_null());
    Ok(open.one(tx.conn()).await?.is_some())
}

/// Adds what an inspection found to its case, each with its place on the ladder of fines.
pub async fn add(
    tx: &mut Tx,
    case: &mut case::Model,
    inspection: &inspection::Model,
    at: DateTime<Utc>,
    found: &[Found],
) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let months = tx.city.preset.city.offense_ladder.months;
    let on = tx.city.day_of(at);
    // Two cases at one place must not count their offenses past each other.
    properties::lock(tx, case.property_id).await?;
    let others = findings_at(tx, case, inspection, looks_back_to(on, months)).await?;
    let others: Vec<Finding<'_>> = others.iter().map(FindingRow::as_finding).collect();
    for one in found {
        let finding = Finding { code_section: &one.code_section, at, on };
        let violation = violation::Model {
            id: ViolationId::generate(),
            case_id: case.id,
            inspection_id: inspection.id,
            code_section: one.code_section.clone(),
            description: one.description.clone(),
            found_on: on,
            comply_by: one.comply_by,
            corrected_on: None,
            immediate_danger: one.immediate_danger,
            offense_number: offense_number(finding, &others, months),
        };
        let row: violation::ActiveModel = violation.clone().into();
        violation::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
        tx.changed(violation.id);
        let entry =
            Entry::new(CaseEventKind::ViolationFound, format!("Violation of {}", violation.code_section))
                .body(Some(violation.description))
                .occurred(Some(at))
                .change(&field(violation.id, "codeSection"), None::<String>, Some(violation.code_section))
                .change(&field(violation.id, "offenseNumber"), None::<i32>, Some(violation.offense_number))
                .change(&field(violation.id, "complyBy"), None::<NaiveDate>, violation.comply_by)
                .change(
                    &field(violation.id, "immediateDanger"),
                    Some(false),
                    Some(violation.immediate_danger),
                );
        events::append(tx, case, entry).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct FindingRow {
    code_section: String,
    found_on: NaiveDate,
    performed_at: DateTime<Utc>,
}

impl FindingRow {
    fn as_finding(&self) -> Finding<'_> {
        Finding { code_section: &self.code_section, at: self.performed_at, on: self.found_on }
    }
}

// What other inspections found at the case's place since that day, whatever case they were for.
async fn findings_at(
    tx: &Tx,
    case: &case::Model,
    inspection: &inspection::Model,
    since: NaiveDate,
) -> Result<Vec<FindingRow>> {
    Ok(unscoped::<violation::Entity>()
        .select_only()
        .columns([violation::Column::CodeSection, violation::Column::FoundOn])
        .join(JoinType::InnerJoin, violation::Relation::Inspection.def())
        .column(inspection::Column::PerformedAt)
        .join(JoinType::InnerJoin, violation::Relation::Case.def())
        .filter(case::Column::PropertyId.eq(case.property_id))
        .filter(violation::Column::FoundOn.gte(since))
        .filter(violation::Column::InspectionId.ne(inspection.id))
        .into_model::<FindingRow>()
        .all(tx.conn())
        .await?)
}

/// Records that a violation is corrected; again with another day, it corrects the record.
pub async fn correct(tx: &mut Tx, id: ViolationId, corrected_on: NaiveDate) -> Result<()> {
    let case = find(tx, id).await?.case_id;
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::EnforceCode, Some(case.district_id))?;
    let violation = find(tx, id).await?;
    if violation.corrected_on == Some(corrected_on) {
        return Ok(());
    }
    if let Some(refusal) = blocks_correction(violation.found_on, corrected_on, tx.today()) {
        return Err(refusal.into());
    }
    violation::Entity::update_many()
        .col_expr(violation::Column::CorrectedOn, Expr::value(corrected_on))
        .filter(violation::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    tx.changed(id);
    let summary = format!("Violation of {} corrected", violation.code_section);
    let entry = Entry::new(CaseEventKind::ViolationCorrected, summary).on(corrected_on, tx).change(
        &field(id, "correctedOn"),
        violation.corrected_on,
        Some(corrected_on),
    );
    events::append(tx, &mut case, entry).await?;
    of_notices::end_corrected(tx, &mut case).await
}

async fn find(tx: &Tx, id: ViolationId) -> Result<violation::Model> {
    let found =
        violation::Entity::visible_to(&tx.viewer).filter(violation::Column::Id.eq(id)).one(tx.conn()).await?;
    found.ok_or_else(|| Refusal::not_found("violation").at("violationId").into())
}

// A case may have several violations, so their fields are named with them.
fn field(id: ViolationId, name: &str) -> String {
    format!("{id}.{name}")
}
