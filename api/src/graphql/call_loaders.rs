//! Loaders for sums of calls, and for what flags list.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use entity::{
    call::CallCategory,
    flag,
    id::{CaseId, FeedId, PropertyId},
};

use super::loaders::Loaders;
use crate::{
    domain::{
        call_volume::CallVolume,
        day_window::{Asked, DayWindow},
    },
    error::{Error, Result},
    reads::{self, case_evidence::Evidence},
};

/// The sums of a place's calls in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VolumeOf {
    pub property: PropertyId,
    pub asked: Asked,
}

/// Sums, the days they were made over, and how far the data reach.
#[derive(Clone, Debug)]
pub struct Volume {
    pub sums: CallVolume,
    pub days: DayWindow,
    pub as_of: Option<DateTime<Utc>>,
}

impl Loader<VolumeOf> for Loaders {
    type Value = Volume;
    type Error = Error;
    async fn load(&self, keys: &[VolumeOf]) -> Result<HashMap<VolumeOf, Volume>> {
        let mut asked: HashMap<Asked, Vec<PropertyId>> = HashMap::new();
        for key in keys {
            asked.entry(key.asked).or_default().push(key.property);
        }
        let mut found = HashMap::new();
        // Every place of one field asks for the same window, so this is one statement in practice.
        for (asked, places) in asked {
            let (days, as_of) = reads::calls::window(&self.app, asked).await?;
            let reach = as_of.map_or(days.to, |at| self.app.city.day_of(at));
            let sums = reads::call_volumes::of_places(&self.app, &self.viewer, &places, days, reach).await?;
            let volume = |(property, sums)| (VolumeOf { property, asked }, Volume { sums, days, as_of });
            found.extend(sums.into_iter().map(volume));
        }
        Ok(found)
    }
}

/// The flag that a case grew from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlagOfCase(pub CaseId);

impl Loader<FlagOfCase> for Loaders {
    type Value = flag::Model;
    type Error = Error;
    async fn load(&self, keys: &[FlagOfCase]) -> Result<HashMap<FlagOfCase, flag::Model>> {
        self.only_now("a flag")?;
        let cases: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let flags = reads::flags::of_cases(&self.app, &self.viewer, &cases).await?;
        Ok(flags.into_iter().filter_map(|flag| Some((FlagOfCase(flag.case_id?), flag))).collect())
    }
}

/// What a case rested on when it was opened from a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceOf(pub CaseId);

impl Loader<EvidenceOf> for Loaders {
    type Value = Evidence;
    type Error = Error;
    async fn load(&self, keys: &[EvidenceOf]) -> Result<HashMap<EvidenceOf, Evidence>> {
        self.only_now("what a flag rests on")?;
        let cases: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let found = reads::case_evidence::of_cases(&self.app, &self.viewer, &cases).await?;
        Ok(found.into_iter().map(|evidence| (EvidenceOf(evidence.row.case_id), evidence)).collect())
    }
}

/// What may be shown of the protected calls at a place in some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProtectedCallsAt(pub PropertyId, pub DayWindow);

impl Loader<ProtectedCallsAt> for Loaders {
    type Value = i32;
    type Error = Error;
    async fn load(&self, keys: &[ProtectedCallsAt]) -> Result<HashMap<ProtectedCallsAt, i32>> {
        let asked: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let sums = reads::protected_sums::shown(&self.app, &asked).await?;
        Ok(sums.into_iter().map(|((place, days), calls)| (ProtectedCallsAt(place, days), calls)).collect())
    }
}

/// The category of one call type of a feed, as it is mapped now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CategoryOfType(pub FeedId, pub String);

impl Loader<CategoryOfType> for Loaders {
    type Value = CallCategory;
    type Error = Error;
    async fn load(&self, keys: &[CategoryOfType]) -> Result<HashMap<CategoryOfType, CallCategory>> {
        let types: Vec<_> = keys.iter().map(|key| (key.0, key.1.clone())).collect();
        let found = reads::rejected_columns::categories(&self.app, &self.viewer, &types).await?;
        Ok(found.into_iter().map(|((feed, name), category)| (CategoryOfType(feed, name), category)).collect())
    }
}
