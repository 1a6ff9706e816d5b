//! What resolvers ask of the request: the application, the viewer, the loaders, and which fields are wanted.

use std::sync::Arc;

use async_graphql::{Context, InputType, dataloader::DataLoader};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::loaders::Loaders;
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    error::{Error, Result},
    events::hex,
    reads::busy_places::Rankings,
    writes::{idempotency::Once, ingest::ImportRun},
};

/// Carries out runs of feeds that a mutation has begun, without anybody waiting for them.
#[derive(Clone)]
pub struct Background(Arc<dyn Fn(ImportRun) + Send + Sync>);

impl Background {
    #[must_use]
    pub fn new(carry_out: impl Fn(ImportRun) + Send + Sync + 'static) -> Self {
        Self(Arc::new(carry_out))
    }

    pub fn carry_out(&self, run: ImportRun) {
        (self.0)(run);
    }
}

/// Short ways to what a request carries.
pub trait Ask {
    fn app(&self) -> Result<&App>;
    fn background(&self) -> Result<&Background>;
    fn rankings(&self) -> Result<&Rankings>;
    fn viewer(&self) -> Result<&Viewer>;
    fn loaders(&self) -> Result<&DataLoader<Loaders>>;
    /// The viewer, if their role may do that anywhere; the field's name is for the message.
    fn viewer_who(&self, action: Action, field: &'static str) -> Result<&Viewer>;
    /// Whether `field` is selected below this one.
    fn wants(&self, field: &str) -> bool;
    /// Whether `field` is selected below the nodes of this connection.
    fn nodes_want(&self, field: &str) -> bool;
}

impl Ask for Context<'_> {
    fn app(&self) -> Result<&App> {
        self.data_opt().ok_or_else(|| Error::Internal("the schema has no application".to_owned()))
    }

    fn rankings(&self) -> Result<&Rankings> {
        self.data_opt().ok_or_else(|| Error::Internal("the schema remembers no rankings".to_owned()))
    }

    fn background(&self) -> Result<&Background> {
        self.data_opt().ok_or_else(|| Error::Internal("the schema has nobody who runs feeds".to_owned()))
    }

    fn viewer(&self) -> Result<&Viewer> {
        self.data_opt().ok_or(Error::Unauthenticated)
    }

    fn loaders(&self) -> Result<&DataLoader<Loaders>> {
        self.data_opt().ok_or(Error::Unauthenticated)
    }

    fn viewer_who(&self, action: Action, field: &'static str) -> Result<&Viewer> {
        let viewer = self.viewer()?;
        if viewer.reach(action) == Reach::Nowhere { Err(Error::Forbidden(field)) } else { Ok(viewer) }
    }

    fn wants(&self, field: &str) -> bool {
        self.look_ahead().field(field).exists()
    }

    fn nodes_want(&self, field: &str) -> bool {
        let ahead = self.look_ahead();
        ahead.field("nodes").field(field).exists() || ahead.field("edges").field("node").field(field).exists()
    }
}

/// The retry key of a mutation with the hash of its whole input.
pub fn once(key: Uuid, input: &impl InputType) -> Result<Once> {
    let json = input.to_value().into_json().map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Once { key, input_hash: hex(&Sha256::digest(json.to_string())) })
}
