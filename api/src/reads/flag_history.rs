//! Questions about the history of flags.

use entity::{flag_event, id::FlagId};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// The histories of these flags, each in the order in which it happened.
pub async fn of_flags(app: &App, viewer: &Viewer, flags: &[FlagId]) -> Result<Vec<flag_event::Model>> {
    let rows = flag_event::Entity::visible_to(viewer)
        .filter(flag_event::Column::FlagId.is_in(flags.iter().copied()))
        .order_by_asc(flag_event::Column::At)
        .order_by_asc(flag_event::Column::Id);
    Ok(rows.all(&app.db).await?)
}
