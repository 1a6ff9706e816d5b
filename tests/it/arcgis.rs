//! An ArcGIS layer, read over real HTTP, with the traps that Sacramento's dispatch layers set.

use std::fs;

use api::feeds::{Connection, Connector, FeedError, FeedMapping, Page, SourceRow, Start, arcgis::Arcgis};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tests::{
    files,
    portal::{ArcgisPortal, Fault},
};

const FIELDS: &[(&str, &str)] = &[
    ("Call", "esriFieldTypeInteger"),
    ("Happened", "esriFieldTypeDate"),
    ("Edited", "esriFieldTypeDate"),
    ("Kind", "esriFieldTypeString"),
    ("Address", "esriFieldTypeString"),
    ("Reporting_Officer", "esriFieldTypeString"),
];
const MAPPING: &str = "time_zone = 'America/Los_Angeles'\nsource_key = ['Call']\nfinal_type = 'Kind'\n\
     occurred_at = [{ column = 'Happened', format = 'EPOCH_MILLISECONDS' }]\n[address]\ncolumns = ['Address']";

fn connection(url: &str, more: &str) -> Connection {
    let text = format!(
        "url = '{url}'\nallow_private_addresses = true\npage_rows = 3\n{more}\n\
         [patience]\nretry_ms = 1\nread_ms = 400\ntotal_ms = 3000\nattempts = 3"
    );
    toml::from_str(&text).expect("a connection")
}

fn arcgis(portal: &ArcgisPortal, more: &str, since: Option<DateTime<Utc>>) -> Arcgis {
    let mapping: FeedMapping = toml::from_str(MAPPING).expect("a mapping");
    let start = Start { since, ..Start::default() };
    Arcgis::new(&mapping, &connection(&portal.url(), more), start).expect("a connector")
}

/// 2 January 2026, 03:04:05 by UTC, and so many seconds.
fn millis(seconds: i64) -> i64 {
    (1_767_323_045 + seconds) * 1_000
}

fn told(call: i64) -> Value {
    json!({
        "Call": call, "Happened": millis(call), "Edited": millis(call) + 500, "Kind": "NOISE",
        "Address": format!("{call} ELM ST "), "Reporting_Officer": "Sgt Somebody",
    })
}

async fn portal(calls: i64) -> ArcgisPortal {
    let portal = ArcgisPortal::open(FIELDS).await;
    portal.change(|state| (1..=calls).for_each(|call| state.add("", told(call))));
    portal
}

async fn pages(source: &mut impl Connector) -> Result<Vec<Page>, FeedError> {
    let mut pages = Vec::new();
    while let Some(page) = source.page().await? {
        pages.push(page);
    }
    Ok(pages)
}

async fn rows(source: &mut impl Connector) -> Result<Vec<SourceRow>, FeedError> {
    let lines = pages(source).await?.into_iter().flat_map(|page| page.lines);
    Ok(lines.map(|line| line.expect("a readable row")).collect())
}

fn ids(rows: &[SourceRow]) -> Vec<u32> {
    let mut ids: Vec<u32> = rows.iter().map(|row| row.source_id.parse().expect("a number")).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn pages_go_on_while_the_layer_says_there_is_more() {
    let portal = portal(10).await;
    for paging in ["KEYSET", "OFFSET"] {
        let mut source = arcgis(&portal, &format!("paging = '{paging}'"), None);
        let rows = rows(&mut source).await.expect("the rows");
        assert_eq!(ids(&rows), (1..=10).collect::<Vec<_>>(), "{paging}");
        assert_eq!(rows[0].occurred_at.to_rfc3339(), "2026-01-02T03:04:06+00:00");
        assert_eq!(rows[0].address, "1 ELM ST");
    }
    // A layer that gives no more than two rows at a time is not taken for one that has ended.
    portal.give_at_most(2);
    assert_eq!(ids(&rows(&mut arcgis(&portal, "", None)).await.expect("the rows")).len(), 10);
    let numbered: Vec<_> =
        portal.questions().into_iter().filter(|q| q.parameter("resultOffset").is_some()).collect();
    assert!(!numbered.is_empty() && numbered.iter().all(|q| q.method == "POST"), "{numbered:?}");
}

#[tokio::test]
async fn officers_and_points_are_never_asked_for() {
    let portal = portal(2).await;
    let rows = rows(&mut arcgis(&portal, "", None)).await.expect("the rows");
    assert!(!format!("{rows:?}").contains("Somebody"));
    for question in portal.questions().iter().filter(|question| question.path.ends_with("/query")) {
        assert_eq!(question.parameter("outFields"), Some("Address,Call,Happened,Kind,OBJECTID"));
        assert_eq!(question.parameter("returnGeometry"), Some("false"));
    }
}

#[tokio::test]
async fn only_what_was_edited_after_the_watermark_is_read() {
    let portal = portal(10).await;
    let since: DateTime<Utc> = DateTime::from_timestamp_millis(millis(8) + 700).expect("a time");
    let mut source = arcgis(&portal, "changed_at = 'Edited'", Some(since));
    let pages = pages(&mut source).await.expect("the rows");
    let newest = pages.iter().filter_map(|page| page.newest_change).max();
    assert_eq!(newest.map(|time| time.timestamp_millis()), Some(millis(10) + 500));
    let rows: Vec<SourceRow> = pages.into_iter().flat_map(|page| page.lines).map(Result::unwrap).collect();
    // The filter knows whole seconds: what was edited in the second of the watermark comes again.
    assert_eq!(ids(&rows), [8, 9, 10]);
    assert!(!rows[0].columns.contains_key("Edited"), "a column that only serves the filter is not kept");
    // Without such a column everything is read.
    assert_eq!(self::rows(&mut arcgis(&portal, "", Some(since))).await.expect("the rows").len(), 10);
}

#[tokio::test]
async fn a_row_that_is_removed_between_two_pages_hides_no_other() {
    for paging in ["KEYSET", "OFFSET"] {
        let portal = portal(9).await;
        portal.after_pages(1, |state| state.rows[0].removed = true);
        let read = rows(&mut arcgis(&portal, &format!("paging = '{paging}'"), None)).await.expect("the rows");
        let mut read = ids(&read);
        read.dedup();
        assert_eq!(read, (1..=9).collect::<Vec<_>>(), "{paging}");
    }
}

#[tokio::test]
async fn trouble_inside_an_answer_with_status_200_is_trouble() {
    let portal = portal(4).await;
    let error = |code: u16| {
        Fault::Body(json!({ "error": { "code": code, "message": "where: secret", "details": [] } }))
    };
    portal.misbehave([error(503), error(429), Fault::None, Fault::Cut]);
    assert_eq!(ids(&rows(&mut arcgis(&portal, "", None)).await.expect("the rows")), [1, 2, 3, 4]);
    portal.misbehave([error(400)]);
    let told = rows(&mut arcgis(&portal, "", None)).await.expect_err("it fails").to_string();
    assert!(told.contains("answers 400 inside an answer with status 200; tried 1 times"), "{told}");
    assert!(!told.contains("secret"), "{told}");
    portal.misbehave([error(500), error(500), error(500)]);
    let told = rows(&mut arcgis(&portal, "", None)).await.expect_err("it fails").to_string();
    assert!(told.contains("tried 3 times"), "{told}");
    // The page is not lost: the same connector may be asked again.
    portal.misbehave([Fault::None, error(400)]);
    let mut source = arcgis(&portal, "", None);
    source.page().await.expect("the first page");
    source.page().await.expect_err("the second fails");
    assert_eq!(source.page().await.expect("the second page").expect("rows").lines.len(), 1);
}

#[tokio::test]
async fn a_changed_column_stops_the_run_and_is_named() {
    let portal = portal(1).await;
    let check = async || {
        let text = format!(
            "url = '{}'\nallow_private_addresses = true\nchanged_at = 'Edited'\n[types]\nHappened = 'esriFieldTypeDate'",
            portal.url()
        );
        let mapping: FeedMapping = toml::from_str(MAPPING).expect("a mapping");
        let connection = toml::from_str(&text).expect("a connection");
        Arcgis::new(&mapping, &connection, Start::default()).expect("a connector").check().await
    };
    check().await.expect("the columns are as mapped");
    portal.change(|state| {
        state.columns.remove("Edited");
        state.columns.remove("Kind");
        state.columns.insert("Happened".to_owned(), "esriFieldTypeString".to_owned());
    });
    let told = check().await.expect_err("they changed").to_string();
    let expected =
        "missing Edited, Kind; of another type Happened (was esriFieldTypeDate, is esriFieldTypeString)";
    assert!(told.contains(expected), "{told}");
}

#[tokio::test]
async fn rows_are_counted_and_their_keys_listed() {
    let portal = portal(7).await;
    portal.change(|state| state.rows[2].removed = true);
    let mut source = arcgis(&portal, "", None);
    assert_eq!(source.count().await.expect("a count"), Some(6));
    let mut keys = Vec::new();
    while let Some(page) = source.keys().await.expect("keys") {
        keys.extend(page);
    }
    assert_eq!(keys, ["1", "2", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn sacramentos_layer_is_read_by_its_preset() {
    let preset = api::preset::Preset::sacramento().expect("the built-in preset");
    let feed = preset.feed("sacramento-police").expect("the feed");
    let text = |name: &'static str| (name, "esriFieldTypeString");
    let portal = ArcgisPortal::open(&[
        text("Location"),
        text("Call_Type"),
        text("Description"),
        text("Reporting_Officer"),
        text("Unit_ID"),
        ("Received_Date", "esriFieldTypeDate"),
        text("Received_Time"),
        ("Occurence_Date", "esriFieldTypeDate"),
    ])
    .await;
    let call = |date: i64, time: Value, description: &str| {
        json!({
            "Location": "1200 BLK K ST", "Call_Type": "X", "Description": description, "Reporting_Officer": "1234",
            "Received_Date": date, "Received_Time": time, "Occurence_Date": -2_240_524_800_000_i64,
        })
    };
    const MIDNIGHT: i64 = 1_767_340_800_000; // 2 January 2026 in Sacramento
    portal.change(|state| {
        state.add("", call(MIDNIGHT, json!("03:04"), "NARCOTICS-IN PROGRESS"));
        state.add("", call(MIDNIGHT, json!("03:05:30"), "DOMESTIC VIOLENCE LESS THAN 15 AGO"));
        state.add("", call(MIDNIGHT, Value::Null, "TRESPASS"));
        state.add("", call(-2_240_524_800_000, json!("03:04"), "TRESPASS"));
    });
    let connection = connection(&portal.url(), "");
    let mut source = Arcgis::new(&feed.mapping, &connection, Start::default()).expect("a connector");
    source.check().await.expect("the columns are as mapped");
    let pages = pages(&mut source).await.expect("the rows");
    let lines: Vec<_> = pages.into_iter().flat_map(|page| page.lines).collect();
    let first = lines[0].as_ref().expect("a call");
    assert_eq!(first.occurred_at.to_rfc3339(), "2026-01-02T11:04:00+00:00");
    assert_eq!(first.final_type.as_deref(), Some("NARCOTICS"));
    assert_eq!(first.source_id.len(), 32, "a fingerprint, as the layer has no key");
    assert_eq!(lines[1].as_ref().expect("a call").final_type.as_deref(), Some("DOMESTIC VIOLENCE"));
    assert_eq!(lines[2].as_ref().expect_err("no time").reason, "Received_Time: is blank");
    let dateless = &lines[3].as_ref().expect_err("no date").reason;
    assert!(dateless.contains("stands for no real date"), "{dateless}");
    assert!(!format!("{lines:?}").contains("1234"), "the officer is not read");
}

#[tokio::test]
async fn real_features_are_read_as_they_come() {
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(files::data(name)).expect("a file")).expect("JSON")
    };
    let riverside = read("arcgis-riverside-incident-features.json");
    let portal = ArcgisPortal::open(&[
        ("rpdunique", "esriFieldTypeString"),
        ("offendate", "esriFieldTypeDate"),
        ("Subject", "esriFieldTypeString"),
        ("BLOCK_ADDRESS", "esriFieldTypeString"),
        ("dateupdated", "esriFieldTypeDate"),
    ])
    .await;
    let features = riverside["features"].as_array().expect("features");
    portal.change(|state| features.iter().for_each(|feature| state.add("", feature["attributes"].clone())));
    let mapping: FeedMapping = toml::from_str(
        "time_zone = 'America/Los_Angeles'\nsource_key = ['rpdunique']\nfinal_type = 'Subject'\n\
         occurred_at = [{ column = 'offendate', format = 'EPOCH_MILLISECONDS' }]\n[address]\ncolumns = ['BLOCK_ADDRESS']",
    )
    .expect("a mapping");
    let connection = connection(&portal.url(), "changed_at = 'dateupdated'");
    let mut source = Arcgis::new(&mapping, &connection, Start::default()).expect("a connector");
    source.check().await.expect("the columns are as mapped");
    let rows = rows(&mut source).await.expect("the rows");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].source_id, "260022868_13B_0");
    assert_eq!(rows[0].occurred_at.timestamp_millis(), 1_787_882_766_890);
    assert_eq!(rows[0].address, "3900 BLOCK  5th St");

    // A whole answer of another city, mark and all, is understood as it came.
    let stpaul = read("arcgis-stpaul-service-requests-query.json");
    let mut last = stpaul.clone();
    last["exceededTransferLimit"] = false.into();
    last["features"] = json!([]);
    let fields: Vec<(&str, &str)> = stpaul["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| (field["name"].as_str().expect("a name"), field["type"].as_str().expect("a type")))
        .collect();
    let portal = ArcgisPortal::open(&fields).await;
    portal.misbehave([Fault::Body(stpaul), Fault::Body(last)]);
    let mapping: FeedMapping = toml::from_str(
        "time_zone = 'America/Chicago'\nsource_key = ['SERVICE_NUMBER']\nfinal_type = 'REQUEST_DESCRIPTION'\n\
         occurred_at = [{ column = 'REQUEST_DATE', format = 'EPOCH_MILLISECONDS' }]\n[address]\ncolumns = ['REGEX']",
    )
    .expect("a mapping");
    let connection = self::connection(&portal.url(), "");
    let mut source = Arcgis::new(&mapping, &connection, Start::default()).expect("a connector");
    let rows = self::rows(&mut source).await.expect("the rows");
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].source_id.as_str(), rows[0].address.as_str()), ("4041371", "514 THOMAS AVE"));
    assert_eq!(rows[0].occurred_at.to_rfc3339(), "2015-01-02T00:00:00+00:00");
}
