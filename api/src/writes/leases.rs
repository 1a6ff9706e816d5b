//! The right to do what one server does for all: one holder at a time, and one that dies or sleeps loses it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::lease::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{
    app::{App, Holder, Tx},
    authz::{Action, Viewer},
    error::{Error, Result},
    scope::{LockRows, unscoped},
};

/// Seconds after which it is worth another try at most to do what somebody else is doing.
pub(super) const TRY_AGAIN: i64 = 10;

/// Work that one server does for all of them. That of reading a feed is not among it: its lease stands in the feed's own
/// row, which every transaction of a run locks anyway, and where servers of earlier versions look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Marking flags that nobody reviewed in time.
    MarkStaleFlags,
    /// Removing raw calls that nobody needs any more.
    PurgeCalls,
    /// Removing files that were announced as evidence and never attached.
    RemoveLeftFiles,
}

impl Work {
    /// What the database calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MarkStaleFlags => "flags that go stale",
            Self::PurgeCalls => "purge of calls",
            Self::RemoveLeftFiles => "files left behind",
        }
    }

    fn is_being_done(self) -> &'static str {
        match self {
            Self::MarkStaleFlags => "Flags that nobody reviewed are being marked",
            Self::PurgeCalls => "Old calls are being purged",
            Self::RemoveLeftFiles => "Files that nobody attached are being removed",
        }
    }
}

/// The right to do that work.
///
/// Each has a number, and every transaction of the work renews it by that number (`keep`): a holder that was paused until
/// somebody else took over finds another number there and writes nothing. This holds even when the servers' clocks
/// disagree. That nobody takes over from a holder who is alive asks that the clocks agree to within the period.
#[derive(Clone, Debug)]
pub struct Lease {
    work: Work,
    number: i64,
    period: TimeDelta,
}

impl Lease {
    /// Takes it; `Busy` when somebody else has it, which names them.
    pub async fn take(app: &App, work: Work) -> Result<Self> {
        let holder = &app.holder;
        write(app, async |tx| {
            let row = locked(tx, work).await?;
            if let Some((other, until)) = held(&row, tx.now) {
                let seconds = (until - tx.now).num_seconds().clamp(1, TRY_AGAIN);
                return Err(Error::Busy {
                    message: format!(
                        "{} by {other} already; try again when that has ended.",
                        work.is_being_done()
                    ),
                    retry_after: seconds.unsigned_abs(),
                });
            }
            taken(tx, work, row.number, holder).await
        })
        .await
    }

    /// Takes it if the work is due and nobody is at it.
    pub async fn take_due(app: &App, work: Work) -> Result<Option<Self>> {
        let found = unscoped::<Entity>().filter(Column::Name.eq(work.name())).one(&app.db).await?;
        if found.is_some_and(|row| !is_due(&row, app.clock.now())) {
            return Ok(None);
        }
        let holder = &app.holder;
        write(app, async |tx| {
            let row = locked(tx, work).await?;
            if !is_due(&row, tx.now) {
                return Ok(None);
            }
            taken(tx, work, row.number, holder).await.map(Some)
        })
        .await
    }

    /// Renews it, and locks its row until the transaction ends; `Interrupted` when somebody else has it.
    pub async fn keep(&self, tx: &Tx) -> Result<()> {
        let kept = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(tx.now + self.period))
            .filter(Column::Name.eq(self.work.name()))
            .filter(Column::Number.eq(self.number))
            .filter(Column::Holder.is_not_null())
            .exec(tx.conn())
            .await?;
        if kept.rows_affected == 1 {
            return Ok(());
        }
        let message = "This process did not say that it is alive for longer than its lease, and another one took over \
                       its work. Nothing more was written by this one.";
        Err(Error::Interrupted(message.to_owned()))
    }

    /// Lets others have it; what is done from time to time is due again after that pause.
    pub async fn give_back(&self, tx: &Tx, pause: Option<TimeDelta>) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::Holder, Expr::value(None::<String>))
            .col_expr(Column::ExpiresAt, Expr::value(None::<DateTime<Utc>>))
            .col_expr(Column::NextAt, Expr::value(pause.map(|pause| tx.now + pause)))
            .filter(Column::Name.eq(self.work.name()))
            .filter(Column::Number.eq(self.number))
            .exec(tx.conn())
            .await?;
        Ok(())
    }

    /// The same in a transaction of its own.
    pub async fn end(&self, app: &App, pause: Option<TimeDelta>) -> Result<()> {
        write(app, async |tx| self.give_back(tx, pause).await).await
    }
}

async fn write<T>(app: &App, operation: impl AsyncFnOnce(&mut Tx) -> Result<T>) -> Result<T> {
    app.write(&Viewer::server(), "lease", Action::RunFeeds, operation).await
}

async fn locked(tx: &Tx, work: Work) -> Result<Model> {
    let first = ActiveModel {
        name: Set(work.name().to_owned()),
        number: Set(0),
        holder: Set(None),
        expires_at: Set(None),
        next_at: Set(None),
    };
    let only_once = OnConflict::column(Column::Name).do_nothing().to_owned();
    Entity::insert(first).on_conflict(only_once).exec_without_returning(tx.conn()).await?;
    let found = unscoped::<Entity>().filter(Column::Name.eq(work.name())).lock_rows().one(tx.conn()).await?;
    found.ok_or_else(|| Error::Internal(format!("the lease of {} is not there", work.name())))
}

async fn taken(tx: &Tx, work: Work, before: i64, holder: &Holder) -> Result<Lease> {
    let lease = Lease { work, number: before + 1, period: holder.lease };
    Entity::update_many()
        .col_expr(Column::Number, Expr::value(lease.number))
        .col_expr(Column::Holder, Expr::value(&*holder.name))
        .col_expr(Column::ExpiresAt, Expr::value(tx.now + lease.period))
        .filter(Column::Name.eq(work.name()))
        .exec(tx.conn())
        .await?;
    Ok(lease)
}

/// Who has it, and until when.
fn held(row: &Model, now: DateTime<Utc>) -> Option<(&str, DateTime<Utc>)> {
    row.holder.as_deref().zip(row.expires_at).filter(|(_, until)| *until > now)
}

fn is_due(row: &Model, now: DateTime<Utc>) -> bool {
    held(row, now).is_none() && row.next_at.is_none_or(|at| at <= now)
}

/// What a process can say that it still holds.
pub trait Holding: Clone + Send + Sync + 'static {
    /// How long it stays with a process that does not say that it is alive.
    fn period(&self) -> TimeDelta;
    /// Renews it; `Interrupted` when somebody else has it.
    fn renew(&self, tx: &Tx) -> impl Future<Output = Result<()>> + Send;
}

impl Holding for Lease {
    fn period(&self) -> TimeDelta {
        self.period
    }

    async fn renew(&self, tx: &Tx) -> Result<()> {
        self.keep(tx).await
    }
}

/// Renews a lease while its holder is at work; ends when dropped.
pub struct Heartbeat(tokio::task::JoinHandle<()>);

impl Heartbeat {
    #[must_use]
    pub fn start(app: &App, lease: &impl Holding) -> Self {
        let (app, lease) = (app.clone(), lease.clone());
        let period = (lease.period() / 3).to_std().unwrap_or_default().max(Duration::from_millis(100));
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(period).await;
                match write(&app, async |tx| lease.renew(tx).await).await {
                    Ok(()) => {}
                    // The work finds out by itself at its next transaction.
                    Err(Error::Interrupted(_)) => return,
                    Err(error) => tracing::warn!(cause = error.cause(), "a lease could not be renewed"),
                }
            }
        }))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}
