//! What can be done with legal actions and their hearings.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    hearing::HearingStatus,
    id::{CaseId, HearingId, LegalActionId},
    legal_action::LegalActionStatus,
    notice_service::ServiceMethod,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    hearing::Hearing,
    legal_action::LegalAction,
    scalars::{Date, in_reach},
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    writes::{
        hearings::{self, Moving, Outcome, Setting},
        idempotency,
        legal_actions::{self, Advance},
    },
};

/// The legal action as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct LegalActionPayload {
    /// The legal action as it is now, also when the change was refused; null only when nothing was found.
    legal_action: Option<LegalAction>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl LegalActionPayload {
    pub async fn of(ctx: &Context<'_>, about: Option<LegalActionId>, refusals: Vec<Refusal>) -> Result<Self> {
        let row = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?,
            None => None,
        };
        Ok(Self { legal_action: row.map(LegalAction::from), user_errors: user_errors(refusals) })
    }
}

/// The hearing as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct HearingPayload {
    /// The hearing as it is now, also when the change was refused; null only when nothing was found.
    hearing: Option<Hearing>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl HearingPayload {
    async fn of(ctx: &Context<'_>, about: Option<HearingId>, refusals: Vec<Refusal>) -> Result<Self> {
        let row = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?,
            None => None,
        };
        Ok(Self { hearing: row.map(Hearing::from), user_errors: user_errors(refusals) })
    }
}

/// A remedy to ask the attorney for.
#[derive(InputObject)]
pub struct LegalActionReferInput {
    /// A fresh UUID per request; the same one again answers the same legal action.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// One of `remedies`; it need not fit the case's kinds.
    remedy_key: String,
    /// Why, at most 20,000 characters.
    reason: String,
}

/// A step of a legal action.
#[derive(InputObject)]
pub struct LegalActionAdvanceInput {
    /// The legal action.
    legal_action_id: LegalActionId,
    /// The version that was looked at.
    expected_version: i32,
    /// The status to go to; `LegalAction.allowedSteps` lists them.
    to: LegalActionStatus,
    /// The day it happened: not in the future and not before the last step. At FILED it becomes `filedOn`.
    on: Date,
    /// Why, where the remedy asks for `reason`; at most 20,000 characters.
    reason: Option<String>,
    /// The court, where the remedy asks for `court` or it changed; at most 200 characters.
    court: Option<String>,
    /// The court's number, where the remedy asks for `court_case_number` or it changed; at most 100 characters.
    court_case_number: Option<String>,
    /// How the papers of the step were served, where the step starts a clock that the way of service extends.
    service_method: Option<ServiceMethod>,
}

/// A hearing to set.
#[derive(InputObject)]
pub struct HearingScheduleInput {
    /// A fresh UUID per request; the same one again answers the same hearing.
    idempotency_key: Uuid,
    /// The legal action.
    legal_action_id: LegalActionId,
    /// When it starts; on the day of the action's last step or later.
    #[graphql(validator(custom = "in_reach"))]
    starts_at: DateTime<Utc>,
    /// The court or hearing officer, at most 200 characters.
    court: String,
    /// The department or room, at most 200 characters.
    department: Option<String>,
    /// What it is about, at most 200 characters.
    purpose: String,
    /// Rules that are counted back from it, such as MOTION, OPPOSITION and REPLY: their deadlines start with it, move when
    /// it is continued and end when it is vacated.
    rule_keys: Option<Vec<String>>,
    /// How the papers that these rules ask for will be served; in person when left out.
    service_method: Option<ServiceMethod>,
}

/// How a hearing ended.
#[derive(InputObject)]
pub struct HearingRecordInput {
    /// The hearing.
    hearing_id: HearingId,
    /// HELD, VACATED or CONTINUED.
    status: HearingStatus,
    /// What came of it, or why it was vacated; at most 20,000 characters. Not needed for CONTINUED.
    outcome: Option<String>,
    /// When a CONTINUED hearing goes on, at the same court and for the same purpose; later than it was to start.
    #[graphql(validator(custom = "in_reach"))]
    continued_to: Option<DateTime<Utc>>,
}

/// A new time or place of a hearing, as the court gave it.
#[derive(InputObject)]
pub struct HearingMoveInput {
    /// The hearing.
    hearing_id: HearingId,
    /// `Hearing.version` when somebody looked at it; STALE_VERSION when it is another one by now.
    expected_version: i32,
    /// When it starts now; not before the action's last step. Left out when that stays.
    #[graphql(validator(custom = "in_reach"))]
    starts_at: Option<DateTime<Utc>>,
    /// The court or hearing officer now, at most 200 characters; left out when that stays.
    court: Option<String>,
    /// The department or room now, at most 200 characters; left out when that stays.
    department: Option<String>,
    /// Why, such as the court's notice; at most 20,000 characters.
    reason: String,
}

#[derive(Default)]
pub struct LegalActionMutation;

#[Object]
impl LegalActionMutation {
    /// Refers a remedy to the attorney of the case's district. REMEDY_NOT_AVAILABLE when it is not enabled or its power
    /// has lapsed or not begun; the message says which.
    async fn legal_action_refer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which remedy, in which case, and why.")] input: LegalActionReferInput,
    ) -> Result<LegalActionPayload> {
        let once = once(input.idempotency_key, &input)?;
        let (case, remedy, reason) = (input.case_id, input.remedy_key, input.reason);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "legalActionRefer", Action::ReferLegalAction, async |tx| {
                idempotency::once(tx, &once, async |tx| {
                    legal_actions::refer(tx, case, &remedy, &reason).await
                })
                .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        LegalActionPayload::of(ctx, made, refusals).await
    }

    /// Takes a step of the action's remedy; deadlines that it starts or meets (`RemedyStep.starts`, `meets`) follow, and
    /// those of an action that ends end with it. TRANSITION_BLOCKED, REQUIRED or REMEDY_NOT_AVAILABLE say what is missing.
    async fn legal_action_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: LegalActionAdvanceInput,
    ) -> Result<LegalActionPayload> {
        let (id, version) = (input.legal_action_id, input.expected_version);
        let step = Advance {
            to: input.to,
            on: input.on.into(),
            reason: input.reason,
            court: input.court,
            court_case_number: input.court_case_number,
            service_method: input.service_method,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "legalActionAdvance", Action::TakeLegalSteps, async |tx| {
                legal_actions::advance(tx, id, version, step).await
            })
            .await;
        LegalActionPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Sets a hearing in a legal action that has not ended; the step to HEARING_SET is `legalActionAdvance`.
    async fn hearing_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hearing.")] input: HearingScheduleInput,
    ) -> Result<HearingPayload> {
        let once = once(input.idempotency_key, &input)?;
        let id = input.legal_action_id;
        let setting = Setting {
            starts_at: input.starts_at,
            court: input.court,
            department: input.department,
            purpose: input.purpose,
            rule_keys: input.rule_keys.unwrap_or_default(),
            service_method: input.service_method,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "hearingSchedule", Action::ConductLegalAction, async |tx| {
                idempotency::once(tx, &once, async |tx| hearings::schedule(tx, id, setting).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        HearingPayload::of(ctx, made, refusals).await
    }

    /// Gives a scheduled hearing the time or place that the court gave it. It stays the same hearing, as when a clerk resets
    /// it before its day; one that was called and put off is CONTINUED with `hearingRecord`. Open deadlines that hang on it
    /// are counted anew. TRANSITION_BLOCKED when it is not scheduled any more.
    async fn hearing_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, where to and why.")] input: HearingMoveInput,
    ) -> Result<HearingPayload> {
        let (id, version) = (input.hearing_id, input.expected_version);
        let moving = Moving {
            starts_at: input.starts_at,
            court: input.court,
            department: input.department,
            reason: input.reason,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "hearingMove", Action::ConductLegalAction, async |tx| {
                hearings::relocate(tx, id, version, moving).await
            })
            .await;
        HearingPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Records how a hearing ended; continued, it goes on as a new one. Open deadlines that hang on it are counted anew from
    /// the new one, or end when it is vacated. The action's own status is not touched.
    async fn hearing_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it ended.")] input: HearingRecordInput,
    ) -> Result<HearingPayload> {
        let id = input.hearing_id;
        let told = Outcome { status: input.status, outcome: input.outcome, continued_to: input.continued_to };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "hearingRecord", Action::ConductLegalAction, async |tx| {
                hearings::record(tx, id, told).await
            })
            .await;
        HearingPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
