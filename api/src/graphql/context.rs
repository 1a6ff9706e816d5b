//! What resolvers ask of the request: the application, the viewer, the loaders, and which fields are wanted.

use std::sync::Arc;

use async_graphql::{Context, InputType, dataloader::DataLoader};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{as_of::Asked, loaders::Loaders};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::as_of::Record,
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
    /// The loaders of now, or of the day that the query's field above asks for.
    fn loaders(&self) -> Result<Arc<DataLoader<Loaders>>>;
    /// What is asked below this field is told as that record knows it.
    fn go_back(&self, record: Record) -> Result<()>;
    /// The city's present day, or the day that the query's field above asks for.
    fn today(&self) -> Result<NaiveDate>;
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

    fn loaders(&self) -> Result<Arc<DataLoader<Loaders>>> {
        Ok(self.data_opt::<Asked>().ok_or(Error::Unauthenticated)?.loaders(self))
    }

    fn go_back(&self, record: Record) -> Result<()> {
        self.data_opt::<Asked>().ok_or(Error::Unauthenticated)?.go_back(self, record);
        Ok(())
    }

    fn today(&self) -> Result<NaiveDate> {
        let loaders = self.loaders()?;
        let then = loaders.loader().record.as_ref().map(|record| record.day.on);
        Ok(match then {
            Some(day) => day,
            None => self.app()?.today(),
        })
    }

    fn viewer_who(&self, action: Action, field: &'static str) -> Result<&Viewer> {
        let viewer = self.viewer()?;
        if viewer.reach(action) == Reach::Nowhere {
            Err(Error::closed_to(viewer, action, field))
        } else {
            Ok(viewer)
        }
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
