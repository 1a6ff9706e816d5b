//! What can be done about hand-offs.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};
use entity::{
    id::{CaseId, ReferralId, StaffId},
    referral::{Department, ReferralKind},
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    referral::Referral,
    scalars::Date,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{referral::Recipient, refusal::Refusal},
    error::Result,
    writes::{self, idempotency, referrals::HandOff},
};

/// The hand-off as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct ReferralPayload {
    /// The hand-off as it is now; null when none was made or found.
    referral: Option<Referral>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl ReferralPayload {
    async fn of(ctx: &Context<'_>, about: Option<ReferralId>, refusals: Vec<Refusal>) -> Result<Self> {
        let referral = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(Referral),
            None => None,
        };
        Ok(Self { referral, user_errors: user_errors(refusals) })
    }
}

/// To whom something is handed.
#[derive(OneofObject)]
pub enum ReferralTo {
    /// Somebody who works cases; ASSIGN and TRANSFER take a member of the district's team or the city attorney.
    StaffId(StaffId),
    /// A department.
    Department(Department),
}

impl From<ReferralTo> for Recipient {
    fn from(to: ReferralTo) -> Self {
        match to {
            ReferralTo::StaffId(id) => Self::Person(id),
            ReferralTo::Department(department) => Self::Department(department),
        }
    }
}

/// Something to hand over.
#[derive(InputObject)]
pub struct ReferralMakeInput {
    /// A fresh UUID per request; the same one again answers the same hand-off.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// What is handed over.
    kind: ReferralKind,
    /// To whom.
    to: ReferralTo,
    /// Why, or the question, at most 20,000 characters.
    reason: String,
    /// The last day for an answer, from today to a year from today.
    answer_by: Date,
}

/// That a hand-off is accepted.
#[derive(InputObject)]
pub struct ReferralAcceptInput {
    /// The hand-off.
    referral_id: ReferralId,
    /// The answer in words, at most 20,000 characters.
    answer: Option<String>,
}

/// That a hand-off is declined.
#[derive(InputObject)]
pub struct ReferralDeclineInput {
    /// The hand-off.
    referral_id: ReferralId,
    /// Why, at most 20,000 characters.
    reason: String,
}

/// That a hand-off is taken back.
#[derive(InputObject)]
pub struct ReferralWithdrawInput {
    /// The hand-off.
    referral_id: ReferralId,
    /// Why, at most 20,000 characters.
    reason: String,
}

#[derive(Default)]
pub struct ReferralMutation;

#[Object]
impl ReferralMutation {
    /// Hands a case, or a question about it, to a person or a department; nothing changes hands before it is accepted.
    /// TRANSITION_BLOCKED when the case is closed.
    async fn referral_make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, to whom, why and until when.")] input: ReferralMakeInput,
    ) -> Result<ReferralPayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let hand_off = HandOff {
            kind: input.kind,
            to: input.to.into(),
            reason: input.reason,
            answer_by: input.answer_by.0,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "referralMake", Action::WorkCases, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::referrals::make(tx, case, hand_off).await)
                    .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        ReferralPayload::of(ctx, made, refusals).await
    }

    /// Accepts what was handed to the viewer, or to their department; an ASSIGN or TRANSFER makes them the case's assignee.
    /// The answer of a department outside is recorded by the district's team. TRANSITION_BLOCKED when it was answered or has
    /// lapsed.
    async fn referral_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ReferralAcceptInput,
    ) -> Result<ReferralPayload> {
        let id = input.referral_id;
        answered(ctx, id, "referralAccept", async |tx| {
            writes::referrals::accept(tx, id, input.answer.as_deref()).await
        })
        .await
    }

    /// Declines what was handed to the viewer, or to their department, with a reason. TRANSITION_BLOCKED when it was answered
    /// or has lapsed.
    async fn referral_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: ReferralDeclineInput,
    ) -> Result<ReferralPayload> {
        let id = input.referral_id;
        answered(ctx, id, "referralDecline", async |tx| {
            writes::referrals::decline(tx, id, &input.reason).await
        })
        .await
    }

    /// Takes a hand-off back that nobody answered, also one that lapsed: whoever made it, the district's attorney or the city
    /// attorney.
    async fn referral_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: ReferralWithdrawInput,
    ) -> Result<ReferralPayload> {
        let id = input.referral_id;
        answered(ctx, id, "referralWithdraw", async |tx| {
            writes::referrals::withdraw(tx, id, &input.reason).await
        })
        .await
    }
}

async fn answered(
    ctx: &Context<'_>,
    id: ReferralId,
    mutation: &'static str,
    operation: impl AsyncFnOnce(&mut Tx) -> Result<()>,
) -> Result<ReferralPayload> {
    let outcome = ctx.app()?.write(ctx.viewer()?, mutation, Action::WorkCases, operation).await;
    ReferralPayload::of(ctx, Some(id), settle(outcome)?.1).await
}
