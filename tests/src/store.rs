//! The two databases under test: a file of its own for each test, or a schema of its own.

use api::database::Opening;
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use uuid::Uuid;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
}

/// A database made for one test.
pub enum Opened {
    Sqlite(TempDir),
    Postgres {
        url: String,
        schema: String,
        /// The role that serves, where it is another one than the one that migrates.
        serving: Option<String>,
    },
}

impl Opened {
    pub async fn new(store: Store) -> Self {
        match store {
            Store::Sqlite => Self::Sqlite(tempfile::tempdir().expect("a temporary folder")),
            Store::Postgres => {
                let url = std::env::var("JFN_TEST_POSTGRES").expect(
                    "JFN_TEST_POSTGRES is not set; run the tests with `make test`, which starts a PostgreSQL",
                );
                let schema = format!("test_{}", Uuid::now_v7().simple());
                run(&url, &format!("CREATE SCHEMA {schema}")).await;
                Self::Postgres { url, schema, serving: None }
            }
        }
    }

    /// On PostgreSQL, with a role that serves and owns nothing beside the one that migrates.
    pub async fn with_two_roles() -> Self {
        let Self::Postgres { url, schema, .. } = Self::new(Store::Postgres).await else {
            unreachable!("it was asked for PostgreSQL")
        };
        let role = schema.replace("test_", "server_");
        run(&url, &format!("CREATE ROLE {role} LOGIN")).await;
        Self::Postgres { url, schema, serving: Some(role) }
    }

    /// The address of the role that migrates, where it is another one than the one that serves.
    pub fn migrate_url(&self) -> Option<&str> {
        match self {
            Self::Postgres { url, serving: Some(_), .. } => Some(url),
            Self::Postgres { serving: None, .. } | Self::Sqlite(_) => None,
        }
    }

    pub fn opening(&self) -> Opening {
        match self {
            Self::Sqlite(folder) => Opening {
                url: format!("sqlite:{}", folder.path().join("jfn.db").display()),
                connections: 8,
                schema: None,
                statement_time: None,
                durable: false,
            },
            Self::Postgres { url, schema, serving } => Opening {
                url: match serving {
                    Some(role) => url.replacen("//jfn@", &format!("//{role}@"), 1),
                    None => url.clone(),
                },
                connections: 8,
                schema: Some(schema.clone()),
                statement_time: None,
                durable: false,
            },
        }
    }

    pub fn kind(&self) -> Store {
        match self {
            Self::Sqlite(_) => Store::Sqlite,
            Self::Postgres { .. } => Store::Postgres,
        }
    }

    pub async fn remove(self) {
        match self {
            Self::Sqlite(folder) => folder.close().expect("the folder is removed"),
            Self::Postgres { url, schema, serving } => {
                run(&url, &format!("DROP SCHEMA {schema} CASCADE")).await;
                if let Some(role) = serving {
                    run(&url, &format!("DROP ROLE {role}")).await;
                }
            }
        }
    }
}

async fn run(url: &str, sql: &str) {
    let db = Database::connect(url).await.expect("the PostgreSQL of JFN_TEST_POSTGRES answers");
    db.execute_unprepared(sql).await.expect("the statement runs");
    db.close().await.expect("the connection closes");
}
