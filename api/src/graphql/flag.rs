//! Flags as clients see them, and why each call counted or not.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{
    call,
    flag::{self, FlagStatus},
    flag_call::{self, ExclusionReason},
    id::{FlagId, PropertyId},
    nuisance_rule,
    property::{self, UseType},
};

use super::{
    call::Call,
    call_challenge::CallChallenge,
    call_loaders::ProtectedCallsAt,
    call_volume::ExclusionCount,
    case::{Case, case_by_id},
    context::Ask,
    flag_event::FlagEvent,
    loaders::{CallsOfFlag, ChallengesOfCall, HistoryOf},
    nuisance_rule::NuisanceRule,
    page::{connection, cost},
    property::Property,
    scalars::Date,
    staff::{StaffMember, district_ids},
};
use crate::{
    authz::Action,
    domain::{call_count::Counted, call_volume::left_out, flag_clearing, flag_review},
    error::{Error, Result},
    reads::{
        self,
        flags::{FlagRow, ListedCall, With},
        page::Window,
    },
};

/// A place whose calls crossed a rule's threshold: a signal for people to review, never a designation.
#[derive(Clone)]
pub struct Flag(Arc<FlagRow>);

impl From<FlagRow> for Flag {
    fn from(row: FlagRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<flag::Model> for Flag {
    fn from(row: flag::Model) -> Self {
        FlagRow::from(row).into()
    }
}

/// A place whose calls crossed a rule's threshold: a signal for people to review, never a designation.
#[Object]
impl Flag {
    /// Opaque.
    pub async fn id(&self) -> FlagId {
        self.0.flag.id
    }

    /// Rises with every change, also of the calls it rests on; send it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.flag.version
    }

    /// Where it stands.
    async fn status(&self) -> FlagStatus {
        self.0.flag.status
    }

    /// The place.
    async fn property(&self, ctx: &Context<'_>) -> Result<Property> {
        place(ctx, &self.0).await.map(Property::from)
    }

    /// The rule, in the version that raised it.
    async fn rule(&self, ctx: &Context<'_>) -> Result<NuisanceRule> {
        rule(ctx, &self.0).await.map(|rule| NuisanceRule(Arc::unwrap_or_clone(rule)))
    }

    /// When it was raised.
    async fn raised_at(&self) -> DateTime<Utc> {
        self.0.flag.raised_at
    }

    /// First day of the window that was counted; later than the rule's own where the rule took effect or calls were
    /// reviewed before within it.
    async fn window_from(&self) -> Date {
        self.0.flag.window_from.into()
    }

    /// Last day of the window that was counted.
    async fn window_to(&self) -> Date {
        self.0.flag.window_to.into()
    }

    /// What the rule measured: calls, days, or calls per unit.
    async fn measured(&self) -> f64 {
        self.0.flag.measured
    }

    /// What it was held against.
    async fn threshold(&self) -> f64 {
        self.0.flag.threshold
    }

    /// What it rests on, call by call.
    async fn explanation(&self, ctx: &Context<'_>) -> Result<FlagExplanation> {
        let listed = ctx.loaders()?.load_one(CallsOfFlag(self.0.flag.id)).await?.unwrap_or_default();
        Ok(FlagExplanation { flag: self.0.clone(), listed })
    }

    /// Who reviewed it.
    async fn reviewed_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.flag.reviewed_by else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
    }

    /// When it was reviewed.
    async fn reviewed_at(&self) -> Option<DateTime<Utc>> {
        self.0.flag.reviewed_at
    }

    /// Why it was confirmed or dismissed.
    async fn review_reason(&self) -> Option<&str> {
        self.0.flag.review_reason.as_deref()
    }

    /// What became of it and why, in the order in which it happened.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<FlagEvent>> {
        let rows = ctx.loaders()?.load_one(HistoryOf(self.0.flag.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(FlagEvent).collect())
    }

    /// Challenges of the calls that it lists.
    async fn challenges(&self, ctx: &Context<'_>) -> Result<Vec<CallChallenge>> {
        let listed = ctx.loaders()?.load_one(CallsOfFlag(self.0.flag.id)).await?.unwrap_or_default();
        let calls = listed.iter().map(|row| ChallengesOfCall(row.call.id));
        let found = ctx.loaders()?.load_many(calls).await?;
        let mut rows: Vec<_> = found.into_values().flatten().collect();
        rows.sort_by_key(|row| (row.recorded_at, row.id));
        Ok(rows.into_iter().map(CallChallenge).collect())
    }

    /// The case that was opened from it.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        case_by_id(ctx, self.0.flag.case_id).await
    }
}

async fn place(ctx: &Context<'_>, row: &FlagRow) -> Result<Arc<property::Model>> {
    let found = match row.property.asked() {
        Some(place) => place,
        None => ctx.loaders()?.load_one(row.flag.property_id).await?.map(Arc::new),
    };
    found.ok_or(Error::NotFound("place"))
}

async fn rule(ctx: &Context<'_>, row: &FlagRow) -> Result<Arc<nuisance_rule::Model>> {
    let found = match row.rule.asked() {
        Some(rule) => rule,
        None => ctx.loaders()?.load_one(row.flag.rule_id).await?.map(Arc::new),
    };
    found.ok_or(Error::NotFound("rule"))
}

/// What a flag rests on: each call that was looked at, counted or not and why. Protected calls are not listed, only
/// summed in `excludedByReason`, by the rule of `CallVolume.protectedCount`.
pub struct FlagExplanation {
    flag: Arc<FlagRow>,
    listed: Vec<ListedCall>,
}

/// What a flag rests on: each call that was looked at, counted or not and why. Protected calls are not listed, only
/// summed in `excludedByReason`, by the rule of `CallVolume.protectedCount`.
#[Object]
impl FlagExplanation {
    /// The calls that count, oldest first.
    async fn counted(&self) -> Vec<FlagCall> {
        self.listed.iter().filter(|call| call.listed.counted).cloned().map(FlagCall::from).collect()
    }

    /// The calls that do not, oldest first.
    async fn excluded(&self) -> Vec<FlagCall> {
        self.listed.iter().filter(|call| !call.listed.counted).cloned().map(FlagCall::from).collect()
    }

    /// How many calls were left out for each reason.
    async fn excluded_by_reason(&self, ctx: &Context<'_>) -> Result<Vec<ExclusionCount>> {
        let flag = &self.flag.flag;
        let window = flag_review::window(flag);
        let protected = ctx.loaders()?.load_one(ProtectedCallsAt(flag.property_id, window)).await?;
        let reasons = self.listed.iter().filter_map(|call| call.listed.reason);
        Ok(left_out(reasons, protected).into_iter().map(Into::into).collect())
    }

    /// The newest call that any feed had told of when this was counted.
    async fn data_as_of(&self) -> DateTime<Utc> {
        self.flag.flag.data_as_of
    }

    /// The day on which the counted calls reached the threshold; null when they no longer do.
    async fn reached_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let (rule, place) = (rule(ctx, &self.flag).await?, place(ctx, &self.flag).await?);
        Ok(flag_clearing::reached_on(&rule, place.unit_count, &self.calls_that_count()).map(Into::into))
    }

    /// What would have to happen for the flag to clear, in words.
    async fn would_clear_when(&self, ctx: &Context<'_>) -> Result<String> {
        let (rule, place) = (rule(ctx, &self.flag).await?, place(ctx, &self.flag).await?);
        Ok(flag_clearing::would_clear_when(&rule, place.unit_count, &self.calls_that_count()))
    }
}

impl FlagExplanation {
    fn calls_that_count(&self) -> Vec<Counted> {
        let counted = self.listed.iter().filter(|call| call.listed.counted).map(|call| &call.call);
        counted.map(|call| Counted { day: call.occurred_on, category: call.category }).collect()
    }
}

/// One call that a flag looked at.
pub struct FlagCall {
    listed: flag_call::Model,
    call: call::Model,
}

/// One call that a flag looked at.
#[Object]
impl FlagCall {
    /// The call.
    async fn call(&self) -> Call {
        Call(self.call.clone())
    }

    /// Whether it counts.
    async fn counted(&self) -> bool {
        self.listed.counted
    }

    /// Why it does not; the strictest of several reasons.
    async fn reason(&self) -> Option<ExclusionReason> {
        self.listed.reason
    }

    /// What the review, or the decision of a challenge, said of it.
    async fn review_note(&self) -> Option<&str> {
        self.listed.review_note.as_deref()
    }

    /// The newest challenge of it.
    async fn challenge(&self, ctx: &Context<'_>) -> Result<Option<CallChallenge>> {
        let rows = ctx.loaders()?.load_one(ChallengesOfCall(self.call.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next_back().map(CallChallenge))
    }
}

impl From<ListedCall> for FlagCall {
    fn from(row: ListedCall) -> Self {
        Self { listed: row.listed, call: row.call }
    }
}

connection!(FlagConnection, FlagEdge, Flag, "flags");

/// What a list of flags is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct FlagFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Statuses.
    statuses: Option<Vec<FlagStatus>>,
    /// Uses of the places.
    use_types: Option<Vec<UseType>>,
}

#[derive(Default)]
pub struct FlagQuery;

#[Object]
impl FlagQuery {
    /// Flags that the viewer may see, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn flags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<FlagFilter>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<FlagConnection> {
        let filter = filter.unwrap_or_default();
        let filter = reads::flags::Filter {
            districts: district_ids(ctx, filter.districts)?,
            statuses: filter.statuses,
            use_types: filter.use_types,
            property: None,
        };
        list(ctx, &filter, &Window::forward(first, after)?).await
    }
}

async fn list(ctx: &Context<'_>, filter: &reads::flags::Filter, window: &Window) -> Result<FlagConnection> {
    let viewer = ctx.viewer_who(Action::ReadCalls, "flags")?;
    let with = With { property: ctx.nodes_want("property"), rule: ctx.nodes_want("rule") };
    let page = reads::flags::list(ctx.app()?, viewer, filter, window, with).await?;
    Ok(FlagConnection::of(page, Flag::from))
}

/// A page of the flags of a place, for its field.
pub async fn flags_of(ctx: &Context<'_>, property: PropertyId, window: &Window) -> Result<FlagConnection> {
    let filter = reads::flags::Filter { property: Some(property), ..reads::flags::Filter::default() };
    list(ctx, &filter, window).await
}

/// The flag behind an id, if there is one and the viewer may see it.
pub async fn flag_by_id(ctx: &Context<'_>, id: FlagId) -> Result<Option<Flag>> {
    Ok(ctx.loaders()?.load_one(id).await?.map(Flag::from))
}
