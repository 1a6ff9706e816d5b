//! Questions about places.

use entity::{id::PropertyId, property};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// Places by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[PropertyId]) -> Result<Vec<property::Model>> {
    let rows = property::Entity::visible_to(viewer).filter(property::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}
