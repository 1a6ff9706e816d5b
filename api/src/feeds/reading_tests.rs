//! What a row's columns become, whatever they were fetched with.

use super::*;

fn mapping(more: &str) -> FeedMapping {
    let text = format!(
        "time_zone = 'America/Los_Angeles'\nfinal_type = 'type'\noccurred_at = [{{ column = 'at', format = 'ISO' }}]\n\
         {more}\n[address]\ncolumns = ['address']"
    );
    toml::from_str(&text).unwrap()
}

fn row(mapping: &FeedMapping, columns: &[(&str, &str)]) -> Line {
    let columns = columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    row_of(mapping, 1, columns.collect())
}

#[test]
fn a_call_without_a_key_of_its_own_is_known_by_a_fingerprint_of_the_named_columns() {
    let mapping = mapping("source_key = ['address', 'at']\nfingerprint = true");
    let told = |address, at, kind| {
        row(&mapping, &[("address", address), ("at", at), ("type", kind)]).map(|row| row.source_id)
    };
    let noise = told("12 ELM ST", "2026-01-02T03:04:05", "NOISE").unwrap();
    assert_eq!(noise.len(), 32);
    // What the call is called may change; it stays the same call.
    assert_eq!(told("12 ELM ST", "2026-01-02T03:04:05", "FIGHT").unwrap(), noise);
    assert_ne!(told("12 ELM ST", "2026-01-02T03:04:06", "NOISE").unwrap(), noise);
    assert_ne!(told("", "2026-01-02T03:04:05", "NOISE").unwrap(), noise);
    let nothing = told("", " ", "NOISE").unwrap_err();
    assert_eq!(nothing.reason, "address, at: are all blank, so the call has no key");
}

#[test]
fn a_fingerprint_keeps_columns_apart() {
    assert_ne!(fingerprint(["a", "bc"].into_iter()), fingerprint(["ab", "c"].into_iter()));
}

#[test]
fn a_class_of_time_at_the_end_of_a_type_is_no_part_of_it() {
    let mapping = mapping(
        "source_key = ['at']\nstrip_suffixes = ['in progress', 'LESS THAN 5 AGO', 'LESS THAN 15 AGO', 'REPORT', 'CSI']",
    );
    let kind = |told| row(&mapping, &[("at", "2026-01-02T03:04:05"), ("type", told)]).unwrap().final_type;
    assert_eq!(kind("NARCOTICS-IN PROGRESS").as_deref(), Some("NARCOTICS"));
    assert_eq!(kind("Vandalism -  less than 15  ago").as_deref(), Some("VANDALISM"));
    assert_eq!(kind("SHOOTING CSI").as_deref(), Some("SHOOTING"));
    assert_eq!(kind("REPORT").as_deref(), Some("REPORT"));
    assert_eq!(kind("Disturbance").as_deref(), Some("Disturbance"));
}

#[test]
fn a_value_that_stands_for_nothing_is_nothing() {
    let mapping = mapping("source_key = ['at']\nblanks = ['NULL']");
    let told =
        row(&mapping, &[("at", "2026-01-02T03:04:05"), ("type", "NULL"), ("address", "NULL")]).unwrap();
    assert_eq!((told.final_type, told.address.as_str()), (None, ""));
    assert_eq!(row(&mapping, &[("at", "NULL")]).unwrap_err().reason, "at: is blank, so the call has no key");
}
