//! Reading from a replica of PostgreSQL: how far it has come, and for whom that is far enough.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use entity::last_write;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, QueryFilter, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::{
    authz::Actor,
    error::{Error, Result},
    scope::unscoped,
};

/// Time between two looks at the replica.
const LOOK: Duration = Duration::from_millis(200);
/// How long a look may take; a replica that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// A replica, and what is known of it.
///
/// Positions are those of PostgreSQL's log, in bytes. What this process knows of the replica is never ahead of what the
/// replica has, so whoever wrote at a position that it is known to have passed finds there what they wrote.
#[derive(Clone)]
pub struct Replica {
    db: DatabaseConnection,
    longest: Duration,
    state: Arc<RwLock<State>>,
}

/// How a replica is, for whoever watches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does not answer, or it is no replica of this database.
    Away,
    /// It has everything that was written before `as_of`, which is up to `position`.
    Follows { position: i64, as_of: Instant },
    /// It answers, but how old what it has is, is not known yet or more than may be.
    Behind,
}

impl Replica {
    /// A replica of which nothing is known yet; nobody is shown anything that is older than `longest`.
    #[must_use]
    pub fn new(db: DatabaseConnection, longest: Duration) -> Self {
        Self { db, longest, state: Arc::new(RwLock::new(State::Away)) }
    }

    /// Its connections.
    #[must_use]
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// How it is now.
    #[must_use]
    pub fn state(&self) -> State {
        match *self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Follows { as_of, .. } if as_of.elapsed() > self.longest => State::Behind,
            state => state,
        }
    }

    /// Whether that viewer may be shown what the replica has: it is young enough, and all they wrote is in it, through
    /// whichever server they wrote it.
    pub async fn serves(&self, primary: &DatabaseConnection, actor: Actor) -> Result<bool> {
        let (State::Follows { position, .. }, Some(viewer)) = (self.state(), id_of(actor)) else {
            return Ok(false);
        };
        let wrote: Option<i64> = unscoped::<last_write::Entity>()
            .select_only()
            .column(last_write::Column::Position)
            .filter(last_write::Column::ViewerId.eq(viewer))
            .into_tuple()
            .one(primary)
            .await?;
        Ok(wrote.is_none_or(|wrote| wrote <= position))
    }

    /// It failed a reader: it is not asked again before it has answered another look.
    pub fn failed(&self) {
        self.set(State::Away);
    }

    /// Looks after it, for as long as it is waited for.
    pub async fn follow(&self, primary: &DatabaseConnection) {
        let mut marks = VecDeque::new();
        let mut was_away = false;
        loop {
            let looked = tokio::time::timeout(PATIENCE, self.look(primary, &mut marks)).await;
            let state = match looked {
                Ok(Ok(state)) => state,
                Ok(Err(error)) => {
                    self.tell_away(was_away, error.cause().unwrap_or_else(|| error.to_string()));
                    State::Away
                }
                Err(_) => {
                    self.tell_away(was_away, "it does not answer".to_owned());
                    State::Away
                }
            };
            was_away = state == State::Away;
            self.set(state);
            tokio::time::sleep(LOOK).await;
        }
    }

    fn tell_away(&self, known: bool, cause: String) {
        if !known {
            tracing::warn!(cause, "the replica is not read from; the primary is");
        }
    }

    // Asks the primary how far it has written and then the replica how far it has come: as soon as it is past a mark that
    // was set at some moment, it has everything that was written before that moment.
    async fn look(
        &self,
        primary: &DatabaseConnection,
        marks: &mut VecDeque<(Instant, i64)>,
    ) -> Result<State> {
        let now = Instant::now();
        let written = ask(primary, "pg_current_wal_insert_lsn()").await?;
        let replayed =
            ask(&self.db, "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END").await?;
        let (Some(written), Some(replayed)) = (written.position, replayed.of_same(&written)) else {
            let cause = "what DATABASE_REPLICA_URL names is no standby of the database of DATABASE_URL";
            return Err(Error::BadInput(cause.to_owned()));
        };
        marks.push_back((now, written));
        let mut passed = match *self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Follows { as_of, .. } => Some(as_of),
            State::Away | State::Behind => None,
        };
        while let Some((at, mark)) = marks.front().copied() {
            if mark <= replayed {
                passed = Some(at);
            } else if at.elapsed() <= self.longest {
                break;
            }
            // It is passed, or so old that to pass it is of no use any more.
            marks.pop_front();
        }
        Ok(passed.map_or(State::Behind, |as_of| State::Follows { position: replayed, as_of }))
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// How far one database has come, and which it is.
struct Reached {
    cluster: i64,
    database: String,
    position: Option<i64>,
}

impl Reached {
    fn of_same(&self, other: &Self) -> Option<i64> {
        self.position.filter(|_| self.cluster == other.cluster && self.database == other.database)
    }
}

async fn ask(db: &DatabaseConnection, position: &str) -> Result<Reached> {
    let sql = format!(
        "SELECT (SELECT system_identifier FROM pg_control_system()) AS cluster, current_database()::text AS name, \
         ({position} - '0/0'::pg_lsn)::bigint AS position"
    );
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let row = row.ok_or_else(|| Error::Internal("PostgreSQL tells no position".to_owned()))?;
    Ok(Reached {
        cluster: row.try_get("", "cluster")?,
        database: row.try_get("", "name")?,
        position: row.try_get("", "position")?,
    })
}

/// Notes, after a change of the viewer's was kept, how far the log has come by now.
pub async fn note(primary: &DatabaseConnection, actor: Actor) -> Result<()> {
    let Some(viewer) = id_of(actor) else { return Ok(()) };
    // That up to which something was put into the log; what was written out of it to the disk may end before.
    let sql = "INSERT INTO last_write (viewer_id, position) \
               VALUES ($1, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint) \
               ON CONFLICT (viewer_id) DO UPDATE SET position = greatest(last_write.position, excluded.position)";
    let noted = Statement::from_sql_and_values(DbBackend::Postgres, sql, [viewer.into()]);
    primary.execute_raw(noted).await?;
    Ok(())
}

fn id_of(actor: Actor) -> Option<Uuid> {
    match actor {
        Actor::Staff(id) => Some(id.0),
        Actor::Token { id, .. } => Some(id.0),
        Actor::Server => None,
    }
}
