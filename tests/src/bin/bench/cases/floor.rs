//! The floor: a bare HTTP server that looks the sign-in up, runs one statement and sends what it answers.

use std::{convert::Infallible, sync::Arc};

use api::{app::Clock, authn};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header::COOKIE, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use sea_orm::sqlx::{
    self, PgPool, Row, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::SqlitePoolOptions,
    types::Uuid,
};

use super::{CONNECTIONS, floor_sql as sql};

enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// Who asks.
struct Viewer {
    id: Uuid,
    reads_privileged: bool,
}

/// Serves on a free port, which it tells first, for as long as the process lives.
pub async fn serve(url: &str) {
    let pool = if url.starts_with("sqlite:") {
        let options = SqlitePoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        Pool::Sqlite(options.connect(url).await.expect("the database opens"))
    } else {
        let options = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        // As the server asks for it.
        let to: PgConnectOptions = url.parse().expect("an address of PostgreSQL");
        Pool::Postgres(options.connect_with(to.options([("jit", "off")])).await.expect("the database opens"))
    };
    let pool = Arc::new(pool);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", socket.local_addr().expect("a bound socket"));
    loop {
        let (stream, _) = socket.accept().await.expect("a client");
        stream.set_nodelay(true).expect("a socket");
        let pool = pool.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(pool.clone(), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(pool: Arc<Pool>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let cookie = request.headers().get(COOKIE).and_then(|cookie| cookie.to_str().ok());
    let hash = authn::digest(cookie.and_then(|cookie| cookie.split_once('=')).expect("a cookie").1);
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let (question, told) = path[1..].split_once('/').expect("a question");
    let now = Clock::default().now();
    let data = match &*pool {
        Pool::Postgres(pool) => of_postgres(pool, &hash, now, question, told, &body).await,
        Pool::Sqlite(pool) => of_sqlite(pool, &hash, now, question, told).await,
    };
    let response = Response::builder().header("content-type", "application/json");
    let body = Full::new(Bytes::from(format!("{{\"data\":{}}}", data.expect("the statement runs"))));
    Ok(response.body(body).expect("an answer"))
}

// A day's change of the zone's clock does not matter to a seat that is held for a year.
fn day_of(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&chrono_tz::America::Los_Angeles).date_naive()
}

fn reads_privileged(role: &str) -> bool {
    matches!(role, "ATTORNEY" | "CITY_ATTORNEY")
}

// A macro, because the two drivers' queries have no type in common. All rows are read, as the server does: one for each seat.
macro_rules! signed_in {
    ($pool:expr, $hash:expr, $now:expr) => {{
        let rows = sqlx::query(sql::SIGN_IN)
            .bind($hash)
            .bind($now)
            .bind($now - TimeDelta::hours(1))
            .bind(day_of($now))
            .fetch_all($pool)
            .await?;
        rows.into_iter().next().expect("somebody is signed in")
    }};
}

async fn of_postgres(
    pool: &PgPool,
    hash: &str,
    now: DateTime<Utc>,
    question: &str,
    told: &str,
    body: &Bytes,
) -> Result<String, sqlx::Error> {
    let row = signed_in!(pool, hash, now);
    let viewer = Viewer { id: row.get("staff_id"), reads_privileged: reads_privileged(row.get("role")) };
    let query = match question {
        "point" => sqlx::query_scalar(sql::POINT).bind(told.parse::<Uuid>().expect("an id")),
        "list" => {
            let district: i32 = told.parse().expect("a number");
            sqlx::query_scalar(sql::LIST).bind(district).bind(viewer.reads_privileged)
        }
        "docket" => sqlx::query_scalar(sql::DOCKET).bind(told.parse::<NaiveDate>().expect("a day")),
        "high-volume" => sqlx::query_scalar(sql::HIGH_VOLUME),
        "summary" => sqlx::query_scalar(sql::SUMMARY).bind(day_of(now)),
        _ => {
            let (case, key) = told.split_once('/').expect("a case and a key");
            let text = std::str::from_utf8(body).expect("text");
            sqlx::query_scalar(sql::NOTE)
                .bind(case.parse::<Uuid>().expect("an id"))
                .bind(text.to_owned())
                .bind(key.parse::<Uuid>().expect("a key"))
                .bind(viewer.id)
                .bind(authn::digest(text))
                .bind(Uuid::now_v7())
                .bind(Uuid::now_v7())
                .bind(Uuid::now_v7())
                .bind(Uuid::now_v7())
                .bind(now)
        }
    };
    query.fetch_one(pool).await
}

async fn of_sqlite(
    pool: &SqlitePool,
    hash: &str,
    now: DateTime<Utc>,
    question: &str,
    told: &str,
) -> Result<String, sqlx::Error> {
    assert_eq!(question, "list", "only this one is asked on SQLite");
    let row = signed_in!(pool, hash, now);
    let district: i32 = told.parse().expect("a number");
    let query = sqlx::query_scalar(sql::LIST_OF_SQLITE).bind(district);
    query.bind(reads_privileged(row.get("role"))).fetch_one(pool).await
}
