//! The demo city: it comes into being by itself and has something for every screen.

use api::{
    app::Clock,
    authn,
    commands::{demo, serve::app_of},
    database::{self, Opening},
    graphql::{self, Background},
    preset::Preset,
};
use serde_json::Value;
use tests::start_of_time;
use uuid::Uuid;

const EVERY_SCREEN: &str = "{
    cases(first: 1) { totalCount }
    stale: cases(filter: { stale: true }) { totalCount }
    closed: cases(filter: { open: false }) { totalCount }
    legalActions(first: 1) { totalCount }
    docket(from: \"2026-11-20\", to: \"2027-02-20\") { totalCount }
    deadlines(filter: { overdue: true }) { totalCount }
    motels: flags(filter: { useTypes: [MOTEL] }) { totalCount }
    bars: flags(filter: { useTypes: [BAR] }) { totalCount }
    waiting: flags(filter: { statuses: [NEEDS_REVIEW] }) { totalCount }
    opened: flags(filter: { statuses: [CASE_OPENED] }) { totalCount }
    staff { id }
    feeds { key dataAsOf }
    districts { workload { openCases } }
    unbilledCosts(first: 1) { totalCount }
    orders: legalActions(first: 100) { nodes { orders { terms } } }
    closed_cases: cases(filter: { open: false }, first: 100) { nodes { costs { balance { collected } } } }
}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_city_has_something_for_every_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let opening = Opening { url, connections: 8, schema: None, statement_time: None, durable: false };
    let db = database::open(&opening).await.expect("a database");
    database::migrate(&db).await.expect("its schema");
    let preset = Preset::sacramento().expect("the preset");
    let app = app_of(db, preset, Clock::standing(start_of_time())).await.expect("an empty city");
    demo::build(&app, start_of_time()).await.expect("the city is built");

    let viewer = authn::viewer_of_staff(&app, "cityattorney@demo.example").await.expect("a look-up");
    let schema = graphql::schema(app.clone(), false, Background::new(drop));
    let response = graphql::execute(&schema, &app, viewer, EVERY_SCREEN.into(), Uuid::nil()).await;
    assert_eq!(response.errors, []);
    let city: Value = response.data.into_json().expect("JSON");
    let count = |field: &str| city[field]["totalCount"].as_i64().unwrap_or_else(|| panic!("{field}: {city}"));
    assert!(count("cases") > 200, "200 invented ones, and those opened from flags");
    for field in [
        "stale",
        "closed",
        "legalActions",
        "docket",
        "deadlines",
        "motels",
        "bars",
        "waiting",
        "opened",
        "unbilledCosts",
    ] {
        assert!(count(field) > 0, "{field}: {city}");
    }
    let actions = city["orders"]["nodes"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["orders"][0]["terms"].is_string()), "an order was recorded");
    let mut closed = city["closed_cases"]["nodes"].as_array().unwrap().iter();
    assert!(closed.any(|case| case["costs"]["balance"]["collected"] != "0.00"), "somebody paid");
    assert_eq!(city["staff"].as_array().map(Vec::len), Some(27));
    let feed = city["feeds"].as_array().unwrap().iter().find(|feed| feed["key"] == "demo-police").unwrap();
    let newest = feed["dataAsOf"].as_str().unwrap();
    assert!(
        ("2026-11-13".."2026-11-20").contains(&newest),
        "the log ends within the last seven days: {newest}"
    );
    for district in city["districts"].as_array().unwrap() {
        assert!(
            district["workload"].as_array().unwrap().iter().any(|row| row["openCases"].as_i64() > Some(0))
        );
    }
    app.db.close().await.expect("the database closes");
}
