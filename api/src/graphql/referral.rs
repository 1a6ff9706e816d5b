//! Hand-offs as clients see them, and the questions about them.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{
    id::{ReferralId, StaffId},
    referral::{self, Department, ReferralKind, ReferralStatus},
};

use super::{
    case::{Case, case_by_id},
    context::Ask,
    page::{connection, cost},
    scalars::Date,
    staff::{StaffMember, district_ids, staff_by_id},
};
use crate::{
    authz::Action,
    domain::referral::status_on,
    error::{Error, Result},
    reads::{self, page::Window},
};

/// A case, or a question about it, handed to somebody who accepts or declines within a time.
#[derive(Clone)]
pub struct Referral(pub referral::Model);

/// A case, or a question about it, handed to somebody who accepts or declines within a time.
#[Object]
impl Referral {
    /// Opaque.
    pub async fn id(&self) -> ReferralId {
        self.0.id
    }

    /// What is handed over.
    async fn kind(&self) -> ReferralKind {
        self.0.kind
    }

    /// Where it stands today.
    async fn status(&self, ctx: &Context<'_>) -> Result<ReferralStatus> {
        Ok(status_on(self.0.status, self.0.answer_by, ctx.today()?))
    }

    /// The case.
    async fn case(&self, ctx: &Context<'_>) -> Result<Case> {
        case_by_id(ctx, Some(self.0.case_id)).await?.ok_or(Error::NotFound("case"))
    }

    /// Who made it; null when the server did.
    async fn made_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.made_by).await
    }

    /// When it was made.
    async fn made_at(&self) -> DateTime<Utc> {
        self.0.made_at
    }

    /// The person it was handed to; null when it was a department.
    async fn to_staff(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.to_staff_id).await
    }

    /// The department it was handed to; null when it was a person.
    async fn to_department(&self) -> Option<Department> {
        self.0.to_department
    }

    /// Why it was made, or the question.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The last day for an answer; the day after, it has lapsed.
    async fn answer_by(&self) -> Date {
        self.0.answer_by.into()
    }

    /// Who accepted, declined or withdrew it.
    async fn answered_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.answered_by).await
    }

    /// When it was accepted, declined or withdrawn.
    async fn answered_at(&self) -> Option<DateTime<Utc>> {
        self.0.answered_at
    }

    /// The answer in words, or why it was declined or withdrawn.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }
}

connection!(ReferralConnection, ReferralEdge, Referral, "hand-offs");

/// What a list of hand-offs is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct ReferralFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Where they stand today.
    statuses: Option<Vec<ReferralStatus>>,
    /// Who made them.
    made_by_id: Option<StaffId>,
    /// The person they were handed to.
    to_staff_id: Option<StaffId>,
}

#[derive(Default)]
pub struct ReferralQuery;

#[Object]
impl ReferralQuery {
    /// What waits for the viewer's answer, the one to be answered first at the top: handed to them in person, or to the
    /// department for which they answer in their districts.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn waiting_on_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<ReferralConnection> {
        let viewer = ctx.viewer_who(Action::WorkCases, "waitingOnMe")?;
        let window = Window::forward(first, after)?;
        let page = reads::referrals::waiting_on(ctx.app()?, viewer, &window).await?;
        Ok(ReferralConnection::of(page, Referral))
    }

    /// Hand-offs of all cases that the viewer may see, the one to be answered first at the top.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn referrals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<ReferralFilter>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<ReferralConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "referrals")?;
        let filter = filter.unwrap_or_default();
        let filter = reads::referrals::Filter {
            districts: district_ids(ctx, filter.districts)?,
            statuses: filter.statuses,
            made_by: filter.made_by_id,
            to: filter.to_staff_id,
        };
        let window = Window::forward(first, after)?;
        let page = reads::referrals::list(ctx.app()?, viewer, &filter, &window).await?;
        Ok(ReferralConnection::of(page, Referral))
    }
}
