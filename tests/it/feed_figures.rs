//! Every log of calls loaded by its mapping file alone, and what the server then tells of it held against figures that
//! another program computed from the same files.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use api::{app::App, commands::import_calls, feeds::CallLog, writes::ingest::Summary};
use entity::call::{self, CallCategory};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{Jfn, Store, calls::load_file, files, story};

const FEEDS: &str = "{ feeds { key dataAsOf callsByMonth(months: 100) { month calls } \
     runs(first: 1) { nodes { status read inserted updated unchanged duplicates rejected withdrawn matched } } } }";

async fn load(app: &App, feed: &str, file: &Path) -> Summary {
    let loaded = import_calls::load(app, feed, |mapping| CallLog::open(file, mapping), |line| line, |_| ());
    loaded.await.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What the server tells a sergeant of a feed.
async fn told(jfn: &Jfn, key: &str) -> Value {
    let feeds = jfn.sergeant(1).await.ask(FEEDS, json!({})).await["feeds"].take();
    feeds.as_array().expect("a list").iter().find(|feed| feed["key"] == key).expect("the feed").clone()
}

/// The months in which a feed told of calls.
fn months(feed: &Value) -> BTreeMap<String, u64> {
    let months = feed["callsByMonth"].as_array().expect("a list").iter();
    let month = |month: &Value| {
        (month["month"].as_str().expect("text").to_owned(), month["calls"].as_u64().expect("a number"))
    };
    months.map(month).filter(|(_, calls)| *calls > 0).collect()
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(files::data(&format!("expected/{name}.json"))).expect("the figures");
    serde_json::from_str(&text).expect("JSON")
}

/// What the expected figures say of a whole file.
struct Figures {
    rows: u64,
    duplicates: u64,
    months: BTreeMap<String, u64>,
}

impl Figures {
    fn of(name: &str) -> Self {
        let figures = expected(name);
        let all = &figures["all_rows"];
        let kept = all["rows"].as_u64().expect("a number");
        // Where rows repeat, the rows of the file are told beside those that stand.
        let rows = figures["file_rows"].as_u64().unwrap_or(kept);
        let months = all["rows_per_month"].as_object().expect("months").iter();
        let months = months.map(|(month, rows)| (month.clone(), rows.as_u64().expect("a number")));
        Self { rows, duplicates: rows - kept, months: months.collect() }
    }
}

/// Loads a file and holds what the server tells of it against the figures.
async fn check(jfn: &Jfn, feed: &str, file: &Path, figures: &Figures) {
    load(&jfn.app, feed, file).await;
    let told = told(jfn, feed).await;
    let run = &told["runs"]["nodes"][0];
    assert_eq!(run["status"], "SUCCEEDED", "{feed}");
    let count = |name: &str| run[name].as_u64().expect("a number");
    assert_eq!(
        (count("read"), count("duplicates"), count("rejected")),
        (figures.rows, figures.duplicates, 0),
        "{feed}"
    );
    assert_eq!(count("inserted") + count("unchanged"), figures.rows - figures.duplicates, "{feed}");
    assert_eq!(months(&told), figures.months, "{feed}: calls by month of its own time zone");
}

story! {
    async fn charlottesville_comes_out_in_local_time_and_in_utc(jfn) {
        let local = "charlottesville-calls-2013-07_2016-12";
        let file = files::data(&format!("{local}_localtime.csv.gz"));
        check(jfn, "charlottesville-police", &file, &Figures::of(local)).await;
        let utc = "charlottesville-calls-2015_utc";
        check(jfn, "charlottesville-police-utc", &files::data(&format!("{utc}.csv.gz")), &Figures::of(utc)).await;
    }
}

story! {
    async fn two_snapshots_of_san_diego_in_turn_give_the_figures_of_the_second(jfn) {
        let name = |snapshot: u8| format!("san-diego-pd-calls-2023_snapshot-{snapshot}");
        let file = |snapshot: u8| files::data(&format!("{}.csv.gz", name(snapshot)));
        for snapshot in [1, 2] {
            check(jfn, "san-diego-police", &file(snapshot), &Figures::of(&name(snapshot))).await;
        }
        let run = told(jfn, "san-diego-police").await["runs"]["nodes"][0].clone();
        let second = expected(&name(2))["second_load"].clone();
        assert_eq!((&run["inserted"], &run["updated"]), (&second["new_incidents"], &json!(0)));
        assert_eq!(run["unchanged"], second["rows_snapshot_1"]);
        // Every call says what the second snapshot says of it.
        let mapping = &jfn.app.city.preset.feed("san-diego-police").expect("the feed").mapping;
        let calls = call::Entity::find().all(&jfn.app.db).await.expect("calls");
        let calls: HashMap<&str, &call::Model> = calls.iter().map(|call| (call.source_id.as_str(), call)).collect();
        for line in CallLog::open(&file(2), mapping).expect("the file opens") {
            let row = line.expect("a whole file").expect("a readable row");
            let call = calls[row.source_id.as_str()];
            let told = (&row.final_type, &row.disposition, row.occurred_at);
            assert_eq!((&call.description, &call.disposition, call.occurred_at), told);
        }
    }
}

story! {
    async fn san_luis_obispo_comes_out_with_its_days_collected_twice(jfn) {
        let name = "slo-police-calls-2021-09_2021-12";
        check(jfn, "slo-police", &files::data(&format!("{name}.csv.gz")), &Figures::of(name)).await;
    }
}

story! {
    async fn seattle_st_louis_and_dallas_come_out(jfn) {
        let name = "seattle-police-911-2016-03-25";
        check(jfn, "seattle-police", &files::data(&format!("{name}.csv")), &Figures::of(name)).await;
        let small = expected("small-files");
        let of = |file: &str, figure: &str| small[file][figure].as_u64().expect("a number");
        let (file, of_month) = ("stlouis-calls-2021-01-28.csv", |calls| BTreeMap::from([("2021-01".to_owned(), calls)]));
        let rows = of(file, "rows");
        check(jfn, "stlouis-police", &files::data(file), &Figures { rows, duplicates: 0, months: of_month(rows) }).await;
        let file = "socrata-dallas-active-calls-2018-01-09.csv";
        let (rows, incidents) = (of(file, "rows"), of(file, "distinct_incident_numbers"));
        let months = BTreeMap::from([("2018-01".to_owned(), incidents)]);
        check(jfn, "dallas-active-calls", &files::data(file), &Figures { rows, duplicates: rows - incidents, months }).await;
    }
}

/// On one database only: the file is long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn montgomery_comes_out_by_its_mapping_alone() {
    let jfn = Jfn::start(Store::Sqlite).await;
    let name = "montgomery-911-2015-12_2016-06";
    check(&jfn, "montgomery-911", &files::data(&format!("{name}.csv.gz")), &Figures::of(name)).await;
    jfn.stop().await;
}

/// The first lines of the Montgomery file.
fn beginning(lines: usize) -> Vec<u8> {
    let file = File::open(files::data("montgomery-911-2015-12_2016-06.csv.gz")).expect("the file");
    let text = BufReader::new(flate2::read::GzDecoder::new(file)).lines().take(lines);
    text.map(|line| line.expect("text") + "\n").collect::<String>().into_bytes()
}

story! {
    async fn a_row_without_a_key_of_its_own_is_known_again_by_its_fingerprint(jfn) {
        let beginning = beginning(1_001);
        for counts in [(1_000, 1_000, 0), (1_000, 0, 1_000)] {
            let loaded = load_file(&jfn.app, "montgomery-911", beginning.clone()).await;
            let told = loaded.expect("it loads").counts;
            assert_eq!((told.read, told.inserted, told.unchanged), counts);
        }
        // Every ambulance is protected, and nothing is at a house: no call of this feed can ever count.
        let calls = call::Entity::find().all(&jfn.app.db).await.expect("calls");
        assert!(calls.iter().all(|call| call.property_id.is_none() && call.category != CallCategory::Unmapped));
        let ambulance = |call: &&call::Model| call.description.as_deref().is_some_and(|told| told.starts_with("EMS:"));
        assert!(calls.iter().filter(ambulance).all(|call| call.category == CallCategory::Medical));
    }
}
