//! Where a trial takes place: a database with a city and its staff, on which servers run as processes of their own.

use std::time::{Duration, Instant};

use api::{
    app::{App, Clock},
    commands::serve::app_of,
    database::{self, Opening},
    preset::Preset,
};
use serde_json::json;

use crate::{
    Client, Store, city,
    process::{Place, Server},
};

/// Settings of a server whom nobody limits in how often they ask.
pub const UNCOUNTED: [&str; 4] = ["--requests-by-viewer", "0", "--requests-by-address", "0"];

/// How long anything is waited for that must come; a busy machine takes its time.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The ground.
pub struct Ground {
    pub place: Place,
    /// The city, seen directly and not through a server.
    pub app: App,
}

impl Ground {
    /// On a new database of that kind.
    pub async fn new(store: Store) -> Self {
        Self::on(Place::new(store).await).await
    }

    /// On a new database.
    pub async fn on(place: Place) -> Self {
        let opening = Opening {
            url: place.url.clone(),
            connections: 8,
            schema: None,
            statement_time: None,
            durable: false,
        };
        let db = database::open(&opening).await.expect("the database opens");
        database::migrate(&db).await.expect("the migrations run");
        let preset = Preset::sacramento().expect("the built-in preset is whole");
        let app = app_of(db, preset, Clock::default()).await.expect("the preset loads");
        city::staff(&app).await;
        Self { place, app }
    }

    /// A server that does not count requests and reads no feeds.
    pub async fn serve(&self, arguments: &[&str]) -> Server {
        self.place.serve_plainly(&[&["--no-schedule"], &UNCOUNTED[..], arguments].concat()).await
    }

    /// The same, and how long it took from the start of the process to its first answer to somebody signed in.
    pub async fn serve_again(&self, arguments: &[&str], somebody: &Client) -> (Server, Duration) {
        let began = Instant::now();
        let server = self.serve(arguments).await;
        let somebody = somebody.clone().at(&server.url());
        somebody.ask("{ viewer { staff { email } } }", json!({})).await;
        (server, began.elapsed())
    }

    /// Whether the record of what happened holds, as `jfn audit verify` says.
    pub async fn is_verified(&self) {
        let ran = self.place.jfn(&["audit", "verify"]).await;
        assert!(ran.well && ran.out.starts_with("Every link holds"), "{}{}", ran.out, ran.log);
    }

    /// Removes it.
    pub async fn raze(self) {
        self.app.db.close_by_ref().await.expect("the database closes");
        self.place.raze().await;
    }
}

/// Somebody of the city's staff, signed in at that address.
pub async fn signed_in(url: &str, who: &str) -> Client {
    let mut client = Client::new(url);
    client.sign_in(&format!("{who}@jfn.example"), city::PASSWORD).await;
    client
}
