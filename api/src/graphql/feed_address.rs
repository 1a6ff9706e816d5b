//! What is told of a feed's addresses and months, and the linking of an address to a place.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    feed,
    id::{FeedId, PropertyId},
    staff::StaffRole,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    loaders::Loaders,
    property::{Property, property_by_id},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::feed_span,
    error::{Error, Result},
    reads::{self, feed_addresses::Newest, page::MOST},
    writes::{self, idempotency},
};

/// Sums below this are not shown to commissioners.
const SMALLEST_SHOWN: i64 = 5;

/// An exact address at which a feed had calls and which no place has.
#[derive(SimpleObject)]
pub struct UnmatchedAddress {
    /// The address in normal form, without a unit; what `addressAliasLink` takes.
    address: String,
    /// Calls from there in the last 30 days of the feed's data; protected calls are not counted.
    calls: i32,
    /// When the newest of these calls happened.
    newest_at: DateTime<Utc>,
}

/// The calls that a feed has told of in one month.
#[derive(SimpleObject)]
pub struct MonthOfCalls {
    /// The month in the feed's own time zone, such as `2021-09`.
    month: String,
    /// Calls of that month; null for a commissioner when there are from one to four.
    calls: Option<i32>,
}

/// How many of a feed's newest calls found their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatchedOf(Newest);

impl Loader<MatchedOf> for Loaders {
    type Value = reads::feed_addresses::Matched;
    type Error = Error;
    async fn load(&self, keys: &[MatchedOf]) -> Result<HashMap<MatchedOf, Self::Value>> {
        let feeds: Vec<Newest> = keys.iter().map(|key| key.0).collect();
        let sums = reads::feed_addresses::matched_of(&self.app, &feeds).await?;
        let sums: HashMap<FeedId, Self::Value> = sums.into_iter().map(|sums| (sums.feed_id, sums)).collect();
        Ok(keys.iter().filter_map(|key| Some((*key, sums.get(&key.0.0)?.clone()))).collect())
    }
}

/// The addresses of a feed's newest calls that no place has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnmatchedOf(Newest);

impl Loader<UnmatchedOf> for Loaders {
    type Value = Vec<reads::feed_addresses::Unmatched>;
    type Error = Error;
    async fn load(&self, keys: &[UnmatchedOf]) -> Result<HashMap<UnmatchedOf, Self::Value>> {
        let feeds: Vec<Newest> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<FeedId, Self::Value> = HashMap::new();
        for address in reads::feed_addresses::unmatched_of(&self.app, &self.viewer, &feeds).await? {
            found.entry(address.feed_id).or_default().push(address);
        }
        Ok(keys.iter().filter_map(|key| Some((*key, found.remove(&key.0.0)?))).collect())
    }
}

/// A feed's calls in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallsIn(FeedId, feed_span::Month);

impl Loader<CallsIn> for Loaders {
    type Value = i64;
    type Error = Error;
    async fn load(&self, keys: &[CallsIn]) -> Result<HashMap<CallsIn, i64>> {
        let months: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let calls = reads::feed_months::calls_in(&self.app, &months).await?;
        Ok(keys.iter().copied().zip(calls).collect())
    }
}

/// `Feed.matchRate`.
pub async fn match_rate(ctx: &Context<'_>, feed: &feed::Model) -> Result<Option<f64>> {
    let Some(newest) = feed.data_as_of else { return Ok(None) };
    let sums = ctx.loaders()?.load_one(MatchedOf((feed.id, newest))).await?;
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    let share = |sums: reads::feed_addresses::Matched| sums.matched as f64 / sums.exact as f64;
    Ok(sums.filter(|sums| !is_hidden(ctx, sums.exact)).map(share))
}

/// `Feed.unmatchedAddresses`.
pub async fn unmatched(ctx: &Context<'_>, feed: &feed::Model, first: i32) -> Result<Vec<UnmatchedAddress>> {
    let most = within_a_page("first", first)?;
    if !reads::feed_addresses::may_read_unmatched(ctx.viewer()?) {
        return Err(Error::Forbidden("unmatchedAddresses"));
    }
    let Some(newest) = feed.data_as_of else { return Ok(Vec::new()) };
    let found = ctx.loaders()?.load_one(UnmatchedOf((feed.id, newest))).await?.unwrap_or_default();
    let shown = |address: reads::feed_addresses::Unmatched| UnmatchedAddress {
        address: address.address,
        calls: i32::try_from(address.calls).unwrap_or(i32::MAX),
        newest_at: address.newest,
    };
    Ok(found.into_iter().take(most).map(shown).collect())
}

/// `Feed.callsByMonth`.
pub async fn by_month(ctx: &Context<'_>, feed: &feed::Model, months: i32) -> Result<Vec<MonthOfCalls>> {
    let count = within_a_page("months", months)?;
    let Some(newest) = feed.data_as_of else { return Ok(Vec::new()) };
    let city = &ctx.app()?.city;
    let zone = city.preset.feed(&feed.key).map_or_else(|| city.zone(), |preset| preset.mapping.time_zone.0);
    let months = feed_span::months(zone, newest, u32::try_from(count).unwrap_or_default());
    let keys: Vec<CallsIn> = months.into_iter().map(|month| CallsIn(feed.id, month)).collect();
    let calls = ctx.loaders()?.load_many(keys.iter().copied()).await?;
    let shown = |key: &CallsIn| {
        let calls = calls.get(key).copied().unwrap_or_default();
        let shown = (calls == 0 || !is_hidden(ctx, calls)).then(|| i32::try_from(calls).unwrap_or(i32::MAX));
        MonthOfCalls { month: key.1.text(), calls: shown }
    };
    Ok(keys.iter().map(shown).collect())
}

fn within_a_page(field: &str, count: i32) -> Result<usize> {
    if !(1..=MOST).contains(&count) {
        return Err(Error::BadInput(format!("`{field}` is {count}; it must be from 1 to {MOST}.")));
    }
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Whether a sum is too small to be shown to this viewer.
pub fn is_hidden(ctx: &Context<'_>, calls: i64) -> bool {
    calls < SMALLEST_SHOWN && ctx.viewer().is_ok_and(|viewer| viewer.role == StaffRole::Commissioner)
}

/// An address and the place it belongs to.
#[derive(InputObject)]
pub struct AddressAliasLinkInput {
    /// A fresh UUID per request; the same one again links nothing new. May be left out: the same link twice is no error.
    idempotency_key: Option<Uuid>,
    /// The place.
    property_id: PropertyId,
    /// A house number and a street, such as one of `Feed.unmatchedAddresses`; a unit is dropped.
    address: String,
}

/// The place and the calls that followed the address, or why nothing was linked.
#[derive(SimpleObject)]
pub struct AddressAliasLinkPayload {
    /// The place as it is now; null when it was not found, or the viewer may not read places.
    property: Option<Property>,
    /// Past calls that are at the place now and were not before. Protected calls move too but are not counted here.
    calls_matched: i32,
    /// Why nothing was linked; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct FeedAddressMutation;

#[Object]
impl FeedAddressMutation {
    /// Makes a place known by one more address, such as one that calls came from and no place has. Past calls from there
    /// are matched to the place at once, the rules are held against it, and its sums follow. NOT_UNIQUE: it is another
    /// place's address, and which. INVALID: it is not the address of one place. `propertyEdit` takes an alias away again.
    async fn address_alias_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address and its place.")] input: AddressAliasLinkInput,
    ) -> Result<AddressAliasLinkPayload> {
        let id = input.property_id;
        let key = input.idempotency_key.map(|key| once(key, &input)).transpose()?;
        let matched = ctx
            .app()?
            .write(ctx.viewer()?, "addressAliasLink", Action::RunFeeds, async |tx| {
                let mut matched = 0;
                let mut link = async |tx: &mut Tx| {
                    matched = writes::alias_link::link(tx, id, &input.address).await?;
                    Ok(id)
                };
                match &key {
                    Some(key) => idempotency::once(tx, key, link).await?,
                    None => link(tx).await?,
                };
                Ok(matched)
            })
            .await;
        let (matched, refusals) = settle(matched)?;
        Ok(AddressAliasLinkPayload {
            property: property_by_id(ctx, Some(id)).await?,
            calls_matched: i32::try_from(matched.unwrap_or_default()).unwrap_or(i32::MAX),
            user_errors: user_errors(refusals),
        })
    }
}
