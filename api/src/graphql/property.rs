//! Places as clients see them.

use async_graphql::{Context, Object, OneofObject};
use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy, UseType},
};

use super::{context::Ask, staff::District};
use crate::{error::Result, writes::properties::PlaceRef};

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
