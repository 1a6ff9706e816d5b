//! The loaders of what is told of feeds.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{feed_run, id::FeedId};

use super::loaders::Loaders;
use crate::{
    error::{Error, Result},
    reads::{self, feeds::Unmapped},
};

/// The last run of a feed that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastRunOf(pub FeedId);

impl Loader<LastRunOf> for Loaders {
    type Value = feed_run::Model;
    type Error = Error;
    async fn load(&self, keys: &[LastRunOf]) -> Result<HashMap<LastRunOf, feed_run::Model>> {
        let feeds: Vec<FeedId> = keys.iter().map(|key| key.0).collect();
        let runs = reads::feeds::last_ended_of(&self.app, &self.viewer, &feeds).await?;
        Ok(runs.into_iter().map(|run| (LastRunOf(run.feed_id), run)).collect())
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
