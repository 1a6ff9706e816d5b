//! Calls before and after the city stepped in, for a case.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{SimpleObject, dataloader::Loader};
use entity::id::{CaseId, PropertyId};

use super::{loaders::Loaders, scalars::Date};
use crate::{
    domain::{
        call_comparison::{Around, note, rate_ratio},
        call_volume,
        day_window::DayWindow,
    },
    error::{Error, Result},
    reads::{self, interventions::Intervention},
};

/// Qualifying calls at the case's place before and after the first intervention: the first notice served (a friendly
/// letter aside) or the first legal action filed. The day itself is on neither side. A place comes to the city's eyes when
/// it is at its worst, so a part of any fall would have come by itself.
#[derive(Clone, SimpleObject)]
pub struct CallComparison {
    /// The day of the intervention.
    intervention_on: Date,
    /// Qualifying calls in so many days before.
    before: i32,
    /// Qualifying calls in so many days after, as far as the data reach.
    after: i32,
    /// Days on each side.
    days: i32,
    /// Calls a day after, divided by calls a day before; null when nobody called before.
    rate_ratio: Option<f64>,
    /// Lower end of the 95 % interval of the ratio, if calls came at random.
    low: Option<f64>,
    /// Upper end of it.
    high: Option<f64>,
    /// What has to be known beside the figures; null where there is nothing.
    note: Option<String>,
}

/// Calls around the first intervention of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComparisonOf {
    pub case: CaseId,
    /// Days on each side.
    pub days: u32,
}

impl Loader<ComparisonOf> for Loaders {
    type Value = CallComparison;
    type Error = Error;
    async fn load(&self, keys: &[ComparisonOf]) -> Result<HashMap<ComparisonOf, CallComparison>> {
        self.only_now("how calls changed")?;
        let cases: Vec<CaseId> = keys.iter().map(|key| key.case).collect();
        let interventions = reads::interventions::first_of(&self.app, &self.viewer, &cases).await?;
        let Some(as_of) = reads::calls::data_as_of(&self.app.db).await? else { return Ok(HashMap::new()) };
        let as_of = self.app.city.day_of(as_of);
        let asked: Vec<(ComparisonOf, Intervention, Around)> = keys
            .iter()
            .filter_map(|key| {
                let intervention = *interventions.get(&key.case)?;
                Some((*key, intervention, Around::of(intervention.first_on, key.days, as_of)?))
            })
            .collect();
        let from = asked.iter().map(|(.., around)| around.before.from).min();
        let to = asked.iter().map(|(.., around)| around.after.unwrap_or(around.before).to).max();
        let (Some(from), Some(to)) = (from, to) else { return Ok(HashMap::new()) };
        let places: BTreeSet<PropertyId> = asked.iter().map(|(_, at, _)| at.property_id).collect();
        let places: Vec<PropertyId> = places.into_iter().collect();
        let days = DayWindow { from, to };
        let volumes = reads::call_volumes::of_places(&self.app, &self.viewer, &places, days, as_of).await?;
        let compared = asked.into_iter().filter_map(|(key, at, around)| {
            let volume = volumes.get(&at.property_id)?;
            Some((key, compare(at, around, key.days, volume)))
        });
        Ok(compared.collect())
    }
}

fn compare(at: Intervention, around: Around, days: u32, volume: &call_volume::CallVolume) -> CallComparison {
    let count = |window: DayWindow| -> u32 {
        let within = volume.daily.iter().filter(|day| window.contains(day.day));
        within.map(|day| day.qualifying.unsigned_abs()).sum()
    };
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (before, after) = (count(around.before), around.after.map_or(0, count));
    let after_days = around.after.map_or(0, |window| u32::try_from(window.days()).unwrap_or(0));
    let found = rate_ratio(before, days, after, after_days);
    CallComparison {
        intervention_on: at.first_on.into(),
        before: whole(before),
        after: whole(after),
        days: whole(days),
        rate_ratio: found.as_ref().map(|found| found.ratio),
        low: found.as_ref().map(|found| found.low),
        high: found.as_ref().map(|found| found.high),
        note: note(around, days, found.as_ref()),
    }
}
