//! What happened, told once it is committed to whoever listens: in this process, and on PostgreSQL in all of them.
//!
//! Only ids travel. Who hears one reads the row, with the rights of whom they read it for.

use std::{fmt, str::FromStr, time::Duration};

use entity::id::{CaseEventId, FeedRunId, FlagId};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, Statement,
    sea_query::{CommonTableExpression, Expr, InsertStatement, Query, WithClause},
    sqlx::{self, postgres::PgListener},
};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::error::{Error, Result};

/// News that a listener may be behind before it misses some.
const KEPT: usize = 4_096;
/// How long a server waits before it tries again to hear the others.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The timeline of a case has a new entry.
    CaseEvent(CaseEventId),
    FlagRaised(FlagId),
    FeedRunFinished(FeedRunId),
    /// Nobody knows: the database could not be heard for a while.
    Missed,
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaseEvent(id) => write!(f, "case {}", id.0),
            Self::FlagRaised(id) => write!(f, "flag {}", id.0),
            Self::FeedRunFinished(id) => write!(f, "run {}", id.0),
            Self::Missed => f.write_str("missed"),
        }
    }
}

impl FromStr for News {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let told = text.split_once(' ').and_then(|(what, id)| {
            let id = Uuid::try_parse(id).ok()?;
            match what {
                "case" => Some(Self::CaseEvent(CaseEventId(id))),
                "flag" => Some(Self::FlagRaised(FlagId(id))),
                "run" => Some(Self::FeedRunFinished(FeedRunId(id))),
                _ => None,
            }
        });
        // A server of a later version may tell what this one does not know.
        told.ok_or_else(|| Error::Internal("news that this server does not understand".to_owned()))
    }
}

/// Where the news of this process are heard.
#[derive(Clone, Debug)]
pub struct Newsroom(broadcast::Sender<News>);

impl Default for Newsroom {
    fn default() -> Self {
        Self(broadcast::channel(KEPT).0)
    }
}

impl Newsroom {
    /// Everything that is told from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.0.subscribe()
    }

    /// Tells those who listen in this process.
    pub fn spread(&self, news: News) {
        // Nobody need listen.
        drop(self.0.send(news));
    }

    /// Hears what is told on PostgreSQL, by this process too, and spreads it; for ever. On SQLite there is nothing to hear:
    /// whoever writes there spreads it.
    pub async fn hear(&self, db: &DatabaseConnection) {
        if db.get_database_backend() != DbBackend::Postgres {
            return;
        }
        loop {
            if let Err(error) = self.hear_until_lost(db).await {
                tracing::warn!(cause = error.cause(), "the news of other servers cannot be heard");
            }
            self.spread(News::Missed);
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    async fn hear_until_lost(&self, db: &DatabaseConnection) -> Result<()> {
        let failed = |error: sqlx::Error| Error::from(DbErr::Conn(RuntimeErr::SqlxError(error.into())));
        let mut listener =
            PgListener::connect_with(db.get_postgres_connection_pool()).await.map_err(failed)?;
        listener.listen(&channel(db).await?).await.map_err(failed)?;
        // What was told before nobody heard.
        self.spread(News::Missed);
        while let Some(told) = listener.try_recv().await.map_err(failed)? {
            if let Ok(news) = told.payload().parse() {
                self.spread(news);
            }
        }
        Ok(())
    }
}

/// Tells all servers, as soon as this transaction is committed, and carries out `along` in the same round trip. Only for
/// PostgreSQL.
pub async fn tell(conn: &DatabaseTransaction, news: &[News], along: Option<InsertStatement>) -> Result<()> {
    let told: Vec<String> = news.iter().map(News::to_string).collect();
    let telling = Expr::cust_with_values(format!("pg_notify({CHANNEL}, UNNEST($1::text[]))"), [told]);
    let telling = Query::select().expr(telling).to_owned();
    match along {
        Some(along) => {
            let along = CommonTableExpression::new().table_name("along").query(along).to_owned();
            conn.execute(&WithClause::new().cte(along).to_owned().query(telling)).await?;
        }
        None => {
            conn.execute(&telling).await?;
        }
    }
    Ok(())
}

// Cities that share a database, each in a schema of its own, do not hear one another.
const CHANNEL: &str = "'jfn_' || current_schema()";

async fn channel(db: &DatabaseConnection) -> Result<String> {
    let sql = format!("SELECT {CHANNEL} AS channel");
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| Error::Internal("the connection has no schema".to_owned()))?;
    Ok(row.try_get("", "channel")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_back_as_they_were_told() {
        let id = Uuid::now_v7();
        for news in [
            News::CaseEvent(CaseEventId(id)),
            News::FlagRaised(FlagId(id)),
            News::FeedRunFinished(FeedRunId(id)),
        ] {
            assert_eq!(news.to_string().parse::<News>().ok(), Some(news));
        }
        for strange in ["", "case", "case 7", "moon 0198c0de-0000-7000-8000-000000000000"] {
            assert!(strange.parse::<News>().is_err(), "{strange}");
        }
    }
}
