//! What staff correct about a place: its use, its units, its point and district, its addresses.

use entity::{
    id::{DistrictId, PropertyId},
    property::{self, ResidentialOccupancy, UseType},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{aliases, flags, ingest, properties, rematch};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        address::{Address, Writing},
        district::is_point,
        refusal::{Code, Refusal, line, text},
    },
    error::{Error, Result},
    scope::unscoped,
};

/// Units of one place at most.
pub const UNITS: i32 = 100_000;
/// Characters of a parcel number at most.
pub const APN: usize = 40;
/// Characters of a reason at most.
pub const REASON: usize = 2_000;
/// Addresses that one edit adds or removes at most.
pub const ALIASES: usize = 100;

/// What is edited; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub use_type: Option<UseType>,
    pub residential_occupancy: Option<ResidentialOccupancy>,
    pub unit_count: Option<Field<i32>>,
    pub apn: Option<Field<String>>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub district: Option<DistrictChange>,
    pub add_aliases: Vec<String>,
    pub remove_aliases: Vec<String>,
}

/// A new value, or none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field<T> {
    Set(T),
    Cleared,
}

impl<T> Field<T> {
    fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Cleared => None,
        }
    }
}

/// Which district a place is to belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistrictChange {
    /// Another one than its point lies in, for a reason.
    Override { number: i32, reason: String },
    /// The one its point lies in.
    FromPoint,
}

/// Edits a place. Cases that are open there stay with the team that works them.
pub async fn edit(tx: &mut Tx, id: PropertyId, version: i32, edit: Edit) -> Result<()> {
    if !(edit.add_aliases.is_empty() && edit.remove_aliases.is_empty()) {
        // Calls will move. A batch of calls locks its feed before the places it touches, and so do we.
        ingest::lock(tx, None).await?;
    }
    let before = properties::lock(tx, id).await?;
    if before.district_id.is_some() {
        tx.viewer.require(Action::WorkCases, before.district_id)?;
    }
    check_version(&before, version)?;
    let mut place = before.clone();
    apply_district(tx, &mut place, &edit)?;
    // A place without a district may be claimed by the team of the one that it is put into.
    tx.viewer.require(Action::WorkCases, before.district_id.or(place.district_id))?;
    apply_use(&mut place, &edit)?;
    if let Some(apn) = edit.apn {
        place.apn = apn.value().map(|apn| line("apn", &apn, APN)).transpose()?;
        refuse_known_apn(tx, &place).await?;
    }
    let removed = aliases::remove(tx, &place, &addresses("removeAliases", &edit.remove_aliases)?).await?;
    let added = aliases::add(tx, &place, &addresses("addAliases", &edit.add_aliases)?, "addAliases").await?;
    if place == before && removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    place.updated_at = tx.now;
    store(tx, &mut place).await?;
    aliases::release_calls(tx, id, &removed).await?;
    rematch::rematch(tx, id, &added).await?;
    if !removed.is_empty() || rules_read(&before) != rules_read(&place) {
        flags::evaluate(tx, &[id]).await?;
    }
    tx.changed(id);
    Ok(())
}

// What nuisance rules read of a place itself.
fn rules_read(place: &property::Model) -> impl PartialEq + use<> {
    (place.use_type, place.residential_occupancy, place.unit_count, place.district_id)
}

fn apply_use(place: &mut property::Model, edit: &Edit) -> Result<(), Refusal> {
    if let Some(use_type) = edit.use_type {
        place.use_type = use_type;
    }
    if let Some(occupancy) = edit.residential_occupancy {
        place.residential_occupancy = occupancy;
    }
    if let Some(units) = &edit.unit_count {
        let units = units.clone().value();
        if let Some(count) = units.filter(|count| !(1..=UNITS).contains(count)) {
            let message =
                format!("{count} units cannot be; state from 1 to {UNITS}, or null for not known or none.");
            return Err(Refusal::invalid("unitCount", message));
        }
        place.unit_count = units;
    }
    Ok(())
}

fn apply_district(tx: &Tx, place: &mut property::Model, edit: &Edit) -> Result<(), Refusal> {
    let moved = match (edit.latitude, edit.longitude) {
        (Some(latitude), Some(longitude)) if is_point(latitude, longitude) => {
            let moved = (place.latitude, place.longitude) != (Some(latitude), Some(longitude));
            (place.latitude, place.longitude) = (Some(latitude), Some(longitude));
            moved
        }
        (Some(_), Some(_)) => {
            let message =
                "This is no point: the latitude is from -90 to 90, the longitude from -180 to 180 degrees.";
            return Err(Refusal::invalid("latitude", message));
        }
        (None, None) => false,
        (None, Some(_)) => {
            return Err(Refusal::required("latitude", "State latitude and longitude together."));
        }
        (Some(_), None) => {
            return Err(Refusal::required("longitude", "State latitude and longitude together."));
        }
    };
    match &edit.district {
        Some(DistrictChange::Override { number, reason }) => {
            let reason =
                text("reason", reason, REASON).map_err(|refusal| within("districtOverride", refusal))?;
            let stated = tx.city.district_numbered(*number).ok_or_else(|| {
                let message = format!("There is no district {number}; `districts` lists them.");
                within("districtOverride", Refusal::invalid("number", message))
            })?;
            place.district_id = Some(stated.id);
            place.district_override_reason = (of_point(tx, place) != Some(stated.id)).then_some(reason);
        }
        Some(DistrictChange::FromPoint) => take_point(tx, place, "districtFromPoint")?,
        // An override stays until somebody takes it back.
        None if moved && place.district_override_reason.is_none() => take_point(tx, place, "latitude")?,
        None => {}
    }
    Ok(())
}

fn within(field: &'static str, mut refusal: Refusal) -> Refusal {
    refusal.field.insert(0, field);
    refusal
}

fn of_point(tx: &Tx, place: &property::Model) -> Option<DistrictId> {
    tx.city.district_at(place.latitude?, place.longitude?).map(|district| district.id)
}

fn take_point(tx: &Tx, place: &mut property::Model, field: &'static str) -> Result<(), Refusal> {
    if place.latitude.is_none() || place.longitude.is_none() {
        return Err(Refusal::invalid(
            field,
            "This place has no point; state `latitude` and `longitude` too.",
        ));
    }
    let Some(district) = of_point(tx, place) else {
        let message =
            "The point lies in no district; correct it, or state the district with `districtOverride`.";
        return Err(Refusal::invalid(field, message));
    };
    place.district_id = Some(district);
    place.district_override_reason = None;
    Ok(())
}

fn addresses(field: &'static str, texts: &[String]) -> Result<Vec<Address>, Refusal> {
    if texts.len() > ALIASES {
        let message = format!("`{field}` holds {}; one edit takes at most {ALIASES}.", texts.len());
        return Err(Refusal::invalid(field, message));
    }
    let read = |text: &String| {
        let address = Address::parse(text, &Writing::default());
        if address.is_exact() {
            return Ok(address);
        }
        let shown: String = text.chars().take(80).collect();
        let message =
            format!("`{shown}` is not the address of one place; write a house number and a street.");
        Err(Refusal::invalid(field, message))
    };
    texts.iter().map(read).collect()
}

async fn refuse_known_apn(tx: &Tx, place: &property::Model) -> Result<()> {
    let Some(apn) = &place.apn else { return Ok(()) };
    let other = unscoped::<property::Entity>()
        .filter(property::Column::Apn.eq(apn))
        .filter(property::Column::Id.ne(place.id))
        .one(tx.conn())
        .await?;
    match other {
        None => Ok(()),
        Some(other) => {
            let message = format!("Parcel {apn} is another place already: {} ({}).", other.address, other.id);
            Err(Refusal::new(Code::NotUnique, message).at("apn").into())
        }
    }
}

fn check_version(place: &property::Model, version: i32) -> Result<(), Refusal> {
    if place.version == version {
        return Ok(());
    }
    let message = format!(
        "Somebody changed this place in the meantime: it is at version {}, not {version}. Look at it again.",
        place.version
    );
    Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion"))
}

async fn store(tx: &Tx, place: &mut property::Model) -> Result<()> {
    let loaded = place.version;
    place.version += 1;
    let row: property::ActiveModel = place.clone().into();
    let stored = property::Entity::update_many()
        .set(row.reset_all())
        .filter(property::Column::Id.eq(place.id))
        .filter(property::Column::Version.eq(loaded))
        .exec(tx.conn())
        .await
        .map_err(Error::from);
    match stored {
        Ok(stored) if stored.rows_affected == 1 => Ok(()),
        Ok(_) => Err(Refusal::new(Code::StaleVersion, "Somebody changed this place in the meantime.").into()),
        Err(error) if error.is_unique_violation() => {
            Err(Refusal::new(Code::NotUnique, "Another place has this parcel number already.")
                .at("apn")
                .into())
        }
        Err(error) => Err(error),
    }
}
