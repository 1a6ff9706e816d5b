//! Questions about legal actions across the city.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    id::{LegalActionId, StaffId},
    legal_action::{LegalActionKind, LegalActionStatus},
};

use super::{
    context::Ask,
    legal_action::{LegalAction, LegalActionConnection, with},
    page::cost,
    scalars::Date,
    staff::{StaffMember, district_ids},
};
use crate::{
    authz::Action,
    error::{Error, Result},
    reads::{self, legal_action_summary::SummaryRow, page::Window},
};

/// What a list of legal actions is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct LegalActionFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Kinds.
    kinds: Option<Vec<LegalActionKind>>,
    /// Statuses.
    statuses: Option<Vec<LegalActionStatus>>,
    /// The responsible attorney.
    attorney_id: Option<StaffId>,
    /// Ended or not.
    #[graphql(name = "final")]
    is_final: Option<bool>,
    /// Filed on that day or later.
    filed_from: Option<Date>,
    /// Filed on that day or earlier.
    filed_to: Option<Date>,
    /// With a hearing, held or still to be held, on that day or later; with `hearingTo`, one hearing lies between.
    hearing_from: Option<Date>,
    /// With a hearing, held or still to be held, on that day or earlier.
    hearing_to: Option<Date>,
    /// With an open deadline that had to be met before today, or without one.
    overdue: Option<bool>,
    /// Part of the case's number or title, the court's case number, or an address of the place.
    text: Option<String>,
}

impl LegalActionFilter {
    fn read(self, ctx: &Context<'_>) -> Result<reads::legal_actions::Filter> {
        let filter = reads::legal_actions::Filter {
            districts: district_ids(ctx, self.districts)?,
            kinds: self.kinds,
            statuses: self.statuses,
            attorney: self.attorney_id,
            is_final: self.is_final,
            filed_from: self.filed_from.map(Into::into),
            filed_to: self.filed_to.map(Into::into),
            hearing_from: self.hearing_from.map(Into::into),
            hearing_to: self.hearing_to.map(Into::into),
            overdue: self.overdue,
            text: self.text,
        };
        for (name, from, to) in [
            ("filed", filter.filed_from, filter.filed_to),
            ("hearing", filter.hearing_from, filter.hearing_to),
        ] {
            if let (Some(from), Some(to)) = (from, to)
                && from > to
            {
                return Err(Error::BadInput(format!(
                    "`{name}From` is {from}, which is after `{name}To`, {to}."
                )));
            }
        }
        Ok(filter)
    }
}

/// What legal actions are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "reads::legal_action_summary::Grouping")]
pub enum LegalActionGrouping {
    /// By the case's district.
    District,
    /// By the kind of action.
    Kind,
    /// By where it stands.
    Status,
    /// By the responsible attorney.
    Attorney,
}

/// One group of legal actions; a field that was not grouped by is null.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LegalActionSummaryRow {
    /// Number of the district.
    district: Option<i32>,
    /// The kind of action.
    kind: Option<LegalActionKind>,
    /// Where they stand.
    status: Option<LegalActionStatus>,
    #[graphql(skip)]
    attorney_id: Option<StaffId>,
    /// How many there are.
    count: i32,
    /// Open deadlines of these actions that had to be met before today.
    overdue_deadlines: i32,
    /// Since when the one that has not moved for the longest time stands where it does.
    oldest_status_since: Option<DateTime<Utc>>,
}

#[async_graphql::ComplexObject]
impl LegalActionSummaryRow {
    /// The responsible attorney; null, where it was grouped by, for the actions that are nobody's.
    async fn attorney(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.attorney_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
    }
}

#[derive(Default)]
pub struct LegalActionQuery;

#[Object]
impl LegalActionQuery {
    /// One legal action. Error NOT_FOUND when there is none that the viewer may see.
    async fn legal_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: LegalActionId,
    ) -> Result<Option<LegalAction>> {
        let viewer = ctx.viewer_who(Action::ReadCases, "legalAction")?;
        let found = reads::legal_actions::by_id(ctx.app()?, viewer, id, with(&[ctx.look_ahead()])).await?;
        found.map(|row| Some(row.into())).ok_or(Error::NotFound("legal action"))
    }

    /// Legal actions that the viewer may see, by the day of what is next; those with nothing ahead come last.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn legal_actions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<LegalActionFilter>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<LegalActionConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "legalActions")?;
        let window = Window::forward(first, after)?;
        let filter = filter.unwrap_or_default().read(ctx)?;
        let ahead = ctx.look_ahead();
        let with = with(&[ahead.field("nodes"), ahead.field("edges").field("node")]);
        let page = reads::legal_actions::list(ctx.app()?, viewer, &filter, &window, with).await?;
        Ok(LegalActionConnection::of(page, LegalAction::from))
    }

    /// Legal actions counted in groups, in the order of district, kind, status and attorney.
    #[graphql(complexity = "cost(None, child_complexity)")]
    async fn legal_action_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which legal actions to count.")] filter: Option<LegalActionFilter>,
        #[graphql(desc = "What to group by; with nothing, one row counts them all.")] group_by: Vec<
            LegalActionGrouping,
        >,
    ) -> Result<Vec<LegalActionSummaryRow>> {
        let viewer = ctx.viewer_who(Action::ReadCases, "legalActionSummary")?;
        let app = ctx.app()?;
        let filter = filter.unwrap_or_default().read(ctx)?;
        let group_by: Vec<_> = group_by.into_iter().map(Into::into).collect();
        let rows = reads::legal_action_summary::summary(app, viewer, &filter, &group_by).await?;
        let row = |row: SummaryRow| LegalActionSummaryRow {
            district: row.district_id.and_then(|id| app.city.district(id)).map(|district| district.number),
            kind: row.kind,
            status: row.status,
            attorney_id: row.attorney_id,
            count: i32::try_from(row.count).unwrap_or(i32::MAX),
            overdue_deadlines: i32::try_from(row.overdue_deadlines).unwrap_or(i32::MAX),
            oldest_status_since: row.oldest_status_since,
        };
        let mut rows: Vec<_> = rows.into_iter().map(row).collect();
        rows.sort_by_key(|row| (row.district, row.kind, row.status, row.attorney_id));
        Ok(rows)
    }
}
