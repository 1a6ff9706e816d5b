//! Rows of registers, read and refused.

use chrono::NaiveDate;
use csv::StringRecord;
use entity::{
    case::{CasePriority, CaseSource, CaseStage},
    case_kind::CaseKind,
};

use super::CaseMapping;
use crate::writes::existing_cases::Record;

const SAN_DIEGO: &str = include_str!("../../../registers/san-diego-code-enforcement.toml");
const LONG_BEACH: &str = include_str!("../../../registers/long-beach-code-enforcement.toml");

const HEADER: &str = "case_id,APN,case_source,open_date,close_date,close_reason,last_action,last_action_due_date,\
                      workgroup,street_address,latitude,longitude,description,OPEN_DAYS";
const ROW: &str = "3351,5383302800,Other City Department,1993-03-30,,,City Attorney Referral - Referred,2015-06-06,\
                   Zoning,2034 JULIAN AV ,32.70176,-117.140165,GARAGE CONVERSN,8541";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read(row: &str) -> Result<Record, String> {
    let mapping = CaseMapping::parse(SAN_DIEGO).unwrap();
    let header = StringRecord::from(HEADER.split(',').collect::<Vec<_>>());
    let row = StringRecord::from(row.split(',').collect::<Vec<_>>());
    mapping.reading(&header).unwrap().record(2, day("2016-08-17"), &row)
}

#[test]
fn a_row_becomes_a_case_in_our_words() {
    let record = read(ROW).unwrap();
    assert_eq!(record.key, "3351");
    assert_eq!(record.told.title, "Zoning: GARAGE CONVERSN (3351)");
    assert_eq!(record.told.opened_on, day("1993-03-30"));
    assert_eq!(record.told.due_on, Some(day("2015-06-06")));
    assert_eq!(record.told.stage, Some(CaseStage::Notice));
    assert_eq!(record.told.kind, Some(CaseKind::Other));
    assert_eq!(record.told.priority, Some(CasePriority::Normal));
    assert_eq!(record.source, CaseSource::Partner);
    assert_eq!(record.address.unwrap().text(), "2034 JULIAN AVE");
    assert_eq!((record.apn, record.point), (None, Some((32.70176, -117.140165))));
}

#[test]
fn the_longest_beginning_of_a_word_wins_and_a_whole_word_before_it() {
    let stage = |action: &str| {
        read(&ROW.replace("City Attorney Referral - Referred", action)).unwrap().told.stage.unwrap()
    };
    assert_eq!(stage("Administrative Citation - Issue"), CaseStage::Citation);
    assert_eq!(stage("administrative citation warning - Issue"), CaseStage::VoluntaryCompliance);
    assert_eq!(stage("Case Opened - Inspection(P2)"), CaseStage::Assessment);
    assert_eq!(stage("Case Opened - Inspection Prep"), CaseStage::Intake);
}

#[test]
fn what_cannot_be_read_says_why() {
    for (from, to, reason) in [
        ("3351", "", "it has no number"),
        ("1993-03-30", "", "does not tell when it was opened"),
        ("1993-03-30", "03/30/1993", "`03/30/1993` is no day written as `%Y-%m-%d`"),
        ("1993-03-30", "2016-08-18", "still to come"),
        ("City Attorney Referral - Referred", "Lost", "no stage for `Lost`"),
        ("-117.140165", "", "only one of latitude and longitude"),
    ] {
        let refused = read(&ROW.replacen(from, to, 1)).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn what_stands_for_no_address_is_none() {
    for text in ["1222 01ST AV [Pending]", "1222 01st Av Unit 1/2 [Pending]", "JULIAN AV & 20TH ST", ""] {
        let record = read(&ROW.replace("2034 JULIAN AV ", text)).unwrap();
        assert!(record.address.is_none(), "{text}");
    }
}

#[test]
fn a_mapping_leads_neither_to_court_nor_to_an_end() {
    for stage in ["LITIGATION", "CLOSED"] {
        let wrong = LONG_BEACH.replace("\"MONITORING\"", &format!("\"{stage}\""));
        let reason = CaseMapping::parse(&wrong).unwrap_err();
        assert!(reason.contains(stage), "{reason}");
    }
    let wrong = LONG_BEACH.replace("%m/%d/%Y", "%Q");
    assert!(CaseMapping::parse(&wrong).unwrap_err().contains("`%Q`"));
}

proptest::proptest! {
    #[test]
    fn no_row_however_odd_brings_the_reader_down(cells in proptest::collection::vec(".{0,20}", 0..18), at in 0..14_usize, odd in ".{0,30}") {
        let mapping = CaseMapping::parse(SAN_DIEGO).unwrap();
        let header = StringRecord::from(HEADER.split(',').collect::<Vec<_>>());
        let reading = mapping.reading(&header).unwrap();
        let mut one: Vec<&str> = ROW.split(',').collect();
        one[at] = &odd;
        for row in [StringRecord::from(cells), StringRecord::from(one)] {
            if let Err(reason) = reading.record(2, day("2016-08-17"), &row) {
                proptest::prop_assert!(!reason.is_empty());
            }
            let _ = (reading.key(&row), reading.snapshot(&row));
        }
    }
}
