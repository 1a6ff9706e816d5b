//! Places as a city's parcel file tells them: added, brought up to date, and their owners suggested.

mod known;
mod owners;

use std::collections::HashSet;

use entity::{
    address_alias,
    id::{AddressAliasId, PropertyId},
    party::PartyKind,
    property::{self, ResidentialOccupancy, UseType},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use self::known::Known;
use super::{flags, ingest, many, rematch};
use crate::{app::Tx, authz::Action, domain::address::Address, error::Result};

/// One parcel, as its file tells it; what the file does not tell is left as it is.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Where it stands in the file.
    pub line: u64,
    pub apn: Option<String>,
    pub address: Address,
    pub aliases: Vec<Address>,
    /// Aliases that could not be read, as they stand in the file.
    pub unread_aliases: Vec<String>,
    /// Latitude and longitude, WGS 84 degrees.
    pub point: Option<(f64, f64)>,
    pub use_type: Option<UseType>,
    pub residential_occupancy: Option<ResidentialOccupancy>,
    pub unit_count: Option<i32>,
    pub owner: Option<Owner>,
}

/// Who owns a parcel, as its file tells it.
#[derive(Clone, Debug)]
pub struct Owner {
    pub kind: PartyKind,
    pub name: String,
    pub mailing_address: Option<String>,
}

/// What came of some parcels.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub added: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub owners_suggested: u64,
    pub calls_matched: u64,
    /// Lines that were left out, and why.
    pub rejected: Vec<(u64, String)>,
    /// What was left out of lines that were taken: aliases that cannot be read or are another place's.
    pub left_out: Vec<(u64, String)>,
}

impl Outcome {
    /// Adds what came of further parcels.
    pub fn absorb(&mut self, other: Self) {
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.owners_suggested += other.owners_suggested;
        self.calls_matched += other.calls_matched;
        self.rejected.extend(other.rejected);
        self.left_out.extend(other.left_out);
    }
}

/// Takes these parcels in. The same ones again change nothing; what staff edited stays as they left it.
pub async fn import(tx: &mut Tx, parcels: &[Parcel]) -> Result<Outcome> {
    tx.viewer.require(Action::WorkCases, None)?;
    // A batch of calls locks its feed before the places it touches, and so do we.
    ingest::lock(tx, None).await?;
    let mut known = Known::of(tx, parcels).await?;
    let mut batch = Batch::default();
    for parcel in parcels {
        if let Err(reason) = batch.take(tx, &mut known, parcel) {
            batch.outcome.rejected.push((parcel.line, reason));
        }
    }
    batch.write(tx).await
}

// What is to be written at the end of a batch.
#[derive(Default)]
struct Batch {
    outcome: Outcome,
    added: Vec<PropertyId>,
    updated: Vec<PropertyId>,
    places: Vec<property::Model>,
    aliases: Vec<address_alias::Model>,
    former_situs: Vec<PropertyId>,
    owned: Vec<(PropertyId, Owner)>,
}

impl Batch {
    fn take(&mut self, tx: &Tx, known: &mut Known, parcel: &Parcel) -> Result<(), String> {
        let found = known.place_of(parcel)?;
        let is_new = found.is_none();
        let before = found.cloned().unwrap_or_else(|| blank(tx, parcel));
        let mut place = before.clone();
        apply(tx, &mut place, parcel);
        let id = place.id;
        let mut renamed = false;
        if known.owner_of_key(&parcel.address.key()) != Some(id) {
            // The county gave the parcel another address; calls still name the old one, so it stays an alias.
            renamed = !is_new;
            place.address = parcel.address.text();
            self.name(tx, known, id, &parcel.address, true);
        }
        let mut changed = is_new || renamed || place != before;
        for alias in &parcel.aliases {
            match known.owner_of_key(&alias.key()) {
                Some(owner) if owner == id => {}
                Some(other) => {
                    let whose = known.address_of(other).unwrap_or("another place");
                    let note = format!("its alias `{}` is an address of {whose} already", alias.text());
                    self.outcome.left_out.push((parcel.line, note));
                }
                None => {
                    self.name(tx, known, id, alias, false);
                    changed = true;
                }
            }
        }
        for alias in &parcel.unread_aliases {
            let note = format!("its alias `{alias}` is not the address of one place");
            self.outcome.left_out.push((parcel.line, note));
        }
        if renamed {
            self.former_situs.push(id);
        }
        if let Some(owner) = &parcel.owner {
            self.owned.push((id, owner.clone()));
        }
        self.count(id, is_new, changed);
        if changed {
            place.updated_at = tx.now;
            known.keep(place.clone());
            self.places.retain(|other| other.id != id);
            self.places.push(place);
        }
        Ok(())
    }

    fn count(&mut self, id: PropertyId, is_new: bool, changed: bool) {
        if is_new {
            self.added.push(id);
        } else if changed && !self.added.contains(&id) && !self.updated.contains(&id) {
            self.updated.push(id);
        } else if !changed {
            self.outcome.unchanged += 1;
        }
    }

    fn name(&mut self, tx: &Tx, known: &mut Known, id: PropertyId, address: &Address, is_situs: bool) {
        let key = address.key();
        known.name(key.clone(), id);
        self.aliases.push(address_alias::Model {
            id: AddressAliasId::generate(),
            property_id: id,
            address: address.text(),
            key,
            is_situs,
            created_at: tx.now,
        });
    }

    async fn write(mut self, tx: &mut Tx) -> Result<Outcome> {
        let added: HashSet<PropertyId> = self.added.iter().copied().collect();
        let (new, old): (Vec<_>, Vec<_>) =
            self.places.into_iter().partition(|place| added.contains(&place.id));
        many::insert::<property::ActiveModel>(tx, new).await?;
        for place in old {
            let id = place.id;
            let row: property::ActiveModel = place.into();
            let update = property::Entity::update_many().set(row.reset_all());
            update.filter(property::Column::Id.eq(id)).exec(tx.conn()).await?;
        }
        demote(tx, &self.former_situs).await?;
        let keys: Vec<(PropertyId, String)> =
            self.aliases.iter().map(|alias| (alias.property_id, alias.key.clone())).collect();
        many::insert::<address_alias::ActiveModel>(tx, self.aliases).await?;
        self.outcome.owners_suggested = owners::suggest(tx, &self.owned).await?;
        let moved = rematch::assign(tx, &keys).await?;
        self.outcome.calls_matched = moved.calls;
        self.outcome.added = self.added.len() as u64;
        self.outcome.updated = self.updated.len() as u64;
        let touched: HashSet<PropertyId> = self.updated.iter().copied().chain(moved.places).collect();
        flags::evaluate(tx, &touched.into_iter().collect::<Vec<_>>()).await?;
        for id in self.added.into_iter().chain(self.updated) {
            tx.changed(id);
        }
        Ok(self.outcome)
    }
}

fn blank(tx: &Tx, parcel: &Parcel) -> property::Model {
    property::Model {
        id: PropertyId::generate(),
        version: 1,
        apn: None,
        address: parcel.address.text(),
        latitude: None,
        longitude: None,
        district_id: None,
        district_override_reason: None,
        use_type: UseType::Unknown,
        residential_occupancy: ResidentialOccupancy::Unknown,
        unit_count: None,
        created_at: tx.now,
        updated_at: tx.now,
    }
}

// What staff edited (its version rose) wins; there the file only fills in what nobody knew.
fn apply(tx: &Tx, place: &mut property::Model, parcel: &Parcel) {
    let edited = place.version > 1;
    if place.apn.is_none() {
        place.apn.clone_from(&parcel.apn);
    }
    if let Some(use_type) = parcel.use_type.filter(|_| !edited || place.use_type == UseType::Unknown) {
        place.use_type = use_type;
    }
    let unknown = place.residential_occupancy == ResidentialOccupancy::Unknown;
    if let Some(occupancy) = parcel.residential_occupancy.filter(|_| !edited || unknown) {
        place.residential_occupancy = occupancy;
    }
    if let Some(units) = parcel.unit_count.filter(|_| !edited || place.unit_count.is_none()) {
        place.unit_count = Some(units);
    }
    let Some((latitude, longitude)) = parcel.point else { return };
    if !edited || place.latitude.is_none() {
        (place.latitude, place.longitude) = (Some(latitude), Some(longitude));
        if !edited || place.district_id.is_none() {
            let district = tx.city.district_at(latitude, longitude).map(|district| district.id);
            // A point outside the city does not take a place away from the team that stated it.
            if district.is_some() {
                (place.district_id, place.district_override_reason) = (district, None);
            }
        }
    }
}

async fn demote(tx: &Tx, places: &[PropertyId]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    address_alias::Entity::update_many()
        .col_expr(address_alias::Column::IsSitus, sea_orm::sea_query::Expr::value(false))
        .filter(address_alias::Column::PropertyId.is_in(places.iter().copied()))
        .exec(tx.conn())
        .await?;
    Ok(())
}
