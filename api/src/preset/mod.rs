//! A city's facts as data: districts, court holidays, rules, remedies and feeds, read from TOML and checked.

mod city;
mod court_holidays;
mod deadline_rules;
mod districts;
mod document;
mod error;
mod feeds;
mod files;
mod fines;
mod letter_samples;
mod letters;
mod nuisance_rules;
mod remedies;
mod remedy_orders;
mod remedy_steps;
mod response_targets;
mod retention;
mod rule_sets;
mod schedule;
mod sign_in;

use std::{collections::BTreeMap, path::Path};

use entity::case::CasePriority;

use crate::domain::{
    court_calendar::CourtCalendar, deadline_rule::DeadlineRule, fine::Fines, remedy::Remedy,
    response::Target, retention::Retention,
};

use self::files::Files;
pub use self::{
    city::{City, Days, Months},
    court_holidays::CourtHoliday,
    districts::{Boundaries, District},
    error::PresetError,
    feeds::{Feed, Push},
    letters::{Letters, Sender, Statement, Wording},
    nuisance_rules::NuisanceRule,
    schedule::Schedule,
    sign_in::{Group, OpenId, SignIn},
};

/// All facts of one city.
#[derive(Clone, Debug)]
pub struct Preset {
    pub city: City,
    /// By number.
    pub districts: Vec<District>,
    /// Where the boundaries come from.
    pub boundaries: Boundaries,
    /// The days on which the court is closed, by year and day. A year that is missing here is unknown, not open.
    pub court_holidays: BTreeMap<i32, Vec<CourtHoliday>>,
    pub deadline_rules: Vec<DeadlineRule>,
    /// What citations cost.
    pub fines: Fines,
    pub nuisance_rules: Vec<NuisanceRule>,
    pub remedies: Vec<Remedy>,
    /// How soon somebody looks at the place, one for each priority.
    pub response_targets: Vec<Target>,
    /// How long raw calls are kept.
    pub retention: Retention,
    /// How people sign in.
    pub sign_in: SignIn,
    /// By key.
    pub feeds: Vec<Feed>,
    /// What the city's letters say, and their templates.
    pub letters: Letters,
}

impl Preset {
    /// Sacramento, as built in.
    pub fn sacramento() -> Result<Self, PresetError> {
        Self::from_files(&Files::sacramento())
    }

    /// A city's own preset: a directory with the same files as the one built in.
    pub fn from_directory(directory: &Path) -> Result<Self, PresetError> {
        Self::from_files(&Files::in_directory(directory)?)
    }

    fn from_files(files: &Files) -> Result<Self, PresetError> {
        let (districts, boundaries) =
            districts::read(files.document("districts.toml")?, files.document("districts.geojson")?)?;
        let city = city::read(files.document("city.toml")?)?;
        let mut nuisance_rules = nuisance_rules::read(files.document("nuisance-rules.toml")?)?;
        nuisance_rules.extend(rule_sets::taken_by(&city, files.document("city.toml")?)?);
        let deadline_rules = deadline_rules::read(files.document("deadline-rules.toml")?)?;
        let numbers = districts.iter().map(|district| district.number).collect();
        let sign_in = sign_in::read(files.document("sign-in.toml")?, &numbers)?;
        Ok(Self {
            city,
            districts,
            boundaries,
            court_holidays: court_holidays::read(files.document("court-holidays.toml")?)?,
            remedies: remedies::read(files.document("remedies.toml")?, &deadline_rules)?,
            fines: fines::read(files.document("fines.toml")?, &deadline_rules)?,
            response_targets: response_targets::read(files.document("response-targets.toml")?)?,
            retention: retention::read(files.document("retention.toml")?)?,
            sign_in,
            deadline_rules,
            nuisance_rules,
            feeds: feeds::read(files.feeds())?,
            letters: letters::read(files)?,
        })
    }

    /// The rules modelled on another city's ordinance, by the name of their set, such as `seattle`.
    #[must_use]
    pub fn rules_of(set: &str) -> Option<Result<Vec<NuisanceRule>, PresetError>> {
        rule_sets::read(set)
    }

    /// The number of the district that a point (WGS84 degrees) lies in. On a common border it is the lower number.
    #[must_use]
    pub fn district_at(&self, latitude: f64, longitude: f64) -> Option<i32> {
        districts::at(&self.districts, latitude, longitude)
    }

    /// A feed by its key.
    #[must_use]
    pub fn feed(&self, key: &str) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.key == key)
    }

    /// A rule for deadlines by its key.
    #[must_use]
    pub fn deadline_rule(&self, key: &str) -> Option<&DeadlineRule> {
        self.deadline_rules.iter().find(|rule| rule.key == key)
    }

    /// How soon somebody looks at the place of a case of that priority.
    #[must_use]
    pub fn response_target(&self, priority: CasePriority) -> Option<&Target> {
        self.response_targets.iter().find(|target| target.priority == priority)
    }

    /// The days on which the court is closed.
    #[must_use]
    pub fn court_calendar(&self) -> CourtCalendar {
        self.court_holidays.iter().fold(CourtCalendar::new(), |calendar, (year, holidays)| {
            let unconfirmed = holidays.iter().any(|holiday| holiday.confirm_with_counsel);
            calendar.with_year(*year, unconfirmed, holidays.iter().map(|h| (h.day, h.name.clone())))
        })
    }

    /// A remedy by its key.
    #[must_use]
    pub fn remedy(&self, key: &str) -> Option<&Remedy> {
        self.remedies.iter().find(|remedy| remedy.key == key)
    }
}

#[cfg(test)]
mod broken_tests;
#[cfg(test)]
mod deadline_walk_tests;
#[cfg(test)]
mod remedy_walk_tests;
#[cfg(test)]
mod sacramento_tests;
