//! What can be done about letters that are no notices: early warnings and 602 letters.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    id::{CaseId, LetterId, NuisanceRuleId, PartyId, PropertyId},
    notice_service::ServiceMethod,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    letter::Letter,
    scalars::Date,
};
use crate::{
    authz::Action,
    error::Result,
    reads::letter_facts::Sending,
    writes::{self, idempotency, letters::Warned},
};

/// The letter that was sent, or why not.
#[derive(SimpleObject)]
pub struct LetterPayload {
    /// The letter; null when it was refused.
    letter: Option<Letter>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// An early warning that is sent.
#[derive(InputObject)]
pub struct EarlyWarningSendInput {
    /// A fresh UUID per request; the same one again answers the same letter.
    idempotency_key: Uuid,
    /// A place of `earlyWarnings`.
    property_id: PropertyId,
    /// The rule of that early warning.
    rule_id: NuisanceRuleId,
    /// An owner, manager or business operator of the place, confirmed or suggested.
    party_id: PartyId,
    /// How it goes there.
    method: ServiceMethod,
    /// When, not in the future.
    sent_on: Date,
}

/// A 602 letter that is sent for signature.
#[derive(InputObject)]
pub struct TrespassLetterSendInput {
    /// A fresh UUID per request; the same one again answers the same letter.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// An owner, manager or business operator of the case's place, confirmed or suggested.
    party_id: PartyId,
    /// How it goes there.
    method: ServiceMethod,
    /// When, not in the future.
    sent_on: Date,
}

#[derive(Default)]
pub struct LetterMutation;

#[Object]
impl LetterMutation {
    /// Sends the letter of an early warning to somebody who answers for the place, and keeps it as it is; for the sergeant of the
    /// district, who has looked at the calls. It says how many calls count and how to challenge one, and lists none.
    /// TRANSITION_BLOCKED when the place is not near that rule's threshold now.
    async fn early_warning_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter.")] input: EarlyWarningSendInput,
    ) -> Result<LetterPayload> {
        let once = once(input.idempotency_key, &input)?;
        let warned = Warned {
            place: input.property_id,
            rule: input.rule_id,
            recipient: input.party_id,
            sending: Sending { method: input.method, on: input.sent_on.into() },
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "earlyWarningSend", Action::ReviewFlags, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::letters::warn(tx, warned).await).await
            })
            .await;
        payload(ctx, outcome).await
    }

    /// Sends a 602 letter, by which an owner asks the police to act against trespassers (Penal Code 602), for signature, and
    /// keeps it as evidence of the case. When it comes back signed, attach the signed letter as evidence and start its clock
    /// with `deadlineStart` by the rule LETTER_602, or LETTER_602_CLOSED. TRANSITION_BLOCKED when the case is closed.
    async fn trespass_letter_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter.")] input: TrespassLetterSendInput,
    ) -> Result<LetterPayload> {
        let once = once(input.idempotency_key, &input)?;
        let (case, to) = (input.case_id, input.party_id);
        let sending = Sending { method: input.method, on: input.sent_on.into() };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "trespassLetterSend", Action::WorkCases, async |tx| {
                let send = async |tx: &mut _| writes::letters::ask_to_sign(tx, case, to, sending).await;
                idempotency::once(tx, &once, send).await
            })
            .await;
        payload(ctx, outcome).await
    }
}

async fn payload(ctx: &Context<'_>, outcome: Result<LetterId>) -> Result<LetterPayload> {
    let (made, refusals) = settle(outcome)?;
    let letter = match made {
        Some(id) => ctx.loaders()?.load_one(id).await?.map(Letter),
        None => None,
    };
    Ok(LetterPayload { letter, user_errors: user_errors(refusals) })
}
