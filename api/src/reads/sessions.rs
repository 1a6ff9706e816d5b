//! One's own sessions.

use entity::{id::SessionId, session};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// The viewer's own sessions that can be used now, the newest first.
pub async fn own(app: &App, viewer: &Viewer) -> Result<Vec<session::Model>> {
    let now = app.clock.now();
    Ok(session::Entity::visible_to(viewer)
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastUsedAt.gt(now - app.sessions.idle))
        .order_by_desc(session::Column::Id)
        .all(&app.db)
        .await?)
}

/// One of the viewer's own sessions, ended or not.
pub async fn by_id(app: &App, viewer: &Viewer, id: SessionId) -> Result<Option<session::Model>> {
    Ok(session::Entity::visible_to(viewer).filter(session::Column::Id.eq(id)).one(&app.db).await?)
}
