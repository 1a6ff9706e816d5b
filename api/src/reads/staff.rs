//! Questions about members of staff.

use entity::{id::StaffId, staff};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// Members of staff by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[StaffId]) -> Result<Vec<staff::Model>> {
    Ok(staff::Entity::visible_to(viewer)
        .filter(staff::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// One's own entry, which everybody may see.
pub async fn own(app: &App, id: StaffId) -> Result<Option<staff::Model>> {
    Ok(unscoped::<staff::Entity>().filter(staff::Column::Id.eq(id)).one(&app.db).await?)
}
