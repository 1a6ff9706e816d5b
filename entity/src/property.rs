//! Places: what a case is about and what calls are counted at.

use sea_orm::entity::prelude::*;

use crate::id::{DistrictId, PropertyId};

words! {
    /// What a place is used for; nuisance rules name the uses they run on.
    UseType {
        /// A bar or tavern.
        Bar,
        /// A motel or hotel.
        Motel,
        /// A restaurant.
        Restaurant,
        /// A shop.
        Retail,
        /// A shop that sells liquor to take away.
        LiquorStore,
        /// A filling station.
        GasStation,
        /// Offices.
        Office,
        /// Industry or storage.
        Industrial,
        /// A home for one household; no nuisance rule runs on it.
        SingleFamily,
        /// Homes for several households; no nuisance rule runs on it.
        MultiFamily,
        /// Shops or offices with homes.
        MixedUse,
        /// A building nobody uses.
        VacantBuilding,
        /// Land without a building.
        VacantLot,
        /// A park.
        Park,
        /// Some other use, such as a hospital or a police station.
        Other,
        /// Not known yet; no nuisance rule runs on it.
        Unknown,
    }
}

words! {
    /// Whether people live at a place. UNKNOWN is treated as SOME wherever that protects a resident.
    ResidentialOccupancy {
        /// Nobody lives there.
        None,
        /// Somebody lives there, long-stay motel guests included.
        Some,
        /// Not known.
        Unknown,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PropertyId,
    pub version: i32,
    /// Assessor's parcel number; unique where known.
    pub apn: Option<String>,
    /// Normalised situs address.
    pub address: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub district_id: Option<DistrictId>,
    /// Why the district differs from the one the point lies in; none when it does not.
    pub district_override_reason: Option<String>,
    pub use_type: UseType,
    pub residential_occupancy: ResidentialOccupancy,
    /// Dwelling units, or guest rooms of a motel.
    pub unit_count: Option<i32>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

in_order!(
    id,
    version,
    apn,
    address,
    latitude,
    longitude,
    district_id,
    district_override_reason,
    use_type,
    residential_occupancy,
    unit_count,
    created_at,
    updated_at,
);

impl ActiveModelBehavior for ActiveModel {}
