//! How many calls places have.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{call::CallCategory, flag_call::ExclusionReason, property, property::UseType};

use super::{
    call::CallWindowInput,
    call_loaders::{Volume, VolumeOf},
    context::Ask,
    page::{connection, cost},
    property::Property,
    scalars::Date,
    staff::district_ids,
};
use crate::{
    authz::Action,
    domain::{call_volume, day_window::Asked},
    error::{Error, Result},
    reads::{
        self,
        busy_places::{Busy, Filter},
        page::Window,
    },
};

/// What the calls at a place add up to in a window. Protected calls are in no total, category or day.
#[derive(Clone)]
pub struct CallVolume {
    qualifying: i32,
    /// None where only that was asked for, and was known.
    whole: Option<Whole>,
}

#[derive(Clone)]
struct Whole {
    from: Date,
    to: Date,
    total: i32,
    distinct_days: i32,
    protected_count: Option<i32>,
    excluded: Vec<ExclusionCount>,
    by_category: Vec<CategoryCount>,
    daily: Vec<DailyCount>,
    per_unit: Option<f64>,
    as_of: Option<DateTime<Utc>>,
}

/// What the calls at a place add up to in a window. Protected calls are in no total, category or day.
#[Object]
impl CallVolume {
    /// First day of the window.
    async fn from(&self) -> Result<Date> {
        Ok(self.whole()?.from)
    }

    /// Last day of the window.
    async fn to(&self) -> Result<Date> {
        Ok(self.whole()?.to)
    }

    /// Calls that the sources list now, without the protected ones.
    async fn total(&self) -> Result<i32> {
        Ok(self.whole()?.total)
    }

    /// Calls of a category that rules may count, at an exact address, opened by a caller, and not taken back by their
    /// disposition. A rule may count fewer of them, such as one a day.
    async fn qualifying(&self) -> i32 {
        self.qualifying
    }

    /// Days with a qualifying call.
    async fn distinct_days(&self) -> Result<i32> {
        Ok(self.whole()?.distinct_days)
    }

    /// Protected calls, summed over the whole calendar months of the window that are over, each month rounded down to a
    /// multiple of 5; null when the window has fewer than 30 days or no such month, or when the sum is 0. So neither an answer
    /// nor the difference of two tells who called for help, or when (Government Code 53165, 53165.1; 34 U.S.C. 12495).
    async fn protected_count(&self) -> Result<Option<i32>> {
        Ok(self.whole()?.protected_count)
    }

    /// Calls that do not qualify, each under the strictest reason; PROTECTED is left out where `protectedCount` is null.
    async fn excluded(&self) -> Result<&[ExclusionCount]> {
        Ok(&self.whole()?.excluded)
    }

    /// What `total` is made of, most calls first.
    async fn by_category(&self) -> Result<&[CategoryCount]> {
        Ok(&self.whole()?.by_category)
    }

    /// What `total` is made of, by day; days without a call are left out.
    async fn daily(&self) -> Result<&[DailyCount]> {
        Ok(&self.whole()?.daily)
    }

    /// Qualifying calls for each dwelling unit or guest room; null when their number is not known.
    async fn per_unit(&self) -> Result<Option<f64>> {
        Ok(self.whole()?.per_unit)
    }

    /// The newest call that any feed has told of; null when none has.
    async fn as_of(&self) -> Result<Option<DateTime<Utc>>> {
        Ok(self.whole()?.as_of)
    }
}

/// How many calls were left out for a reason.
#[derive(Clone, Copy, SimpleObject)]
pub struct ExclusionCount {
    /// The reason.
    reason: ExclusionReason,
    /// Calls.
    count: i32,
}

impl From<(ExclusionReason, i32)> for ExclusionCount {
    fn from((reason, count): (ExclusionReason, i32)) -> Self {
        Self { reason, count }
    }
}

/// How many calls were about something.
#[derive(Clone, Copy, SimpleObject)]
pub struct CategoryCount {
    /// What they were about; never a protected category.
    category: CallCategory,
    /// Calls.
    count: i32,
}

/// The calls of one day.
#[derive(Clone, Copy, SimpleObject)]
pub struct DailyCount {
    /// The city's calendar day.
    day: Date,
    /// Calls that qualify.
    qualifying: i32,
    /// All calls but the protected ones.
    total: i32,
}

impl CallVolume {
    fn whole(&self) -> Result<&Whole> {
        self.whole.as_ref().ok_or_else(|| Error::Internal("a volume of calls was not added up".to_owned()))
    }

    fn new(volume: Volume, units: Option<i32>) -> Self {
        let Volume { sums, days, as_of } = volume;
        let call_volume::CallVolume {
            total,
            qualifying,
            distinct_days,
            protected,
            excluded,
            by_category,
            daily,
        } = sums;
        let whole = Whole {
            from: days.from.into(),
            to: days.to.into(),
            total,
            distinct_days,
            protected_count: protected,
            excluded: excluded.into_iter().map(Into::into).collect(),
            by_category: by_category
                .into_iter()
                .map(|(category, count)| CategoryCount { category, count })
                .collect(),
            daily: daily
                .into_iter()
                .map(|day| DailyCount { day: day.day.into(), qualifying: day.qualifying, total: day.total })
                .collect(),
            per_unit: units.filter(|units| *units > 0).map(|units| f64::from(qualifying) / f64::from(units)),
            as_of,
        };
        Self { qualifying, whole: Some(whole) }
    }
}

/// The volume of a place, for its field.
pub async fn volume_of(ctx: &Context<'_>, place: &property::Model, asked: Asked) -> Result<CallVolume> {
    let found = ctx.loaders()?.load_one(VolumeOf { property: place.id, asked }).await?;
    let volume = found.ok_or_else(|| Error::Internal("a place without sums".to_owned()))?;
    Ok(CallVolume::new(volume, place.unit_count))
}

/// A place and its calls.
#[derive(Clone)]
pub struct PropertyCallVolume {
    place: property::Model,
    asked: Asked,
    qualifying: i32,
}

/// A place and its calls.
#[Object]
impl PropertyCallVolume {
    /// The place.
    async fn property(&self) -> Property {
        self.place.clone().into()
    }

    /// What its calls add up to in the window.
    async fn volume(&self, ctx: &Context<'_>) -> Result<CallVolume> {
        // By this the list is ordered, so it is known; whatever else is asked for is added up.
        if ctx.field().selection_set().all(|field| matches!(field.name(), "qualifying" | "__typename")) {
            return Ok(CallVolume { qualifying: self.qualifying, whole: None });
        }
        volume_of(ctx, &self.place, self.asked).await
    }
}

connection!(
    PropertyCallVolumeConnection,
    PropertyCallVolumeEdge,
    PropertyCallVolume,
    "places with their calls"
);

#[derive(Default)]
pub struct CallVolumeQuery;

#[Object]
impl CallVolumeQuery {
    /// The places with qualifying calls in a window, most calls first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn high_volume_properties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to look at.")] window: CallWindowInput,
        #[graphql(desc = "Numbers of districts; without them, all.")] districts: Option<Vec<i32>>,
        #[graphql(desc = "Uses of the places; without them, all.")] use_types: Option<Vec<UseType>>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<PropertyCallVolumeConnection> {
        // It names places, and adds up their calls.
        ctx.viewer_who(Action::ReadCases, "highVolumeProperties")?;
        let (app, viewer) = (ctx.app()?, ctx.viewer_who(Action::ReadAggregates, "highVolumeProperties")?);
        let asked = window.read()?;
        let filter = Filter { districts: district_ids(ctx, districts)?, use_types };
        let window = Window::forward(first, after)?;
        let page = reads::busy_places::busiest(app, ctx.rankings()?, viewer, asked, &filter, &window).await?;
        let node = |row: Busy| PropertyCallVolume {
            place: row.place,
            asked,
            qualifying: i32::try_from(row.qualifying).unwrap_or(i32::MAX),
        };
        Ok(PropertyCallVolumeConnection::of(page, node))
    }
}
