//! The counting of calls held against figures that another program computed from the same logs.
//!
//! The logs are read here by code of their own, so that a slip in the server's readers cannot hide one in its counting.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs::File,
    io::Read,
    num::NonZeroUsize,
    path::Path,
};

use api::domain::call_window::{CallTimes, address_key, by_address};
use chrono::{NaiveDateTime, TimeZone, Utc};
use chrono_tz::America::New_York;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::files::{data, in_repository};

type Row = HashMap<String, String>;
type Places = BTreeMap<String, CallTimes>;

fn text_of(path: &Path) -> String {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("whole gzip");
    } else {
        std::io::BufReader::new(file).read_to_string(&mut text).expect("UTF-8");
    }
    text
}

fn rows_of(path: &Path) -> Vec<Row> {
    let text = text_of(path);
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a whole row")).collect()
}

fn time(text: &str, format: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, format).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn present<'a>(parts: impl IntoIterator<Item = &'a String>) -> String {
    parts.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How a log writes addresses and times.
struct Log {
    rows: Vec<Row>,
    address: fn(&Row) -> String,
    time: fn(&Row) -> NaiveDateTime,
}

fn san_diego(snapshot: u8) -> Log {
    fn address(row: &Row) -> String {
        let number = row["address_number_primary"].clone();
        let number = if number == "0" { String::new() } else { number };
        let primary = ["address_dir_primary", "address_road_primary", "address_sfx_primary"];
        let first = present([&number].into_iter().chain(primary.map(|column| &row[column])));
        if row["address_road_intersecting"].trim().is_empty() {
            return first;
        }
        let crossing = ["address_dir_intersecting", "address_road_intersecting", "address_sfx_intersecting"];
        format!("{first} & {}", present(crossing.map(|column| &row[column])))
    }
    Log {
        rows: rows_of(&data(&format!("san-diego-pd-calls-2023_snapshot-{snapshot}.csv.gz"))),
        address,
        time: |row| time(&row["date_time"], "%Y-%m-%d %H:%M:%S"),
    }
}

fn charlottesville(file: &str, time: fn(&Row) -> NaiveDateTime) -> Log {
    fn address(row: &Row) -> String {
        if row["StreetName"].trim().is_empty() {
            return String::new();
        }
        present([&row["BlockNumber"], &row["StreetName"]])
    }
    Log { rows: rows_of(&data(file)), address, time }
}

fn reported(row: &Row) -> NaiveDateTime {
    time(&row["DateReported"][..19], "%Y/%m/%d %H:%M:%S")
}

fn reported_in_utc(row: &Row) -> NaiveDateTime {
    Utc.from_utc_datetime(&reported(row)).with_timezone(&New_York).naive_local()
}

fn demo(address: fn(&Row) -> String) -> Log {
    daily_log(&in_repository("api/demo/calls.csv.gz"), address)
}

fn daily_log(file: &Path, address: fn(&Row) -> String) -> Log {
    // Of the rows with one case number the last one stands.
    let rows = rows_of(file);
    let last: HashMap<String, usize> =
        rows.iter().enumerate().map(|(index, row)| (row["case_number"].clone(), index)).collect();
    let stands = |(index, row): (usize, Row)| (last[&row["case_number"]] == index).then_some(row);
    Log {
        rows: rows.into_iter().enumerate().filter_map(stands).collect(),
        address,
        time: |row| time(&format!("{} {}", row["date"], row["received"]), "%m/%d/%y %H:%M"),
    }
}

fn whole_address(row: &Row) -> String {
    if row["address"].trim() == "REDACTED" { String::new() } else { row["address"].clone() }
}

fn base_address(row: &Row) -> String {
    whole_address(row).split(';').next().unwrap_or_default().to_owned()
}

fn montgomery(address: fn(&Row) -> String) -> Log {
    Log {
        rows: rows_of(&data("montgomery-911-2015-12_2016-06.csv.gz")),
        address,
        time: |row| time(&row["timeStamp"], "%Y-%m-%d %H:%M:%S"),
    }
}

/// Inner white space collapsed, the streets of a corner in order.
fn folded_corner(row: &Row) -> String {
    let text = row["addr"].to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut streets: Vec<&str> = text.split('&').map(str::trim).collect();
    streets.sort_unstable();
    streets.join(" & ")
}

fn slo(address: fn(&Row) -> String) -> Log {
    daily_log(&data("slo-police-calls-2021-09_2021-12.csv.gz"), address)
}

fn seattle() -> Log {
    Log {
        rows: rows_of(&data("seattle-police-911-2016-03-25.csv")),
        address: |row| row["Hundred Block Location"].clone(),
        time: |row| time(&row["Event Clearance Date"], "%m/%d/%Y %I:%M:%S %p"),
    }
}

/// Whether a row qualifies by a definition such as `type is one of: A, B; and disposition is not one of: C`.
fn qualifies(definition: &str, row: &Row) -> bool {
    definition.split("; and ").all(|part| {
        if let Some((column, starts)) = part.split_once(" starts with ") {
            return starts.split(" or ").any(|start| row[column].starts_with(start.trim_matches('\'')));
        }
        let Some((what, list)) = part.split_once(": ") else {
            assert_eq!(part, "every row that has an address");
            return true;
        };
        let (column, negated) = match what.split_once(" is not one of") {
            Some((column, _)) => (column, true),
            None => (what.split_once(" is one of").expect("a list").0, false),
        };
        let value = row.get(column).unwrap_or_else(|| panic!("a column {column}"));
        list.split(", ").any(|listed| listed == value) != negated
    })
}

impl Log {
    fn counted(&self, definition: &str) -> Places {
        let calls = self.rows.iter().filter(|row| qualifies(definition, row));
        by_address(calls.filter_map(|row| Some((address_key(&(self.address)(row))?, (self.time)(row)))))
    }
}

const WINDOWS: [u32; 3] = [30, 60, 365];
const CROSSINGS: [(usize, u32); 4] = [(3, 30), (5, 60), (7, 365), (12, 365)];

fn iso(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn crossing(times: &CallTimes, (calls, days): (usize, u32)) -> Option<NaiveDateTime> {
    times.first_crossing(NonZeroUsize::new(calls).expect("not zero"), days)
}

/// The line of an address as the expected files write it.
fn line(address: &str, times: &CallTimes) -> Vec<String> {
    let most = WINDOWS.map(|days| times.busiest(days).expect("a call").calls.to_string());
    let crossings = CROSSINGS.map(|rule| crossing(times, rule).map(iso).unwrap_or_default());
    [vec![address.to_owned(), times.total().to_string()], most.to_vec(), crossings.to_vec()].concat()
}

fn figure(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap_or_else(|| panic!("a number: {value}"))).expect("small")
}

/// Addresses by a number of calls, most first, then in code-point order.
fn ranked(places: &Places, calls: impl Fn(&CallTimes) -> usize) -> Vec<(&str, usize)> {
    let mut ranked: Vec<_> = places.iter().map(|(key, times)| (key.as_str(), calls(times))).collect();
    ranked.retain(|(_, calls)| *calls > 0);
    ranked.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    ranked
}

fn check_windows(places: &Places, expected: &Value) {
    for days in WINDOWS {
        let expected = &expected[days.to_string()];
        let most = |times: &CallTimes| times.busiest(days).map_or(0, |busiest| busiest.calls);
        let ranked = ranked(places, most);
        for (least, addresses) in expected["addresses_with_max_at_least"].as_object().expect("numbers") {
            let least: usize = least.parse().expect("a number");
            let reached = ranked.iter().filter(|(_, calls)| *calls >= least).count();
            assert_eq!(reached, figure(addresses), "addresses with {least} calls in {days} days");
        }
        for (place, found) in expected["top20"].as_array().expect("a list").iter().zip(&ranked) {
            assert_eq!(
                (found.0, found.1),
                (place["address"].as_str().expect("text"), figure(&place["max_calls"]))
            );
            let busiest = places[found.0].busiest(days).expect("a call");
            assert_eq!(
                iso(busiest.from),
                place["window_start"].as_str().expect("a time"),
                "{} in {days}",
                found.0
            );
        }
    }
}

fn check_crossings(places: &Places, expected: &Value) {
    for rule in CROSSINGS {
        let name = format!("{} in {} days", rule.0, rule.1);
        let expected = &expected[&name];
        let mut lines = String::new();
        let mut crossed = 0;
        for (address, times) in places {
            if let Some(at) = crossing(times, rule) {
                crossed += 1;
                let _ = writeln!(lines, "{address}|{}", iso(at));
            }
        }
        assert_eq!(crossed, figure(&expected["addresses"]), "{name}");
        let hash = Sha256::digest(lines).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        assert_eq!(hash, expected["sha256_of_sorted_lines"], "{name}");
    }
}

fn check_trailing(places: &Places, expected: &Value) {
    let as_of = places.values().filter_map(CallTimes::newest).max().expect("a call");
    assert_eq!(iso(as_of), expected["as_of"].as_str().expect("a time"));
    for days in WINDOWS {
        let expected = &expected[days.to_string()];
        let ranked = ranked(places, |times| times.trailing(as_of, days));
        assert_eq!(ranked.len(), figure(&expected["addresses_with_any_call"]));
        for (least, addresses) in expected["addresses_with_at_least"].as_object().expect("numbers") {
            let least: usize = least.parse().expect("a number");
            let reached = ranked.iter().filter(|(_, calls)| *calls >= least).count();
            assert_eq!(reached, figure(addresses), "addresses with {least} calls in the last {days} days");
        }
        for (place, found) in expected["top10"].as_array().expect("a list").iter().zip(&ranked) {
            assert_eq!(
                (found.0, found.1),
                (place["address"].as_str().expect("text"), figure(&place["calls"]))
            );
        }
    }
}

fn check(name: &str, log: &Log, qualifiers: &[&str]) {
    let figures: Value =
        serde_json::from_str(&text_of(&data(&format!("expected/{name}.json")))).expect("figures of JSON");
    assert_eq!(log.rows.len(), figure(&figures["all_rows"]["rows"]), "{name}: rows");
    for qualifier in qualifiers {
        let expected = &figures["qualifiers"][qualifier];
        let places = log.counted(expected["definition"].as_str().expect("a definition"));
        let calls: usize = places.values().map(CallTimes::total).sum();
        assert_eq!(calls, figure(&expected["rows_counted"]), "{name} {qualifier}: calls");
        assert_eq!(places.len(), figure(&expected["distinct_addresses"]), "{name} {qualifier}: addresses");
        check_windows(&places, &expected["windows"]);
        check_crossings(&places, &expected["first_crossings"]);
        check_trailing(&places, &expected["trailing_as_of"]);
        let lines = data(&format!("expected/{name}.{qualifier}.addresses.csv.gz"));
        if *qualifier != "responded" {
            check_every_address(&places, &lines);
        }
    }
}

fn check_every_address(places: &Places, file: &Path) {
    let text = text_of(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let expected: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.expect("a whole line").iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(expected.len(), places.len(), "{}", file.display());
    let expected: BTreeMap<&str, &Vec<String>> =
        expected.iter().map(|line| (line[0].as_str(), line)).collect();
    for (address, times) in places {
        assert_eq!(Some(&&line(address, times)), expected.get(address.as_str()), "{}", file.display());
    }
}

#[test]
fn the_demo_calls_count_as_expected() {
    check("demo-calls", &demo(whole_address), &["all", "nuisance"]);
}

#[test]
fn the_demo_calls_count_as_expected_by_base_address() {
    check("demo-calls_base-address", &demo(base_address), &["all", "nuisance"]);
}

#[test]
fn both_san_diego_snapshots_count_as_expected() {
    for snapshot in [1, 2] {
        let name = format!("san-diego-pd-calls-2023_snapshot-{snapshot}");
        check(&name, &san_diego(snapshot), &["all", "responded", "nuisance"]);
    }
}

#[test]
fn charlottesville_counts_as_expected_in_local_time_and_in_utc() {
    let local = "charlottesville-calls-2013-07_2016-12";
    check(local, &charlottesville(&format!("{local}_localtime.csv.gz"), reported), &["all", "nuisance"]);
    let utc = "charlottesville-calls-2015_utc";
    check(utc, &charlottesville(&format!("{utc}.csv.gz"), reported_in_utc), &["all", "nuisance"]);
}

#[test]
fn montgomery_counts_as_expected_by_corner_as_written() {
    check("montgomery-911-2015-12_2016-06", &montgomery(|row| row["addr"].clone()), &["all", "ems_fire"]);
}

#[test]
fn montgomery_counts_as_expected_by_corner_in_either_order() {
    check("montgomery-911-2015-12_2016-06_intersections-folded", &montgomery(folded_corner), &["all"]);
}

#[test]
fn san_luis_obispo_counts_as_expected() {
    check("slo-police-calls-2021-09_2021-12", &slo(whole_address), &["all", "nuisance"]);
}

#[test]
fn san_luis_obispo_counts_as_expected_by_base_address() {
    check("slo-police-calls-2021-09_2021-12_base-address", &slo(base_address), &["all", "nuisance"]);
}

#[test]
fn seattle_counts_as_expected() {
    check("seattle-police-911-2016-03-25", &seattle(), &["all"]);
}
