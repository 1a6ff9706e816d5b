//! The city's facts as the running server holds them: zone, periods, districts, remedies.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use entity::{district, id::DistrictId};

use crate::{domain::remedy::Remedy, feeds::clock::in_zone, preset::Preset};

/// One city; loaded at the start from its preset.
#[derive(Clone, Debug)]
pub struct City {
    pub preset: Preset,
    /// By number.
    districts: Vec<district::Model>,
}

impl City {
    #[must_use]
    pub fn new(preset: Preset) -> Self {
        Self { preset, districts: Vec::new() }
    }

    /// The same city once its districts are in the database.
    #[must_use]
    pub fn with_districts(mut self, mut districts: Vec<district::Model>) -> Self {
        districts.sort_by_key(|district| district.number);
        self.districts = districts;
        self
    }

    #[must_use]
    pub fn zone(&self) -> Tz {
        self.preset.city.time_zone
    }

    /// The city's calendar day of a moment.
    #[must_use]
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone()).date_naive()
    }

    /// The moment at which a day of the city's calendar begins; none at the far ends of time.
    #[must_use]
    pub fn start_of(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        in_zone(self.zone(), day.and_time(NaiveTime::MIN))
    }

    /// The next moment after `after` at which the city's clocks show that time; none at the far ends of time.
    #[must_use]
    pub fn next_time(&self, time: NaiveTime, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A day on which the clocks skip that time has it an hour later; `in_zone` sees to that.
        let days = std::iter::successors(Some(self.day_of(after)), NaiveDate::succ_opt);
        days.take(3).filter_map(|day| in_zone(self.zone(), day.and_time(time))).find(|at| *at > after)
    }

    #[must_use]
    pub fn districts(&self) -> &[district::Model] {
        &self.districts
    }

    #[must_use]
    pub fn district(&self, id: DistrictId) -> Option<&district::Model> {
        self.districts.iter().find(|district| district.id == id)
    }

    #[must_use]
    pub fn district_numbered(&self, number: i32) -> Option<&district::Model> {
        self.districts.iter().find(|district| district.number == number)
    }

    /// The district that a point lies in.
    #[must_use]
    pub fn district_at(&self, latitude: f64, longitude: f64) -> Option<&district::Model> {
        self.district_numbered(self.preset.district_at(latitude, longitude)?)
    }

    #[must_use]
    pub fn remedy(&self, key: &str) -> Option<&Remedy> {
        self.preset.remedies.iter().find(|remedy| remedy.key == key)
    }
}
