//! Challenges of counted calls: recorded for an owner, tenant or manager, decided by somebody else.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    call_challenge::{self, ChallengeParty, ChallengeStatus},
    id::{CallChallengeId, CallId},
};
use uuid::Uuid;

use super::{
    call::Call,
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    staff::{StaffMember, staff_by_id},
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::{Error, Result},
    writes::{self, flags::Verdict, idempotency},
};

/// That whoever answers for a place says a call should not count there. Not shown any more when the call has turned out to be
/// protected.
#[derive(Clone)]
pub struct CallChallenge(pub call_challenge::Model);

/// That whoever answers for a place says a call should not count there. Not shown any more when the call has turned out to be
/// protected.
#[Object]
impl CallChallenge {
    /// Opaque.
    pub async fn id(&self) -> CallChallengeId {
        self.0.id
    }

    /// Rises with every change; send it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The call.
    async fn call(&self, ctx: &Context<'_>) -> Result<Call> {
        ctx.loaders()?.load_one(self.0.call_id).await?.map(Call).ok_or(Error::NotFound("call"))
    }

    /// On whose behalf it was recorded; no identity is kept.
    async fn on_behalf_of(&self) -> ChallengeParty {
        self.0.on_behalf_of
    }

    /// Why the call should not count.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it stands.
    async fn status(&self) -> ChallengeStatus {
        self.0.status
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Who recorded it.
    async fn recorded_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.recorded_by).await
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// Who decided it.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.decided_by).await
    }

    /// Why it was decided so.
    async fn decision_reason(&self) -> Option<&str> {
        self.0.decision_reason.as_deref()
    }
}

/// A challenge of a call.
#[derive(InputObject)]
pub struct CallChallengeInput {
    /// A fresh UUID per request; the same one again answers the same challenge.
    idempotency_key: Uuid,
    /// A call that an open flag counts.
    call_id: CallId,
    /// On whose behalf. Do not write a name into `reason`: the role is enough.
    on_behalf_of: ChallengeParty,
    /// Why the call should not count, at most 20,000 characters.
    reason: String,
}

/// What is decided on a challenge.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Verdict")]
pub enum ChallengeVerdict {
    /// The call does not count at that place any more, for any rule.
    Uphold,
    /// The call counts as before.
    Deny,
}

/// The decision of a challenge.
#[derive(InputObject)]
pub struct CallChallengeDecideInput {
    /// The challenge.
    challenge_id: CallChallengeId,
    /// The version that was looked at.
    expected_version: i32,
    /// What is decided.
    decision: ChallengeVerdict,
    /// Why, at most 20,000 characters.
    reason: String,
}

/// The challenge as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct CallChallengePayload {
    /// The challenge as it is now, also when the change was refused; null only when none was recorded or found.
    call_challenge: Option<CallChallenge>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl CallChallengePayload {
    async fn of(ctx: &Context<'_>, id: Option<CallChallengeId>, refusals: Vec<Refusal>) -> Result<Self> {
        let call_challenge = match id {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(CallChallenge),
            None => None,
        };
        Ok(Self { call_challenge, user_errors: user_errors(refusals) })
    }
}

#[derive(Default)]
pub struct CallChallengeMutation;

#[Object]
impl CallChallengeMutation {
    /// Records that the owner, a tenant or the manager of a place challenges a call that a flag counts; the district's team
    /// does. NOT_UNIQUE when the call is challenged already.
    async fn call_challenge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call and why it should not count.")] input: CallChallengeInput,
    ) -> Result<CallChallengePayload> {
        let once = once(input.idempotency_key, &input)?;
        let challenge = writes::flags::Challenge {
            call: input.call_id,
            on_behalf_of: input.on_behalf_of,
            reason: input.reason,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "callChallenge", Action::RecordChallenges, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::flags::challenge(tx, challenge).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        CallChallengePayload::of(ctx, made, refusals).await
    }

    /// Decides on a challenge; the district's sergeant or attorney or the city attorney does, and never who recorded it. An
    /// upheld one takes the call out of every count at that place at once, and flags that no longer stand are withdrawn.
    async fn call_challenge_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: CallChallengeDecideInput,
    ) -> Result<CallChallengePayload> {
        let id = input.challenge_id;
        let deciding = writes::flags::Deciding {
            challenge: id,
            expected_version: input.expected_version,
            verdict: input.decision.into(),
            reason: input.reason,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "callChallengeDecide", Action::DecideChallenges, async |tx| {
                writes::flags::decide(tx, deciding).await
            })
            .await;
        CallChallengePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
