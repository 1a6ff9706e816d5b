//! How deadlines were counted and to which days they were moved.

use entity::{deadline_computation, deadline_extension, id::DeadlineId};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// Every count of these deadlines, the first one first; the last one of a deadline holds.
pub async fn computations_of(
    app: &App,
    viewer: &Viewer,
    deadlines: &[DeadlineId],
) -> Result<Vec<deadline_computation::Model>> {
    Ok(deadline_computation::Entity::visible_to(viewer)
        .filter(deadline_computation::Column::DeadlineId.is_in(deadlines.iter().copied()))
        .order_by_asc(deadline_computation::Column::RecordedAt)
        .order_by_asc(deadline_computation::Column::Id)
        .all(&app.db)
        .await?)
}

/// Every move of these deadlines, the first one first.
pub async fn extensions_of(
    app: &App,
    viewer: &Viewer,
    deadlines: &[DeadlineId],
) -> Result<Vec<deadline_extension::Model>> {
    Ok(deadline_extension::Entity::visible_to(viewer)
        .filter(deadline_extension::Column::DeadlineId.is_in(deadlines.iter().copied()))
        .order_by_asc(deadline_extension::Column::RecordedAt)
        .order_by_asc(deadline_extension::Column::Id)
        .all(&app.db)
        .await?)
}
