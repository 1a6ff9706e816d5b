//! Where a case could go from its stage, and what is in the way.

use async_graphql::{Context, SimpleObject};
use entity::case::{self, CaseStage};

use super::{
    context::Ask,
    errors::{UserError, user_errors},
    loaders::FactsOf,
};
use crate::{
    authz::Action,
    domain::case_stage::{self, Asker},
    error::Result,
};

/// A stage one could go to.
#[derive(SimpleObject)]
pub struct StageOption {
    /// The stage.
    to: CaseStage,
    /// Whether `caseAdvance` would do it now.
    allowed: bool,
    /// What is in the way.
    blocked_by: Vec<UserError>,
}

/// Every stage after the one it is in, with what blocks this viewer.
pub async fn stage_options(ctx: &Context<'_>, case: &case::Model) -> Result<Vec<StageOption>> {
    let viewer = ctx.viewer()?;
    let facts = ctx.loaders()?.load_one(FactsOf(case.id)).await?.unwrap_or_default();
    // A reason is asked for when the step is taken, so its lack does not show here.
    let asker = Asker { role: viewer.role, reason: Some("-") };
    let not_ours = viewer.require(Action::WorkCases, Some(case.district_id)).err();
    let options = case_stage::targets(case.stage, case.previous_stage).into_iter().map(|to| {
        let mut blocks = case_stage::blocks(case.stage, to, case.previous_stage, &facts, asker);
        blocks.extend(not_ours.clone());
        StageOption { to, allowed: blocks.is_empty(), blocked_by: user_errors(blocks) }
    });
    Ok(options.collect())
}
