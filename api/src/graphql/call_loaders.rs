//! Loaders for sums of calls, and for what flags list.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use entity::{
    flag,
    id::{CaseId, FlagId, PropertyId},
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
            let sums = reads::call_volumes::of_places(&self.app, &self.viewer, &places, days).await?;
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
        let cases: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let found = reads::case_evidence::of_cases(&self.app, &self.viewer, &cases).await?;
        Ok(found.into_iter().map(|evidence| (EvidenceOf(evidence.row.case_id), evidence)).collect())
    }
}

/// How many protected calls a flag's place had in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProtectedCallsOf(pub FlagId);

impl Loader<ProtectedCallsOf> for Loaders {
    type Value = i64;
    type Error = Error;
    async fn load(&self, keys: &[ProtectedCallsOf]) -> Result<HashMap<ProtectedCallsOf, i64>> {
        let flags: Vec<FlagId> = keys.iter().map(|key| key.0).collect();
        let sums = reads::flags::protected_calls_of(&self.app, &self.viewer, &flags).await?;
        Ok(sums.into_iter().map(|(id, calls)| (ProtectedCallsOf(id), calls)).collect())
    }
}
