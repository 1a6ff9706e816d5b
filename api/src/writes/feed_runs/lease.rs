//! The right to write a feed's calls: one holder at a time across all servers, and a dead one loses it.

use chrono::TimeDelta;
use entity::{feed, id::FeedId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

use crate::{
    app::{Holder, Tx},
    error::{Error, Result},
    scope::unscoped,
    writes::leases::{Holding, TRY_AGAIN},
};

/// A lease of a feed. It is like those of other work (`leases`), but stands in the feed's row: a run locks that row anyway,
/// so to renew the lease costs no statement more, and servers of earlier versions that still run look for it there.
///
/// Each has a number, and every transaction of a run renews it by that number (`keep`): a holder that was paused until
/// somebody else took over finds another number there and writes nothing. This holds even when the servers' clocks
/// disagree. That nobody takes over from a holder who is alive asks that the clocks agree to within the period.
#[derive(Clone, Debug)]
pub struct Lease {
    feed: FeedId,
    number: i64,
    period: TimeDelta,
}

impl Lease {
    /// Takes the feed, whose row the caller holds locked; `Busy` when somebody else has it.
    pub(super) async fn take(tx: &Tx, feed: &feed::Model, holder: &Holder) -> Result<Self> {
        if let (Some(other), Some(until)) = (&feed.lease_holder, feed.lease_until)
            && until > tx.now
        {
            let seconds = (until - tx.now).num_seconds().clamp(1, TRY_AGAIN);
            return Err(Error::Busy {
                message: format!(
                    "The feed `{}` is being read by {other}; try again when that run has ended.",
                    feed.key
                ),
                retry_after: seconds.unsigned_abs(),
            });
        }
        let lease = Self { feed: feed.id, number: feed.lease_number + 1, period: holder.lease };
        feed::Entity::update_many()
            .col_expr(feed::Column::LeaseHolder, Expr::value(&*holder.name))
            .col_expr(feed::Column::LeaseUntil, Expr::value(tx.now + lease.period))
            .col_expr(feed::Column::LeaseNumber, Expr::value(lease.number))
            .filter(feed::Column::Id.eq(feed.id))
            .exec(tx.conn())
            .await?;
        Ok(lease)
    }

    /// Renews it, and locks the feed's row until the transaction ends; `Interrupted` when somebody else has the feed.
    pub async fn keep(&self, tx: &Tx) -> Result<()> {
        let kept = feed::Entity::update_many()
            .col_expr(feed::Column::LeaseUntil, Expr::value(tx.now + self.period))
            .filter(feed::Column::Id.eq(self.feed))
            .filter(feed::Column::LeaseNumber.eq(self.number))
            .filter(feed::Column::LeaseHolder.is_not_null())
            .exec(tx.conn())
            .await?;
        if kept.rows_affected == 1 {
            return Ok(());
        }
        let message = "This run lost its feed: it did not say that it is alive for longer than its lease, and another \
                       run took over. Nothing more was written by this one.";
        Err(Error::Interrupted(message.to_owned()))
    }

    /// The same, and `Interrupted` when somebody paused the feed.
    pub async fn keep_unpaused(&self, tx: &Tx) -> Result<()> {
        self.keep(tx).await?;
        let paused: Option<bool> = unscoped::<feed::Entity>()
            .select_only()
            .column(feed::Column::Paused)
            .filter(feed::Column::Id.eq(self.feed))
            .into_tuple()
            .one(tx.conn())
            .await?;
        if paused == Some(false) {
            return Ok(());
        }
        Err(Error::Interrupted(
            "The feed was paused in the middle of this run; what it had taken stays.".to_owned(),
        ))
    }

    /// Lets others have the feed.
    pub(super) async fn give_back(&self, tx: &Tx) -> Result<()> {
        feed::Entity::update_many()
            .col_expr(feed::Column::LeaseHolder, Expr::value(None::<String>))
            .col_expr(feed::Column::LeaseUntil, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
            .filter(feed::Column::Id.eq(self.feed))
            .filter(feed::Column::LeaseNumber.eq(self.number))
            .exec(tx.conn())
            .await?;
        Ok(())
    }
}

impl Holding for Lease {
    fn period(&self) -> TimeDelta {
        self.period
    }

    async fn renew(&self, tx: &Tx) -> Result<()> {
        self.keep(tx).await
    }
}
