//! `jfn serve`: opens the database, loads the city and serves until told to stop.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::documents;
use crate::{
    app::{App, Clock},
    authn::SessionTimes,
    city::City,
    config::{self, Config},
    database::{self, Opening},
    error::{Error, Result},
    evidence_store::EvidenceStore,
    http::{self, Edge},
    preset::Preset,
    writes,
};

pub async fn run(config: &Config) -> Result<()> {
    let app = start(config, Clock::default()).await?;
    serve_on(app, config, listen(config).await?).await
}

/// The application, ready to serve: schema up to date, the city's facts loaded.
pub async fn start(config: &Config, clock: Clock) -> Result<App> {
    let preset = preset(config)?;
    let opening = Opening::of(config);
    if !config.no_migrate {
        database::prepare(&opening, config.database_migrate_url.as_deref()).await?;
    }
    let db = database::open(&opening).await?;
    let app = app_of(db, preset, clock).await?;
    let place = config.evidence_place();
    let store = EvidenceStore::open(&place, &config::store_options(), config.evidence_limit)?;
    let app = app.with_evidence(store).with_sessions(SessionTimes {
        idle: TimeDelta::minutes(config.session_idle_minutes.into()),
        longest: TimeDelta::hours(config.session_hours.into()),
    });
    let app = match &config.database_replica_url {
        Some(url) => {
            let replica = database::open_replica(&opening, url).await?;
            app.with_replica(replica, Duration::from_secs(config.replica_lag_seconds.into()))
        }
        None => app,
    };
    Ok(app.with_lease(TimeDelta::seconds(i64::from(config.feed_lease_seconds))))
}

/// The city's facts that the settings name.
pub fn preset(config: &Config) -> Result<Preset> {
    let preset = match &config.preset {
        Some(directory) => Preset::from_directory(directory),
        None => Preset::sacramento(),
    };
    preset.map_err(|error| Error::BadInput(format!("The preset is broken: {error}")))
}

/// The application on a database whose schema is up to date.
pub async fn app_of(db: sea_orm::DatabaseConnection, preset: Preset, clock: Clock) -> Result<App> {
    let city = City::new(preset);
    let bare = App::new(db.clone(), city.clone(), clock.clone());
    let districts = writes::presets::load(&bare).await?;
    Ok(App::new(db, city.with_districts(districts), clock))
}

/// The socket that the settings name.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(config.listen)
        .await
        .map_err(|error| Error::BadInput(format!("Cannot listen on {}: {error}.", config.listen)))
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn serve_on(app: App, config: &Config, socket: TcpListener) -> Result<()> {
    let edge = Edge {
        production: config.production,
        documents: Arc::new(documents::trusted(config).await?),
        body_limit: config.body_limit,
        request_time: Duration::from_secs(config.request_seconds),
        requests_by_address: NonZeroU32::new(config.requests_by_address),
        requests_by_viewer: NonZeroU32::new(config.requests_by_viewer),
        subscriptions_by_viewer: config.subscriptions_by_viewer as usize,
        proxies: config.proxies.clone(),
        metrics_token: config.metrics_token.clone(),
        connections: config.open_connections as usize,
        head_within: Duration::from_secs(config.head_seconds),
        drain: Duration::from_secs(config.drain_seconds.into()),
        grace: Duration::from_secs(config.grace_seconds),
        schedule: !config.no_schedule,
        ..Edge::default()
    };
    let served = http::serve(app, edge, socket, told_to_stop()).await;
    served.map_err(|error| Error::Internal(error.to_string()))
}

/// Ready on SIGTERM or Ctrl-C.
pub async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
    tracing::info!("stopping; running requests may finish");
}
