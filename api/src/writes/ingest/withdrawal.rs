//! Calls that the source no longer lists: marked, never deleted.

use std::collections::BTreeSet;

use entity::{
    call,
    id::{CallId, PropertyId},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{BATCH, ImportRun, lock};
use crate::{
    app::Tx,
    domain::reconciling::ListedKeys,
    error::Result,
    scope::unscoped,
    writes::{feed_runs, many, roll_up},
};

/// Stored calls that are compared with the list at a time.
const COMPARED: u64 = 10_000;

impl ImportRun {
    /// How many calls of the feed are there that are not withdrawn.
    pub async fn standing_calls(&self) -> Result<u64> {
        use sea_orm::PaginatorTrait;
        let standing = unscoped::<call::Entity>()
            .filter(call::Column::FeedId.eq(self.begun.feed))
            .filter(call::Column::WithdrawnAt.is_null());
        Ok(standing.count(&self.app.db).await?)
    }

    /// How many of these the source lists.
    pub async fn listed_calls(&self, listed: &ListedKeys) -> Result<u64> {
        let (mut after, mut count) = (CallId::from(Uuid::nil()), 0);
        loop {
            let stored = self.standing_after(after).await?;
            let Some((_, last)) = stored.last() else { return Ok(count) };
            after = *last;
            count += stored.iter().filter(|(key, _)| listed.has(key)).count() as u64;
        }
    }

    /// Marks the calls of the feed that the source does not list as withdrawn; the rules see their places at the end of
    /// the run. The list must be whole: nobody asks here.
    pub async fn withdraw_unlisted(&mut self, listed: &ListedKeys) -> Result<()> {
        let mut after = CallId::from(Uuid::nil());
        loop {
            let stored = self.standing_after(after).await?;
            let Some((_, last)) = stored.last() else { return Ok(()) };
            after = *last;
            let gone: Vec<CallId> =
                stored.iter().filter(|(key, _)| !listed.has(key)).map(|(_, id)| *id).collect();
            for calls in gone.chunks(BATCH) {
                self.withdraw(calls).await?;
            }
        }
    }

    // The feed is ours until the run ends, so nobody adds a call while we look.
    async fn standing_after(&self, after: CallId) -> Result<Vec<(String, CallId)>> {
        Ok(unscoped::<call::Entity>()
            .select_only()
            .columns([call::Column::SourceId, call::Column::Id])
            .filter(call::Column::FeedId.eq(self.begun.feed))
            .filter(call::Column::Id.gt(after))
            .filter(call::Column::WithdrawnAt.is_null())
            .order_by_asc(call::Column::Id)
            .limit(COMPARED)
            .into_tuple()
            .all(&self.app.db)
            .await?)
    }

    async fn withdraw(&mut self, calls: &[CallId]) -> Result<()> {
        let (begun, mut counts) = (&self.begun, self.summary.counts.clone());
        let withdrawn = self.app.write(
            &self.viewer,
            self.begun.purpose.name(),
            self.begun.purpose.action(),
            async |tx| {
                begun.lease.keep_unpaused(tx).await?;
                lock(tx, Some(begun.feed)).await?;
                let (count, places) = withdraw(tx, calls).await?;
                counts.withdrawn += count;
                feed_runs::tell(tx, begun.run, &counts).await?;
                Ok((counts, places))
            },
        );
        let (counts, places) = withdrawn.await?;
        self.summary.counts = counts;
        self.touched.extend(places);
        Ok(())
    }
}

async fn withdraw(tx: &Tx, calls: &[CallId]) -> Result<(i32, BTreeSet<PropertyId>)> {
    let theirs = many::any_of(tx, call::Column::Id, calls.iter().copied());
    let places: Vec<PropertyId> = unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::PropertyId)
        .distinct()
        .filter(theirs.clone())
        .filter(call::Column::PropertyId.is_not_null())
        .into_tuple()
        .all(tx.conn())
        .await?;
    let marked = roll_up::follow(tx, Condition::all().add(theirs.clone()), async |tx| {
        let update = call::Entity::update_many()
            .col_expr(call::Column::WithdrawnAt, Expr::value(tx.now))
            .col_expr(call::Column::UpdatedAt, Expr::value(tx.now))
            .filter(theirs)
            .filter(call::Column::WithdrawnAt.is_null());
        Ok(update.exec(tx.conn()).await?)
    });
    Ok((i32::try_from(marked.await?.rows_affected).unwrap_or(i32::MAX), places.into_iter().collect()))
}
