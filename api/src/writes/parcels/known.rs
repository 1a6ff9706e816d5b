//! What the database knows of the places of one batch, read in three statements.

use std::collections::HashMap;

use entity::{address_alias, id::PropertyId, property};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder};

use super::Parcel;
use crate::{
    app::Tx,
    error::Result,
    scope::{LockRows, unscoped},
};

/// Places by parcel number and by address, kept up to date while a batch goes on.
#[derive(Default)]
pub(super) struct Known {
    places: HashMap<PropertyId, property::Model>,
    by_apn: HashMap<String, PropertyId>,
    by_key: HashMap<String, PropertyId>,
}

impl Known {
    pub(super) async fn of(tx: &Tx, parcels: &[Parcel]) -> Result<Self> {
        let keys = parcels.iter().flat_map(|parcel| {
            std::iter::once(&parcel.address).chain(&parcel.aliases).map(crate::domain::address::Address::key)
        });
        let aliases = unscoped::<address_alias::Entity>()
            .filter(address_alias::Column::Key.is_in(keys))
            .all(tx.conn())
            .await?;
        let named: Vec<PropertyId> = aliases.iter().map(|alias| alias.property_id).collect();
        let numbers = parcels.iter().filter_map(|parcel| parcel.apn.as_deref());
        // Locked in the order of their ids, so that two imports wait for each other and never both.
        let places = unscoped::<property::Entity>()
            .filter(
                Condition::any()
                    .add(property::Column::Apn.is_in(numbers))
                    .add(property::Column::Id.is_in(named)),
            )
            .order_by_asc(property::Column::Id)
            .lock_rows()
            .all(tx.conn())
            .await?;
        let mut known = Self::default();
        for alias in aliases {
            known.by_key.insert(alias.key, alias.property_id);
        }
        for place in places {
            known.keep(place);
        }
        Ok(known)
    }

    /// The place that a parcel is, by its number, else by its address; or why that cannot be told.
    pub(super) fn place_of(&self, parcel: &Parcel) -> Result<Option<&property::Model>, String> {
        let numbered = parcel.apn.as_ref().and_then(|apn| self.by_apn.get(apn));
        let named = self.by_key.get(&parcel.address.key());
        let found = match (numbered, named) {
            (Some(numbered), Some(named)) if numbered != named => {
                let other = self.address_of(*named).unwrap_or_default();
                return Err(format!("its address `{}` is another parcel's: {other}", parcel.address.text()));
            }
            (Some(id), _) | (None, Some(id)) => self.places.get(id),
            (None, None) => None,
        };
        match found {
            Some(place) if parcel.apn.is_some() && place.apn.is_some() && place.apn != parcel.apn => {
                let apn = place.apn.as_deref().unwrap_or_default();
                Err(format!("its address `{}` is that of parcel {apn} already", parcel.address.text()))
            }
            found => Ok(found),
        }
    }

    pub(super) fn owner_of_key(&self, key: &str) -> Option<PropertyId> {
        self.by_key.get(key).copied()
    }

    pub(super) fn address_of(&self, id: PropertyId) -> Option<&str> {
        self.places.get(&id).map(|place| place.address.as_str())
    }

    pub(super) fn name(&mut self, key: String, id: PropertyId) {
        self.by_key.insert(key, id);
    }

    pub(super) fn keep(&mut self, place: property::Model) {
        if let Some(apn) = &place.apn {
            self.by_apn.insert(apn.clone(), place.id);
        }
        self.places.insert(place.id, place);
    }
}
