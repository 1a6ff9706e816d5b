//! What can be done with a case itself.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    case::{CaseOutcome, CasePriority, CaseSource, CaseStage},
    case_event,
    case_kind::CaseKind,
    id::{CaseEventId, CaseId, StaffId},
};
use uuid::Uuid;

use super::{
    case::{Case, case_by_id},
    case_event::CaseEvent,
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    property::PropertyRef,
    scalars::{Date, in_reach},
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    reads::{self, case_events::Entry},
    writes::{
        self,
        idempotency::{self, Made},
    },
};

/// The case as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct CasePayload {
    /// The case as it is now, also when the change was refused; null only when nothing was found.
    case: Option<Case>,
    /// Open cases at the same place, when that is why.
    existing: Vec<Case>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl CasePayload {
    /// `about` is the case the mutation is about, read after the transaction has ended.
    pub async fn of(ctx: &Context<'_>, about: Option<CaseId>, refusals: Vec<Refusal>) -> Result<Self> {
        let ids: Vec<CaseId> = refusals.iter().flat_map(|refusal| refusal.existing.iter().copied()).collect();
        let mut existing = Vec::new();
        for id in ids {
            existing.extend(case_by_id(ctx, Some(id)).await?);
        }
        Ok(Self { case: case_by_id(ctx, about).await?, existing, user_errors: user_errors(refusals) })
    }
}

/// The timeline entry that was written, or why not.
#[derive(SimpleObject)]
pub struct CaseEventPayload {
    /// The entry; null when it was refused.
    event: Option<CaseEvent>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A new case.
#[derive(InputObject)]
pub struct CaseOpenInput {
    /// A fresh UUID per request; the same one again answers the same case.
    idempotency_key: Uuid,
    /// What it is called, at most 200 characters.
    title: String,
    /// What it is about; the first is the primary kind.
    kinds: Vec<CaseKind>,
    /// The place; an address nobody knows yet makes it.
    property: PropertyRef,
    /// Where it came from.
    source: CaseSource,
    /// Open it although another case is open at the place.
    #[graphql(default = false)]
    allow_duplicate: bool,
    /// How urgent it is.
    #[graphql(default_with = "CasePriority::Normal")]
    priority: CasePriority,
    /// What was reported, at most 20,000 characters.
    description: Option<String>,
    /// Who works it.
    assignee_id: Option<StaffId>,
    /// The day of the next action; the city's default period from today when left out.
    next_action_on: Option<Date>,
}

/// Corrections of a case; what is left out stays.
#[derive(InputObject)]
pub struct CaseEditInput {
    /// The case.
    case_id: CaseId,
    /// The version that was looked at.
    expected_version: i32,
    /// What it is called, at most 200 characters.
    title: Option<String>,
    /// What it is about; the first is the primary kind.
    kinds: Option<Vec<CaseKind>>,
    /// How urgent it is; the time for a first look at the place is counted anew from the opening.
    priority: Option<CasePriority>,
    /// The day of the next action.
    next_action_on: Option<Date>,
}

/// Whom to give a case.
#[derive(InputObject)]
pub struct CaseAssignInput {
    /// The case.
    case_id: CaseId,
    /// The version that was looked at.
    expected_version: i32,
    /// A member of the district's team or the city attorney; null for nobody.
    assignee_id: Option<StaffId>,
}

/// A step to another stage.
#[derive(InputObject)]
pub struct CaseAdvanceInput {
    /// The case.
    case_id: CaseId,
    /// The version that was looked at.
    expected_version: i32,
    /// The stage to go to; `Case.allowedTransitions` lists them.
    to: CaseStage,
    /// Why, where the step needs a reason.
    reason: Option<String>,
    /// The day of the next action; the city's default period from today when left out.
    next_action_on: Option<Date>,
}

/// A note for a case's timeline.
#[derive(InputObject)]
pub struct CaseAddNoteInput {
    /// A fresh UUID per request; the same one again answers the same note.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// The note, at most 20,000 characters.
    body: String,
    /// When what it tells happened; now when left out.
    #[graphql(validator(custom = "in_reach"))]
    occurred_at: Option<DateTime<Utc>>,
    /// Attorneys' work product: nobody else will know of it.
    #[graphql(default = false)]
    privileged: bool,
}

/// The end of a case.
#[derive(InputObject)]
pub struct CaseCloseInput {
    /// The case.
    case_id: CaseId,
    /// The version that was looked at.
    expected_version: i32,
    /// How it ended.
    outcome: CaseOutcome,
    /// Why.
    reason: String,
    /// The case that covers this one, with the outcome DUPLICATE.
    duplicate_of_id: Option<CaseId>,
}

/// A closed case to open again.
#[derive(InputObject)]
pub struct CaseReopenInput {
    /// The case.
    case_id: CaseId,
    /// The version that was looked at.
    expected_version: i32,
    /// Why.
    reason: String,
}

#[derive(Default)]
pub struct CaseMutation;

#[Object]
impl CaseMutation {
    /// Opens a case. NOT_UNIQUE with `existing` when one is open at the place, unless `allowDuplicate`.
    async fn case_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new case.")] input: CaseOpenInput,
    ) -> Result<CasePayload> {
        let once = once(input.idempotency_key, &input)?;
        let opening = writes::cases::Opening {
            title: input.title,
            kinds: input.kinds,
            place: input.property.into(),
            source: input.source,
            allow_duplicate: input.allow_duplicate,
            priority: input.priority,
            description: input.description,
            assignee: input.assignee_id,
            next_action_on: input.next_action_on.map(Into::into),
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseOpen", Action::WorkCases, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::cases::open(tx, opening).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        CasePayload::of(ctx, made, refusals).await
    }

    /// Corrects title, kinds, priority or next action.
    async fn case_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to correct.")] input: CaseEditInput,
    ) -> Result<CasePayload> {
        let edit = writes::cases::Edit {
            title: input.title,
            kinds: input.kinds,
            priority: input.priority,
            next_action_on: input.next_action_on.map(Into::into),
        };
        let (id, version) = (input.case_id, input.expected_version);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseEdit", Action::WorkCases, async |tx| {
                writes::cases::edit(tx, id, version, edit).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Gives a case to a member of its team, or to nobody.
    async fn case_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to give it.")] input: CaseAssignInput,
    ) -> Result<CasePayload> {
        let (id, version) = (input.case_id, input.expected_version);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseAssign", Action::WorkCases, async |tx| {
                writes::cases::assign(tx, id, version, input.assignee_id).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Moves a case to another stage. TRANSITION_BLOCKED or CLOCK_NOT_RUN say what is missing.
    async fn case_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step.")] input: CaseAdvanceInput,
    ) -> Result<CasePayload> {
        let (id, version, next) =
            (input.case_id, input.expected_version, input.next_action_on.map(Into::into));
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseAdvance", Action::WorkCases, async |tx| {
                writes::cases::advance(tx, id, version, input.to, input.reason, next).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Adds a note to a case's timeline.
    async fn case_add_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The note.")] input: CaseAddNoteInput,
    ) -> Result<CaseEventPayload> {
        let once = once(input.idempotency_key, &input)?;
        let note = writes::cases::Note {
            id: CaseEventId::generate(),
            body: input.body,
            occurred_at: input.occurred_at,
            privileged: input.privileged,
        };
        let (id, event) = (input.case_id, note.id);
        let outcome: Result<Made<CaseEventId, case_event::Model>> = ctx
            .app()?
            .write(ctx.viewer()?, "caseAddNote", Action::WorkCases, async |tx| {
                idempotency::once_as(tx, &once, event, async |tx| writes::cases::add_note(tx, id, note).await)
                    .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let event = match made {
            // Who may write it may read it; what was written is known, and is not read once more.
            Some(Made::Now(row)) => Some(Entry::from(row).into()),
            Some(Made::Before(id)) => {
                reads::case_events::by_id(ctx.app()?, ctx.viewer()?, id).await?.map(CaseEvent::from)
            }
            None => None,
        };
        Ok(CaseEventPayload { event, user_errors: user_errors(refusals) })
    }

    /// Closes a case with an outcome.
    async fn case_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it ended.")] input: CaseCloseInput,
    ) -> Result<CasePayload> {
        let (id, version, duplicate_of) = (input.case_id, input.expected_version, input.duplicate_of_id);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseClose", Action::CloseCases, async |tx| {
                writes::cases::close(tx, id, version, input.outcome, &input.reason, duplicate_of).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Opens a closed case again, at ASSESSMENT.
    async fn case_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and why.")] input: CaseReopenInput,
    ) -> Result<CasePayload> {
        let (id, version) = (input.case_id, input.expected_version);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "caseReopen", Action::CloseCases, async |tx| {
                writes::cases::reopen(tx, id, version, &input.reason).await
            })
            .await;
        CasePayload::of(ctx, Some(id), settle(outcome)?.1).await
    }
}
