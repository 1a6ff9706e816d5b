//! The invented cases of the demo city, played day by day across all districts.

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::ProgressBar;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{
    case_file::CaseFile,
    case_plan::{Course, Step, plan},
    desk::Desk,
    people::People,
};
use crate::{app::App, error::Result};

/// The programme began on 1 August 2006.
const SEED: u64 = 20_060_801;
const CASES_PER_DISTRICT: usize = 25;

const PLACES: &str = "query ($district: Int!, $uses: [UseType!], $after: String) { properties(first: 100, after: $after, \
                      filter: { districts: [$district], useTypes: $uses }) { nodes { id address useType \
                      parties { party { id } } } pageInfo { hasNextPage endCursor } } }";
const USES: [&str; 10] = [
    "BAR",
    "MOTEL",
    "RESTAURANT",
    "RETAIL",
    "LIQUOR_STORE",
    "GAS_STATION",
    "SINGLE_FAMILY",
    "MULTI_FAMILY",
    "VACANT_BUILDING",
    "VACANT_LOT",
];

/// Opens and works 200 cases, each step at its own time, the clock moving with them.
pub async fn play(app: &App, people: &People, now: DateTime<Utc>, bar: &ProgressBar) -> Result<()> {
    let desk = Desk::new(app);
    let mut dice = StdRng::seed_from_u64(SEED);
    let mut files = Vec::new();
    let mut agenda: Vec<(DateTime<Utc>, usize, Step)> = Vec::new();
    for team in people.teams() {
        let places = places(&desk, people, team.district).await?;
        for place in places.choose_multiple(&mut dice, CASES_PER_DISTRICT) {
            let course = Course::draw(&mut dice);
            let opened =
                now - TimeDelta::days(course.age(&mut dice)) - TimeDelta::minutes(dice.random_range(30..400));
            let case = files.len();
            agenda
                .extend(plan(course, opened, now, &mut dice).into_iter().map(|(at, step)| (at, case, step)));
            files.push(CaseFile::new(team.district, place, dice.random()));
        }
    }
    // Stable: the steps of a case stay in their order.
    agenda.sort_by_key(|(at, case, _)| (*at, *case));
    bar.set_length(agenda.len() as u64);
    for (at, case, step) in agenda {
        app.clock.set(at);
        let file = &mut files[case];
        file.take(&desk, people.team(file.district)?, app, step).await?;
        bar.inc(1);
    }
    Ok(())
}

async fn places(desk: &Desk, people: &People, district: i32) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "district": district, "uses": USES, "after": after });
        let page = desk.ask(&people.city_attorney, PLACES, variables).await?["properties"].take();
        found.extend(page["nodes"].as_array().cloned().unwrap_or_default());
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(found);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}
