//! Questions about money: what is owed on a day, and what nobody was asked for.

use async_graphql::{Context, Object, OneofObject};
use chrono::NaiveDate;
use entity::id::{CaseId, PropertyId};

use super::{
    context::Ask,
    cost::{Balance, CostEntry, CostEntryConnection},
    page::cost,
    scalars::Date,
    staff::district_ids,
};
use crate::{
    authz::Action,
    domain::{self, cost_ledger::payoff_in_words},
    error::{Error, Result},
    reads::{
        self,
        costs::{Ledger, Until},
        page::Window,
    },
};

/// Whose payoff is asked for.
#[derive(OneofObject)]
pub enum PayoffOf {
    /// One case.
    CaseId(CaseId),
    /// All cases at a place.
    PropertyId(PropertyId),
}

/// What must be paid to be even, as of a day, and every entry that it rests on.
pub struct PayoffStatement {
    ledger: Ledger,
    on: NaiveDate,
    balance: domain::cost_ledger::Balance,
}

/// What must be paid to be even, as of a day, and every entry that it rests on.
#[Object]
impl PayoffStatement {
    /// The last day whose entries count.
    async fn on(&self) -> Date {
        self.on.into()
    }

    /// What the entries up to that day add up to.
    async fn balance(&self) -> Balance {
        self.balance.into()
    }

    /// The same in one sentence.
    async fn words(&self) -> String {
        payoff_in_words(self.balance, self.on)
    }

    /// Every entry dated up to that day, the earliest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<CostEntryConnection> {
        let window = Window::forward(first, after)?;
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let page = reads::costs::entries(app, viewer, self.ledger, Until::Dated(self.on), &window).await?;
        Ok(CostEntryConnection::of(page, CostEntry))
    }
}

#[derive(Default)]
pub struct CostQuery;

#[Object]
impl CostQuery {
    /// What is owed in a case, or at a place, on a day; also one to come, as far as it is recorded now. Error NOT_FOUND when
    /// there is no such case or place that the viewer may see.
    async fn payoff_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case or the place.")] of: PayoffOf,
        #[graphql(desc = "The last day whose entries count.")] on: Date,
    ) -> Result<PayoffStatement> {
        let viewer = ctx.viewer_who(Action::ReadCases, "payoffStatement")?;
        let loaders = ctx.loaders()?;
        let ledger = match of {
            PayoffOf::CaseId(id) => {
                loaders.load_one(id).await?.ok_or(Error::NotFound("case"))?;
                Ledger::Case(id)
            }
            PayoffOf::PropertyId(id) => {
                loaders.load_one(id).await?.ok_or(Error::NotFound("place"))?;
                Ledger::Place(id)
            }
        };
        let totals = reads::costs::totals(&ctx.app()?.db, viewer, ledger, Some(on.0)).await?;
        let totals = totals.into_iter().map(|total| (total.kind, total.cents));
        Ok(PayoffStatement { ledger, on: on.0, balance: domain::cost_ledger::Balance::of(totals) })
    }

    /// Costs that no cost statement has asked for yet and that were not taken back, the earliest first. Fines are asked for
    /// by their citation or order and are not among them.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn unbilled_costs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Numbers of districts; all when left out.")] districts: Option<Vec<i32>>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<CostEntryConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "unbilledCosts")?;
        let districts = district_ids(ctx, districts)?;
        let window = Window::forward(first, after)?;
        let page = reads::costs::unbilled(ctx.app()?, viewer, districts, &window).await?;
        Ok(CostEntryConnection::of(page, CostEntry))
    }
}
