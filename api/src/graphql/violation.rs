//! Violations as clients see them, and their correction.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{id::ViolationId, violation};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
    scalars::Date,
};
use crate::{authz::Action, error::Result, writes};

/// A violation of one section of the city's codes, found by an inspection.
#[derive(Clone)]
pub struct Violation(pub violation::Model);

/// A violation of one section of the city's codes, found by an inspection.
#[Object]
impl Violation {
    /// Opaque.
    pub async fn id(&self) -> ViolationId {
        self.0.id
    }

    /// The section of the code, such as `SCC 8.96.130`.
    async fn code_section(&self) -> &str {
        &self.0.code_section
    }

    /// What was found.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The day of the inspection that found it.
    async fn found_on(&self) -> Date {
        self.0.found_on.into()
    }

    /// By when the inspector asked for its correction; a notice may carry another day.
    async fn comply_by(&self) -> Option<Date> {
        self.0.comply_by.map(Date)
    }

    /// When it was corrected; null while it is open.
    async fn corrected_on(&self) -> Option<Date> {
        self.0.corrected_on.map(Date)
    }

    /// It is an immediate danger to health or safety, so that a fine need not wait (Government Code 53069.4(a)(2)).
    async fn immediate_danger(&self) -> bool {
        self.0.immediate_danger
    }

    /// 1 and one more for every violation of the same section that earlier inspections found at the same place, in any
    /// case, within the city's look-back (Government Code 36900: one year), as of its finding.
    async fn offense_number(&self) -> i32 {
        self.0.offense_number
    }
}

/// The violation as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct ViolationPayload {
    /// The violation as it is now, also when the change was refused; null only when nothing was found.
    violation: Option<Violation>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The correction of a violation.
#[derive(InputObject)]
pub struct ViolationCorrectInput {
    /// The violation.
    violation_id: ViolationId,
    /// When it was corrected: not before it was found, not in the future.
    corrected_on: Date,
}

#[derive(Default)]
pub struct ViolationMutation;

#[Object]
impl ViolationMutation {
    /// Records that a violation is corrected. Again with another day, it corrects the record; the timeline keeps both.
    async fn violation_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when.")] input: ViolationCorrectInput,
    ) -> Result<ViolationPayload> {
        let id = input.violation_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "violationCorrect", Action::EnforceCode, async |tx| {
                writes::violations::correct(tx, id, input.corrected_on.into()).await
            })
            .await;
        let user_errors = user_errors(settle(outcome)?.1);
        let violation = ctx.loaders()?.load_one(id).await?.map(Violation);
        Ok(ViolationPayload { violation, user_errors })
    }
}
