//! An address that calls came from, linked to its place.

use entity::{id::PropertyId, property};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{aliases, ingest, properties, rematch};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Refusal, line},
    error::Result,
    scope::{LockRows, unscoped},
};

/// Characters of an address at most.
const ADDRESS: usize = 256;

/// Makes the place known by that address; answers how many past calls followed it, protected ones not counted.
pub async fn link(tx: &mut Tx, place: PropertyId, address: &str) -> Result<u64> {
    tx.viewer.require(Action::RunFeeds, None)?;
    let address = properties::read(&line("address", address, ADDRESS)?)?;
    // Calls will move. A batch of calls locks its feed before the places it touches, and so do we.
    ingest::lock(tx, None).await?;
    let place = lock(tx, place).await?;
    let added = aliases::add(tx, &place, &[address], "address").await?;
    if added.is_empty() {
        return Ok(0);
    }
    property::Entity::update_many()
        .col_expr(property::Column::Version, Expr::col(property::Column::Version).add(1))
        .col_expr(property::Column::UpdatedAt, Expr::value(tx.now))
        .filter(property::Column::Id.eq(place.id))
        .exec(tx.conn())
        .await?;
    let counted = rematch::unprotected_at(tx, &added).await?;
    rematch::rematch(tx, place.id, &added).await?;
    tx.changed(place.id);
    Ok(counted)
}

// An administrator may link an address without reading places, so this does not start at what the viewer may read.
async fn lock(tx: &Tx, id: PropertyId) -> Result<property::Model> {
    let found =
        unscoped::<property::Entity>().filter(property::Column::Id.eq(id)).lock_rows().one(tx.conn()).await?;
    found.ok_or_else(|| Refusal::not_found("place").at("propertyId").into())
}
