//! What can be done about the clock of a case's first look at its place.

use async_graphql::{Context, InputObject, Object};
use entity::{id::CaseId, response_pause::ResponsePauseReason};
use uuid::Uuid;

use super::{
    case_mutation::CasePayload,
    context::{Ask, once},
    errors::settle,
};
use crate::{
    authz::Action,
    error::Result,
    writes::{idempotency, responses},
};

/// Why nobody can look at the place of a case yet.
#[derive(InputObject)]
pub struct CaseResponsePauseInput {
    /// A fresh UUID per request; the same one again pauses nothing twice.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// Why; the city names the reasons that hold for each priority.
    reason: ResponsePauseReason,
    /// More about it, at most 20,000 characters; OTHER needs it.
    note: Option<String>,
}

/// A case at whose place somebody can look again.
#[derive(InputObject)]
pub struct CaseResponseResumeInput {
    /// The case.
    case_id: CaseId,
}

#[derive(Default)]
pub struct ResponseMutation;

#[Object]
impl ResponseMutation {
    /// Pauses the clock of the first look at a case's place. INVALID when the reason does not hold for the case's priority;
    /// TRANSITION_BLOCKED when the clock is paused, stopped or run out, or the case has none.
    async fn case_response_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: CaseResponsePauseInput,
    ) -> Result<CasePayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.case_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseResponsePause", Action::WorkCases, async |tx| {
                idempotency::once(tx, &once, async |tx| {
                    responses::pause(tx, id, input.reason, input.note.as_deref()).await
                })
                .await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Lets that clock run on; what is due moves by the length of the pause. TRANSITION_BLOCKED when it is not paused.
    async fn case_response_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: CaseResponseResumeInput,
    ) -> Result<CasePayload> {
        let id = input.case_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseResponseResume", Action::WorkCases, async |tx| {
                responses::resume(tx, id).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
