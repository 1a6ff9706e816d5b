//! The demo city's whole log, imported as an operator would, and its flags counted again by plain loops.

use std::collections::{BTreeMap, BTreeSet};

use api::{
    commands::{import_calls, import_places, parcel_mapping::ParcelMapping},
    feeds::CallLog,
};
use chrono::NaiveDate;
use entity::{
    call::{self, AddressPrecision, CallCategory as C},
    property::{self, ResidentialOccupancy, UseType as U},
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{Client, Jfn, files::in_repository, story};

async fn import_places(jfn: &Jfn) {
    let mapping = std::fs::read_to_string(in_repository("api/demo/places.toml")).expect("a mapping");
    let mapping = ParcelMapping::parse(&mapping).expect("a mapping");
    let file = std::fs::read(in_repository("api/demo/places.csv")).expect("places");
    let mut summary = import_places::Summary::default();
    import_places::import(&jfn.app, &mapping, &file[..], &mut summary).await.expect("places are read");
}

/// Imports the log; answers how many flags that raised.
async fn import_calls(jfn: &Jfn) -> i32 {
    let file = in_repository("api/demo/calls.csv.gz");
    let open = |mapping: &_| CallLog::open(&file, mapping);
    let summary = import_calls::load(&jfn.app, "demo-police", open, |line| line, |_| ()).await;
    summary.expect("calls are read").counts.flags_raised
}

fn counts(call: &call::Model) -> bool {
    matches!(call.precision, AddressPrecision::Unit | AddressPrecision::Address)
        && !call.disposition_excludes
        && !call.officer_initiated
        && call.withdrawn_at.is_none()
}

const OF_PEOPLE: [C; 10] = [
    C::Noise,
    C::Disturbance,
    C::Fight,
    C::Drug,
    C::Prostitution,
    C::Gambling,
    C::Liquor,
    C::Weapon,
    C::ShotsFired,
    C::Assault,
];
const OF_PLACES: [C; 4] = [C::Trespass, C::Vandalism, C::Dumping, C::Intoxication];

/// What the preset's rules say of a place, written down again: rule, and what it measures when that crosses.
fn crossed(place: &property::Model, calls: &[&call::Model]) -> Vec<(&'static str, f64)> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let nights = |places_too: bool, from: &str| {
        let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
        for call in calls.iter().filter(|call| counts(call)) {
            let category =
                OF_PEOPLE.contains(&call.category) || places_too && OF_PLACES.contains(&call.category);
            if category && call.occurred_on >= day(from) && call.occurred_on <= day("2021-12-14") {
                days.insert(call.occurred_on);
            }
        }
        f64::from(u32::try_from(days.len()).expect("few"))
    };
    let (month, two_months, year) = ("2021-11-15", "2021-10-16", "2020-12-15");
    let found = match (place.use_type, place.residential_occupancy) {
        (U::Bar, ResidentialOccupancy::None) => vec![
            ("bar-3-days-in-30", nights(true, month), 3.0),
            ("bar-7-days-in-12-months", nights(true, year), 7.0),
        ],
        (U::LiquorStore | U::Retail, ResidentialOccupancy::None) => vec![
            ("shop-3-days-in-30", nights(false, month), 3.0),
            ("shop-7-days-in-12-months", nights(false, year), 7.0),
        ],
        (U::VacantBuilding | U::VacantLot, ResidentialOccupancy::None) => {
            vec![("vacant-3-calls-in-60-days", nights(true, two_months), 3.0)]
        }
        (U::Motel, _) => {
            let rooms = place.unit_count.map_or(f64::INFINITY, f64::from);
            let calls = nights(false, year);
            // More than half a call per room.
            let crossed = if calls * 2.0 > rooms { 0.0 } else { f64::INFINITY };
            vec![("motel-calls-per-room-12-months", calls / rooms, crossed)]
        }
        _ => Vec::new(),
    };
    found
        .into_iter()
        .filter(|(_, measured, least)| measured >= least)
        .map(|(rule, measured, _)| (rule, measured))
        .collect()
}

async fn all_flags(client: &Client) -> Vec<Value> {
    let query = "query ($after: String) { flags(first: 50, after: $after) { nodes { measured status rule { key } \
                 property { id } explanation { counted { call { category } } excluded { call { category } } } } \
                 pageInfo { hasNextPage endCursor } } }";
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut page = client.ask(query, json!({ "after": after })).await["flags"].take();
        found.append(page["nodes"].as_array_mut().expect("a list"));
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

story! {
    async fn the_demo_log_raises_the_flags_that_plain_loops_find(jfn) {
        import_places(jfn).await;
        let raised = import_calls(jfn).await;
        let places = property::Entity::find().all(&jfn.app.db).await.expect("places");
        let calls = call::Entity::find().all(&jfn.app.db).await.expect("calls");
        let mut at: BTreeMap<_, Vec<&call::Model>> = BTreeMap::new();
        for call in &calls {
            at.entry(call.property_id).or_default().push(call);
        }
        let mut expected = Vec::new();
        for place in &places {
            let calls = at.get(&Some(place.id)).map(Vec::as_slice).unwrap_or_default();
            for (rule, measured) in crossed(place, calls) {
                expected.push((place.id.to_string(), rule.to_owned(), measured));
            }
        }
        expected.sort_by(|a, b| a.partial_cmp(b).expect("comparable"));
        let flags = all_flags(&jfn.city_attorney().await).await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let mut found: Vec<(String, String, f64)> = flags
            .iter()
            .map(|flag| {
                (text(&flag["property"]["id"]), text(&flag["rule"]["key"]), flag["measured"].as_f64().expect("a number"))
            })
            .collect();
        found.sort_by(|a, b| a.partial_cmp(b).expect("comparable"));
        assert_eq!(found, expected);
        assert_eq!(usize::try_from(raised).expect("few"), found.len());
        let rules: BTreeSet<&str> = expected.iter().map(|(_, rule, _)| rule.as_str()).collect();
        assert!(rules.len() >= 3, "bars, shops and motels among them: {rules:?}");

        let listed: BTreeSet<String> = flags
            .iter()
            .flat_map(|flag| ["counted", "excluded"].map(|list| flag["explanation"][list].as_array().expect("a list")))
            .flatten()
            .map(|listed| text(&listed["call"]["category"]))
            .collect();
        for protected in ["DOMESTIC", "MEDICAL", "MENTAL_HEALTH", "WELFARE", "DEATH", "SEX_CRIME", "MISSING_PERSON"] {
            assert!(!listed.contains(protected), "{protected} is listed nowhere");
        }
        assert_eq!(import_calls(jfn).await, 0, "the same log again raises nothing");
        assert_eq!(all_flags(&jfn.city_attorney().await).await, flags);
    }
}
