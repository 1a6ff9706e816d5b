//! What can be done about citations once they are served.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    citation_appeal::AppealOutcome,
    id::{CitationAppealId, NoticeId, PartyId},
    notice_service::ServiceMethod,
};
use uuid::Uuid;

use super::{
    citation::CitationAppeal,
    context::{Ask, once},
    cost::CostEntry,
    errors::{UserError, settle, user_errors},
    scalars::{Date, Money, in_reach},
};
use crate::{
    authz::Action,
    domain::{citation_appeal::Decision, refusal::Refusal},
    error::Result,
    writes::{
        citation_appeals::{self, Deciding, Filing},
        fines::{self, Hardship},
        idempotency,
    },
};

/// The appeal as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct CitationAppealPayload {
    /// The appeal as it is now, also when the change was refused; null when none was made or found.
    appeal: Option<CitationAppeal>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl CitationAppealPayload {
    async fn of(ctx: &Context<'_>, id: Option<CitationAppealId>, refusals: Vec<Refusal>) -> Result<Self> {
        let appeal = match id {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(CitationAppeal),
            None => None,
        };
        Ok(Self { appeal, user_errors: user_errors(refusals) })
    }
}

/// The entry of the ledger that reduces the fine, or why none was made.
#[derive(SimpleObject)]
pub struct CitationHardshipPayload {
    /// The entry; null when none was made. The fine's own entry stays as it was.
    cost: Option<CostEntry>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A reduction of a fine for hardship.
#[derive(InputObject)]
pub struct CitationHardshipGrantInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The citation.
    notice_id: NoticeId,
    /// By how much; not by more than `CitationFine.reducible`, and something of the fine has to remain.
    reduce_by: Money,
    /// The day it was decided; not before the citation, not in the future.
    on: Date,
    /// How the responsible party tried in good faith to comply after the first violation; at most 5,000 characters.
    effort: String,
    /// Why the full amount would be an undue financial burden; at most 5,000 characters.
    burden: String,
    /// Which paper shows it, at most 200 characters.
    receipt: String,
}

/// An appeal of a citation.
#[derive(InputObject)]
pub struct CitationAppealFileInput {
    /// A fresh UUID per request; the same one again answers the same appeal.
    idempotency_key: Uuid,
    /// The citation.
    notice_id: NoticeId,
    /// When it came in: from the day of service to the last day to appeal.
    filed_on: Date,
    /// The party that appeals, if it is one that the citation was served on.
    party_id: Option<PartyId>,
    /// Why, as they said; at most 20,000 characters.
    grounds: String,
}

/// When and where an appeal is heard.
#[derive(InputObject)]
pub struct CitationAppealScheduleInput {
    /// The appeal.
    appeal_id: CitationAppealId,
    /// `CitationAppeal.version` when somebody looked at it.
    expected_version: i32,
    /// When; not before the appeal was filed.
    #[graphql(validator(custom = "in_reach"))]
    hearing_at: DateTime<Utc>,
    /// Where, and before whom; at most 200 characters.
    hearing_place: String,
}

/// What a hearing officer decided about an appeal.
#[derive(InputObject)]
pub struct CitationAppealDecideInput {
    /// The appeal.
    appeal_id: CitationAppealId,
    /// `CitationAppeal.version` when somebody looked at it.
    expected_version: i32,
    /// UPHELD, REDUCED or DISMISSED.
    outcome: AppealOutcome,
    /// The day of the decision; not before the hearing, not in the future.
    decided_on: Date,
    /// What is left of the fine when it is REDUCED.
    reduced_to: Option<Money>,
    /// When the decision was served; the time to ask a court for review runs from it. Left out for DISMISSED.
    served_on: Option<Date>,
    /// How it was served; in person when left out.
    service_method: Option<ServiceMethod>,
    /// The reasons; at most 20,000 characters.
    reason: String,
}

#[derive(Default)]
pub struct CitationMutation;

#[Object]
impl CitationMutation {
    /// Reduces the fine of a citation for hardship, by an entry of the cost ledger beside the fine's own: the district's
    /// attorney or the city attorney, on a showing of a bona fide effort to comply after the first violation and of an undue
    /// financial burden (Government Code 36900). TRANSITION_BLOCKED for a first offense, where the law knows no such
    /// reduction, and while an appeal is not decided.
    async fn citation_hardship_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which citation, by how much and why.")] input: CitationHardshipGrantInput,
    ) -> Result<CitationHardshipPayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.notice_id;
        let hardship = Hardship {
            reduce_by_cents: input.reduce_by.cents,
            on: input.on.into(),
            effort: input.effort,
            burden: input.burden,
            receipt: input.receipt,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "citationHardshipGrant", Action::ConductLegalAction, async |tx| {
                idempotency::once(tx, &once, async |tx| fines::reduce(tx, id, hardship).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let cost = match made {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(CostEntry),
            None => None,
        };
        Ok(CitationHardshipPayload { cost, user_errors: user_errors(refusals) })
    }

    /// Takes an appeal of a citation and ends the time to appeal. TRANSITION_BLOCKED when it came too late; NOT_UNIQUE when
    /// the citation was appealed before.
    async fn citation_appeal_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appeal.")] input: CitationAppealFileInput,
    ) -> Result<CitationAppealPayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.notice_id;
        let filing =
            Filing { filed_on: input.filed_on.into(), party: input.party_id, grounds: input.grounds };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "citationAppealFile", Action::EnforceCode, async |tx| {
                idempotency::once(tx, &once, async |tx| citation_appeals::file(tx, id, filing).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        CitationAppealPayload::of(ctx, made, refusals).await
    }

    /// Sets the hearing of an appeal, or sets it anew; its day stands among the case's deadlines.
    async fn citation_appeal_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When and where.")] input: CitationAppealScheduleInput,
    ) -> Result<CitationAppealPayload> {
        let (id, version) = (input.appeal_id, input.expected_version);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "citationAppealSchedule", Action::EnforceCode, async |tx| {
                citation_appeals::schedule(tx, id, version, input.hearing_at, &input.hearing_place).await
            })
            .await;
        CitationAppealPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Records what a hearing officer decided; the district's attorney or the city attorney. UPHELD leaves the fine as it is.
    /// REDUCED and DISMISSED take back what the ledger holds for it, a reduction for hardship too, and REDUCED enters what is
    /// left. A dismissed citation counts for no later fine, and its deadlines end; otherwise the time to ask a court for
    /// review begins (Government Code 53069.4(b)).
    async fn citation_appeal_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: CitationAppealDecideInput,
    ) -> Result<CitationAppealPayload> {
        let (id, version) = (input.appeal_id, input.expected_version);
        let deciding = Deciding {
            decision: Decision {
                outcome: input.outcome,
                decided_on: input.decided_on.into(),
                reduced_to_cents: input.reduced_to.map(|amount| amount.cents),
                served_on: input.served_on.map(Into::into),
            },
            service_method: input.service_method,
            reason: input.reason,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "citationAppealDecide", Action::ConductLegalAction, async |tx| {
                citation_appeals::decide(tx, id, version, deciding).await
            })
            .await;
        CitationAppealPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
