//! Questions about challenges of counted calls.

use entity::{
    call_challenge::{Column as C, Entity, Model},
    id::{CallChallengeId, CallId, PropertyId},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// Challenges by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CallChallengeId]) -> Result<Vec<Model>> {
    Ok(Entity::visible_to(viewer).filter(C::Id.is_in(ids.iter().copied())).all(&app.db).await?)
}

/// The challenges of these calls, the oldest first.
pub async fn of_calls(app: &App, viewer: &Viewer, calls: &[CallId]) -> Result<Vec<Model>> {
    let rows = Entity::visible_to(viewer).filter(C::CallId.is_in(calls.iter().copied()));
    Ok(rows.order_by_asc(C::RecordedAt).order_by_asc(C::Id).all(&app.db).await?)
}

/// The challenges of calls at these places, the newest first.
pub async fn at_places(app: &App, viewer: &Viewer, places: &[PropertyId]) -> Result<Vec<Model>> {
    let rows = Entity::visible_to(viewer).filter(C::PropertyId.is_in(places.iter().copied()));
    Ok(rows.order_by_desc(C::RecordedAt).order_by_desc(C::Id).all(&app.db).await?)
}
