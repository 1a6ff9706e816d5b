//! The application: its database, city and clock, and the one way to write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use crate::{
    audit::{self, Attempt},
    authn::{SessionTimes, Throttle},
    authz::{Action, Actor, Reach, Viewer},
    city::City,
    error::{Error, Result},
    evidence_store::EvidenceStore,
    metrics::Metrics,
    news::{self, News, Newsroom},
    replica::{self, Replica},
};

/// How long a feed stays with a process that no longer says it is alive, if nothing else is set.
const LEASE: TimeDelta = TimeDelta::seconds(120);

/// Everything a request needs; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Where it is read from; what is written goes to the primary.
    pub db: DatabaseConnection,
    primary: DatabaseConnection,
    replica: Option<Replica>,
    pub city: Arc<City>,
    pub clock: Clock,
    pub holder: Holder,
    /// How long people stay signed in.
    pub sessions: SessionTimes,
    /// Failed sign-ins.
    pub throttle: Throttle,
    /// The figures of this process.
    pub metrics: Arc<Metrics>,
    /// Where it is told what was committed.
    pub newsroom: Newsroom,
    evidence: Option<EvidenceStore>,
    // SQLite has one writer; a fair queue before it keeps every one of them from waiting out its busy timeout.
    writing: Option<Arc<tokio::sync::Mutex<()>>>,
}

/// This process where it holds the lease of a feed.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Tells it from other processes, on other machines too.
    pub name: Arc<str>,
    /// How long a feed stays with it when it no longer says that it is alive.
    pub lease: TimeDelta,
}

impl Default for Holder {
    fn default() -> Self {
        // The end of such an id is random.
        let random = &Uuid::now_v7().simple().to_string()[24..];
        Self { name: format!("process {} ({random})", std::process::id()).into(), lease: LEASE }
    }
}

/// What time it is.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still until it is set: for tests and for building the demo city.
    #[must_use]
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Moves a standing clock; the real one cannot be moved.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(micros) = &self.0 {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Now, to the microsecond that both databases keep.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        let standing =
            self.0.as_ref().and_then(|micros| DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)));
        standing.unwrap_or_else(|| Utc::now().trunc_subsecs(6))
    }
}

impl App {
    #[must_use]
    pub fn new(db: DatabaseConnection, city: City, clock: Clock) -> Self {
        let mut db = db;
        let metrics = Arc::new(Metrics::default());
        let counting = metrics.clone();
        db.set_metric_callback(move |statement| counting.sent(statement));
        let writing = (db.get_database_backend() == DbBackend::Sqlite).then(Arc::default);
        let (city, holder, newsroom) = (Arc::new(city), Holder::default(), Newsroom::default());
        let (sessions, throttle) = (SessionTimes::default(), Throttle::default());
        let (primary, replica, evidence) = (db.clone(), None, None);
        Self {
            db,
            primary,
            replica,
            city,
            clock,
            holder,
            sessions,
            throttle,
            metrics,
            newsroom,
            evidence,
            writing,
        }
    }

    /// The same, with a replica of PostgreSQL of which nobody is shown anything that is older than `longest`.
    #[must_use]
    pub fn with_replica(self, mut db: DatabaseConnection, longest: Duration) -> Self {
        let counting = self.metrics.clone();
        db.set_metric_callback(move |statement| counting.sent(statement));
        Self { replica: Some(Replica::new(db, longest)), ..self }
    }

    /// The replica, if there is one.
    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        self.replica.as_ref()
    }

    /// Looks after the replica, for as long as it is waited for.
    pub async fn follow_replica(&self) {
        if let Some(replica) = &self.replica {
            replica.follow(&self.primary).await;
        }
    }

    /// The same, but what that viewer asks is read from the replica; none when there is none, when what it has is too old, or
    /// when it has not all yet that the viewer wrote.
    pub async fn reading_for(&self, viewer: &Viewer) -> Option<Self> {
        let replica = self.replica.as_ref()?;
        // Without an answer of the primary's the question goes there too, and fails as it may.
        let serves = replica.serves(&self.primary, viewer.actor).await.unwrap_or(false);
        serves.then(|| Self { db: replica.db().clone(), ..self.clone() })
    }

    /// The same, but feeds stay for so long with a process that no longer says it is alive.
    #[must_use]
    pub fn with_lease(self, lease: TimeDelta) -> Self {
        Self { holder: Holder { lease, ..self.holder }, ..self }
    }

    /// The same, but people stay signed in for so long.
    #[must_use]
    pub fn with_sessions(self, sessions: SessionTimes) -> Self {
        Self { sessions, ..self }
    }

    /// The same, with a place for the files of evidence.
    #[must_use]
    pub fn with_evidence(self, store: EvidenceStore) -> Self {
        Self { evidence: Some(store), ..self }
    }

    /// Where the files of evidence lie.
    pub fn evidence(&self) -> Result<&EvidenceStore> {
        self.evidence.as_ref().ok_or_else(|| Error::Internal("no store of evidence is open".to_owned()))
    }

    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.city.day_of(self.clock.now())
    }

    /// Runs `operation` as one transaction: all of it is kept, with its audit rows, or nothing but that it was refused.
    ///
    /// `action` is what the viewer must be able to do somewhere for the mutation to be open to them at all.
    pub async fn write<T>(
        &self,
        viewer: &Viewer,
        mutation: &'static str,
        action: Action,
        operation: impl AsyncFnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let named = audit::named(mutation);
        let written = match viewer.reach(action) {
            Reach::Nowhere => Err(Error::closed_to(viewer, action, mutation)),
            Reach::OwnDistricts | Reach::Everywhere => {
                // On the heap: what a mutation carries through all its steps is more than a thread's stack should hold.
                Box::pin(self.transact(viewer, mutation, &named, operation)).await
            }
        };
        // What the server itself could not do stands in its log.
        if let Err(error) = &written
            && viewer.actor != Actor::Server
        {
            let result = audit::result_of(error);
            self.noted(Attempt { who: Some(viewer), action: mutation, subjects: &named, result }).await;
        }
        written
    }

    async fn transact<T>(
        &self,
        viewer: &Viewer,
        mutation: &'static str,
        named: &[String],
        operation: impl AsyncFnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let _turn = self.turn().await;
        let mut tx = Tx::begin(self, viewer, mutation).await?;
        let value = operation(&mut tx).await?; // an error drops the transaction, which rolls it back
        let kept = audit::of_transaction(&tx, named);
        let told = std::mem::take(&mut tx.news);
        if !told.is_empty() && tx.is_postgres() {
            news::tell(&tx.conn, &told, kept).await?;
        } else if let Some(kept) = kept {
            tx.conn.execute(&kept).await?;
        }
        let wrote = tx.viewer.actor;
        tx.conn.commit().await?;
        self.note_write(wrote).await;
        if self.writing.is_some() {
            told.into_iter().for_each(|news| self.newsroom.spread(news));
        }
        Ok(value)
    }

    // So that no server reads for this viewer from a replica that does not have it yet.
    async fn note_write(&self, actor: Actor) {
        let Some(replica) = &self.replica else { return };
        if let Err(error) = replica::note(&self.primary, actor).await {
            tracing::error!(cause = error.cause(), "how far a viewer has written is not known");
            replica.failed();
        }
    }

    async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match &self.writing {
            Some(writing) => {
                let _waits = self.metrics.waiting.one_more();
                Some(writing.lock().await)
            }
            None => None,
        }
    }

    /// Keeps in the audit log what no transaction does: a sign-in, say.
    pub async fn note(&self, attempt: Attempt<'_>) -> Result<()> {
        let _turn = self.turn().await;
        attempt.keep(&self.primary, self.clock.now()).await
    }

    /// The same for what was refused. That it could not be kept is told to the log: the refusal stands anyway.
    pub async fn noted(&self, attempt: Attempt<'_>) {
        let (action, result) = (attempt.action.to_owned(), attempt.result.to_owned());
        if let Err(error) = self.note(attempt).await {
            let cause = error.cause().unwrap_or_else(|| error.to_string());
            tracing::error!(action, result, cause, "an attempt is not in the audit log");
        }
    }
}

impl App {
    /// Writes something that nobody waits for: on SQLite, when somebody else is writing, it takes its turn by itself, so that
    /// no read ever waits for it.
    pub async fn jot<F>(&self, note: impl FnOnce(DatabaseConnection) -> F) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let noted = note(self.primary.clone());
        let Some(writing) = self.writing.clone() else { return noted.await };
        if let Ok(_turn) = writing.try_lock() {
            return noted.await;
        }
        tokio::spawn(async move {
            let _turn = writing.lock().await;
            if let Err(error) = noted.await {
                tracing::warn!(cause = error.cause(), "something nobody waits for was not written");
            }
        });
        Ok(())
    }

    /// Reads in one view of the database: what others write meanwhile is not seen.
    #[expect(clippy::disallowed_methods, reason = "it writes nothing")]
    pub async fn steady<T>(&self, read: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T>) -> Result<T> {
        let options = TransactionOptions {
            // SQLite's transactions always see one state.
            isolation_level: (self.writing.is_none()).then_some(IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        let conn = self.db.begin_with_options(options).await?;
        let found = read(&conn).await?;
        conn.rollback().await?;
        Ok(found)
    }
}

/// One running transaction, and on whose behalf.
pub struct Tx {
    conn: DatabaseTransaction,
    pub viewer: Viewer,
    pub city: Arc<City>,
    /// Where the files of evidence lie, if the application has such a place.
    pub evidence: Option<EvidenceStore>,
    pub now: DateTime<Utc>,
    pub mutation: &'static str,
    pub request_id: Option<Uuid>,
    /// API ids of what was changed; one audit row each.
    pub subjects: Vec<String>,
    /// This transaction's place in the order of changes, once it is asked for.
    pub transaction: Option<i64>,
    /// What is told to those who listen once it is committed.
    pub news: Vec<News>,
}

tokio::task_local! {
    /// The id of the request being served.
    pub static REQUEST_ID: Uuid;
}

impl Tx {
    #[expect(clippy::disallowed_methods, reason = "this is where transactions begin")]
    async fn begin(app: &App, viewer: &Viewer, mutation: &'static str) -> Result<Self> {
        let options = TransactionOptions {
            // A deferred transaction that turns into a writer fails when another one got there first.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Self {
            conn: app.primary.begin_with_options(options).await?,
            viewer: viewer.clone(),
            city: app.city.clone(),
            evidence: app.evidence.clone(),
            now: app.clock.now(),
            mutation,
            request_id: REQUEST_ID.try_with(|id| *id).ok(),
            subjects: Vec::new(),
            transaction: None,
            news: Vec::new(),
        })
    }

    /// The connection of this transaction; no other may be used inside an operation.
    #[must_use]
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }

    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.conn.get_database_backend() == DbBackend::Postgres
    }

    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.city.day_of(self.now)
    }

    /// Notes that something was changed, for the audit log.
    pub fn changed(&mut self, subject: impl ToString) {
        let subject = subject.to_string();
        if !self.subjects.contains(&subject) {
            self.subjects.push(subject);
        }
    }
}
