//! Cases by id, by number, and in lists.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use entity::{
    case::{CasePriority, CaseStage},
    case_kind::CaseKind,
    id::{CaseId, PropertyId, StaffId},
};
use sea_orm::Order;

use super::{
    as_of::refuse_only_now,
    at_once::AtOnce,
    case::{Case, CaseConnection},
    context::Ask,
    page::cost,
    scalars::Date,
    staff::district_ids,
};
use crate::{
    authz::Action,
    error::{Error, Result},
    reads::{self, cases::With, page::Window},
};

/// A case by its id or its number.
#[derive(OneofObject)]
pub enum CaseRef {
    /// Opaque id.
    Id(CaseId),
    /// The number people use.
    Number(String),
}

/// What a list of cases is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct CaseFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Stages.
    stages: Option<Vec<CaseStage>>,
    /// Cases of any of these kinds.
    kinds: Option<Vec<CaseKind>>,
    /// Priorities.
    priorities: Option<Vec<CasePriority>>,
    /// Who works it.
    assignee_id: Option<StaffId>,
    /// The place.
    property_id: Option<PropertyId>,
    /// Open or closed.
    open: Option<bool>,
    /// Open and without recorded activity for the city's stale period, or not so.
    stale: Option<bool>,
    /// The next action is due before that day.
    next_action_before: Option<Date>,
    /// Opened at or after.
    opened_from: Option<DateTime<Utc>>,
    /// Opened before.
    opened_to: Option<DateTime<Utc>>,
    /// Whether a legal action was ever referred.
    has_legal_action: Option<bool>,
    /// Nobody has looked at the place although the time for it is over: `responseTarget` is LATE. Or not so.
    response_late: Option<bool>,
    /// Part of number, title, address, parcel number or a party's name.
    text: Option<String>,
}

impl CaseFilter {
    pub fn read(self, ctx: &Context<'_>) -> Result<reads::cases::Filter> {
        Ok(reads::cases::Filter {
            districts: district_ids(ctx, self.districts)?,
            stages: self.stages,
            kinds: self.kinds,
            priorities: self.priorities,
            assignee: self.assignee_id,
            property: self.property_id,
            open: self.open,
            stale: self.stale,
            next_action_before: self.next_action_before.map(Into::into),
            opened_from: self.opened_from,
            opened_to: self.opened_to,
            has_legal_action: self.has_legal_action,
            response_late: self.response_late,
            text: self.text,
        })
    }
}

/// What a list of cases is sorted by; cases without a value come last.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "reads::cases::SortKey")]
pub enum CaseSortKey {
    /// When the case was opened.
    OpenedAt,
    /// The day of the next action.
    NextActionOn,
    /// Urgency.
    Priority,
    /// Last recorded activity.
    UpdatedAt,
}

/// Up or down.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SortDirection {
    /// Smallest, oldest or least urgent first.
    Asc,
    /// Largest, newest or most urgent first.
    Desc,
}

/// One column of an order.
#[derive(InputObject)]
pub struct CaseSort {
    /// The column.
    by: CaseSortKey,
    /// Up or down.
    #[graphql(default_with = "SortDirection::Desc")]
    direction: SortDirection,
}

#[derive(Default)]
pub struct CaseQuery;

#[Object]
impl CaseQuery {
    /// One case. Error NOT_FOUND when there is none that the viewer may see.
    ///
    /// With `asOf`, the case as the city knew it at the end of that day, for discovery and records requests: what was recorded
    /// later is left out, whenever it happened, and what that changed is shown as it stood. This holds for all that is asked
    /// below it. Who may see it is as of now; people, parties, districts and remedies are named as they are now. What is only
    /// known as it is now, such as `allowedTransitions`, is refused with BAD_INPUT, and so is a day that is still to come.
    /// NOT_FOUND also when nothing of the case was known on that day.
    async fn case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id or number.")] by: CaseRef,
        #[graphql(
            desc = "A day of the city: the case as it was known when that day ended, or until now. Now when left out."
        )]
        as_of: Option<Date>,
    ) -> Result<Option<AtOnce<Case>>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer_who(Action::ReadCases, "case")?);
        let with = With {
            property: as_of.is_none() && ctx.wants("property"),
            assignee: as_of.is_none() && ctx.wants("assignee"),
        };
        let day = match as_of {
            Some(on) => {
                refuse_only_now(ctx)?;
                Some(reads::as_of::day(app, on.into())?)
            }
            None => None,
        };
        let found = match by {
            CaseRef::Id(id) => reads::cases::by_id(app, viewer, id, with).await?,
            CaseRef::Number(number) => reads::cases::by_number(app, viewer, number.trim(), with).await?,
        };
        let row = found.ok_or(Error::NotFound("case"))?;
        let Some(day) = day else { return Ok(Some(AtOnce(row.into()))) };
        let known = reads::as_of::cases(app, viewer, vec![row.case], day).await?.pop();
        let (case, record) = known.ok_or(Error::NothingKnown(day.on))?;
        ctx.go_back(record)?;
        Ok(Some(AtOnce(case.into())))
    }

    /// Cases that the viewer may see, newest first unless sorted otherwise.
    #[graphql(complexity = "cost(first.or(last), child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of a Relay list")]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<CaseFilter>,
        #[graphql(desc = "What to sort by.")] sort: Option<Vec<CaseSort>>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor to end before.")] before: Option<String>,
    ) -> Result<CaseConnection> {
        ctx.viewer_who(Action::ReadCases, "cases")?;
        let filter = filter.unwrap_or_default().read(ctx)?;
        list(ctx, filter, sort, &Window::new(first, after, last, before)?).await
    }
}

/// A page of cases for any field that has one.
pub async fn list(
    ctx: &Context<'_>,
    filter: reads::cases::Filter,
    sort: Option<Vec<CaseSort>>,
    window: &Window,
) -> Result<CaseConnection> {
    let sort: Vec<_> =
        sort.unwrap_or_default().into_iter().map(|sort| (sort.by.into(), sort.direction.into())).collect();
    let with = With { property: ctx.nodes_want("property"), assignee: ctx.nodes_want("assignee") };
    let page = reads::cases::list(ctx.app()?, ctx.viewer()?, &filter, &sort, window, with).await?;
    Ok(CaseConnection::of(page, Case::from))
}

impl From<SortDirection> for Order {
    fn from(direction: SortDirection) -> Self {
        match direction {
            SortDirection::Asc => Self::Asc,
            SortDirection::Desc => Self::Desc,
        }
    }
}
