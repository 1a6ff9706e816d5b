//! What can be done about deadlines.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    deadline::DeadlineKind,
    id::{CaseId, DeadlineId, HearingId, LegalActionId, StaffId},
    notice_service::ServiceMethod,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    deadline::Deadline,
    errors::{UserError, settle, user_errors},
    scalars::Date,
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    writes::{
        self,
        deadlines::{
            counted::{self, Start},
            extension::{self, Extending},
        },
        idempotency,
    },
};

/// The deadline as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct DeadlinePayload {
    /// The deadline as it is now; null when none was set or found.
    deadline: Option<Deadline>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl DeadlinePayload {
    async fn of(ctx: &Context<'_>, about: Option<DeadlineId>, refusals: Vec<Refusal>) -> Result<Self> {
        let deadline = match about {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(Deadline::from),
            None => None,
        };
        Ok(Self { deadline, user_errors: user_errors(refusals) })
    }
}

/// A deadline to set by hand.
#[derive(InputObject)]
pub struct DeadlineSetInput {
    /// A fresh UUID per request; the same one again answers the same deadline.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// The legal action of this case that it belongs to; left out when it is the case's own.
    legal_action_id: Option<LegalActionId>,
    /// What is due, at most 200 characters.
    label: String,
    /// The day; one in the past is overdue at once.
    due_on: Date,
    /// Who sees to it: a member of the district's team or the city attorney.
    responsible_id: Option<StaffId>,
    /// What the day means.
    #[graphql(default_with = "DeadlineKind::Due")]
    kind: DeadlineKind,
}

/// That a deadline was met.
#[derive(InputObject)]
pub struct DeadlineCompleteInput {
    /// The deadline.
    deadline_id: DeadlineId,
    /// When it was met; not in the future.
    completed_on: Date,
    /// What met it, such as the paper that was filed, at most 20,000 characters.
    met_by: String,
}

/// A deadline to be counted by a rule.
#[derive(InputObject)]
pub struct DeadlineStartInput {
    /// A fresh UUID per request; the same one again answers the same deadline.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// A rule; `deadlineRules` lists them.
    rule_key: String,
    /// The day of the event; either this or `hearingId`.
    trigger_on: Option<Date>,
    /// A scheduled hearing of this case that it is counted back from; it moves and ends with the hearing.
    hearing_id: Option<HearingId>,
    /// The legal action of this case that it belongs to; that of the hearing, where one is named.
    legal_action_id: Option<LegalActionId>,
    /// How the paper is served; in person, or no paper at all, when left out.
    service_method: Option<ServiceMethod>,
    /// Who sees to it: a member of the district's team or the city attorney.
    responsible_id: Option<StaffId>,
}

/// That a deadline moves to a later day.
#[derive(InputObject)]
pub struct DeadlineExtendInput {
    /// The deadline.
    deadline_id: DeadlineId,
    /// The new day, later than the present one.
    to: Date,
    /// Why, at most 20,000 characters.
    reason: String,
    /// The day it was due on when somebody looked at it; STALE_VERSION when that is another one by now.
    expected_due_on: Option<Date>,
}

#[derive(Default)]
pub struct DeadlineMutation;

#[Object]
impl DeadlineMutation {
    /// Sets a deadline by hand. TRANSITION_BLOCKED when the case is closed or the legal action has ended.
    async fn deadline_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deadline.")] input: DeadlineSetInput,
    ) -> Result<DeadlinePayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let setting = writes::deadlines::Setting {
            kind: input.kind,
            legal_action: input.legal_action_id,
            label: input.label,
            due_on: input.due_on.into(),
            responsible: input.responsible_id,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "deadlineSet", Action::SetDeadlines, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::deadlines::set(tx, case, setting).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        DeadlinePayload::of(ctx, made, refusals).await
    }

    /// Records that a deadline is met, with what met it. CLOCK_NOT_RUN for a waiting period that still runs on that day.
    /// Again with another day or other words, it corrects the record; the timeline keeps both.
    async fn deadline_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, when and by what.")] input: DeadlineCompleteInput,
    ) -> Result<DeadlinePayload> {
        let id = input.deadline_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "deadlineComplete", Action::SetDeadlines, async |tx| {
                writes::deadlines::complete(tx, id, input.completed_on.into(), &input.met_by).await
            })
            .await;
        DeadlinePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Starts a deadline by a rule, from the day of an event or from a hearing. INVALID when the court holidays of a year
    /// that it needs are not recorded; TRANSITION_BLOCKED when the case is closed, the legal action has ended or the hearing
    /// is not scheduled any more.
    async fn deadline_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule and its event.")] input: DeadlineStartInput,
    ) -> Result<DeadlinePayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let start = Start {
            rule_key: input.rule_key,
            trigger_on: input.trigger_on.map(Into::into),
            hearing: input.hearing_id,
            legal_action: input.legal_action_id,
            method: input.service_method,
            responsible: input.responsible_id,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "deadlineStart", Action::SetDeadlines, async |tx| {
                idempotency::once(tx, &once, async |tx| counted::start(tx, case, start).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        DeadlinePayload::of(ctx, made, refusals).await
    }

    /// Moves an open deadline to a later day: the district's attorney and the city attorney, and the code officer for the
    /// day by which a notice asks for compliance; `Notice.complyBy` moves along. `Deadline.extensions` keeps the old day.
    /// TRANSITION_BLOCKED for one that was met and for EXPIRES, which ends when the law or the court says.
    async fn deadline_extend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, to which day and why.")] input: DeadlineExtendInput,
    ) -> Result<DeadlinePayload> {
        let id = input.deadline_id;
        let extending = Extending {
            to: input.to.into(),
            reason: input.reason,
            expected_due_on: input.expected_due_on.map(Into::into),
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "deadlineExtend", Action::ExtendCompliance, async |tx| {
                extension::extend(tx, id, extending).await
            })
            .await;
        DeadlinePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
