//! The city's remedies as they stand: what the preset says, and what the city attorney confirmed since.

use std::collections::HashMap;

use entity::remedy_confirmation;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};

use crate::{city::City, domain::remedy::Remedy, error::Result, scope::unscoped};

/// The remedy of that key as it stands now.
pub async fn current(db: &impl ConnectionTrait, city: &City, key: &str) -> Result<Option<Remedy>> {
    let Some(remedy) = city.remedy(key) else { return Ok(None) };
    let confirmed = confirmations(db, std::slice::from_ref(&remedy.key)).await?.remove(&remedy.key);
    Ok(Some(match confirmed {
        Some(row) => remedy.clone().confirmed(row.valid_to),
        None => remedy.clone(),
    }))
}

/// The latest confirmation of each of these remedies that has one.
pub async fn confirmations(
    db: &impl ConnectionTrait,
    keys: &[String],
) -> Result<HashMap<String, remedy_confirmation::Model>> {
    let rows = unscoped::<remedy_confirmation::Entity>()
        .filter(remedy_confirmation::Column::RemedyKey.is_in(keys.iter().cloned()))
        .order_by_asc(remedy_confirmation::Column::ConfirmedAt)
        .order_by_asc(remedy_confirmation::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.remedy_key.clone(), row)).collect())
}
