//! What can be done about inspections.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    id::{CaseId, InspectionId, StaffId},
    inspection::InspectionResult,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    inspection::Inspection,
    scalars::{Date, in_reach},
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    writes::{self, idempotency, violations::Found},
};

/// The inspection that was planned or recorded, or why not.
#[derive(SimpleObject)]
pub struct InspectionPayload {
    /// The inspection; null when it was refused.
    inspection: Option<Inspection>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl InspectionPayload {
    async fn of(ctx: &Context<'_>, made: Option<InspectionId>, refusals: Vec<Refusal>) -> Result<Self> {
        let inspection = match made {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(Inspection::from),
            None => None,
        };
        Ok(Self { inspection, user_errors: user_errors(refusals) })
    }
}

/// An inspection to plan.
#[derive(InputObject)]
pub struct InspectionScheduleInput {
    /// A fresh UUID per request; the same one again answers the same inspection.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// When to make it; must be still to come.
    #[graphql(validator(custom = "in_reach"))]
    scheduled_for: DateTime<Utc>,
    /// Who is to make it: a member of the district's team or the city attorney.
    inspector_id: Option<StaffId>,
}

/// An inspection that was made.
#[derive(InputObject)]
pub struct InspectionRecordInput {
    /// A fresh UUID per request; the same one again answers the same inspection.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// The planned inspection of this case that this is; left out when it was not planned.
    inspection_id: Option<InspectionId>,
    /// When it was made; not in the future.
    #[graphql(validator(custom = "in_reach"))]
    performed_at: DateTime<Utc>,
    /// Who made it; when left out, whom the plan names, or else the viewer.
    inspector_id: Option<StaffId>,
    /// What it found. VIOLATION_FOUND needs `violations` here or open ones in the case; NO_ACCESS, NO_VIOLATION and
    /// CORRECTED go without new ones.
    result: InspectionResult,
    /// What the inspector wrote down, at most 20,000 characters.
    notes: Option<String>,
    /// The violations it found, at most 100.
    violations: Option<Vec<ViolationInput>>,
    /// The inspector vouches that the case's violations are corrected. Only with NO_VIOLATION or CORRECTED.
    #[graphql(default = false)]
    verifies_compliance: bool,
}

/// A violation that an inspection found.
#[derive(InputObject)]
pub struct ViolationInput {
    /// The section of the code, such as `SCC 8.96.130`, at most 100 characters.
    code_section: String,
    /// What was found, at most 20,000 characters.
    description: String,
    /// By when to correct it; not before the inspection.
    comply_by: Option<Date>,
    /// It is an immediate danger to health or safety, so that a fine need not wait (Government Code 53069.4(a)(2)).
    #[graphql(default = false)]
    immediate_danger: bool,
}

impl From<ViolationInput> for Found {
    fn from(input: ViolationInput) -> Self {
        Self {
            code_section: input.code_section,
            description: input.description,
            comply_by: input.comply_by.map(Into::into),
            immediate_danger: input.immediate_danger,
        }
    }
}

#[derive(Default)]
pub struct InspectionMutation;

#[Object]
impl InspectionMutation {
    /// Plans an inspection of a case's place. TRANSITION_BLOCKED when the case is closed.
    async fn inspection_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan.")] input: InspectionScheduleInput,
    ) -> Result<InspectionPayload> {
        let once = once(input.idempotency_key, &input)?;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "inspectionSchedule", Action::EnforceCode, async |tx| {
                let plan = async |tx: &mut _| {
                    writes::inspections::schedule(tx, input.case_id, input.scheduled_for, input.inspector_id)
                        .await
                };
                idempotency::once(tx, &once, plan).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        InspectionPayload::of(ctx, made, refusals).await
    }

    /// Records an inspection that was made, with the violations it found. TRANSITION_BLOCKED when the case is closed or
    /// the planned inspection is recorded already.
    async fn inspection_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The inspection.")] input: InspectionRecordInput,
    ) -> Result<InspectionPayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let record = writes::inspections::Record {
            planned: input.inspection_id,
            performed_at: input.performed_at,
            inspector: input.inspector_id,
            result: input.result,
            notes: input.notes,
            violations: input.violations.unwrap_or_default().into_iter().map(Into::into).collect(),
            verifies_compliance: input.verifies_compliance,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "inspectionRecord", Action::EnforceCode, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::inspections::record(tx, case, record).await)
                    .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        InspectionPayload::of(ctx, made, refusals).await
    }
}
