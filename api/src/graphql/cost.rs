//! The cost ledger as clients see it.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    cost_entry::{self, CostKind},
    id::{CaseId, CostEntryId, PropertyId},
};

use super::{
    case::{Case, case_by_id},
    context::Ask,
    cost_loaders::{CostsOfCase, JudgmentsAt, ReversalOf, StatementFor, Totals, UnbilledOf},
    legal_action::LegalAction,
    notice::Notice,
    page::{connection, cost},
    property::{Property, property_by_id},
    scalars::{Date, Money},
    staff::{StaffMember, staff_by_id},
};
use crate::{
    domain::{
        self,
        treble_costs::{CITATION, Standing},
    },
    error::{Error, Result},
    reads::{
        self,
        costs::{Ledger, Until},
        page::Window,
    },
};

/// One entry of the cost ledger; never changed once written. A mistake is taken back by an entry of its own.
#[derive(Clone)]
pub struct CostEntry(pub cost_entry::Model);

/// One entry of the cost ledger; never changed once written. A mistake is taken back by an entry of its own.
#[Object]
impl CostEntry {
    /// Opaque.
    pub async fn id(&self) -> CostEntryId {
        self.0.id
    }

    /// What it is for.
    async fn kind(&self) -> CostKind {
        self.0.kind
    }

    /// What it adds to what is owed: costs and fines are positive, payments and waivers negative, and an entry that takes
    /// another one back has the opposite sign.
    async fn amount(&self) -> Money {
        self.0.amount_cents.into()
    }

    /// Minutes of staff time; null for anything else.
    async fn minutes(&self) -> Option<i32> {
        self.0.minutes
    }

    /// What an hour of that time costs; null for anything else.
    async fn hourly_rate(&self) -> Option<Money> {
        self.0.hourly_rate_cents.map(Money::from)
    }

    /// The day it was spent, assessed, paid or waived, as stated.
    async fn occurred_on(&self) -> Date {
        self.0.occurred_on.into()
    }

    /// When the server learned it; never settable.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Who recorded it; null when the server did.
    async fn recorded_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.recorded_by).await
    }

    /// What was done or paid; of an entry that takes another one back, why.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Where the amount comes from, such as an invoice, a time sheet, an order, or who paid.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// Which paper shows it, such as the number of a receipt.
    async fn receipt(&self) -> &str {
        &self.0.receipt
    }

    /// The case.
    async fn case(&self, ctx: &Context<'_>) -> Result<Case> {
        case_by_id(ctx, Some(self.0.case_id)).await?.ok_or(Error::NotFound("case"))
    }

    /// The place.
    async fn property(&self, ctx: &Context<'_>) -> Result<Property> {
        property_by_id(ctx, Some(self.0.property_id)).await?.ok_or(Error::NotFound("place"))
    }

    /// The legal action that it belongs to; null for one of the case itself.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<Option<LegalAction>> {
        let Some(id) = self.0.legal_action_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(LegalAction::from))
    }

    /// The entry that this one takes back.
    async fn reverses(&self, ctx: &Context<'_>) -> Result<Option<CostEntry>> {
        let Some(id) = self.0.reverses_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(CostEntry))
    }

    /// The entry that takes this one back; null while it counts.
    async fn reversed_by(&self, ctx: &Context<'_>) -> Result<Option<CostEntry>> {
        Ok(ctx.loaders()?.load_one(ReversalOf(self.0.id)).await?.map(CostEntry))
    }

    /// The cost statement that asked for it; null when none has.
    async fn billed_by(&self, ctx: &Context<'_>) -> Result<Option<Notice>> {
        let Some(id) = ctx.loaders()?.load_one(StatementFor(self.0.id)).await? else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Notice))
    }
}

connection!(CostEntryConnection, CostEntryEdge, CostEntry, "entries of the cost ledger");

/// What the entries of a ledger add up to.
#[derive(SimpleObject)]
pub struct Balance {
    /// Costs and fines.
    assessed: Money,
    /// Payments.
    collected: Money,
    /// What the city no longer asks for.
    waived: Money,
    /// What is still owed: assessed less collected and waived, which is the sum of all entries. Negative when more was
    /// paid than was asked.
    outstanding: Money,
}

impl From<domain::cost_ledger::Balance> for Balance {
    fn from(balance: domain::cost_ledger::Balance) -> Self {
        Self {
            assessed: balance.assessed.into(),
            collected: balance.collected.into(),
            waived: balance.waived.into(),
            outstanding: balance.outstanding().into(),
        }
    }
}

/// The balance of some totals; of none, nothing is owed.
pub fn balance_of(totals: Option<Totals>) -> Balance {
    domain::cost_ledger::Balance::of(totals.unwrap_or_default()).into()
}

/// What the entries of one kind add up to.
#[derive(SimpleObject)]
pub struct CostTotal {
    /// The kind.
    kind: CostKind,
    /// Their sum; negative for payments and waivers.
    amount: Money,
}

/// What a case cost the city, what was assessed and what came in.
pub struct CostLedger {
    case: CaseId,
    place: PropertyId,
}

impl CostLedger {
    #[must_use]
    pub fn of(case: CaseId, place: PropertyId) -> Self {
        Self { case, place }
    }
}

/// What a case cost the city, what was assessed and what came in.
#[Object]
impl CostLedger {
    /// What all entries add up to.
    async fn balance(&self, ctx: &Context<'_>) -> Result<Balance> {
        Ok(balance_of(ctx.loaders()?.load_one(CostsOfCase(self.case)).await?))
    }

    /// What the entries of each kind add up to; kinds without an entry are left out.
    async fn by_kind(&self, ctx: &Context<'_>) -> Result<Vec<CostTotal>> {
        let mut totals = ctx.loaders()?.load_one(CostsOfCase(self.case)).await?.unwrap_or_default();
        totals.sort_by_key(|(kind, _)| *kind);
        Ok(totals.into_iter().map(|(kind, cents)| CostTotal { kind, amount: cents.into() }).collect())
    }

    /// Costs that no cost statement has asked for yet.
    async fn unbilled(&self, ctx: &Context<'_>) -> Result<Money> {
        let totals = ctx.loaders()?.load_one(UnbilledOf(self.case)).await?.unwrap_or_default();
        Ok(totals.into_iter().map(|(_, cents)| cents).sum::<i64>().into())
    }

    /// The entries, the earliest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<CostEntryConnection> {
        let window = Window::forward(first, after)?;
        let until = ctx.loaders()?.loader().until().map_or(Until::Now, Until::Recorded);
        let of = Ledger::Case(self.case);
        let page = reads::costs::entries(ctx.app()?, ctx.viewer()?, of, until, &window).await?;
        Ok(CostEntryConnection::of(page, CostEntry))
    }

    /// Whether a court may order three times the costs of abatement, today.
    async fn treble_costs(&self, ctx: &Context<'_>) -> Result<TrebleCosts> {
        let loaders = ctx.loaders()?;
        let judgments = loaders.load_one(JudgmentsAt(self.place)).await?.unwrap_or_default();
        let totals = loaders.load_one(CostsOfCase(self.case)).await?.unwrap_or_default();
        let of_kind =
            |wanted| totals.iter().filter(|(kind, _)| *kind == wanted).map(|(_, cents)| cents).sum();
        Ok(TrebleCosts {
            standing: Standing::of(&judgments, ctx.app()?.today()),
            abatement_cents: of_kind(CostKind::Abatement),
            added_cents: of_kind(CostKind::TrebleCosts),
        })
    }
}

/// Whether a court may order three times the costs of abatement (Government Code 38773.7): after a second civil or criminal
/// judgment about the place within two years, which all cases at the place count towards.
pub struct TrebleCosts {
    standing: Standing,
    abatement_cents: i64,
    added_cents: i64,
}

/// Whether a court may order three times the costs of abatement (Government Code 38773.7): after a second civil or criminal
/// judgment about the place within two years, which all cases at the place count towards.
#[Object]
impl TrebleCosts {
    /// Whether there is a second judgment within two years.
    async fn available(&self) -> bool {
        self.standing.is_available()
    }

    /// The judgment that opens it and the one before it, the earlier first; the latest alone when it opens nothing.
    async fn judgments(&self) -> Vec<Judgment> {
        self.standing.judgments.iter().copied().map(Judgment).collect()
    }

    /// The first day of the two years before the latest of these judgments; null without a judgment.
    async fn look_back_from(&self) -> Option<Date> {
        self.standing.look_back_from.map(Date)
    }

    /// What abatement cost in this case, less what was taken back.
    async fn abatement_costs(&self) -> Money {
        self.abatement_cents.into()
    }

    /// Three times that.
    async fn trebled(&self) -> Money {
        (self.abatement_cents * 3).into()
    }

    /// What `trebleCostsRecord` would add now if the court ordered it; zero when it is not available.
    async fn surcharge(&self) -> Money {
        let open = self.standing.is_available();
        let cents = domain::treble_costs::surcharge(self.abatement_cents, self.added_cents);
        if open { cents.into() } else { 0.into() }
    }

    /// How it was reached, in words, and what counsel has to confirm.
    async fn explanation(&self) -> String {
        self.standing.explanation(self.abatement_cents)
    }

    /// The law.
    async fn citation(&self) -> &'static str {
        CITATION
    }

    /// Always true: the law asks whether the same owner was found responsible, and leaves out what was abated under Health
    /// & Safety Code 17980, which nothing recorded here tells.
    async fn confirm_with_counsel(&self) -> bool {
        true
    }
}

/// A civil or criminal judgment about a place.
pub struct Judgment(domain::treble_costs::Judgment);

/// A civil or criminal judgment about a place.
#[Object]
impl Judgment {
    /// The day on which the action came to ORDERED.
    async fn on(&self) -> Date {
        self.0.on.into()
    }

    /// The legal action that it was made in; it may be of another case at the place.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<Option<LegalAction>> {
        Ok(ctx.loaders()?.load_one(self.0.legal_action).await?.map(LegalAction::from))
    }
}
