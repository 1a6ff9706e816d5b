//! Calls that came before their place was known, matched once it is.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    address_alias,
    call::{self, AddressPrecision},
    id::PropertyId,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, QueryStatementBuilder},
};

use super::{flags, ingest, many, roll_up};
use crate::{app::Tx, error::Result, scope::unscoped};

/// Calls that got another place, and the places that won or lost one.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    pub calls: u64,
    pub places: BTreeSet<PropertyId>,
}

/// Gives the place the stored calls with one of these address keys, which are aliases of it by now, and holds the rules
/// against it; likewise against a place that had them before. Answers how many calls moved.
pub async fn rematch(tx: &mut Tx, property: PropertyId, keys: &[String]) -> Result<u64> {
    let keys: Vec<(PropertyId, String)> = keys.iter().map(|key| (property, key.clone())).collect();
    let moved = assign(tx, &keys).await?;
    if !moved.places.is_empty() {
        flags::evaluate(tx, &moved.places.into_iter().collect::<Vec<_>>()).await?;
    }
    Ok(moved.calls)
}

/// The same for keys of many places; the rules are left to the caller. The aliases are there already.
pub async fn assign(tx: &Tx, keys: &[(PropertyId, String)]) -> Result<Moved> {
    // An empty key names no place.
    let keys: HashMap<&str, PropertyId> =
        keys.iter().filter(|(_, key)| !key.is_empty()).map(|(place, key)| (key.as_str(), *place)).collect();
    let mut moved = Moved::default();
    if keys.is_empty() {
        return Ok(moved);
    }
    // A batch that did not see the new alias has ended before we look, and one that begins later sees it. Who has locked
    // places by now locked the feeds before them.
    ingest::lock(tx, None).await?;
    let all: Vec<&str> = keys.keys().copied().collect();
    for some in all.chunks(many::VALUES / 2) {
        let mut theirs: HashSet<String> = HashSet::new();
        for (key, before) in places_of(tx, some).await? {
            let Some(&now) = keys.get(key.as_str()).filter(|now| before != Some(**now)) else { continue };
            moved.places.extend(before);
            moved.places.insert(now);
            theirs.insert(key);
        }
        if !theirs.is_empty() {
            moved.calls += follow_aliases(tx, theirs).await?;
        }
    }
    Ok(moved)
}

fn exact(keys: impl IntoIterator<Item = impl Into<sea_orm::Value>>) -> Condition {
    Condition::all()
        .add(call::Column::AddressKey.is_in(keys))
        .add(call::Column::Precision.is_in([AddressPrecision::Address, AddressPrecision::Unit]))
}

// The keys among these that calls have, with the places these calls are at.
async fn places_of(tx: &Tx, keys: &[&str]) -> Result<Vec<(String, Option<PropertyId>)>> {
    Ok(unscoped::<call::Entity>()
        .select_only()
        .columns([call::Column::AddressKey, call::Column::PropertyId])
        .distinct()
        .filter(exact(keys.iter().copied()))
        .into_tuple()
        .all(tx.conn())
        .await?)
}

async fn follow_aliases(tx: &Tx, keys: HashSet<String>) -> Result<u64> {
    use address_alias::Column as A;
    use call::Column as C;
    let place = unscoped::<address_alias::Entity>()
        .select_only()
        .column(A::PropertyId)
        .filter(Expr::col((address_alias::Entity, A::Key)).eq(Expr::col((call::Entity, C::AddressKey))));
    let place = Expr::from(place.into_query().into_sub_query_statement());
    let calls = exact(keys);
    let moved = roll_up::follow(tx, calls.clone(), async |tx| {
        let update = call::Entity::update_many()
            .col_expr(C::PropertyId, place.clone())
            .col_expr(C::UpdatedAt, Expr::value(tx.now))
            .filter(calls)
            .filter(C::PropertyId.is_null().or(Expr::col((call::Entity, C::PropertyId)).ne(place)));
        Ok(update.exec(tx.conn()).await?)
    });
    Ok(moved.await?.rows_affected)
}
