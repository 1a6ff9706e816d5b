//! Who lives at the place of a case and what becomes of them: the answer that a filing waits for.

use chrono::NaiveDate;
use entity::{
    case_event::CaseEventKind,
    id::{CaseId, TenantImpactId},
    tenant_impact,
};
use sea_orm::{ActiveModelTrait, EntityTrait};

use super::{
    cases::{self, BODY},
    legal_actions::person,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        refusal::{Refusal, optional_text},
    },
    error::Result,
    events::{self, Entry},
};

/// The answer, as it is given.
#[derive(Clone, Debug)]
pub struct Answer {
    pub as_of: NaiveDate,
    pub occupied: bool,
    pub households: Option<i32>,
    pub relocation_plan: Option<String>,
}

/// Records the answer; a later one stands in its place and both stay on record.
pub async fn record(tx: &mut Tx, case: CaseId, answer: Answer) -> Result<TenantImpactId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    require_open(case.stage)?;
    let by = person(tx)?;
    let plan = optional_text("relocationPlan", answer.relocation_plan.as_deref(), BODY)?;
    if answer.as_of > tx.today() {
        return Err(Refusal::invalid("asOf", format!("{} is still to come.", answer.as_of)).into());
    }
    if answer.occupied && plan.is_none() {
        let message = "People live there: say what becomes of them, also when nobody has to leave.";
        return Err(Refusal::required("relocationPlan", message).into());
    }
    match answer.households {
        Some(count) if count < 0 || (count > 0) != answer.occupied => {
            let message = "An occupied place has at least one household, a vacant one none.";
            return Err(Refusal::invalid("households", message).into());
        }
        _ => {}
    }
    let impact = tenant_impact::Model {
        id: TenantImpactId::generate(),
        case_id: case.id,
        occupied: answer.occupied,
        households: answer.households,
        relocation_plan: plan.clone(),
        as_of: answer.as_of,
        recorded_by: by,
        recorded_at: tx.now,
    };
    let id = impact.id;
    let row: tenant_impact::ActiveModel = impact.into();
    tenant_impact::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(id);
    let summary = if answer.occupied { "Tenant impact: occupied" } else { "Tenant impact: vacant" };
    let entry = Entry::new(CaseEventKind::Corrected, summary)
        .body(plan)
        .on(answer.as_of, tx)
        .change("tenantImpact", None::<TenantImpactId>, Some(id))
        .change("households", None::<i32>, answer.households);
    events::append(tx, &mut case, entry).await?;
    Ok(id)
}
