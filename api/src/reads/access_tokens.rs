//! Access tokens of programs.

use entity::{access_token, feed, id::AccessTokenId};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// All tokens, or that one, the newest first, each with the key of its feed.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    id: Option<AccessTokenId>,
) -> Result<Vec<(access_token::Model, Option<String>)>> {
    let mut select = access_token::Entity::visible_to(viewer);
    if let Some(id) = id {
        select = select.filter(access_token::Column::Id.eq(id));
    }
    let rows = select.order_by_desc(access_token::Column::Id).all(&app.db).await?;
    let feeds = unscoped::<feed::Entity>().all(&app.db).await?;
    let key = |row: &access_token::Model| {
        feeds.iter().find(|feed| Some(feed.id) == row.feed_id).map(|feed| feed.key.clone())
    };
    Ok(rows.into_iter().map(|row| (key(&row), row)).map(|(key, row)| (row, key)).collect())
}
