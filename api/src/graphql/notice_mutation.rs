//! What can be done about notices.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    id::{CaseId, CostEntryId, LegalActionId, PartyId, ViolationId},
    notice::NoticeKind,
    notice_service::ServiceMethod,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    notice::Notice,
    scalars::{Date, Money},
};
use crate::{
    authz::Action,
    domain::notice::Service,
    error::Result,
    writes::{self, idempotency},
};

/// The notice that was served, or why not.
#[derive(SimpleObject)]
pub struct NoticePayload {
    /// The notice; null when it was refused.
    notice: Option<Notice>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A notice that was served.
#[derive(InputObject)]
pub struct NoticeServeInput {
    /// A fresh UUID per request; the same one again answers the same notice.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// What it is.
    kind: NoticeKind,
    /// The legal action of this case that it belongs to, not ended; LEGAL_PAPERS need it. The clocks that its service starts
    /// are deadlines of that action.
    legal_action_id: Option<LegalActionId>,
    /// Everybody it was served on, from 1 to 100; `Notice.servedOn`, `method` and `recipient` show the first.
    services: Vec<NoticeServiceInput>,
    /// By when to comply, not before the last service; a NOTICE_OF_VIOLATION needs it.
    comply_by: Option<Date>,
    /// What a COST_STATEMENT asks for, which needs it. Of an ADMINISTRATIVE_CITATION the fine is computed from what it names
    /// and from history (`Notice.fine`); here it may be stated, not above that, and below it with `amountReason`. No other
    /// kind takes it.
    amount: Option<Money>,
    /// Why a citation asks for less than its ladders give, at most 20,000 characters.
    amount_reason: Option<String>,
    /// The ladder of a citation's fine, where the law depends on what exactly happened; `fineLadders` lists them. Left out:
    /// the one for the section.
    ladder_key: Option<String>,
    /// The violations of this case that it names; when left out, it is about all that were found so far.
    violation_ids: Option<Vec<ViolationId>>,
    /// Costs of this case that a COST_STATEMENT asks for, as `costsBill` takes them: its letter lists them.
    entry_ids: Option<Vec<CostEntryId>>,
}

/// How and when one recipient was served.
#[derive(InputObject)]
pub struct NoticeServiceInput {
    /// A party of the place, confirmed or suggested. May be left out when the place itself was served: POSTING,
    /// PUBLICATION, MAIL_IN_STATE, CERTIFIED_MAIL or OVERNIGHT.
    party_id: Option<PartyId>,
    /// How.
    method: ServiceMethod,
    /// When, not in the future; of mail, the day of mailing.
    served_on: Date,
    /// Which paper proves it, such as a declaration of service or the number of a certified letter; at most 200 characters.
    proof: Option<String>,
}

impl From<NoticeServiceInput> for Service {
    fn from(input: NoticeServiceInput) -> Self {
        Self {
            recipient: input.party_id,
            method: input.method,
            served_on: input.served_on.into(),
            proof: input.proof,
        }
    }
}

#[derive(Default)]
pub struct NoticeMutation;

#[Object]
impl NoticeMutation {
    /// Records a notice that was served on one or more recipients. An ADMINISTRATIVE_CITATION is refused with
    /// CLOCK_NOT_RUN unless each violation it cites is an immediate danger, or a served notice about it had passed its
    /// compliance date uncorrected when the citation was served (Government Code 53069.4(a)(2)). TRANSITION_BLOCKED when
    /// the case is closed. The letter is written from what is recorded, and kept as evidence: `Notice.letterUrl` shows it
    /// from then on as it is now.
    async fn notice_serve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notice.")] input: NoticeServeInput,
    ) -> Result<NoticePayload> {
        let once = once(input.idempotency_key, &input)?;
        let case = input.case_id;
        let serving = writes::notices::Serving {
            kind: input.kind,
            legal_action: input.legal_action_id,
            services: input.services.into_iter().map(Into::into).collect(),
            comply_by: input.comply_by.map(Into::into),
            amount_cents: input.amount.map(|amount| amount.cents),
            amount_reason: input.amount_reason,
            ladder_key: input.ladder_key,
            violations: input.violation_ids.unwrap_or_default(),
            costs: input.entry_ids.unwrap_or_default(),
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "noticeServe", Action::EnforceCode, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::notices::serve(tx, case, serving).await).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let notice = match made {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(Notice),
            None => None,
        };
        Ok(NoticePayload { notice, user_errors: user_errors(refusals) })
    }
}
