//! Calls that came before their place was known, matched once it is.

use std::collections::BTreeSet;

use entity::{
    call::{self, AddressPrecision},
    id::PropertyId,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{flags, ingest};
use crate::{app::Tx, error::Result, scope::unscoped};

/// Gives the place the stored calls with one of these address keys, which are aliases of it by now, and holds the rules
/// against it; likewise against a place that had them before. Answers how many calls moved.
pub async fn rematch(tx: &mut Tx, property: PropertyId, keys: &[String]) -> Result<u64> {
    use call::Column as C;
    // An empty key names no place.
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
    if keys.is_empty() {
        return Ok(0);
    }
    // A batch that did not see the new alias has ended before we look, and one that begins later sees it.
    ingest::lock(tx, None).await?;
    let theirs = Condition::all()
        .add(C::AddressKey.is_in(keys))
        .add(C::Precision.is_in([AddressPrecision::Address, AddressPrecision::Unit]))
        .add(C::PropertyId.is_null().or(C::PropertyId.ne(property)));
    let before: Vec<Option<PropertyId>> = unscoped::<call::Entity>()
        .select_only()
        .column(C::PropertyId)
        .distinct()
        .filter(theirs.clone())
        .into_tuple()
        .all(tx.conn())
        .await?;
    if before.is_empty() {
        return Ok(0);
    }
    let moved = call::Entity::update_many()
        .col_expr(C::PropertyId, Expr::value(property))
        .col_expr(C::UpdatedAt, Expr::value(tx.now))
        .filter(theirs)
        .exec(tx.conn())
        .await?;
    let touched: BTreeSet<PropertyId> = before.into_iter().flatten().chain([property]).collect();
    flags::evaluate(tx, &touched.into_iter().collect::<Vec<_>>()).await?;
    Ok(moved.rows_affected)
}
