//! Calls that came before their place was known by the address they name.

use entity::{
    call::{self, AddressPrecision},
    id::PropertyId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{app::Tx, error::Result};

/// Gives the calls at these address keys to the place; answers how many there were.
pub async fn rematch(tx: &mut Tx, property: PropertyId, keys: &[String]) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let done = call::Entity::update_many()
        .col_expr(call::Column::PropertyId, Expr::value(property))
        .filter(call::Column::AddressKey.is_in(keys.iter().map(String::as_str)))
        .filter(call::Column::Precision.is_in([AddressPrecision::Unit, AddressPrecision::Address]))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected)
}
