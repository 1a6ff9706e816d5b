//! Files that were dropped for a feed and taken.

use std::collections::BTreeSet;

use entity::{
    feed_file, feed_run,
    id::{FeedFileId, FeedId, FeedRunId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr,
};

use super::Begun;
use crate::{
    app::{App, Tx},
    error::Result,
    feeds::drop::DroppedFile,
    scope::unscoped,
};

/// SHA-256, in hexadecimal, of the files of the feed that were taken as a whole.
pub async fn taken_files(app: &App, feed: FeedId) -> Result<BTreeSet<String>> {
    let taken: Vec<String> = unscoped::<feed_file::Entity>()
        .select_only()
        .column(feed_file::Column::Sha256)
        .filter(feed_file::Column::FeedId.eq(feed))
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(taken.into_iter().collect())
}

/// Shows which file a run reads.
pub async fn tell_file(tx: &Tx, run: FeedRunId, file: &DroppedFile) -> Result<()> {
    feed_run::Entity::update_many()
        .col_expr(feed_run::Column::File, Expr::value(file.name.as_str()))
        .filter(feed_run::Column::Id.eq(run))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Notes that the run has taken the file.
pub(super) async fn keep(tx: &Tx, begun: &Begun, file: &DroppedFile, rows: i32) -> Result<()> {
    let taken = feed_file::ActiveModel {
        id: Set(FeedFileId::generate()),
        feed_id: Set(begun.feed),
        feed_run_id: Set(begun.run),
        sha256: Set(file.sha256.clone()),
        name: Set(file.name.clone()),
        rows: Set(rows),
        taken_at: Set(tx.now),
    };
    taken.insert(tx.conn()).await?;
    Ok(())
}
