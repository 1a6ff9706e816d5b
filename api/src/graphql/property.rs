//! Places as clients see them.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, OneofObject};
use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy, UseType},
};

use super::{
    call::{CallConnection, CallWindowInput, calls_of},
    call_challenge::CallChallenge,
    call_volume::{CallVolume, volume_of},
    case::CaseConnection,
    case_query::{self, CaseFilter},
    context::Ask,
    cost::{Balance, balance_of},
    cost_loaders::CostsAt,
    flag::{FlagConnection, flags_of},
    letter::Letter,
    loaders::{AliasesOf, ChallengesAt, LettersAt, PartiesOf},
    page::{connection, cost},
    party::PropertyParty,
    staff::{District, district_ids},
};
use crate::{
    authz::Action,
    error::{Error, Result},
    reads::{self, page::Window},
    writes::properties::PlaceRef,
};

/// A place.
#[derive(Clone)]
pub struct Property(Arc<property::Model>);

impl From<property::Model> for Property {
    fn from(row: property::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<property::Model>> for Property {
    fn from(row: Arc<property::Model>) -> Self {
        Self(row)
    }
}

/// A place.
#[Object]
impl Property {
    /// Opaque.
    pub async fn id(&self) -> PropertyId {
        self.0.id
    }

    /// Rises with every edit; send it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Assessor's parcel number.
    async fn apn(&self) -> Option<&str> {
        self.0.apn.as_deref()
    }

    /// Normalised situs address.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// Other addresses on the same place; calls at them are calls at this place.
    async fn aliases(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let rows = ctx.loaders()?.load_one(AliasesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| row.address).collect())
    }

    /// Degrees north, WGS 84.
    async fn latitude(&self) -> Option<f64> {
        self.0.latitude
    }

    /// Degrees east, WGS 84.
    async fn longitude(&self) -> Option<f64> {
        self.0.longitude
    }

    /// The district its point lies in, or a recorded override; null when it lies in none.
    async fn district(&self, ctx: &Context<'_>) -> Result<Option<District>> {
        let city = &ctx.app()?.city;
        Ok(self.0.district_id.and_then(|id| city.district(id)).cloned().map(District))
    }

    /// Why the district is another one than the point lies in; null when it is not.
    async fn district_override_reason(&self) -> Option<&str> {
        self.0.district_override_reason.as_deref()
    }

    /// What it is used for.
    async fn use_type(&self) -> UseType {
        self.0.use_type
    }

    /// Whether people live there.
    async fn residential_occupancy(&self) -> ResidentialOccupancy {
        self.0.residential_occupancy
    }

    /// Dwelling units, or guest rooms of a motel.
    async fn unit_count(&self) -> Option<i32> {
        self.0.unit_count
    }

    /// Letters that were sent about it, in that order: those of its cases for whoever sees evidence, early warnings for whoever
    /// sees its calls.
    async fn letters(&self, ctx: &Context<'_>) -> Result<Vec<Letter>> {
        let rows = ctx.loaders()?.load_one(LettersAt(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Letter).collect())
    }

    /// Owner, manager, operator, lender, occupant, in the order in which they were linked; each with how sure we are.
    async fn parties(&self, ctx: &Context<'_>) -> Result<Vec<PropertyParty>> {
        let rows = ctx.loaders()?.load_one(PartiesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(PropertyParty).collect())
    }

    /// Cases at this place, newest first. A case stays with the district that it was opened in, also when the place
    /// is put into another one later.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "What to narrow by; `propertyId` is this place already.")] filter: Option<
            CaseFilter,
        >,
    ) -> Result<CaseConnection> {
        let mut filter = filter.unwrap_or_default().read(ctx)?;
        if filter.property.is_some_and(|other| other != self.0.id) {
            let message = "`propertyId` names another place than the one whose cases are asked for.";
            return Err(Error::BadInput(message.to_owned()));
        }
        filter.property = Some(self.0.id);
        Box::pin(case_query::list(ctx, filter, None, &Window::forward(first, after)?)).await
    }

    /// What the calls here add up to in a window.
    async fn call_volume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to look at.")] window: CallWindowInput,
    ) -> Result<CallVolume> {
        volume_of(ctx, &self.0, window.read()?).await
    }

    /// The single calls that the sources list now, newest first; never a protected one, and none in a district whose
    /// single calls the viewer may not see.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn calls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days to look at; all when left out.")] window: Option<CallWindowInput>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<CallConnection> {
        Box::pin(calls_of(ctx, self.0.id, window, &Window::forward(first, after)?)).await
    }

    /// The flags raised here, newest first; none in a district whose flags the viewer may not see.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn flags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<FlagConnection> {
        Box::pin(flags_of(ctx, self.0.id, &Window::forward(first, after)?)).await
    }

    /// Everything owed on this place: the ledgers of all its cases together.
    async fn balance(&self, ctx: &Context<'_>) -> Result<Balance> {
        Ok(balance_of(ctx.loaders()?.load_one(CostsAt(self.0.id)).await?))
    }

    /// Challenges of calls counted here, newest first; none in a district whose single calls the viewer may not see.
    async fn call_challenges(&self, ctx: &Context<'_>) -> Result<Vec<CallChallenge>> {
        let rows = ctx.loaders()?.load_one(ChallengesAt(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(CallChallenge).collect())
    }
}

connection!(PropertyConnection, PropertyEdge, Property, "places");

/// A place by one of its names. `caseOpen` with an address nobody knows yet makes the place.
#[derive(OneofObject)]
pub enum PropertyRef {
    /// Opaque id.
    Id(PropertyId),
    /// Assessor's parcel number.
    Apn(String),
    /// Address; aliases count.
    Address(String),
}

/// What a list of places is narrowed by; what is left out does not narrow.
#[derive(InputObject, Default)]
pub struct PropertyFilter {
    /// Numbers of districts.
    districts: Option<Vec<i32>>,
    /// Uses.
    use_types: Option<Vec<UseType>>,
    /// Part of an address, an alias, a parcel number or the name of a party that is not rejected.
    text: Option<String>,
    /// Whether a case is open there.
    has_open_case: Option<bool>,
}

#[derive(Default)]
pub struct PropertyQuery;

#[Object]
impl PropertyQuery {
    /// One place. Error NOT_FOUND when there is none that the viewer may see.
    async fn property(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, parcel number or any of its addresses, however written.")] by: PropertyRef,
    ) -> Result<Option<Property>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer_who(Action::ReadCases, "property")?);
        let found = match by {
            PropertyRef::Id(id) => ctx.loaders()?.load_one(id).await?,
            PropertyRef::Apn(apn) => reads::properties::by_apn(app, viewer, &apn).await?,
            PropertyRef::Address(address) => reads::properties::by_address(app, viewer, &address).await?,
        };
        found.map(|row| Some(row.into())).ok_or(Error::NotFound("place"))
    }

    /// Places by address.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn properties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow by.")] filter: Option<PropertyFilter>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<PropertyConnection> {
        let (app, viewer) = (ctx.app()?, ctx.viewer_who(Action::ReadCases, "properties")?);
        let filter = filter.unwrap_or_default();
        let filter = reads::properties::Filter {
            districts: district_ids(ctx, filter.districts)?,
            use_types: filter.use_types,
            text: filter.text,
            has_open_case: filter.has_open_case,
        };
        let page = reads::properties::list(app, viewer, &filter, &Window::forward(first, after)?).await?;
        Ok(PropertyConnection::of(page, Property::from))
    }
}

/// The place behind an id, if there is one and the viewer may see it.
pub async fn property_by_id(ctx: &Context<'_>, id: Option<PropertyId>) -> Result<Option<Property>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders()?.load_one(id).await?.map(Property::from))
}

impl From<PropertyRef> for PlaceRef {
    fn from(place: PropertyRef) -> Self {
        match place {
            PropertyRef::Id(id) => Self::Id(id),
            PropertyRef::Apn(apn) => Self::Apn(apn),
            PropertyRef::Address(address) => Self::Address(address),
        }
    }
}
