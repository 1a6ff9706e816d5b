//! A Socrata portal, read over real HTTP: nothing is missed or read twice.

use std::fs;

use api::{
    authz::Viewer,
    feeds::{Connection, Connector, FeedError, FeedMapping, Line, Page, SourceRow, Start, soda::Soda},
    writes::ingest::ImportRun,
};
use chrono::{DateTime, Utc};
use entity::call;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tests::{files, portal::SodaPortal, story};

const COLUMNS: &[(&str, &str)] =
    &[("id", "text"), ("at", "calendar_date"), ("kind", "text"), ("address", "text"), ("caller", "text")];
const MAPPING: &str = "time_zone = 'America/Los_Angeles'\nsource_key = ['id']\nfinal_type = 'kind'\n\
     occurred_at = [{ column = 'at', format = 'ISO' }]\n[address]\ncolumns = ['address']";

pub fn mapping() -> FeedMapping {
    parsed(MAPPING)
}

fn parsed(text: &str) -> FeedMapping {
    toml::from_str(text).expect("a mapping")
}

/// A connection to that address on loopback, quick to try again.
pub fn connection(url: &str, more: &str) -> Connection {
    let text = format!(
        "url = '{url}'\nallow_private_addresses = true\npage_rows = 3\n{more}\n\
         [patience]\nretry_ms = 1\nread_ms = 400\ntotal_ms = 3000\nattempts = 3\nbody_bytes = 20000"
    );
    toml::from_str(&text).expect("a connection")
}

pub fn soda(portal: &SodaPortal, more: &str) -> Soda {
    Soda::new(&mapping(), &connection(&portal.url(), more), Start::default()).expect("a connector")
}

/// A portal with that many calls, one a minute, each changed one second after the one before.
pub async fn portal(calls: u32) -> SodaPortal {
    let portal = SodaPortal::open(COLUMNS).await;
    portal.change(|state| {
        for call in 1..=calls {
            state.add(&changed(call), told(call, "NOISE"));
        }
    });
    portal
}

fn changed(second: u32) -> String {
    format!("2026-11-19T12:{:02}:{:02}.000Z", second / 60, second % 60)
}

fn told(call: u32, kind: &str) -> Value {
    let at = format!("2026-11-18T{:02}:{:02}:00.000", call / 60, call % 60);
    json!({ "id": call.to_string(), "at": at, "kind": kind, "address": format!("{call} ELM ST"), "caller": "Ms Caller" })
}

async fn pages(source: &mut impl Connector) -> Result<Vec<Page>, FeedError> {
    let mut pages = Vec::new();
    while let Some(page) = source.page().await? {
        pages.push(page);
    }
    Ok(pages)
}

pub async fn rows(source: &mut impl Connector) -> Result<Vec<SourceRow>, FeedError> {
    let pages = pages(source).await?;
    Ok(pages.into_iter().flat_map(|page| page.lines).map(|line| line.expect("a readable row")).collect())
}

pub fn ids(rows: &[SourceRow]) -> Vec<u32> {
    let mut ids: Vec<u32> = rows.iter().map(|row| row.source_id.parse().expect("a number")).collect();
    ids.sort_unstable();
    ids
}

pub async fn trouble(source: &mut impl Connector) -> String {
    rows(source).await.expect_err("it fails").to_string()
}

#[tokio::test]
async fn every_row_comes_once_however_many_pages_it_takes() {
    let portal = portal(10).await;
    let pages = pages(&mut soda(&portal, "")).await.expect("the rows");
    assert_eq!(pages.iter().map(|page| page.lines.len()).collect::<Vec<_>>(), [3, 3, 3, 1]);
    let newest: DateTime<Utc> = changed(10).parse().expect("a time");
    assert_eq!(pages.iter().filter_map(|page| page.newest_change).max(), Some(newest));
    let rows: Vec<SourceRow> = pages.into_iter().flat_map(|page| page.lines).map(Line::unwrap).collect();
    assert_eq!(ids(&rows), (1..=10).collect::<Vec<_>>());
    assert_eq!(rows[0].occurred_at.to_rfc3339(), "2026-11-18T08:01:00+00:00");
    assert_eq!(rows[9].line, 10);
}

#[tokio::test]
async fn a_portal_that_gives_fewer_rows_than_asked_for_has_not_ended() {
    let portal = portal(10).await;
    portal.give_at_most(2);
    assert_eq!(ids(&rows(&mut soda(&portal, "")).await.expect("the rows")).len(), 10);
}

#[tokio::test]
async fn columns_that_are_not_mapped_are_not_asked_for() {
    let portal = portal(1).await;
    let rows = rows(&mut soda(&portal, "")).await.expect("the rows");
    assert!(!format!("{rows:?}").contains("Caller"));
    for question in portal.questions() {
        assert!(!question.parameter("$select").unwrap_or_default().contains("caller"));
        assert_eq!(question.parameter("$order"), Some(":id"));
    }
}

#[tokio::test]
async fn only_what_changed_after_the_watermark_is_read() {
    let portal = portal(10).await;
    let since = Some(changed(7).parse().expect("a time"));
    let start = Start { since, ..Start::default() };
    let mut source = Soda::new(&mapping(), &connection(&portal.url(), ""), start).expect("a connector");
    assert_eq!(ids(&rows(&mut source).await.expect("the rows")), [8, 9, 10]);
}

#[tokio::test]
async fn a_row_that_changes_between_two_pages_is_read_now_or_by_the_next_run() {
    let portal = portal(9).await;
    portal.after_pages(1, |state| {
        state.change(("id", "1"), "2026-11-19T13:00:00.000Z", "kind", json!("FIGHT")); // read already
        state.change(("id", "7"), "2026-11-19T13:00:01.000Z", "kind", json!("FIGHT")); // still to come
        state.remove(("id", "2")); // moves all others up by one
    });
    let first = rows(&mut soda(&portal, "")).await.expect("the rows");
    assert_eq!(ids(&first), (1..=9).collect::<Vec<_>>());
    let fights = |rows: &[SourceRow]| -> Vec<u32> {
        ids(&rows
            .iter()
            .filter(|row| row.final_type.as_deref() == Some("FIGHT"))
            .cloned()
            .collect::<Vec<_>>())
    };
    assert_eq!(fights(&first), [7]);
    // The watermark is no later than the run's beginning.
    let since = Some("2026-11-19T12:30:00Z".parse().expect("a time"));
    let start = Start { since, ..Start::default() };
    let mut next = Soda::new(&mapping(), &connection(&portal.url(), ""), start).expect("a connector");
    assert_eq!(fights(&rows(&mut next).await.expect("the rows")), [1, 7]);
}

#[tokio::test]
async fn a_list_read_by_number_is_read_as_a_whole_although_rows_come_and_go() {
    let portal = portal(9).await;
    let read = async || {
        let mut source = soda(&portal, "paging = 'OFFSET'");
        let mut read = ids(&rows(&mut source).await.expect("the rows"));
        read.dedup(); // what was read before the list moved comes again
        read
    };
    portal.after_pages(1, |state| state.remove(("id", "2")));
    assert_eq!(read().await, (1..=9).collect::<Vec<_>>());
    let so_far = portal.pages();
    // The very row by which the next page is found.
    portal.after_pages(so_far + 1, |state| state.remove(("id", "4")));
    assert_eq!(read().await, [1, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(read().await, [1, 3, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_condition_of_the_feed_holds_for_rows_counts_and_keys() {
    let portal = portal(5).await;
    portal.change(|state| state.add(&changed(6), told(6, "FIRE")));
    let mut source = soda(&portal, "condition = \"kind = 'NOISE'\"");
    assert_eq!(source.count().await.expect("a count"), Some(5));
    let mut keys = Vec::new();
    while let Some(page) = source.keys().await.expect("keys") {
        keys.extend(page);
    }
    assert_eq!(keys, ["1", "2", "3", "4", "5"]);
    assert_eq!(rows(&mut source).await.expect("the rows").len(), 5);
}

#[tokio::test]
async fn real_rows_of_chicago_are_read_as_they_come() {
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(files::data(name)).expect("a file")).expect("JSON")
    };
    let described = read("socrata-chicago-crimes-view-metadata.json");
    let columns: Vec<(&str, &str)> = described["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|column| {
            (column["fieldName"].as_str().expect("a name"), column["dataTypeName"].as_str().expect("a type"))
        })
        .collect();
    let portal = SodaPortal::open(&columns).await;
    let facts = read("socrata-chicago-crimes-rows-2014.json");
    portal.change(|state| {
        for row in facts.as_array().expect("rows") {
            state.add("2015-03-22T16:07:18.000Z", row.clone());
        }
    });
    let mapping = parsed(
        "time_zone = 'America/Chicago'\nsource_key = ['id']\ninitial_type = 'description'\nfinal_type = 'primary_type'\n\
         occurred_at = [{ column = 'date', format = 'ISO' }]\nofficer_initiated = { column = { column = 'arrest', values = ['true'] } }\n\
         [address]\ncolumns = ['block']",
    );
    let connection = connection(&portal.url(), "[types]\ndate = 'calendar_date'\nbeat = 'text'\n");
    let mut source = Soda::new(&mapping, &connection, Start::default()).expect("a connector");
    source.check().await.expect("the columns are as mapped");
    let mut rows = rows(&mut source).await.expect("the rows");
    assert_eq!(rows.len(), 45);
    rows.sort_by(|a, b| a.source_id.cmp(&b.source_id));
    let first = rows.iter().find(|row| row.source_id == "10001595").expect("the first row of the file");
    assert_eq!(first.occurred_at.to_rfc3339(), "2014-11-02T11:57:00+00:00"); // standard time began that morning
    assert_eq!(first.address, "003XX W 110TH ST");
    let arrests = facts.as_array().expect("rows").iter().filter(|row| row["arrest"] == true).count();
    assert_eq!(rows.iter().filter(|row| row.officer_initiated).count(), arrests);
}

story! {
    async fn what_a_portal_tells_becomes_calls(jfn) {
        let portal = portal(7).await;
        portal.change(|state| state.add(&changed(8), json!({ "id": "8", "kind": "NOISE" })));
        let mut source = soda(&portal, "");
        let mut run = ImportRun::start(&jfn.app, &Viewer::server(), "demo-police").await.expect("a run");
        while let Some(page) = source.page().await.expect("a page") {
            run.take(&page.lines).await.expect("it is taken");
        }
        let counts = run.finish().await.expect("it ends").counts;
        assert_eq!((counts.read, counts.inserted, counts.rejected), (8, 7, 1));
        let calls = call::Entity::find().order_by_asc(call::Column::SourceId).all(&jfn.app.db).await.expect("calls");
        assert_eq!(calls.len(), 7);
        assert_eq!(calls[0].address, "1 ELM ST");
    }
}
