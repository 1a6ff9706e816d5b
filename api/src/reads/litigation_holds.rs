//! Questions about litigation holds.

use entity::{id::CaseId, litigation_hold};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// The holds of these cases, the oldest first.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<litigation_hold::Model>> {
    Ok(litigation_hold::Entity::visible_to(viewer)
        .filter(litigation_hold::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(litigation_hold::Column::PlacedAt)
        .order_by_asc(litigation_hold::Column::Id)
        .all(&app.db)
        .await?)
}
