//! What can be done with a flag: review it, and open a case from it.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use entity::{
    case_kind::CaseKind,
    id::{CallId, FlagId},
};
use uuid::Uuid;

use super::{
    case_mutation::CasePayload,
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    flag::{Flag, flag_by_id},
};
use crate::{
    authz::Action,
    error::Result,
    writes::{self, flags::Decision, idempotency},
};

/// What the reviewing sergeant finds.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Decision")]
pub enum FlagDecision {
    /// The counted calls are a pattern that the team should look at.
    Confirm,
    /// They are not.
    Dismiss,
}

/// The review of a flag.
#[derive(InputObject)]
pub struct FlagReviewInput {
    /// The flag.
    flag_id: FlagId,
    /// The version that was looked at.
    expected_version: i32,
    /// What was found.
    decision: FlagDecision,
    /// Why, at most 20,000 characters.
    reason: String,
    /// Decisions on single calls; the others stay as the rule has them.
    calls: Option<Vec<FlagCallDecision>>,
}

/// Whether one call counts. A review takes calls out; it cannot add what the rule leaves out.
#[derive(InputObject)]
pub struct FlagCallDecision {
    /// A call of the flag's `explanation`. PROTECTED_CALL when it is, or has become, a protected one.
    call_id: CallId,
    /// Whether it counts; false takes it out of this flag and of the place's others.
    counted: bool,
    /// Why, such as that the caller was the victim.
    reason: String,
    /// With `counted: false`: the caller was a victim, an occupant in need, or the owner or manager of the place. The call
    /// is then listed with the reason CALLER_IS_VICTIM_OR_OWNER in place of EXCLUDED_BY_REVIEW.
    #[graphql(default)]
    caller_is_victim_or_owner: bool,
}

/// A case from a flag.
#[derive(InputObject)]
pub struct FlagOpenCaseInput {
    /// A fresh UUID per request; the same one again answers the same case.
    idempotency_key: Uuid,
    /// A CONFIRMED flag.
    flag_id: FlagId,
    /// What the case is called, at most 200 characters.
    title: String,
    /// What it is about; the first is the primary kind.
    kinds: Vec<CaseKind>,
}

/// The flag as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct FlagPayload {
    /// The flag as it is now, also when the change was refused; null only when nothing was found.
    flag: Option<Flag>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct FlagMutation;

#[Object]
impl FlagMutation {
    /// Confirms or dismisses a flag, call by call; the district's sergeant does. TRANSITION_BLOCKED when it is not
    /// NEEDS_REVIEW, or is confirmed although too few calls are left.
    async fn flag_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review.")] input: FlagReviewInput,
    ) -> Result<FlagPayload> {
        let id = input.flag_id;
        let decided = |call: FlagCallDecision| writes::flags::CallDecision {
            call: call.call_id,
            counted: call.counted,
            caller_is_victim_or_owner: call.caller_is_victim_or_owner,
            reason: call.reason,
        };
        let review = writes::flags::Review {
            flag: id,
            expected_version: input.expected_version,
            decision: input.decision.into(),
            reason: input.reason,
            calls: input.calls.unwrap_or_default().into_iter().map(decided).collect(),
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "flagReview", Action::ReviewFlags, async |tx| {
                writes::flags::review(tx, review).await
            })
            .await;
        let refusals = settle(outcome)?.1;
        Ok(FlagPayload { flag: flag_by_id(ctx, id).await?, user_errors: user_errors(refusals) })
    }

    /// Opens a case from a CONFIRMED flag, with the source CALL_VOLUME. NOT_UNIQUE with `existing` when a case is open at
    /// the place.
    async fn flag_open_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The flag and its case.")] input: FlagOpenCaseInput,
    ) -> Result<CasePayload> {
        let once = once(input.idempotency_key, &input)?;
        let opening = writes::flags::Opening { flag: input.flag_id, title: input.title, kinds: input.kinds };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "flagOpenCase", Action::OpenCaseFromFlag, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::flags::open_case(tx, opening).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        CasePayload::of(ctx, made, refusals).await
    }
}
