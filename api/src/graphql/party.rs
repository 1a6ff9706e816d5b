//! Parties and their parts in places, as clients see them.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    id::{PartyId, PropertyPartyId},
    party::{self, PartyKind},
    property_party::{LinkStatus, PartyRole},
    property_party_decision,
};

use super::{
    context::Ask,
    loaders::DecisionsOf,
    page::cost,
    property::{Property, PropertyConnection},
    scalars::Date,
    staff::{StaffMember, staff_by_id},
};
use crate::{
    authz::{Action, Reach},
    error::Result,
    reads::{self, page::Window, parties::LinkRow},
};

/// A person or an organisation that answers for places.
#[derive(Clone)]
pub struct Party(pub party::Model);

/// A person or an organisation that answers for places.
#[Object]
impl Party {
    /// Opaque.
    pub async fn id(&self) -> PartyId {
        self.0.id
    }

    /// A person or an organisation.
    async fn kind(&self) -> PartyKind {
        self.0.kind
    }

    /// Full name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where mail reaches them, often their home: for the teams and the city attorney, who write to them. Null for programs, and
    /// when nobody knows.
    async fn mailing_address(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let may = ctx.viewer()?.reach(Action::ReadPartyAddresses) != Reach::Nowhere;
        Ok(self.0.mailing_address.as_deref().filter(|_| may))
    }

    /// Places they are or were linked to, by address; a rejected link is none.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn properties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<PropertyConnection> {
        let window = Window::forward(first, after)?;
        let page = reads::properties::of_party(ctx.app()?, ctx.viewer()?, self.0.id, &window).await?;
        Ok(PropertyConnection::of(page, Property::from))
    }
}

/// What a party is to a place, and how sure we are of it.
#[derive(Clone)]
pub struct PropertyParty(pub LinkRow);

/// What a party is to a place, and how sure we are of it.
#[Object]
impl PropertyParty {
    /// Opaque; `partyLinkDecide` takes it.
    async fn id(&self) -> PropertyPartyId {
        self.0.link.id
    }

    /// The party.
    async fn party(&self) -> Party {
        Party(self.0.party.clone())
    }

    /// What they are to the place.
    async fn role(&self) -> PartyRole {
        self.0.link.role
    }

    /// How sure we are; only a confirmed party should be served or sued.
    async fn status(&self) -> LinkStatus {
        self.0.link.status
    }

    /// The first day; null when nobody knows.
    async fn from(&self) -> Option<Date> {
        self.0.link.from_on.map(Date)
    }

    /// The last day; null while it lasts or when nobody knows.
    async fn to(&self) -> Option<Date> {
        self.0.link.to_on.map(Date)
    }

    /// What suggests it.
    async fn evidence(&self) -> Option<&str> {
        self.0.link.evidence.as_deref()
    }

    /// Who last confirmed or rejected it; null while nobody did, or when it was done at the server's command line.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.link.decided_by).await
    }

    /// When it was last confirmed or rejected.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.link.decided_at
    }

    /// Why it was last confirmed or rejected.
    async fn decision_reason(&self) -> Option<&str> {
        self.0.link.decision_reason.as_deref()
    }

    /// Every decision about it, newest first.
    async fn decisions(&self, ctx: &Context<'_>) -> Result<Vec<PropertyPartyDecision>> {
        let rows = ctx.loaders()?.load_one(DecisionsOf(self.0.link.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(PropertyPartyDecision).collect())
    }
}

/// That somebody confirmed or rejected a party's part in a place; never changed once written.
pub struct PropertyPartyDecision(property_party_decision::Model);

/// That somebody confirmed or rejected a party's part in a place; never changed once written.
#[Object]
impl PropertyPartyDecision {
    /// What was decided.
    async fn status(&self) -> LinkStatus {
        self.0.status
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who decided; null when it was done at the server's command line.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.decided_by).await
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }
}
