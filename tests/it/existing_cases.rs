//! `jfn import-cases` on two cities' registers, held against figures that another program computed from the same files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::PathBuf,
};

use api::{
    commands::{
        case_mapping::CaseMapping,
        import_cases::{Summary, import},
    },
    http::Edge,
    preset::Preset,
};
use chrono::NaiveDate;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tests::{
    Client, Jfn, Store,
    files::{data, in_repository},
};

const SAN_DIEGO: &str = "san-diego-code-enforcement-open-cases-2016.csv.gz";
const LONG_BEACH: &str = "long-beach-code-enforcement-2016_snapshots.csv.gz";

type Row = BTreeMap<String, String>;

fn mapping(register: &str) -> CaseMapping {
    let file = in_repository(&format!("api/registers/{register}.toml"));
    CaseMapping::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(data(&format!("expected/{name}.json"))).expect("the figures");
    serde_json::from_str(&text).expect("JSON")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The rows of a file with their lines, by the names in its header.
fn rows(file: &str) -> Vec<(u64, Row)> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(data(file)).unwrap()));
    let header = reader.headers().unwrap().clone();
    let named = |record: &csv::StringRecord| {
        header.iter().zip(record).map(|(name, cell)| (name.to_owned(), cell.trim().to_owned())).collect()
    };
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| (record.position().unwrap().line(), named(&record))).collect()
}

async fn load(jfn: &Jfn, register: &str, file: PathBuf, as_of: &str) -> Summary {
    let mut summary = Summary::default();
    let file = File::open(file).unwrap();
    import(&jfn.app, &mapping(register), day(as_of), file, &mut summary).await.expect("the file is read");
    summary
}

fn figures(summary: &Summary) -> [u64; 5] {
    let outcome = &summary.outcome;
    let left_out = (outcome.unmatched.len() + outcome.rejected.len()) as u64;
    [outcome.added, outcome.updated, outcome.unchanged, summary.repeated, left_out]
}

async fn count(client: &Client, filter: &str) -> u64 {
    let query = format!("{{ cases(filter: {{ {filter} }}) {{ totalCount }} }}");
    client.ask(&query, json!({})).await["cases"]["totalCount"].as_u64().unwrap()
}

/// A city whose first two districts are the north and the south of San Diego.
fn north_and_south(preset: &mut Preset) {
    for (district, south, north) in [(0, 32.8, 33.2), (1, 32.4, 32.8)] {
        let outline = &mut preset.districts[district].boundary;
        outline.0.truncate(1);
        outline.0[0].interiors_mut(|holes| holes.iter_mut().for_each(|hole| hole.0.clear()));
        outline.0[0].exterior_mut(|ring| {
            ring.0.truncate(4);
            let corners = [(-117.4, south), (-116.8, south), (-116.8, north), (-117.4, north)];
            for (corner, (x, y)) in ring.0.iter_mut().zip(corners) {
                (corner.x, corner.y) = (x, y);
            }
        });
    }
}

/// A city of nine districts.
fn nine(preset: &mut Preset) {
    let mut ninth = preset.districts[0].clone();
    ninth.number = 9;
    preset.districts.push(ninth);
}

async fn san_diego(store: Store) {
    let jfn = Jfn::start_in(store, Edge::default(), north_and_south).await;
    let expected = expected("san-diego-code-enforcement");
    let rows = rows(SAN_DIEGO);
    assert_eq!(expected["rows"], rows.len(), "the test reads what the figures were computed from");
    let summary = load(&jfn, "san-diego-code-enforcement", data(SAN_DIEGO), "2016-08-17").await;

    // Left out is what has no address of its own yet, and nothing else.
    let left: BTreeSet<u64> =
        summary.outcome.unmatched.iter().chain(&summary.outcome.rejected).map(|(line, _)| *line).collect();
    let taken: Vec<&Row> = rows.iter().filter(|(line, _)| !left.contains(line)).map(|(_, row)| row).collect();
    let placeholder = &expected["top10_addresses"][0];
    let of_placeholder = rows.iter().filter(|(line, row)| {
        placeholder["address"] == row["street_address"].to_uppercase() && left.contains(line)
    });
    assert_eq!(placeholder["cases"], of_placeholder.count());
    assert!(summary.outcome.rejected.is_empty(), "{:?}", summary.outcome.rejected);
    for (line, reason) in &summary.outcome.unmatched {
        assert!(reason.contains("is not the address of one place"), "line {line}: {reason}");
    }
    assert_eq!(figures(&summary), [taken.len() as u64, 0, 0, 0, left.len() as u64]);
    let unsettled =
        rows.iter().filter(|(_, row)| row["street_address"].to_uppercase().starts_with("1222 01ST AV"));
    assert_eq!(left, unsettled.map(|(line, _)| *line).collect(), "{:?}", summary.outcome.unmatched);
    assert_eq!(left.len(), 48);

    let client = jfn.city_attorney().await;
    assert_eq!(count(&client, "").await, taken.len() as u64);
    let of = |pick: &dyn Fn(&Row) -> bool| taken.iter().filter(|row| pick(row)).count() as u64;
    // Who carried a figure that left-out rows belong to is told by the rows alone.
    let reached = |figure: &str, pick: &dyn Fn(&Row) -> bool| {
        let all = rows.iter().filter(|(_, row)| pick(row)).count() as u64;
        assert_eq!(expected[figure], all, "{figure}");
        of(pick)
    };
    let late = reached("rows_with_last_action_due_before_2016-08-17", &|row| {
        row["last_action_due_date"].as_str() < "2016-08-17"
    });
    assert_eq!(count(&client, "nextActionBefore: \"2016-08-17\"").await, late);
    let old =
        reached("open_longer_than_730_days_at_2016-08-17", &|row| row["open_date"].as_str() < "2014-08-18");
    assert_eq!(
        count(&client, "openedTo: \"2014-08-18T07:00:00Z\"").await,
        old,
        "opened when the register says"
    );
    assert_eq!(count(&client, "districts: [1]").await, of(&|row| row["latitude"].as_str() > "32.8"));
    assert_eq!(
        count(&client, "kinds: [ABSENT_LANDLORD]").await,
        of(&|row| { row["last_action"].starts_with("Vacant Property Monitoring") })
    );
    assert_eq!(count(&client, "priorities: [HIGH]").await, of(&|row| row["last_action"].ends_with("(P1)")));
    for (stage, beginnings) in [
        ("NOTICE", &["Notice of V", "Intent to R", "Civil Penalty Notice", "City Attorney"][..]),
        ("ABATEMENT", &["Administrative Abatement"]),
        (
            "CITATION",
            &["Administrative Citation -", "Administrative Citation Appeal", "Civil Penalty Hearing"],
        ),
        ("MONITORING", &["Vacant Property"]),
        ("INTAKE", &["Case Opened - Inspection Prep"]),
    ] {
        let begins = |action: &str| beginnings.iter().any(|beginning| action.starts_with(beginning));
        let actions = expected["per_last_action"].as_object().unwrap().iter();
        let all: u64 =
            actions.filter(|(action, _)| begins(action)).map(|(_, cases)| cases.as_u64().unwrap()).sum();
        let out =
            rows.iter().filter(|(line, row)| left.contains(line) && begins(&row["last_action"])).count();
        assert_eq!(count(&client, &format!("stages: [{stage}]")).await, all - out as u64, "{stage}");
    }
    for busy in expected["top10_addresses"].as_array().unwrap().iter().skip(1) {
        let query = "query ($at: String!) { property(by: { address: $at }) { cases { totalCount } } }";
        let seen = client.ask(query, json!({ "at": busy["address"] })).await;
        let address = busy["address"].as_str().unwrap();
        let exactly = |row: &Row| row["street_address"].to_uppercase() == address;
        let unit = format!("{address} UNIT ");
        assert_eq!(busy["cases"], of(&exactly));
        // The units of a building are one place.
        let there = of(&|row| exactly(row) || row["street_address"].to_uppercase().starts_with(&unit));
        assert_eq!(seen["property"]["cases"]["totalCount"], there, "{address}");
    }

    let query = "{ cases(filter: { text: \"(3351)\" }) { nodes { title openedAt nextActionOn source stage \
                 property { address } district { number } \
                 events { nodes { kind summary body occurredAt recordedAt } } } } }";
    let oldest = client.ask(query, json!({})).await["cases"]["nodes"].take();
    assert_eq!(oldest.as_array().unwrap().len(), 1);
    let oldest = &oldest[0];
    assert_eq!(oldest["title"], "Zoning: GARAGE CONVERSN (3351)");
    assert_eq!(oldest["openedAt"], "1993-03-30T08:00:00+00:00");
    assert_eq!((&oldest["nextActionOn"], &oldest["source"]), (&json!("2015-06-06"), &json!("PARTNER")));
    assert_eq!(
        (&oldest["property"]["address"], &oldest["district"]["number"]),
        (&json!("2034 JULIAN AVE"), &json!(2))
    );
    let opened =
        oldest["events"]["nodes"].as_array().unwrap().iter().find(|event| event["kind"] == "OPENED").unwrap();
    assert_eq!(opened["occurredAt"], "1993-03-30T08:00:00+00:00");
    assert_eq!(opened["recordedAt"], "2026-11-20T18:00:00+00:00", "we know of it since the import");
    assert!(opened["body"].as_str().unwrap().contains("2034 JULIAN AV"), "{opened}");

    let again = load(&jfn, "san-diego-code-enforcement", data(SAN_DIEGO), "2016-08-17").await;
    assert_eq!(figures(&again), [0, 0, taken.len() as u64, 0, left.len() as u64]);
    assert_eq!((again.outcome.left_out.len(), again.missing.len()), (0, 0));
    assert_eq!(count(&client, "").await, taken.len() as u64);
    jfn.stop().await;
}

/// How many cases a snapshot adds and changes, by a key and what is compared, as the figures define them.
fn changes(before: &BTreeMap<String, Vec<String>>, after: &BTreeMap<String, Vec<String>>) -> (u64, u64) {
    let added = after.keys().filter(|key| !before.contains_key(*key)).count() as u64;
    let changed = after.iter().filter(|(key, told)| before.get(*key).is_some_and(|old| old != *told)).count();
    (added, changed as u64)
}

/// What a snapshot tells of each case: the first row that tells of it.
fn snapshot<'r>(
    rows: impl Iterator<Item = &'r Row>,
    day: &str,
    key: &[&str],
    compared: &[&str],
) -> BTreeMap<String, Vec<String>> {
    let mut told = BTreeMap::new();
    for row in rows.filter(|row| row["snapshot_date"] == day) {
        let key: Vec<&str> = key.iter().map(|column| row[*column].as_str()).collect();
        let cells = compared.iter().map(|column| row[*column].clone()).collect();
        told.entry(key.join(" ")).or_insert(cells);
    }
    told
}

const DAYS: [&str; 3] = ["2016-10-07", "2016-10-23", "2016-10-31"];
const COMPARED: [&str; 5] = ["address", "start_date", "last_insp_date", "last_insp_type", "description"];

async fn long_beach(store: Store) {
    let jfn = Jfn::start_in(store, Edge::default(), nine).await;
    let expected = expected("long-beach-code-enforcement");
    let rows = rows(LONG_BEACH);
    // The test's own reading first reaches the figures, whose key is case and district.
    for pair in DAYS.windows(2) {
        let all = || rows.iter().map(|(_, row)| row);
        let of = |day| snapshot(all(), day, &["case_num", "district"], &COMPARED[..4]);
        let figure = &expected["changes"][format!("{} -> {}", pair[0], pair[1])];
        let (added, changed) = changes(&of(pair[0]), &of(pair[1]));
        assert_eq!((json!(added), json!(changed)), (figure["added"].clone(), figure["changed"].clone()));
    }

    let register = "long-beach-code-enforcement";
    let summary = load(&jfn, register, data(LONG_BEACH), "2016-10-31").await;
    assert_eq!(summary.read, rows.len() as u64);
    assert_eq!(
        (&summary.outcome.rejected, &summary.missing),
        (&vec![], &vec![]),
        "nothing is ever removed there"
    );
    let left: BTreeSet<u64> = summary.outcome.unmatched.iter().map(|(line, _)| *line).collect();
    let out: BTreeSet<&str> = rows
        .iter()
        .filter(|(line, _)| left.contains(line))
        .map(|(_, row)| row["case_num"].as_str())
        .collect();
    let taken = || rows.iter().map(|(_, row)| row).filter(|row| !out.contains(row["case_num"].as_str()));
    let told = DAYS.map(|day| snapshot(taken(), day, &["case_num"], &COMPARED));
    let (mut added, mut updated, mut unchanged, mut repeated) = (told[0].len() as u64, 0, 0, 0);
    for pair in told.windows(2) {
        let (new, changed) = changes(&pair[0], &pair[1]);
        (added, updated) = (added + new, updated + changed);
        unchanged += pair[1].len() as u64 - new - changed;
    }
    for (day, told) in DAYS.iter().zip(&told) {
        let figure = &expected["snapshots"][day];
        let distinct = figure["distinct_cases"].as_u64().unwrap();
        repeated += figure["rows"].as_u64().unwrap() - distinct;
        let blank = figure["cases_without_address"].as_u64().unwrap();
        assert!(distinct - told.len() as u64 >= blank, "without an address nothing is taken");
    }
    assert_eq!(figures(&summary), [added, updated, unchanged, repeated, left.len() as u64]);
    let blank = rows.iter().filter(|(_, row)| row["address"].is_empty());
    let blank: BTreeSet<&str> = blank.map(|(_, row)| row["case_num"].as_str()).collect();
    assert_eq!(out, blank, "{:?}", summary.outcome.unmatched);
    assert_eq!((left.len(), out.len()), (30, 10));

    let client = jfn.city_attorney().await;
    assert_eq!(count(&client, "").await, told[2].len() as u64);
    let newest = &expected["snapshots"]["2016-10-31"];
    for (kind, prefix) in
        [("ABSENT_LANDLORD", "CEVB"), ("DANGEROUS_BUILDING", "CESB"), ("IRRESPONSIBLE_BUSINESS", "LE")]
    {
        let without = out.iter().filter(|key| key.starts_with(prefix)).count() as u64;
        let cases = newest["cases_per_prefix"][prefix].as_u64().unwrap() - without;
        assert_eq!(count(&client, &format!("kinds: [{kind}]")).await, cases, "{prefix}");
    }
    let monitored = told[2].values().filter(|cells| cells[3] == "Monitor").count() as u64;
    assert_eq!(count(&client, "stages: [MONITORING]").await, monitored);

    // What a snapshot tells of a day after its own is planned.
    let query = "{ cases(filter: { text: \"(CEAC232726)\" }) { nodes { events(kinds: [NOTE]) { nodes { summary occurredAt } } } } }";
    let notes = client.ask(query, json!({})).await["cases"]["nodes"][0]["events"]["nodes"].take();
    let made = json!({
        "summary": "Long Beach Code Enforcement: Pre-Citation Inspection", "occurredAt": "2016-10-11T07:00:00+00:00",
    });
    let planned = json!({
        "summary": "Long Beach Code Enforcement: Pre-Citation Inspection, planned for 2016-10-28",
        "occurredAt": "2016-10-07T07:00:00+00:00",
    });
    assert_eq!(notes, json!([made, planned]));

    let again = load(&jfn, register, data(LONG_BEACH), "2016-10-31").await;
    let known: u64 = told.iter().map(|told| told.len() as u64).sum();
    assert_eq!(
        figures(&again),
        [0, 0, known, repeated, left.len() as u64],
        "an older snapshot takes nothing back"
    );
    assert_eq!(count(&client, "").await, told[2].len() as u64);
    jfn.stop().await;
}

macro_rules! on_both {
    ($($name:ident: $play:ident),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                $play(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                $play(Store::Postgres).await;
            }
        }
    )+};
}

on_both! {
    san_diegos_register_gives_its_figures_and_a_repeat_changes_nothing: san_diego,
    long_beachs_snapshots_are_taken_in_turn_and_double_nothing: long_beach,
}
