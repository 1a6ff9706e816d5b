//! Calls for service as clients see them: never a caller, a unit number or a narrative.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    id::{CallId, PropertyId},
};

use super::{context::Ask, feed::Feed, page::connection, property::Property, scalars::Date};
use crate::{
    authz::Action,
    domain::day_window::Asked,
    error::{Error, Result},
    reads::{self, page::Window},
};

/// One call for service, as a feed told of it. Protected calls (domestic violence, medical aid and the like;
/// Government Code 53165, 53165.1, 34 U.S.C. 12495) are never shown singly.
#[derive(Clone)]
pub struct Call(pub call::Model);

/// One call for service, as a feed told of it. Protected calls (domestic violence, medical aid and the like;
/// Government Code 53165, 53165.1, 34 U.S.C. 12495) are never shown singly.
#[Object]
impl Call {
    /// Opaque.
    pub async fn id(&self) -> CallId {
        self.0.id
    }

    /// The source that told of it.
    async fn feed(&self, ctx: &Context<'_>) -> Result<Feed> {
        let found = ctx.loaders()?.load_one(self.0.feed_id).await?;
        found.map(Feed).ok_or(Error::NotFound("feed"))
    }

    /// The source's own key; unique within the feed.
    async fn source_id(&self) -> &str {
        &self.0.source_id
    }

    /// When it came in.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// The city's calendar day of `occurredAt`.
    async fn occurred_on(&self) -> Date {
        self.0.occurred_on.into()
    }

    /// Where, normalised and without a unit number; empty where the source removed it.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// How exactly the address names a place; only UNIT and ADDRESS may count towards one.
    async fn precision(&self) -> AddressPrecision {
        self.0.precision
    }

    /// What it was about; of the initial and the final type the stricter.
    async fn category(&self) -> CallCategory {
        self.0.category
    }

    /// The call type as the source last gave it.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// How it ended, in the source's words.
    async fn disposition(&self) -> Option<&str> {
        self.0.disposition.as_deref()
    }

    /// Whether an officer opened it, rather than a caller.
    async fn officer_initiated(&self) -> bool {
        self.0.officer_initiated
    }

    /// The place it was matched to; null when none is known by that address.
    async fn property(&self, ctx: &Context<'_>) -> Result<Option<Property>> {
        let Some(id) = self.0.property_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Property::from))
    }
}

connection!(CallConnection, CallEdge, Call, "calls");

/// Days of the city to look at: `days`, or `from` and `to`. Error BAD_INPUT when both are given, or neither.
#[derive(Clone, Copy, InputObject)]
pub struct CallWindowInput {
    /// The last so many days that the data reach, from 1 to 1100.
    days: Option<i32>,
    /// The first day.
    from: Option<Date>,
    /// The last day, which is included; at most 1100 days from the first.
    to: Option<Date>,
}

impl CallWindowInput {
    pub fn read(self) -> Result<Asked> {
        Asked::read(self.days, self.from.map(Into::into), self.to.map(Into::into))
            .map_err(|refusal| Error::BadInput(refusal.message))
    }
}

/// A page of the calls at a place, for its field.
pub async fn calls_of(
    ctx: &Context<'_>,
    place: PropertyId,
    days: Option<CallWindowInput>,
    window: &Window,
) -> Result<CallConnection> {
    let (app, viewer) = (ctx.app()?, ctx.viewer_who(Action::ReadCalls, "single calls")?);
    let days = match days {
        Some(asked) => Some(reads::calls::window(app, asked.read()?).await?.0),
        None => None,
    };
    let page = reads::calls::of_place(app, viewer, place, days, window).await?;
    Ok(CallConnection::of(page, Call))
}
