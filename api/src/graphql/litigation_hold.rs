//! Litigation holds as clients see them, and how they are placed and released.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{id::CaseId, litigation_hold};
use uuid::Uuid;

use super::{
    case_mutation::CasePayload,
    context::{Ask, once},
    errors::settle,
    staff::{StaffMember, staff_by_id},
};
use crate::{
    authz::Action,
    error::Result,
    writes::{idempotency, litigation_holds},
};

/// That nothing of a case, and no call at its place, may be removed, because a court may ask for it.
pub struct LitigationHold(pub litigation_hold::Model);

/// That nothing of a case, and no call at its place, may be removed, because a court may ask for it.
#[Object]
impl LitigationHold {
    /// Whether it still holds.
    async fn in_force(&self) -> bool {
        self.0.released_at.is_none()
    }

    /// Why it was placed.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The attorney who placed it.
    async fn placed_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, Some(self.0.placed_by)).await
    }

    /// Since when it holds.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at
    }

    /// The attorney who released it; null while it holds.
    async fn released_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.released_by).await
    }

    /// Until when it held; null while it holds.
    async fn released_at(&self) -> Option<DateTime<Utc>> {
        self.0.released_at
    }

    /// Why it was released; null while it holds.
    async fn release_reason(&self) -> Option<&str> {
        self.0.release_reason.as_deref()
    }
}

/// A case of which nothing may be removed from now on.
#[derive(InputObject)]
pub struct LitigationHoldPlaceInput {
    /// A fresh UUID per request; the same one again places nothing twice.
    idempotency_key: Uuid,
    /// The case; a closed one may be held as well.
    case_id: CaseId,
    /// Why, at most 20,000 characters; whoever sees the case sees it.
    reason: String,
}

/// A case whose hold ends.
#[derive(InputObject)]
pub struct LitigationHoldReleaseInput {
    /// The case.
    case_id: CaseId,
    /// Why, at most 20,000 characters.
    reason: String,
}

#[derive(Default)]
pub struct LitigationHoldMutation;

#[Object]
impl LitigationHoldMutation {
    /// Places a litigation hold on a case: `jfn purge` removes no call at its place. An attorney of the district or the city
    /// attorney does it. TRANSITION_BLOCKED when the case is held.
    async fn litigation_hold_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: LitigationHoldPlaceInput,
    ) -> Result<CasePayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.case_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "litigationHoldPlace", Action::ConductLegalAction, async |tx| {
                idempotency::once(tx, &once, async |tx| litigation_holds::place(tx, id, &input.reason).await)
                    .await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Releases the litigation hold of a case; it stays on record. TRANSITION_BLOCKED when the case is not held.
    async fn litigation_hold_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: LitigationHoldReleaseInput,
    ) -> Result<CasePayload> {
        let id = input.case_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "litigationHoldRelease", Action::ConductLegalAction, async |tx| {
                litigation_holds::release(tx, id, &input.reason).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
