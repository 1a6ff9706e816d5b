//! Places as clients see them.

use async_graphql::{Context, Object, OneofObject};
use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy, UseType},
};

use super::{
    call::{CallConnection, CallWindowInput, calls_of},
    call_volume::{CallVolume, volume_of},
    context::Ask,
    flag::{FlagConnection, flags_of},
    page::cost,
    staff::District,
};
use crate::{error::Result, reads::page::Window, writes::properties::PlaceRef};

/// A place.
#[derive(Clone)]
pub struct Property(property::Model);

impl From<property::Model> for Property {
    fn from(row: property::Model) -> Self {
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
        calls_of(ctx, self.0.id, window, &Window::forward(first, after)?).await
    }

    /// The flags raised here, newest first; none in a district whose flags the viewer may not see.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn flags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<FlagConnection> {
        flags_of(ctx, self.0.id, &Window::forward(first, after)?).await
    }
}

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

impl From<PropertyRef> for PlaceRef {
    fn from(place: PropertyRef) -> Self {
        match place {
            PropertyRef::Id(id) => Self::Id(id),
            PropertyRef::Apn(apn) => Self::Apn(apn),
            PropertyRef::Address(address) => Self::Address(address),
        }
    }
}
