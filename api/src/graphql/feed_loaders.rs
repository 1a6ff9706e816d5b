//! The loaders of what is told of feeds.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{feed_run, id::FeedId};

use super::loaders::Loaders;
use crate::{
    error::{Error, Result},
    reads::{self, feeds::Unmapped},
};

/// The last run of each sort of a feed that ended, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastRunsOf(pub FeedId);

impl Loader<LastRunsOf> for Loaders {
    type Value = Vec<feed_run::Model>;
    type Error = Error;
    async fn load(&self, keys: &[LastRunsOf]) -> Result<HashMap<LastRunsOf, Vec<feed_run::Model>>> {
        let feeds: Vec<FeedId> = keys.iter().map(|key| key.0).collect();
        let mut last: HashMap<LastRunsOf, Vec<feed_run::Model>> = HashMap::new();
        for run in reads::feeds::last_ended_of(&self.app, &self.viewer, &feeds).await? {
            last.entry(LastRunsOf(run.feed_id)).or_default().push(run);
        }
        Ok(last)
    }
}

/// Call types of a feed that nobody mapped, those of most calls first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnmappedOf(pub FeedId);

impl Loader<UnmappedOf> for Loaders {
    type Value = Vec<Unmapped>;
    type Error = Error;
    async fn load(&self, keys: &[UnmappedOf]) -> Result<HashMap<UnmappedOf, Self::Value>> {
        let feeds: Vec<FeedId> = keys.iter().map(|key| key.0).collect();
        let mut waiting: HashMap<UnmappedOf, Vec<Unmapped>> = HashMap::new();
        for unmapped in reads::feeds::unmapped_of(&self.app, &self.viewer, &feeds).await? {
            waiting.entry(UnmappedOf(unmapped.feed_id)).or_default().push(unmapped);
        }
        Ok(waiting)
    }
}
