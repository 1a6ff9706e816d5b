//! Every log of calls loaded by its mapping file alone, and what the server then tells of it held against figures that
//! another program computed from the same files.

use std::{collections::BTreeMap, path::Path};

use api::{app::App, commands::import_calls, feeds::CallLog, writes::ingest::Summary};
use serde_json::{Value, json};
use tests::{Jfn, files, story};

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
    async fn both_snapshots_of_san_diego_come_out_one_after_the_other(jfn) {
        for snapshot in [1, 2] {
            let name = format!("san-diego-pd-calls-2023_snapshot-{snapshot}");
            check(jfn, "san-diego-police", &files::data(&format!("{name}.csv.gz")), &Figures::of(&name)).await;
        }
        let run = told(jfn, "san-diego-police").await["runs"]["nodes"][0].clone();
        assert_eq!((&run["inserted"], &run["unchanged"], &run["updated"]), (&json!(2_375), &json!(26_595), &json!(0)));
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

story! {
    async fn montgomery_comes_out_by_its_mapping_alone(jfn) {
        let name = "montgomery-911-2015-12_2016-06";
        check(jfn, "montgomery-911", &files::data(&format!("{name}.csv.gz")), &Figures::of(name)).await;
        // The same file again: the fingerprint of every row is found again, and nothing is written.
        let run = load(&jfn.app, "montgomery-911", &files::data(&format!("{name}.csv.gz"))).await.counts;
        assert_eq!((run.read, run.unchanged, run.inserted, run.updated), (78_277, 78_277, 0, 0));
    }
}
