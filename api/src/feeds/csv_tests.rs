//! What the reader makes of the dirt that real files hold.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;
use crate::feeds::{Line, Noted, SourceRow};

const MAPPING: &str = r#"
time_zone = "America/Los_Angeles"
source_key = ["id"]
occurred_at = [{ column = "date", format = "%m/%d/%y" }, { column = "time", format = "%H:%M" }]
initial_type = "first_type"
final_type = "type"

[address]
columns = ["number", "street"]
intersecting = ["cross"]
blanks = ["0"]

[disposition]
column = "outcome"
excludes = ["Gone  on arrival"]

[officer_initiated]
call_types = ["TRAFFIC STOP"]
column = { column = "self", values = ["Y"] }
"#;
const HEADER: &str = "id,date,time,first_type,type,number,street,cross,outcome,self,caller";

fn mapping() -> FeedMapping {
    toml::from_str(MAPPING).unwrap()
}

fn read(text: impl AsRef<[u8]>) -> Vec<Line> {
    let log = CallLog::read(text.as_ref(), &mapping()).unwrap();
    log.map(|line| line.unwrap()).collect()
}

fn one(line: &str) -> SourceRow {
    read(format!("{HEADER}\n{line}\n")).remove(0).unwrap()
}

fn refused(line: impl AsRef<[u8]>) -> UnreadableRow {
    let mut text = format!("{HEADER}\n").into_bytes();
    text.extend(line.as_ref());
    read(text).remove(0).unwrap_err()
}

fn stopped(text: impl AsRef<[u8]>) -> String {
    match CallLog::read(text.as_ref(), &mapping()) {
        Err(error) => error.to_string(),
        Ok(log) => log.filter_map(Result::err).map(|e| e.to_string()).collect(),
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_line_becomes_a_call() {
    let row = one("7,09/14/21,07:08,Noise,Fight,12,ELM ST,,Report,N,Ms Caller");
    assert_eq!(row.line, 2);
    assert_eq!(row.source_id, "7");
    assert_eq!(row.occurred_at.to_rfc3339(), "2021-09-14T14:08:00+00:00");
    assert_eq!(row.address, "12 ELM ST");
    assert_eq!(row.initial_type.as_deref(), Some("Noise"));
    assert_eq!(row.final_type.as_deref(), Some("Fight"));
    assert_eq!(row.disposition.as_deref(), Some("Report"));
    assert!(!row.excluded_disposition);
    assert!(!row.officer_initiated);
}

#[test]
fn a_column_that_is_not_mapped_is_not_kept() {
    let row = one("7,09/14/21,07:08,Noise,Fight,12,ELM ST,,Report,N,Ms Caller");
    assert!(!format!("{row:?}").contains("Caller"));
    assert_eq!(row.columns.len(), 10);
    assert_eq!(row.columns["street"], "ELM ST");
}

#[test]
fn a_corner_is_joined_and_a_zero_is_no_house_number() {
    assert_eq!(one("7,09/14/21,07:08,,,0,ELM ST,OAK AVE,,,").address, "ELM ST & OAK AVE");
    assert_eq!(one("7,09/14/21,07:08,,,0,,,,,").address, "");
}

#[test]
fn outcomes_and_officers_are_told_whatever_the_case_and_the_spaces() {
    let row = one("7,09/14/21,07:08,Traffic  Stop,Fight,0,,,GONE ON ARRIVAL,n,");
    assert!(row.excluded_disposition);
    assert!(row.officer_initiated);
    assert!(one("7,09/14/21,07:08,,,0,,,,y,").officer_initiated);
}

#[test]
fn an_officer_on_the_scene_to_which_nobody_was_sent_began_the_call() {
    let text = "time_zone = 'UTC'\nsource_key = ['id']\nfinal_type = 'id'\n\
                occurred_at = [{ column = 'received', format = '%Y-%m-%d %H:%M' }]\n\
                address = { columns = ['id'] }\n\
                officer_initiated.on_scene_undispatched = { received = 'received', dispatched = 'sent', arrived = 'there' }";
    let mapping: FeedMapping = toml::from_str(text).unwrap();
    let (at, later) = ("2026-01-01 10:00", "2026-01-01 10:05");
    let text = format!("id,received,sent,there\n1,{at},,{at}\n2,{at},{at},{at}\n3,{at},,{later}\n4,{at},,\n");
    let told: Vec<bool> = CallLog::read(text.as_bytes(), &mapping)
        .unwrap()
        .map(|line| line.unwrap().unwrap().officer_initiated)
        .collect();
    assert_eq!(told, [true, false, false, false]);
}

#[test]
fn byte_order_mark_crlf_and_quoted_line_breaks_are_read_and_lines_are_numbered_as_an_editor_does() {
    for newline in ["\n", "\r\n"] {
        let lines = [
            &format!("\u{feff}{HEADER}"),
            "1,09/14/21,07:08,,,1,\"ELM",
            "ST\",,,,",
            "",
            "2,09/14/21,07:08,,,2,ELM ST,,,,",
            "3,bad,07:08,,,2,ELM ST,,,,",
        ];
        let rows = read(lines.join(newline));
        let numbers: Vec<u64> =
            rows.iter().map(|row| row.as_ref().map_or_else(|bad| bad.line, |good| good.line)).collect();
        assert_eq!(numbers, [2, 5, 6], "{newline:?}");
        assert_eq!(rows[0].as_ref().unwrap().address, format!("1 ELM{newline}ST"));
    }
}

#[test]
fn the_last_column_does_not_keep_the_end_of_the_line() {
    let header = "caller,id,date,time,first_type,type,number,street,cross,self,outcome";
    for newline in ["\n", "\r\n"] {
        let line = "x,1,09/14/21,07:08,,,1,ELM ST,,,";
        let text = format!("{header}{newline}{line}\"Gone on arrival\"{newline}{line}Report");
        let rows = read(text);
        let told = |row: usize| rows[row].as_ref().unwrap().columns["outcome"].clone();
        assert_eq!((told(0).as_str(), told(1).as_str()), ("Gone on arrival", "Report"));
        assert_eq!(rows[1].as_ref().unwrap().line, 3);
    }
}

#[test]
fn a_line_that_cannot_be_read_says_why_and_does_not_stop_the_reading() {
    let rows = read(format!(
        "{HEADER}\n1,13/45/21,07:08,,,1,ELM ST,,,,Ms Caller\n2,09/14/21,07:08,,,1,ELM ST,,,,\n"
    ));
    let bad = rows[0].as_ref().unwrap_err();
    assert_eq!(bad.line, 2);
    assert_eq!(bad.reason, "date: `13/45/21` is not a date of the form %m/%d/%y");
    assert_eq!(bad.columns["street"], "ELM ST");
    assert!(!format!("{bad:?}").contains("Caller"));
    assert!(rows[1].is_ok());
}

#[test]
fn of_a_line_with_shifted_columns_nothing_is_kept() {
    let bad = refused("1,09/14/21,Ms Caller\n");
    assert_eq!(bad.reason, "the line has 3 columns, the header 11");
    assert!(bad.columns.is_empty());
}

#[test]
fn bytes_that_no_database_can_keep_are_refused() {
    let bad = refused(b"1,09/14/21,07:08,,,1,CALLE \xd1,,,,\n");
    assert_eq!(bad.reason, "street: is not text in UTF-8");
    assert_eq!(bad.columns["street"], "CALLE \u{fffd}");
    assert_eq!(refused("1,09/14/21,07:08,,,1,A\0B,,,,\n").reason, "street: holds a NUL character");
    let long = format!("1,09/14/21,07:08,,,1,{},,,,\n", "A".repeat(3000));
    let bad = refused(long);
    assert_eq!(bad.reason, "street: is longer than 2000 bytes");
    assert!(bad.columns["street"].len() < 100);
    assert_eq!(refused(",09/14/21,07:08,,,1,A,,,,\n").reason, "id: is blank, so the call has no key");
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    let text = format!("{HEADER}\n1,09/14/21,07:08,,,1,ELM ST,,,,\n");
    assert_eq!(read(gzip(&text)).len(), 1);
    let bytes = gzip(&text);
    let mut log = CallLog::read(bytes.as_slice(), &mapping()).unwrap();
    while log.next().is_some() {}
    assert_eq!(log.bytes_read(), bytes.len() as u64);
}

#[test]
fn a_truncated_gzip_gives_its_rows_and_then_an_error_once() {
    let rows: String = (0..50_000).map(|n| format!("{n},09/14/21,07:08,,,{n},ELM ST,,,,\n")).collect();
    let mut bytes = gzip(&format!("{HEADER}\n{rows}"));
    bytes.truncate(bytes.len() / 2);
    let mut log = CallLog::read(bytes.as_slice(), &mapping()).unwrap();
    let read = log.by_ref().take_while(Result::is_ok).count();
    assert!((1_000..50_000).contains(&read));
    assert!(log.next().is_none());
    let message = stopped(&bytes);
    assert!(message.contains("ends in the middle, near line"), "{message}");
    assert!(stopped(&bytes[..5]).contains("near line 1"));
}

#[test]
fn a_damaged_gzip_is_told_from_a_truncated_one() {
    let mut bytes = gzip(&format!("{HEADER}\n1,09/14/21,07:08,,,1,ELM ST,,,,\n"));
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 0xff;
    assert!(stopped(&bytes).contains("is damaged near line"), "{}", stopped(&bytes));
}

#[test]
fn a_quotation_mark_that_is_never_closed_does_not_eat_the_file() {
    let mut text = format!("{HEADER}\n1,09/14/21,07:08,,,1,\"ELM ST,,,,\n");
    text.push_str(&"2,09/14/21,07:08,,,1,ELM ST,,,,\n".repeat(200_000));
    assert!(stopped(text).contains("quotation mark near line 2"));
}

#[test]
fn a_compressed_file_that_becomes_a_thousand_times_as_large_is_read_no_further() {
    let mut text = format!("{HEADER}\n");
    text.push_str(&format!("2,09/14/21,07:08,,,1,ELM ST,,,,{}\n", "x".repeat(500)).repeat(80_000));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(text.as_bytes()).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() * 250 < text.len(), "{} bytes of {}", bomb.len(), text.len());
    let mut rows = CallLog::read(bomb.as_slice(), &mapping()).unwrap();
    let error = rows.find_map(Result::err).expect("it is not read to its end");
    assert!(error.to_string().contains("far larger than any log"), "{error}");
}

#[test]
fn a_wrong_header_is_named_but_data_is_not_repeated() {
    assert_eq!(stopped(""), "the file is empty; it must begin with a header line");
    let lacking = stopped("id,date,time,first_type,number,street,cross,outcome,self\n");
    assert_eq!(
        lacking,
        "the header lacks type; found id, date, time, first_type, number, street, cross, outcome, self. \
         Correct the feed's mapping, or ask the source for the columns"
    );
    let headless = stopped("1,09/14/21,07:08,Ms Caller,12 ELM ST\n");
    assert!(headless.contains("none of the mapped columns was found among the 5 of the first line"));
    assert!(!headless.contains("Caller"));
    assert!(stopped(format!("{HEADER},date\n")).contains("names date twice"));
}

#[test]
fn a_header_that_changed_is_told_where_the_mapping_knows_it() {
    let mut mapping = mapping();
    mapping.header = Some(HEADER.split(',').map(str::to_owned).collect());
    let text = format!("{}\n", HEADER.replace("caller", "caller_phone"));
    let Err(error) = CallLog::read(text.as_bytes(), &mapping) else {
        panic!("it was accepted");
    };
    assert!(error.to_string().contains("gone caller; new caller_phone"));
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused() {
    let refusal = |from: &str, to: &str| {
        let told = toml::from_str::<FeedMapping>(&MAPPING.replace(from, to));
        told.unwrap_err().message().to_owned()
    };
    assert!(refusal("America/Los_Angeles", "California").contains("no IANA time zone"));
    assert!(refusal("%m/%d/%y", "%Q").contains("no form of a time"));
    assert!(refusal("[\"id\"]", "[]").contains("at least one column"));
    assert!(refusal("final_type", "finale_type").contains("unknown field"));
}

fn noted(text: &[u8], mapping: &FeedMapping) -> Vec<Noted> {
    let mut log = CallLog::read(text, mapping).unwrap();
    std::iter::from_fn(|| log.next_noted()).map(|noted| noted.unwrap()).collect()
}

fn told_row() -> impl Strategy<Value = String> {
    let (day, time) = ("10/0[1-9]/21|1/1/99|13/01/21| ?", "1[0-9]:00| |25:00");
    let changed = "2026-01-02T03:04:05Z|soon| ?";
    let row = (
        "[0-9]{0,2}",
        day,
        time,
        "[A-Z\u{e9}]{0,3}",
        changed,
        "[0-9\x00]{0,2}",
        "[A-Z ]{0,3}|,",
        "Y|",
        "NULL|",
    );
    row.prop_map(|(id, day, time, first, kind, number, street, own, outcome)| {
        format!("{id},{day},{time},{first},{kind},{number},{street},,{outcome},{own},MS X")
    })
}

proptest! {
    // Which of several rows with one key stands is decided by what is noted.
    #[test]
    fn what_is_noted_of_a_line_is_what_its_row_says(
        rows in prop::collection::vec(told_row(), 0..8), changed_at in any::<bool>(), crlf in any::<bool>(),
    ) {
        let mut mapping = mapping();
        mapping.changed_at = changed_at.then(|| mapping.final_type.clone());
        let end = if crlf { "\r\n" } else { "\n" };
        let text = rows.iter().fold(format!("{HEADER}{end}"), |text, row| text + row + end);
        let whole = CallLog::read(text.as_bytes(), &mapping).unwrap().map(|line| match line.unwrap() {
            Ok(row) => Noted { line: row.line, call: Some((row.source_id, row.occurred_at)) },
            Err(row) => Noted { line: row.line, call: None },
        });
        let whole: Vec<Noted> = whole.collect();
        prop_assert_eq!(noted(text.as_bytes(), &mapping), whole);
    }
}
