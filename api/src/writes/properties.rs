//! Places: found by id, parcel number or address, or made when a case is opened at a new one.

use entity::{
    address_alias,
    id::{AddressAliasId, PropertyId},
    property::{self, ResidentialOccupancy, UseType},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, QueryFilter};

use super::rematch;
use crate::{
    app::Tx,
    domain::{
        address::{Address, Writing},
        refusal::Refusal,
    },
    error::Result,
    scope::{LockRows, VisibleTo, unscoped},
};

/// How a request names a place.
#[derive(Clone, Debug)]
pub enum PlaceRef {
    Id(PropertyId),
    Apn(String),
    Address(String),
}

/// The place, locked; with an address nobody knows yet, a new one.
pub async fn find_or_make(tx: &mut Tx, place: &PlaceRef) -> Result<property::Model> {
    let visible = property::Entity::visible_to(&tx.viewer);
    let found = match place {
        PlaceRef::Id(id) => visible.filter(property::Column::Id.eq(*id)).one(tx.conn()).await?,
        PlaceRef::Apn(apn) => visible.filter(property::Column::Apn.eq(apn.trim())).one(tx.conn()).await?,
        PlaceRef::Address(text) => {
            let address = read(text)?;
            match of_key(tx, &address.key()).await? {
                Some(place) => Some(place),
                None => Some(make(tx, &address).await?),
            }
        }
    };
    found.ok_or_else(|| Refusal::not_found("place").at("property").into())
}

/// The place with that id, locked for a change.
pub async fn lock(tx: &Tx, id: PropertyId) -> Result<property::Model> {
    let found = property::Entity::visible_to(&tx.viewer)
        .filter(property::Column::Id.eq(id))
        .lock_rows()
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("place").at("propertyId").into())
}

/// An address exact enough to be a place.
pub fn read(text: &str) -> Result<Address, Refusal> {
    let address = Address::parse(text, &Writing::default());
    if address.is_exact() {
        return Ok(address);
    }
    let message =
        "This is not the address of one place; write a house number and a street, such as `1200 K ST`.";
    Err(Refusal::invalid("address", message))
}

/// The place known by that address key.
pub async fn of_key(tx: &Tx, key: &str) -> Result<Option<property::Model>> {
    let alias =
        unscoped::<address_alias::Entity>().filter(address_alias::Column::Key.eq(key)).one(tx.conn()).await?;
    let Some(alias) = alias else { return Ok(None) };
    Ok(unscoped::<property::Entity>()
        .filter(property::Column::Id.eq(alias.property_id))
        .one(tx.conn())
        .await?)
}

// Without a point nobody can look the district up, so it is that of the team which states the place.
async fn make(tx: &mut Tx, address: &Address) -> Result<property::Model> {
    let [district] = tx.viewer.districts[..] else {
        let message = "Nobody knows this address yet, and you hold a seat in no district or in several, so its \
                       district cannot be told; import the parcel first.";
        return Err(Refusal::invalid("property", message).at("address").into());
    };
    let made = property::ActiveModel {
        id: Set(PropertyId::generate()),
        version: Set(1),
        apn: Set(None),
        address: Set(address.text()),
        latitude: Set(None),
        longitude: Set(None),
        district_id: Set(Some(district)),
        district_override_reason: Set(Some("stated by the team that opened a case here".to_owned())),
        use_type: Set(UseType::Unknown),
        residential_occupancy: Set(ResidentialOccupancy::Unknown),
        unit_count: Set(None),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    name(tx, made.id, address, true).await?;
    // Calls may have come from there before anybody knew it as a place.
    rematch::rematch(tx, made.id, &[address.key()]).await?;
    tx.changed(made.id);
    Ok(made)
}

/// Makes the place known by that address.
pub async fn name(tx: &Tx, id: PropertyId, address: &Address, is_situs: bool) -> Result<()> {
    address_alias::ActiveModel {
        id: Set(AddressAliasId::generate()),
        property_id: Set(id),
        address: Set(address.text()),
        key: Set(address.key()),
        is_situs: Set(is_situs),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}
