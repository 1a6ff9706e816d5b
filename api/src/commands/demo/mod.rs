//! `jfn demo`: a city with invented people, places and cases around a real, renamed call log.
//!
//! Everything comes into being as it would in a city: parcels and calls by the imports, the rest by the public
//! mutations, played in the order of their days. The same seed makes the same city.

mod agenda;
mod calls;
mod case_file;
mod case_plan;
mod desk;
mod flags;
mod ledger;
mod people;
mod trouble;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use super::{import_places, parcel_mapping::ParcelMapping, print, serve};
use crate::{
    app::{App, Clock},
    config::Config,
    database::{self, Opening},
    error::{Error, Result},
};

/// How the demo city is kept.
#[derive(clap::Args)]
pub struct Demo {
    /// Keep the city in this new file; without it, in a temporary folder that is removed at the end.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// How far back the first case was opened.
const DAYS: i64 = 160;

/// Builds the city and serves it until told to stop.
pub async fn run(config: &Config, arguments: Demo) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| Error::Internal(error.to_string()))?;
    let file = arguments.file.unwrap_or_else(|| folder.path().join("demo.db"));
    if file.exists() {
        let message = format!("{} is there already; a demo city wants a new file.", file.display());
        return Err(Error::BadInput(message));
    }
    // A port that is taken should be known before the city is built.
    let socket = serve::listen(config).await?;
    let address = socket.local_addr().map_err(|error| Error::Internal(error.to_string()))?;
    let config = Config { database_url: format!("sqlite:{}", file.display()), ..config.clone() };
    let people = {
        let now = Clock::default().now();
        // Should this be cut short, the city is made again; so it need not wait for the disk.
        let db = database::open(&Opening { durable: false, ..Opening::of(&config) }).await?;
        database::migrate(&db).await?;
        let app = serve::app_of(db, serve::preset(&config)?, Clock::standing(now)).await?;
        let people = build(&app, now).await?;
        app.db.close().await?;
        people
    };
    let app = serve::start(&config, Clock::default()).await?;
    print(&welcome(&people, address))?;
    let served = serve::serve_on(app, &config, socket).await;
    drop(folder);
    served
}

/// Fills an empty city whose clock stands still, up to `now`.
pub async fn build(app: &App, now: DateTime<Utc>) -> Result<people::People> {
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    app.clock.set(now - TimeDelta::days(DAYS));
    bar.set_message("people");
    let people = people::hire(app).await?;
    bar.set_message("places");
    let mapping = ParcelMapping::parse(include_str!("../../../demo/places.toml")).map_err(Error::Internal)?;
    let places: &[u8] = include_bytes!("../../../demo/places.csv");
    import_places::import(app, &mapping, places, &mut import_places::Summary::default()).await?;
    bar.set_message("cases");
    agenda::play(app, &people, now, &bar).await?;
    app.clock.set(now);
    bar.set_message("calls");
    calls::load(app, now).await?;
    bar.set_message("flags");
    flags::review(app, &people).await?;
    bar.finish_and_clear();
    Ok(people)
}

fn welcome(people: &people::People, address: SocketAddr) -> String {
    let mut text = format!("\nA demo city is running on http://{address}/graphql\n\n");
    for (role, email, password) in people.sign_ins() {
        text += &format!("{role:<14}  {email:<36}  {password}\n");
    }
    text + "\nSign in with POST /auth/login; the README shows how. Stop with Ctrl-C.\n"
}
