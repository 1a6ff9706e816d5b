//! The addresses a place is known by, and the calls that follow them.

use entity::{
    address_alias, call,
    id::{AddressAliasId, PropertyId},
    property,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{many, properties, roll_up};
use crate::{
    app::Tx,
    domain::{
        address::Address,
        refusal::{Code, Refusal},
    },
    error::Result,
    scope::unscoped,
};

/// Makes the place known by these addresses too; answers the keys that are new. One that is another place's is refused, at
/// that field of the input.
pub async fn add(
    tx: &Tx,
    place: &property::Model,
    addresses: &[Address],
    field: &'static str,
) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for address in addresses {
        let key = address.key();
        match properties::of_key(tx, &key).await? {
            Some(known) if known.id == place.id => {}
            Some(other) => return Err(taken(address, &other).at(field).into()),
            None => {
                insert(tx, place.id, address, field).await?;
                added.push(key);
            }
        }
    }
    Ok(added)
}

/// Ends that the place is known by these addresses; answers their keys. The situs address always stays.
pub async fn remove(tx: &Tx, place: &property::Model, addresses: &[Address]) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for address in addresses {
        let found = unscoped::<address_alias::Entity>()
            .filter(address_alias::Column::Key.eq(address.key()))
            .filter(address_alias::Column::PropertyId.eq(place.id))
            .one(tx.conn())
            .await?;
        let Some(alias) = found else {
            let message =
                format!("`{}` is no alias of {}; `aliases` lists them.", address.text(), place.address);
            return Err(Refusal::invalid("removeAliases", message).into());
        };
        if alias.is_situs {
            let message =
                format!("`{}` is the situs address of this place, which always stays.", alias.address);
            return Err(Refusal::invalid("removeAliases", message).into());
        }
        address_alias::Entity::delete_many()
            .filter(address_alias::Column::Id.eq(alias.id))
            .exec(tx.conn())
            .await?;
        removed.push(alias.key);
    }
    Ok(removed)
}

/// Takes the calls at these address keys away from the place.
pub async fn release_calls(tx: &Tx, place: PropertyId, keys: &[String]) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let theirs = Condition::all().add(call::Column::PropertyId.eq(place)).add(many::any_text(
        tx,
        call::Column::AddressKey,
        keys.to_vec(),
    ));
    let done = roll_up::follow(tx, theirs.clone(), async |tx| {
        let update = call::Entity::update_many()
            .col_expr(call::Column::PropertyId, Expr::value(None::<PropertyId>))
            .filter(theirs);
        Ok(update.exec(tx.conn()).await?)
    });
    Ok(done.await?.rows_affected)
}

async fn insert(tx: &Tx, place: PropertyId, address: &Address, field: &'static str) -> Result<()> {
    let row = address_alias::ActiveModel {
        id: Set(AddressAliasId::generate()),
        property_id: Set(place),
        address: Set(address.text()),
        key: Set(address.key()),
        is_situs: Set(false),
        created_at: Set(tx.now),
    };
    let added = address_alias::Entity::insert(row)
        .on_conflict(OnConflict::column(address_alias::Column::Key).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    if added == 1 {
        return Ok(());
    }
    // Somebody else's transaction was faster by a moment.
    match properties::of_key(tx, &address.key()).await? {
        Some(other) => Err(taken(address, &other).at(field).into()),
        None => {
            let message = "This address was just given to another place.";
            Err(Refusal::new(Code::NotUnique, message).at(field).into())
        }
    }
}

fn taken(address: &Address, other: &property::Model) -> Refusal {
    let apn = other.apn.as_deref().map(|apn| format!(", parcel {apn}")).unwrap_or_default();
    let message = format!(
        "`{}` is an address of another place already: {} ({}{apn}). Remove it there with `propertyEdit` first.",
        address.text(),
        other.address,
        other.id
    );
    Refusal::new(Code::NotUnique, message)
}
