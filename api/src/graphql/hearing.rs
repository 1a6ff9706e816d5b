//! Hearings as clients see them, and the docket.

use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    hearing::{self, HearingStatus},
    id::{HearingId, StaffId},
};

use super::{
    at_once::AtOnce,
    context::Ask,
    legal_action::{LegalAction, with},
    loaders::{ConflictsOf, ContinuedInto},
    page::{connection, cost},
    scalars::Date,
    staff::district_ids,
};
use crate::{
    authz::Action,
    error::{Error, Result},
    reads::{
        self,
        hearings::{Docket, HearingRow},
        page::Window,
    },
};

/// A hearing in a legal action.
#[derive(Clone)]
pub struct Hearing(Arc<HearingRow>);

impl From<HearingRow> for Hearing {
    fn from(row: HearingRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<hearing::Model> for Hearing {
    fn from(row: hearing::Model) -> Self {
        HearingRow::from(row).into()
    }
}

/// A hearing in a legal action.
#[Object]
impl Hearing {
    /// Opaque.
    pub async fn id(&self) -> HearingId {
        self.0.hearing.id
    }

    /// Rises with every change of the hearing.
    async fn version(&self) -> i32 {
        self.0.hearing.version
    }

    /// The legal action that is heard.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<AtOnce<LegalAction>> {
        let row = match self.0.action.asked() {
            Some(row) => row.map(LegalAction::from),
            None => ctx.loaders()?.load_one(self.0.hearing.legal_action_id).await?.map(LegalAction::from),
        };
        row.map(AtOnce).ok_or(Error::NotFound("legal action"))
    }

    /// When it starts.
    async fn starts_at(&self) -> DateTime<Utc> {
        self.0.hearing.starts_at
    }

    /// The court or hearing officer.
    async fn court(&self) -> &str {
        &self.0.hearing.court
    }

    /// The department or room.
    async fn department(&self) -> Option<&str> {
        self.0.hearing.department.as_deref()
    }

    /// What it is about.
    async fn purpose(&self) -> &str {
        &self.0.hearing.purpose
    }

    /// Whether it is to be held, and otherwise how it ended.
    async fn status(&self) -> HearingStatus {
        self.0.hearing.status
    }

    /// What came of it, or why it was vacated.
    async fn outcome(&self) -> Option<&str> {
        self.0.hearing.outcome.as_deref()
    }

    /// The hearing that goes on where this one was continued.
    async fn continued_to(&self, ctx: &Context<'_>) -> Result<Option<Hearing>> {
        let Some(id) = self.0.hearing.continued_to_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Hearing::from))
    }

    /// The hearing that was continued to this one; null for the first of its chain.
    async fn continued_from(&self, ctx: &Context<'_>) -> Result<Option<Hearing>> {
        let row = ctx.loaders()?.load_one(ContinuedInto(self.0.hearing.id)).await?;
        Ok(row.map(Hearing::from))
    }

    /// Scheduled hearings that the responsible attorney cannot be at as well: they start less than an hour apart, in another
    /// court or department. Empty for a hearing that is not to be held, or whose action has no attorney.
    async fn conflicts(&self, ctx: &Context<'_>) -> Result<Vec<Hearing>> {
        let rows = ctx.loaders()?.load_one(ConflictsOf(self.0.hearing.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Hearing::from).collect())
    }
}

connection!(HearingConnection, HearingEdge, Hearing, "hearings");

#[derive(Default)]
pub struct HearingQuery;

#[Object]
impl HearingQuery {
    /// The hearings that are scheduled between two days of the city's calendar, by when they start.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of a Relay list")]
    async fn docket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day.")] to: Date,
        #[graphql(desc = "Numbers of districts; without them, all.")] districts: Option<Vec<i32>>,
        #[graphql(desc = "Only hearings of actions that this attorney is responsible for.")]
        attorney_id: Option<StaffId>,
        #[graphql(desc = "Only hearings of this court, by its whole name; capitals make no difference.")]
        court: Option<String>,
        #[graphql(
            desc = "Only hearings in this department, by its whole name; capitals make no difference."
        )]
        department: Option<String>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<HearingConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "docket")?;
        let window = Window::forward(first, after)?;
        let docket = Docket {
            from: from.into(),
            to: to.into(),
            districts: district_ids(ctx, districts)?,
            attorney: attorney_id,
            court,
            department,
        };
        let ahead = ctx.look_ahead();
        let actions = [
            ahead.field("nodes").field("legalAction"),
            ahead.field("edges").field("node").field("legalAction"),
        ];
        let with = actions.iter().any(async_graphql::Lookahead::exists).then(|| with(&actions));
        let page = reads::hearings::docket(ctx.app()?, viewer, &docket, &window, with).await?;
        Ok(HearingConnection::of(page, Hearing::from))
    }
}
