//! The figures of a running server, as Prometheus reads them. No label names a person, an address or what a client wrote, and
//! each has few values.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use sea_orm::metric::Info;

/// What could not be read, or asks for what the schema does not have.
pub const UNKNOWN: &str = "unknown";
/// More than one field at the root.
pub const SEVERAL: &str = "several";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    operation: String,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Statement {
    statement: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Feed {
    feed: String,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// All figures of one application.
pub struct Metrics {
    registry: Registry,
    graphql: Family<Outcome, Counter>,
    graphql_times: Times<Operation>,
    http: Family<Answer, Counter>,
    http_times: Times<Route>,
    statements: AtomicU64,
    sql: Times<Statement>,
    sql_failed: Counter,
    /// Requests that are being answered.
    pub running: Standing,
    /// Changes that wait for SQLite's one writer.
    pub waiting: Standing,
    /// Open connections of clients.
    pub connections: Standing,
    database: Gauge,
    pool: Family<State, Gauge>,
    feed_success: Family<Feed, Gauge>,
    feed_data: Family<Feed, Gauge>,
}

/// How many there are of something just now.
#[derive(Clone, Debug, Default)]
pub struct Standing(Gauge);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct OneMore(Gauge);

impl Standing {
    /// Counts one more, for as long as the answer lives.
    #[must_use]
    pub fn one_more(&self) -> OneMore {
        self.0.inc();
        OneMore(self.0.clone())
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A feed's key, seconds since it was last read well, and since its newest call.
pub type FeedAge = (String, Option<i64>, Option<i64>);

/// What is only known when somebody looks.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Database connections open, and of those the idle ones.
    pub pool: Option<(u32, usize)>,
    /// Each feed; none when the database does not answer.
    pub feeds: Option<Vec<FeedAge>>,
}

// From 1 ms to 16 s.
fn request_times() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

// From 0.1 ms to 3 s.
fn statement_times() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 16))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("jfn");
        let metrics = Self {
            registry: Registry::default(),
            graphql: Family::default(),
            graphql_times: Family::new_with_constructor(request_times),
            http: Family::default(),
            http_times: Family::new_with_constructor(request_times),
            statements: AtomicU64::new(0),
            sql: Family::new_with_constructor(statement_times),
            sql_failed: Counter::default(),
            running: Standing::default(),
            waiting: Standing::default(),
            connections: Standing::default(),
            database: Gauge::default(),
            pool: Family::default(),
            feed_success: Family::default(),
            feed_data: Family::default(),
        };
        let m = &metrics;
        registry.register(
            "graphql_requests",
            "GraphQL requests by the field that they asked for and the code of their first error; OK when they have none",
            m.graphql.clone(),
        );
        registry.register_with_unit(
            "graphql_duration",
            "Time of GraphQL requests",
            Unit::Seconds,
            m.graphql_times.clone(),
        );
        registry.register("http_requests", "Requests by first part of the path and status", m.http.clone());
        registry.register_with_unit("http_duration", "Time of requests", Unit::Seconds, m.http_times.clone());
        registry.register_with_unit(
            "sql_duration",
            "Time of statements in the database",
            Unit::Seconds,
            m.sql.clone(),
        );
        registry.register("sql_failures", "Statements that failed", m.sql_failed.clone());
        registry.register("requests_running", "Requests that are being answered", m.running.0.clone());
        registry.register(
            "writers_waiting",
            "Changes that wait for SQLite's one writer",
            m.waiting.0.clone(),
        );
        registry.register("connections_open", "Open connections of clients", m.connections.0.clone());
        registry.register(
            "database_up",
            "1 when the database answered this request for figures",
            m.database.clone(),
        );
        registry.register("pool_connections", "Database connections by state", m.pool.clone());
        registry.register_with_unit(
            "feed_last_success_age",
            "Since the feed was last read well",
            Unit::Seconds,
            m.feed_success.clone(),
        );
        registry.register_with_unit(
            "feed_data_age",
            "Since the newest call that the feed told of",
            Unit::Seconds,
            m.feed_data.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}

impl Metrics {
    /// Counts a GraphQL request; `operation` must be a name of the schema, and `code` one of ours.
    pub fn asked(&self, operation: &str, code: &str, took: Duration) {
        let operation = operation.to_owned();
        self.graphql.get_or_create(&Outcome { operation: operation.clone(), code: code.to_owned() }).inc();
        self.graphql_times.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
    }

    /// Counts any request.
    pub fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.http.get_or_create(&Answer { route, status }).inc();
        self.http_times.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// Counts a statement that the database was sent.
    pub fn sent(&self, statement: &Info<'_>) {
        self.statements.fetch_add(1, Ordering::SeqCst);
        let word = statement_word(&statement.statement.sql);
        self.sql.get_or_create(&Statement { statement: word }).observe(statement.elapsed.as_secs_f64());
        if statement.failed {
            self.sql_failed.inc();
        }
    }

    /// Statements that the database was sent so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::SeqCst)
    }

    /// The figures as text, in the OpenMetrics format.
    #[must_use]
    pub fn page(&self, look: &Look) -> String {
        self.database.set(i64::from(look.feeds.is_some()));
        if let Some((open, idle)) = look.pool {
            let idle = i64::try_from(idle).unwrap_or(i64::MAX);
            self.pool.get_or_create(&State { state: "idle" }).set(idle);
            self.pool.get_or_create(&State { state: "used" }).set((i64::from(open) - idle).max(0));
        }
        self.feed_success.clear();
        self.feed_data.clear();
        for (key, success, data) in look.feeds.iter().flatten() {
            for (family, age) in [(&self.feed_success, success), (&self.feed_data, data)] {
                if let Some(age) = age {
                    family.get_or_create(&Feed { feed: key.clone() }).set(*age);
                }
            }
        }
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut page, &self.registry);
        page
    }
}

fn statement_word(sql: &str) -> &'static str {
    let first = sql.split_whitespace().next().unwrap_or_default();
    ["select", "insert", "update", "delete", "with"]
        .into_iter()
        .find(|word| first.eq_ignore_ascii_case(word))
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_was_counted_and_feeds_only_when_the_database_answered() {
        let metrics = Metrics::default();
        metrics.asked("cases", "OK", Duration::from_millis(3));
        metrics.asked("cases", "FORBIDDEN", Duration::from_millis(3));
        metrics.answered("/graphql", 200, Duration::from_millis(3));
        let feeds = Some(vec![("police".to_owned(), Some(90), None)]);
        let _open = metrics.connections.one_more();
        drop(metrics.connections.one_more());
        let page = metrics.page(&Look { pool: Some((5, 4)), feeds });
        for line in [
            r#"jfn_graphql_requests_total{operation="cases",code="OK"} 1"#,
            r#"jfn_graphql_requests_total{operation="cases",code="FORBIDDEN"} 1"#,
            r#"jfn_graphql_duration_seconds_count{operation="cases"} 2"#,
            r#"jfn_http_requests_total{route="/graphql",status="200"} 1"#,
            r#"jfn_pool_connections{state="used"} 1"#,
            r#"jfn_feed_last_success_age_seconds{feed="police"} 90"#,
            "jfn_connections_open 1",
            "jfn_database_up 1",
        ] {
            assert!(page.lines().any(|told| told == line), "{line} in\n{page}");
        }
        assert!(!page.contains("jfn_feed_data_age_seconds{"), "it told of no call");
        let page = metrics.page(&Look::default());
        assert!(page.contains("jfn_database_up 0") && !page.contains("police"), "{page}");
    }

    #[test]
    fn statements_are_told_by_their_first_word() {
        assert_eq!(statement_word("  SELECT 1"), "select");
        assert_eq!(statement_word("PRAGMA x"), "other");
        assert_eq!(statement_word(""), "other");
    }
}
