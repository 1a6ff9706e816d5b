//! Who is behind a connection that stays open, asked again and again: rights that ended are no rights.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::{app::App, authn, authz::Viewer, error::Result};

/// How long what is known of somebody's rights is taken for true.
const KNOWN_FOR: Duration = Duration::from_secs(1);
/// How often a silent connection is looked at.
pub const LOOK: Duration = Duration::from_secs(5);

/// What somebody signed in with.
#[derive(Clone)]
pub enum Credential {
    /// The secret of a program's access token.
    Token(String),
    /// The secret of a session's cookie.
    Session(String),
}

/// The viewer of an open connection.
#[derive(Clone)]
pub struct Presence(Arc<Inner>);

struct Inner {
    app: App,
    credential: Credential,
    known: Mutex<(Option<Viewer>, Instant)>,
}

impl Presence {
    /// Who that is; none when the credential is of nobody, or no longer.
    pub async fn of(app: &App, credential: Credential) -> Result<Option<(Self, Viewer)>> {
        let asked = Instant::now();
        let Some(viewer) = ask(app, &credential).await? else { return Ok(None) };
        let known = Mutex::new((Some(viewer.clone()), asked));
        Ok(Some((Self(Arc::new(Inner { app: app.clone(), credential, known })), viewer)))
    }

    /// The viewer with the rights of now, or of a second ago; none when they have none any more. To be told of things is
    /// no use of a session, so one whose browser is left open ends all the same.
    pub async fn viewer(&self) -> Result<Option<Viewer>> {
        let mut known = self.0.known.lock().await;
        if known.0.is_some() && known.1.elapsed() >= KNOWN_FOR {
            // As of before the question: what ends while it is answered is found a second later at most.
            let asked = Instant::now();
            *known = (self.listener().await?, asked);
        }
        Ok(known.0.clone())
    }

    /// The viewer with the rights of now, who asks for something; none when they have none any more.
    pub async fn asking(&self) -> Result<Option<Viewer>> {
        let mut known = self.0.known.lock().await;
        if known.0.is_some() {
            let asked = Instant::now();
            *known = (ask(&self.0.app, &self.0.credential).await?, asked);
        }
        Ok(known.0.clone())
    }

    async fn listener(&self) -> Result<Option<Viewer>> {
        match &self.0.credential {
            Credential::Token(secret) => authn::viewer_of_token(&self.0.app, secret).await,
            Credential::Session(secret) => authn::listener_of_session(&self.0.app, secret).await,
        }
    }

    /// Ends when the viewer's sign-in has ended.
    pub async fn gone(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // A database that cannot be asked for a moment has not said that they are gone.
            if matches!(self.viewer().await, Ok(None)) {
                return;
            }
        }
    }
}

async fn ask(app: &App, credential: &Credential) -> Result<Option<Viewer>> {
    match credential {
        Credential::Token(secret) => authn::viewer_of_token(app, secret).await,
        Credential::Session(secret) => authn::viewer_of_session(app, secret).await,
    }
}
