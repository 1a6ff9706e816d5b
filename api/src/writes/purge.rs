//! Removing raw calls that nobody needs any more; the daily sums of their places stay as they are.

use chrono::{NaiveDate, NaiveTime};
use entity::{
    call, feed,
    id::{CallId, FeedId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement,
    sea_query::{Expr, ExprTrait},
};

use super::{
    ingest,
    leases::{Heartbeat, Lease, Work},
    many,
};
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    error::Result,
    reads::retention::{Plan, goes},
    scope::unscoped,
};

/// Calls that go in one transaction.
const BATCH: u64 = 5_000;

/// Carries the plan out; answers how many calls went. What keeps a call is asked again with each batch, so a hold that is
/// placed in the meantime holds. `Busy` while another process is at it; `Interrupted` when one took over.
pub async fn carry_out(app: &App, plan: &Plan) -> Result<u64> {
    let lease = Lease::take(app, Work::PurgeCalls).await?;
    let alive = Heartbeat::start(app, &lease);
    let gone = all(app, plan, &lease).await;
    drop(alive);
    let ended = lease.end(app, None).await;
    if gone.is_ok() {
        drop_empty_months(app, plan.keeps_from).await?;
    }
    // Why it stopped says more than that the lease could not be given back either.
    gone.and_then(|gone| ended.map(|()| gone))
}

async fn all(app: &App, plan: &Plan, lease: &Lease) -> Result<u64> {
    let (server, mut gone) = (Viewer::server(), 0);
    for share in plan.feeds.iter().filter(|share| share.goes > 0) {
        loop {
            let batch = app.write(&server, "callsPurge", Action::RunFeeds, async |tx| {
                batch(tx, lease, share.feed, plan.keeps_from).await
            });
            let went = batch.await?;
            gone += went;
            if went < BATCH {
                break;
            }
        }
    }
    Ok(gone)
}

async fn batch(tx: &mut Tx, lease: &Lease, feed: FeedId, keeps_from: NaiveDate) -> Result<u64> {
    // No batch of the feed is taken at the same time. Whoever waits for that does not keep others from seeing the lease.
    ingest::lock(tx, Some(feed)).await?;
    lease.keep(tx).await?;
    let calls: Vec<CallId> = unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::Id)
        .filter(goes(feed, keeps_from))
        .limit(BATCH)
        .into_tuple()
        .all(tx.conn())
        .await?;
    let gone =
        call::Entity::delete_many().filter(many::any_of(tx, call::Column::Id, calls)).exec(tx.conn()).await?;
    // From then on a source that tells of such a call again tells nothing new: it is in the sums.
    feed::Entity::update_many()
        .col_expr(feed::Column::PurgedBefore, Expr::value(keeps_from))
        .filter(feed::Column::Id.eq(feed))
        .filter(feed::Column::PurgedBefore.is_null().or(feed::Column::PurgedBefore.lt(keeps_from)))
        .exec(tx.conn())
        .await?;
    tx.changed(feed);
    Ok(gone.rows_affected)
}

// On PostgreSQL: the tables of months before that day that have no call left. Not in the transactions of the batches, as
// nobody can read a call meanwhile; one that would have to wait long is left for the next time.
async fn drop_empty_months(app: &App, keeps_from: NaiveDate) -> Result<()> {
    if app.db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let before = keeps_from.and_time(NaiveTime::MIN).and_utc();
    let drop = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT drop_empty_call_months($1)",
        [before.into()],
    );
    app.db.execute_raw(drop).await?;
    Ok(())
}
