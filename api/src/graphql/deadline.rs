//! Deadlines as clients see them, and the question about them.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{
    deadline::{self, DeadlineKind},
    deadline_extension,
    id::{DeadlineId, StaffId},
};

use super::{
    case::Case,
    context::Ask,
    deadline_rule::DeadlineComputation,
    legal_action::LegalAction,
    loaders::{CountsOf, ExtensionsOf},
    page::{connection, cost},
    scalars::Date,
    staff::{StaffMember, district_ids, staff_by_id, staff_named},
};
use crate::{
    authz::Action,
    domain,
    error::{Error, Result},
    reads::{
        self,
        deadlines::{DeadlineRow, With},
        page::Window,
    },
};

/// A day by which something is due, before which nothing may be done, or on which a power ends.
#[derive(Clone)]
pub struct Deadline(Arc<DeadlineRow>);

impl From<DeadlineRow> for Deadline {
    fn from(row: DeadlineRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<deadline::Model> for Deadline {
    fn from(row: deadline::Model) -> Self {
        DeadlineRow::from(row).into()
    }
}

/// A day by which something is due, before which nothing may be done, or on which a power ends.
#[Object]
impl Deadline {
    /// Opaque.
    pub async fn id(&self) -> DeadlineId {
        self.0.deadline.id
    }

    /// What the day means.
    async fn kind(&self) -> DeadlineKind {
        self.0.deadline.kind
    }

    /// The case.
    async fn case(&self, ctx: &Context<'_>) -> Result<Case> {
        let row = match self.0.case.asked() {
            Some(row) => row.map(Case::from),
            None => ctx.loaders()?.load_one(self.0.deadline.case_id).await?.map(Case::from),
        };
        row.ok_or(Error::NotFound("case"))
    }

    /// The legal action that it belongs to; null for one of the case itself.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<Option<LegalAction>> {
        let Some(id) = self.0.deadline.legal_action_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(LegalAction::from))
    }

    /// What is due.
    async fn label(&self) -> &str {
        &self.0.deadline.label
    }

    /// The day.
    async fn due_on(&self) -> Date {
        self.0.deadline.due_on.into()
    }

    /// When it was met; null while it is open.
    async fn completed_on(&self) -> Option<Date> {
        self.0.deadline.completed_on.map(Date)
    }

    /// What met it; null while it is open.
    async fn met_by(&self) -> Option<&str> {
        self.0.deadline.met_by.as_deref()
    }

    /// Due, not met, and the day has passed in the city. NOT_BEFORE and EXPIRES are never overdue.
    async fn is_overdue(&self, ctx: &Context<'_>) -> Result<bool> {
        let deadline = &self.0.deadline;
        let today = ctx.today()?;
        Ok(domain::deadline::is_overdue(deadline.kind, deadline.due_on, deadline.completed_on, today))
    }

    /// Who sees to it; null for nobody in particular.
    async fn responsible(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        match self.0.responsible.asked() {
            Some(row) => Ok(row.map(StaffMember::from)),
            None => staff_by_id(ctx, self.0.deadline.responsible_id).await,
        }
    }

    /// How the day was counted, with every step; null for a deadline set by hand or named by a court order. It tells the
    /// last count: an extension by people changes `dueOn` only.
    async fn computation(&self, ctx: &Context<'_>) -> Result<Option<DeadlineComputation>> {
        let counts = ctx.loaders()?.load_one(CountsOf(self.0.deadline.id)).await?.unwrap_or_default();
        Ok(counts.into_iter().next_back().map(DeadlineComputation::from))
    }

    /// Every move to another day, the first one first: extended by people, or moved along with its hearing.
    async fn extensions(&self, ctx: &Context<'_>) -> Result<Vec<DeadlineExtension>> {
        let rows = ctx.loaders()?.load_one(ExtensionsOf(self.0.deadline.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(DeadlineExtension).collect())
    }
}

/// One move of a deadline to another day; never changed once written.
pub struct DeadlineExtension(deadline_extension::Model);

/// One move of a deadline to another day; never changed once written.
#[Object]
impl DeadlineExtension {
    /// The day it was due on before.
    async fn from(&self) -> Date {
        self.0.from_on.into()
    }

    /// The day it is due on since then.
    async fn to(&self) -> Date {
        self.0.to_on.into()
    }

    /// Why: as stated, or which hearing it moved with.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who extended it, or who recorded what moved it.
    async fn by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.extended_by).await
    }

    /// When the server learned it.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }
}

connection!(DeadlineConnection, DeadlineEdge, Deadline, "deadlines");

/// What a list of deadlines is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct DeadlineFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Who sees to it.
    responsible_id: Option<StaffId>,
    /// Not met yet, or met.
    open: Option<bool>,
    /// Due, not met, and the day has passed; or not so.
    overdue: Option<bool>,
    /// Due on that day or later.
    due_from: Option<Date>,
    /// Due on that day or earlier.
    due_to: Option<Date>,
}

impl DeadlineFilter {
    fn read(self, ctx: &Context<'_>) -> Result<reads::deadlines::Filter> {
        Ok(reads::deadlines::Filter {
            districts: district_ids(ctx, self.districts)?,
            responsible: self.responsible_id,
            open: self.open,
            overdue: self.overdue,
            due_from: self.due_from.map(Into::into),
            due_to: self.due_to.map(Into::into),
        })
    }
}

#[derive(Default)]
pub struct DeadlineQuery;

#[Object]
impl DeadlineQuery {
    /// Deadlines of all cases that the viewer may see, the earliest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<DeadlineFilter>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<DeadlineConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "deadlines")?;
        let filter = filter.unwrap_or_default().read(ctx)?;
        let window = Window::forward(first, after)?;
        let with = With { case: ctx.nodes_want("case"), responsible: ctx.nodes_want("responsible") };
        let page = reads::deadlines::list(ctx.app()?, viewer, &filter, &window, with).await?;
        Ok(DeadlineConnection::of(page, Deadline::from))
    }
}
