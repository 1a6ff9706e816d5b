//! Which place a case of a register is about.
//!
//! A case counts against its premises, in letters and in court, so a place is never guessed: an address that is not
//! exactly one place leaves the case out and is told, and so does a parcel number that says otherwise.

use entity::{
    id::{DistrictId, PropertyId},
    property,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Outcome, Record, Snapshot, UnknownPlaces, known::Known};
use crate::{
    app::Tx,
    error::Result,
    writes::parcels::{self, Parcel},
};

/// The place of the record by its address, else by its parcel number; none when nobody knows it yet.
pub(super) fn find<'k>(known: &'k Known, record: &Record) -> Result<Option<&'k property::Model>, String> {
    let named = record.address.as_ref().and_then(|address| known.by_key.get(&address.key()));
    let numbered = record.apn.as_ref().and_then(|apn| known.by_apn.get(apn));
    if let (Some(named), Some(numbered)) = (named, numbered)
        && named != numbered
    {
        let of = |id: &PropertyId| known.places.get(id).map_or("", |place| place.address.as_str());
        return Err(format!(
            "its address is the place {}, its parcel number the place {}; correct one of them",
            of(named),
            of(numbered)
        ));
    }
    let found = named.or(numbered).and_then(|id| known.places.get(id));
    match found {
        None if record.address.is_none() => Err(match &record.told.address {
            Some(text) => format!("`{}` is not the address of one place", shown(text)),
            None => "it has no address".to_owned(),
        }),
        found => Ok(found),
    }
}

/// Makes the places that nobody knows, where the mapping says so; what cannot be made is found out later.
pub(super) async fn make(
    tx: &mut Tx,
    snapshot: &Snapshot,
    known: &mut Known,
    records: &[&Record],
    outcome: &mut Outcome,
) -> Result<()> {
    if snapshot.unknown_places == UnknownPlaces::Refuse {
        return Ok(());
    }
    let (mut parcels, mut stated): (Vec<Parcel>, Vec<(String, DistrictId)>) = Default::default();
    for record in records.iter().filter(|record| record.told.closed_on.is_none()) {
        let (Ok(None), Some(address)) = (find(known, record), &record.address) else { continue };
        let by_point =
            record.point.and_then(|(latitude, longitude)| tx.city.district_at(latitude, longitude));
        let by_number = record.district.and_then(|number| tx.city.district_numbered(number));
        let Some(district) = by_point.or(by_number) else { continue };
        if by_point.is_none() {
            stated.push((address.key(), district.id));
        }
        parcels.push(Parcel {
            line: record.line,
            apn: None,
            address: address.clone(),
            aliases: Vec::new(),
            unread_aliases: Vec::new(),
            point: record.point,
            use_type: None,
            residential_occupancy: None,
            unit_count: None,
            owner: None,
        });
    }
    if parcels.is_empty() {
        return Ok(());
    }
    outcome.places_made += parcels::import(tx, &parcels).await?.added;
    known.read_places(tx, records).await?;
    for (key, district) in stated {
        let Some(place) = known.by_key.get(&key).and_then(|id| known.places.get_mut(id)) else { continue };
        if place.district_id.is_some() {
            continue;
        }
        place.district_id = Some(district);
        property::Entity::update_many()
            .col_expr(property::Column::DistrictId, Expr::value(district))
            .col_expr(
                property::Column::DistrictOverrideReason,
                Expr::value(format!("stated by {}", snapshot.name)),
            )
            .filter(property::Column::Id.eq(place.id))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Why a case of a place that nobody knows cannot be taken.
pub(super) fn unknown(snapshot: &Snapshot, record: &Record) -> String {
    let address = record.told.address.as_deref().map(shown).unwrap_or_default();
    match snapshot.unknown_places {
        UnknownPlaces::Refuse => {
            format!("nobody knows the place `{address}`; import the parcel first with `jfn import-places`")
        }
        UnknownPlaces::Make => {
            format!(
                "the district of `{address}` cannot be told: neither its point nor its district is the city's"
            )
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
