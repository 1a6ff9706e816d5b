//! What can be recorded about orders, defendants, titles and the people who live at a place.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    court_order::CourtOrderKind,
    id::{CaseId, CourtOrderId, LegalActionId, PartyId, TitleRecordingId},
    title_recording::TitleRecordingKind,
};
use uuid::Uuid;

use super::{
    case::Case,
    context::{Ask, once},
    court_order::{CourtOrder, TitleRecording},
    errors::{UserError, settle, user_errors},
    legal_action_mutation::LegalActionPayload,
    scalars::{Date, Money},
};
use crate::{
    authz::Action,
    domain::{court_order::Draft, refusal::Refusal},
    error::Result,
    writes::{
        court_orders::{self, Recording},
        defendants, idempotency,
        tenant_impacts::{self, Answer},
        title_recordings,
    },
};

/// The order as it is on record, or why it was refused.
#[derive(SimpleObject)]
pub struct CourtOrderPayload {
    /// The order; null when none was recorded or found.
    court_order: Option<CourtOrder>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl CourtOrderPayload {
    async fn of(ctx: &Context<'_>, about: Option<CourtOrderId>, refusals: Vec<Refusal>) -> Result<Self> {
        let court_order = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(CourtOrder),
            None => None,
        };
        Ok(Self { court_order, user_errors: user_errors(refusals) })
    }
}

/// What stands against a title, or why it was refused.
#[derive(SimpleObject)]
pub struct TitleRecordingPayload {
    /// The recording as it is now; null when none was made or found.
    title_recording: Option<TitleRecording>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl TitleRecordingPayload {
    async fn of(ctx: &Context<'_>, about: Option<TitleRecordingId>, refusals: Vec<Refusal>) -> Result<Self> {
        let title_recording = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(TitleRecording),
            None => None,
        };
        Ok(Self { title_recording, user_errors: user_errors(refusals) })
    }
}

/// The case with its answer, or why it was refused.
#[derive(SimpleObject)]
pub struct TenantImpactPayload {
    /// The case; null when there is none.
    case: Option<Case>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// An order to record.
#[derive(InputObject)]
pub struct CourtOrderRecordInput {
    /// A fresh UUID per request; the same one again answers the same order.
    idempotency_key: Uuid,
    /// The legal action; something was filed or issued in it.
    legal_action_id: LegalActionId,
    /// What it is; `Remedy.orders` lists what the remedy has, and OTHER is always one.
    kind: CourtOrderKind,
    /// The day it was made: not in the future and not before the filing.
    issued_on: Date,
    /// By when it has to be complied with, if it says so; becomes a deadline.
    comply_by: Option<Date>,
    /// When it ends, if it says so; becomes a deadline of kind EXPIRES.
    expires_on: Option<Date>,
    /// What it says, at most 20,000 characters.
    terms: String,
    /// What it awards, assesses or confirms.
    amount: Option<Money>,
}

/// The violation of an order.
#[derive(InputObject)]
pub struct OrderViolationRecordInput {
    /// A fresh UUID per request; the same one again records nothing more.
    idempotency_key: Uuid,
    /// The order.
    court_order_id: CourtOrderId,
    /// The day it happened: on the day of the order or later, not in the future.
    violated_on: Date,
    /// What happened, and what shows it; at most 20,000 characters.
    description: String,
}

/// Whom a legal action is brought against.
#[derive(InputObject)]
pub struct DefendantsNameInput {
    /// The legal action.
    legal_action_id: LegalActionId,
    /// Confirmed parties of the case's place; those who are defendants already stay.
    party_ids: Vec<PartyId>,
}

/// Something that was put on record against a title.
#[derive(InputObject)]
pub struct TitleRecordingRecordInput {
    /// A fresh UUID per request; the same one again answers the same recording.
    idempotency_key: Uuid,
    /// The legal action.
    legal_action_id: LegalActionId,
    /// What it is.
    kind: TitleRecordingKind,
    /// The recorder's number of the document, at most 100 characters.
    instrument: String,
    /// The day it was recorded, not in the future.
    recorded_on: Date,
}

/// That something was released from a title.
#[derive(InputObject)]
pub struct TitleRecordingReleaseInput {
    /// The recording.
    title_recording_id: TitleRecordingId,
    /// The day it was released, not in the future.
    released_on: Date,
    /// The recorder's number of the release, at most 100 characters.
    instrument: String,
}

/// Who lives at the place of a case.
#[derive(InputObject)]
pub struct TenantImpactRecordInput {
    /// A fresh UUID per request; the same one again records nothing more.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// The day of which this is true, not in the future.
    as_of: Date,
    /// Whether somebody lives there.
    occupied: bool,
    /// How many households, where somebody counted.
    households: Option<i32>,
    /// What becomes of those who live there, also when nobody has to leave; needed for an occupied place, at most 20,000
    /// characters.
    relocation_plan: Option<String>,
}

#[derive(Default)]
pub struct CourtOrderMutation;

#[Object]
impl CourtOrderMutation {
    /// Records an order in a legal action; the days it names, and what the remedy's rules count from it, become deadlines.
    /// TRANSITION_BLOCKED when the order does not come in its turn, such as a CLOSURE_BEFORE_JUDGMENT without the recorded
    /// violation of an earlier order.
    async fn court_order_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] input: CourtOrderRecordInput,
    ) -> Result<CourtOrderPayload> {
        let once = once(input.idempotency_key, &input)?;
        let action = input.legal_action_id;
        let draft = Draft {
            kind: input.kind,
            issued_on: input.issued_on.into(),
            comply_by: input.comply_by.map(Into::into),
            expires_on: input.expires_on.map(Into::into),
            amount_cents: input.amount.map(|amount| amount.cents),
        };
        let recording = Recording { draft, terms: input.terms };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "courtOrderRecord", Action::ConductLegalAction, async |tx| {
                idempotency::once(tx, &once, async |tx| court_orders::record(tx, action, recording).await)
                    .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        CourtOrderPayload::of(ctx, made, refusals).await
    }

    /// Records that an order was violated, which opens contempt and closure before judgment.
    async fn order_violation_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, when and how.")] input: OrderViolationRecordInput,
    ) -> Result<CourtOrderPayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.court_order_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "orderViolationRecord", Action::ConductLegalAction, async |tx| {
                let record = async |tx: &mut crate::app::Tx| {
                    let on = input.violated_on.into();
                    court_orders::record_violation(tx, id, on, &input.description).await
                };
                idempotency::once(tx, &once, record).await
            })
            .await;
        CourtOrderPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Names parties of the place as defendants of a legal action that has not ended.
    async fn defendants_name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which action, and whom.")] input: DefendantsNameInput,
    ) -> Result<LegalActionPayload> {
        let id = input.legal_action_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "defendantsName", Action::ConductLegalAction, async |tx| {
                defendants::name(tx, id, &input.party_ids).await
            })
            .await;
        LegalActionPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Records what stands against the title: a lis pendens, a certificate, a lien.
    async fn title_recording_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, where and when.")] input: TitleRecordingRecordInput,
    ) -> Result<TitleRecordingPayload> {
        let once = once(input.idempotency_key, &input)?;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "titleRecordingRecord", Action::ConductLegalAction, async |tx| {
                let record = async |tx: &mut crate::app::Tx| {
                    let (action, on) = (input.legal_action_id, input.recorded_on.into());
                    title_recordings::record(tx, action, input.kind, &input.instrument, on).await
                };
                idempotency::once(tx, &once, record).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        TitleRecordingPayload::of(ctx, made, refusals).await
    }

    /// Records that it was released, also after the action ended; until then its case cannot be closed.
    async fn title_recording_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, when and by what document.")] input: TitleRecordingReleaseInput,
    ) -> Result<TitleRecordingPayload> {
        let id = input.title_recording_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "titleRecordingRelease", Action::ConductLegalAction, async |tx| {
                title_recordings::release(tx, id, input.released_on.into(), &input.instrument).await
            })
            .await;
        TitleRecordingPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Records whether people live at the place of a case and what becomes of them; remedies that touch a home ask for it
    /// before filing (`tenant_impact`).
    async fn tenant_impact_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: TenantImpactRecordInput,
    ) -> Result<TenantImpactPayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let answer = Answer {
            as_of: input.as_of.into(),
            occupied: input.occupied,
            households: input.households,
            relocation_plan: input.relocation_plan,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "tenantImpactRecord", Action::WorkCases, async |tx| {
                idempotency::once(tx, &once, async |tx| tenant_impacts::record(tx, case, answer).await).await
            })
            .await;
        let refusals = settle(outcome)?.1;
        let case = ctx.loaders()?.load_one(case).await?.map(Case::from);
        Ok(TenantImpactPayload { case, user_errors: user_errors(refusals) })
    }
}
