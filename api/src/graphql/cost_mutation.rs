//! What can be done about money.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    cost_entry::CostKind,
    id::{CaseId, CostEntryId, LegalActionId, NoticeId},
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    cost::CostEntry,
    errors::{UserError, settle, user_errors},
    notice::Notice,
    scalars::{Date, Money},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{cost_ledger::Stated, refusal::Refusal},
    error::Result,
    writes::{
        self,
        costs::{Cost, Proof, Reduction, Trebling},
        idempotency::{self, Once},
    },
};

/// The entry that was made, or why none was.
#[derive(SimpleObject)]
pub struct CostPayload {
    /// The entry; null when none was made.
    cost: Option<CostEntry>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The statement with what it asks for, or why not.
#[derive(SimpleObject)]
pub struct CostBillPayload {
    /// The cost statement; null when it was refused.
    notice: Option<Notice>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A cost or a fine.
#[derive(InputObject)]
pub struct CostRecordInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The case; it may be closed.
    case_id: CaseId,
    /// What it is for: STAFF_HOURS, ABATEMENT, RESPONSE, FILING_FEE or FINE.
    kind: CostKind,
    /// How much, from $0.01 to $100,000,000.00; left out for STAFF_HOURS, whose amount is computed.
    amount: Option<Money>,
    /// Minutes of staff time; STAFF_HOURS need it, and nothing else takes it.
    minutes: Option<i32>,
    /// What an hour of that time costs; STAFF_HOURS need it, and nothing else takes it.
    hourly_rate: Option<Money>,
    /// The day it was spent or assessed; not in the future.
    on: Date,
    /// What was done, at most 20,000 characters.
    description: String,
    /// Where the amount comes from, such as an invoice, a time sheet or an order, at most 200 characters.
    source: String,
    /// Which paper shows it, such as the number of a receipt, at most 200 characters.
    receipt: String,
    /// The legal action of this case that it belongs to, if it does.
    legal_action_id: Option<LegalActionId>,
}

/// Money that came in.
#[derive(InputObject)]
pub struct PaymentRecordInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The case; it may be closed.
    case_id: CaseId,
    /// How much, from $0.01 to $100,000,000.00; more than is owed is taken too.
    amount: Money,
    /// The day it was paid; not in the future.
    on: Date,
    /// What it is for, at most 20,000 characters.
    description: String,
    /// Who paid, and how, at most 200 characters.
    source: String,
    /// The number of the receipt, at most 200 characters.
    receipt: String,
}

/// What the city no longer asks for.
#[derive(InputObject)]
pub struct CostWaiveInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The case; it may be closed.
    case_id: CaseId,
    /// How much; not more than is owed in the case.
    amount: Money,
    /// The day it was decided; not in the future.
    on: Date,
    /// Why, such as a hardship, at most 20,000 characters.
    reason: String,
    /// Who decided it, at most 200 characters.
    source: String,
    /// The paper of the decision, at most 200 characters.
    receipt: String,
}

/// That a court ordered three times the costs of abatement.
#[derive(InputObject)]
pub struct TrebleCostsRecordInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The case whose costs of abatement are meant.
    case_id: CaseId,
    /// The legal action of this case whose judgment is the second one within two years.
    legal_action_id: LegalActionId,
    /// The day of the order; not in the future.
    on: Date,
    /// What was ordered, at most 20,000 characters.
    description: String,
    /// Which court ordered it, at most 200 characters.
    source: String,
    /// The number of the judgment, at most 200 characters.
    receipt: String,
}

/// An entry to take back.
#[derive(InputObject)]
pub struct CostReverseInput {
    /// A fresh UUID per request; the same one again answers the same entry.
    idempotency_key: Uuid,
    /// The entry.
    entry_id: CostEntryId,
    /// Why, at most 20,000 characters.
    reason: String,
    /// The day from which it no longer counts, such as that of a returned check; left out, it never counted.
    on: Option<Date>,
}

/// What a cost statement asks for.
#[derive(InputObject)]
pub struct CostBillInput {
    /// The COST_STATEMENT that was served.
    notice_id: NoticeId,
    /// The costs of its case that it asks for, from 1 to 1,000; their sum is the statement's amount.
    entry_ids: Vec<CostEntryId>,
}

#[derive(Default)]
pub struct CostMutation;

#[Object]
impl CostMutation {
    /// Records a cost or a fine in a case.
    async fn cost_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cost.")] input: CostRecordInput,
    ) -> Result<CostPayload> {
        let once = once(input.idempotency_key, &input)?;
        let cost = Cost {
            kind: input.kind,
            stated: Stated {
                amount_cents: input.amount.map(|amount| amount.cents),
                minutes: input.minutes,
                hourly_rate_cents: input.hourly_rate.map(|rate| rate.cents),
            },
            on: input.on.0,
            legal_action: input.legal_action_id,
            proof: Proof { description: input.description, source: input.source, receipt: input.receipt },
        };
        let case = input.case_id;
        made(ctx, "costRecord", Action::WorkCases, &once, async |tx| {
            writes::costs::record(tx, case, cost).await
        })
        .await
    }

    /// Records a payment in a case.
    async fn payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment.")] input: PaymentRecordInput,
    ) -> Result<CostPayload> {
        let once = once(input.idempotency_key, &input)?;
        let payment = Reduction {
            amount_cents: input.amount.cents,
            on: input.on.0,
            proof: Proof { description: input.description, source: input.source, receipt: input.receipt },
        };
        let case = input.case_id;
        made(ctx, "paymentRecord", Action::WorkCases, &once, async |tx| {
            writes::costs::pay(tx, case, payment).await
        })
        .await
    }

    /// Records that the city no longer asks for so much: the attorney of the district or the city attorney decides.
    async fn cost_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The waiver.")] input: CostWaiveInput,
    ) -> Result<CostPayload> {
        let once = once(input.idempotency_key, &input)?;
        let waiver = Reduction {
            amount_cents: input.amount.cents,
            on: input.on.0,
            proof: Proof { description: input.reason, source: input.source, receipt: input.receipt },
        };
        let case = input.case_id;
        made(ctx, "costWaive", Action::ConductLegalAction, &once, async |tx| {
            writes::costs::waive(tx, case, waiver).await
        })
        .await
    }

    /// Adds to the costs of abatement what makes them three times what they are, as a court ordered. TRANSITION_BLOCKED
    /// without a second civil or criminal judgment about the place within two years (Government Code 38773.7), or when all
    /// costs of abatement are threefold already. For the attorney of the district or the city attorney.
    async fn treble_costs_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] input: TrebleCostsRecordInput,
    ) -> Result<CostPayload> {
        let once = once(input.idempotency_key, &input)?;
        let trebling = Trebling {
            legal_action: input.legal_action_id,
            on: input.on.0,
            proof: Proof { description: input.description, source: input.source, receipt: input.receipt },
        };
        let case = input.case_id;
        made(ctx, "trebleCostsRecord", Action::ConductLegalAction, &once, async |tx| {
            writes::costs::treble(tx, case, trebling).await
        })
        .await
    }

    /// Takes an entry back in full with an entry of the opposite sign; answers that one. NOT_UNIQUE when it was taken back
    /// already, TRANSITION_BLOCKED when it takes another one back itself. A waiver or treble costs are the attorney's.
    async fn cost_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry, and why.")] input: CostReverseInput,
    ) -> Result<CostPayload> {
        let once = once(input.idempotency_key, &input)?;
        let (id, on, reason) = (input.entry_id, input.on.map(|day| day.0), input.reason);
        made(ctx, "costReverse", Action::WorkCases, &once, async |tx| {
            writes::costs::reverse(tx, id, on, &reason).await
        })
        .await
    }

    /// Records which costs a served cost statement asks for, so that they are not asked for again. INVALID when they do not
    /// add up to its amount, NOT_UNIQUE when a statement asked for one of them already.
    async fn cost_bill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The statement and its costs.")] input: CostBillInput,
    ) -> Result<CostBillPayload> {
        let (id, entries) = (input.notice_id, input.entry_ids);
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "costBill", Action::WorkCases, async |tx| {
                writes::cost_bills::bill(tx, id, &entries).await
            })
            .await;
        let (done, refusals) = settle(outcome)?;
        let notice = match done {
            Some(()) => ctx.loaders()?.load_one(id).await?.map(Notice),
            None => None,
        };
        Ok(CostBillPayload { notice, user_errors: user_errors(refusals) })
    }
}

// Runs what makes one entry, once per retry key.
async fn made(
    ctx: &Context<'_>,
    mutation: &'static str,
    action: Action,
    once: &Once,
    operation: impl AsyncFnOnce(&mut Tx) -> Result<CostEntryId>,
) -> Result<CostPayload> {
    let write = async |tx: &mut Tx| idempotency::once(tx, once, operation).await;
    let outcome = ctx.app()?.write(ctx.viewer()?, mutation, action, write).await;
    let (made, refusals): (Option<CostEntryId>, Vec<Refusal>) = settle(outcome)?;
    let cost = match made {
        Some(id) => ctx.loaders()?.load_one(id).await?.map(CostEntry),
        None => None,
    };
    Ok(CostPayload { cost, user_errors: user_errors(refusals) })
}
