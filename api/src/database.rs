//! Opening the database: SQLite or PostgreSQL by its address, and bringing its schema up to date.

mod roles;

use std::time::{Duration, Instant};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, TransactionTrait,
    sqlx::{
        self, Connection,
        sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{
    config::Config,
    error::{Error, Result},
    reads::readiness,
};

/// Operations of SQLite's machine between two looks at the time: some milliseconds.
const OPERATIONS: i32 = 50_000;

/// Rows of a SQLite statement that wait to be taken; with fewer its thread would fall asleep in the middle of a page.
const ROWS: usize = 500;

/// How much longer than a statement may take a transaction may wait for its process on PostgreSQL before it is given up.
const ASLEEP: u32 = 3;

/// How long a connection to a replica is waited for.
const REPLICA_PATIENCE: Duration = Duration::from_secs(2);

/// A connection that was not used for so long is asked whether it still lives before it is used.
const IDLE: Duration = Duration::from_secs(1);

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Opening {
    pub url: String,
    pub connections: u32,
    /// PostgreSQL schema; the server's default when none is named.
    pub schema: Option<String>,
    /// How long a statement may take; as long as it wants when none.
    pub statement_time: Option<Duration>,
    /// Whether a commit waits for the disk. Only what can be made again goes without.
    pub durable: bool,
}

impl Opening {
    /// As the settings say.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            url: config.database_url.clone(),
            connections: config.connections,
            schema: None,
            statement_time: Some(Duration::from_secs(config.request_seconds)),
            durable: true,
        }
    }

    /// The same for migrations: a connection of its own, which may take its time, perhaps as another role.
    #[must_use]
    pub fn to_migrate(&self, url: Option<&str>) -> Self {
        let url = url.unwrap_or(&self.url).to_owned();
        Self { url, connections: 2, statement_time: None, ..self.clone() }
    }
}

/// Opens the database; a SQLite file is made when it is not there.
pub async fn open(opening: &Opening) -> Result<DatabaseConnection> {
    Ok(Database::connect(options(opening)?).await?)
}

/// Opens a replica of PostgreSQL, which need not be there yet; an error when the address is none of PostgreSQL.
pub async fn open_replica(opening: &Opening, url: &str) -> Result<DatabaseConnection> {
    if !url.starts_with("postgres") || !opening.url.starts_with("postgres") {
        let message = "DATABASE_REPLICA_URL is for PostgreSQL, both there and in DATABASE_URL.";
        return Err(Error::BadInput(message.to_owned()));
    }
    let mut options = options(&Opening { url: url.to_owned(), ..opening.clone() })?;
    // Whoever cannot have a connection soon asks the primary.
    options.connect_lazy(true).acquire_timeout(REPLICA_PATIENCE);
    Ok(Database::connect(options).await?)
}

fn options(opening: &Opening) -> Result<ConnectOptions> {
    let mut options = ConnectOptions::new(opening.url.clone());
    options
        .max_connections(opening.connections)
        .connect_timeout(Duration::from_secs(10))
        // Whoever waits for a connection waits no longer than for a statement.
        .acquire_timeout(opening.statement_time.unwrap_or(Duration::from_secs(30)))
        // To ask after each connection before each statement would double the round trips; one that was used just now lives.
        .test_before_acquire_if_idle_for(IDLE)
        .sqlx_logging(false);
    if let Some(schema) = &opening.schema {
        options.set_schema_search_path(schema.clone());
    }
    if let Some(most) = opening.statement_time {
        options.statement_timeout(most);
        options.map_sqlx_sqlite_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| Box::pin(ends_after(connection, most)))
        });
    }
    let most = opening.statement_time;
    // A process that sleeps in the middle of a transaction would keep its locks, and with them its lease, for as long as it
    // sleeps. None of ours does so little between two statements for longer than this.
    let asleep = most.map(|most| (most * ASLEEP).as_millis().to_string());
    options.map_sqlx_postgres_opts(move |postgres| {
        // Compiling a statement takes longer than any of ours does: PostgreSQL, which guesses by the number of months a
        // statement could touch, would do it for a question of a millisecond.
        let postgres = postgres.options([("jit", "off")]);
        match &asleep {
            Some(asleep) => postgres.options([("idle_in_transaction_session_timeout", asleep.as_str())]),
            None => postgres,
        }
    });
    options.map_sqlx_sqlite_before_acquire(move |connection, _| {
        Box::pin(async move {
            // SQLite that is full or was ended takes a transaction back by itself; the driver, whose ROLLBACK then fails, still
            // counts it, and the next one on this connection would be a savepoint that never lets go of the lock.
            if connection.is_in_transaction() {
                return Ok(false);
            }
            // SQLite has no such setting: it asks from time to time whether to go on.
            if let Some(most) = most {
                ends_after(connection, most).await?;
            }
            Ok(true)
        })
    });
    // FULL: what was acknowledged survives a power cut.
    let synchronous = if opening.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .row_buffer_size(ROWS)
            .busy_timeout(Duration::from_secs(10))
    });
    if !(opening.url.starts_with("sqlite:") || opening.url.starts_with("postgres")) {
        return Err(Error::BadInput(
            "The database's address must start with `sqlite:` or `postgres://`.".to_owned(),
        ));
    }
    Ok(options)
}

// Whoever takes the connection next has so much time from now on.
async fn ends_after(connection: &mut SqliteConnection, most: Duration) -> Result<(), sqlx::Error> {
    let began = Instant::now();
    connection.lock_handle().await?.set_progress_handler(OPERATIONS, move || began.elapsed() < most);
    Ok(())
}

/// Connections that the pool has open, and of those the idle ones.
#[must_use]
pub fn pool(db: &DatabaseConnection) -> Option<(u32, usize)> {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            let pool = db.get_sqlite_connection_pool();
            Some((pool.size(), pool.num_idle()))
        }
        DbBackend::Postgres => {
            let pool = db.get_postgres_connection_pool();
            Some((pool.size(), pool.num_idle()))
        }
        _ => None,
    }
}

/// Brings the database up to date as the role of that address, if there is one, and lets the server's role use what is there.
pub async fn prepare(opening: &Opening, migrate_url: Option<&str>) -> Result<()> {
    if migrate_url.is_some_and(|url| !url.starts_with("postgres")) {
        let message =
            "DATABASE_MIGRATE_URL is for PostgreSQL, where tables belong to a role; SQLite knows no roles.";
        return Err(Error::BadInput(message.to_owned()));
    }
    let db = open(&opening.to_migrate(migrate_url)).await?;
    migrate(&db).await?;
    if migrate_url.is_some() {
        let server = open(&Opening { connections: 1, ..opening.clone() }).await?;
        roles::allow(&db, &roles::current(&server).await?).await?;
        server.close().await?;
    }
    db.close().await?;
    Ok(())
}

/// Runs the migrations that are missing. Servers that start together take turns.
///
/// A database that a newer version has migrated already is left as it is: migrations add to what is there before they take
/// anything away, so that servers of two versions serve side by side while one replaces the other.
pub async fn migrate(db: &DatabaseConnection) -> Result<()> {
    let turn = turn(db).await?;
    let (unknown, lacking) = (unknown(db).await?, readiness::pending(db).await?);
    match (unknown.first(), lacking.first()) {
        (None, _) => Migrator::up(db, None).await?,
        (Some(_), None) => {
            tracing::warn!(
                migrations = unknown.join(", "),
                "the database is of a newer version; it is served as it is"
            );
        }
        (Some(newer), Some(lacks)) => {
            return Err(Error::BadInput(format!(
                "The database has the migration {newer}, which this version does not know, and lacks {lacks}, which it \
                 needs. Start the version that has both."
            )));
        }
    }
    drop(turn);
    Ok(())
}

/// The migrations of the database that this version does not know, oldest first.
pub async fn unknown(db: &DatabaseConnection) -> Result<Vec<String>> {
    let known = Migrator::migrations();
    let mut unknown = readiness::applied(db).await;
    unknown.retain(|name| !known.iter().any(|migration| migration.name() == name));
    unknown.sort();
    Ok(unknown)
}

/// Holds, until dropped, the right to prepare the database.
#[expect(clippy::disallowed_methods, reason = "it guards work that is not a mutation")]
pub async fn turn(db: &DatabaseConnection) -> Result<Option<sea_orm::DatabaseTransaction>> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let transaction = db.begin().await?;
    // Any fixed number serves; it is the same in every server of every version. The schema keeps tests apart.
    transaction
        .execute_unprepared("SELECT pg_advisory_xact_lock(20060801, hashtext(current_schema()))")
        .await?;
    Ok(Some(transaction))
}
