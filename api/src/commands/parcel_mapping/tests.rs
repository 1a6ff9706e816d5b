//! Rows of parcel files, read and refused.

use csv::StringRecord;
use entity::{
    party::PartyKind,
    property::{ResidentialOccupancy, UseType},
};

use super::ParcelMapping;
use crate::writes::parcels::Parcel;

const COUNTY: &str = r#"
[columns]
apn = "PARCEL"
address = "SITUS"
aliases = "ALSO"
latitude = "Y"
longitude = "X"
use_type = "USE"
unit_count = "UNITS"
owner = "OWNER"
owner_kind = "CORP"
owner_mailing_address = "MAIL"

[aliases]
separator = ";"

[use_types]
"MOTEL/HOTEL" = "MOTEL"
"*" = "OTHER"

[owner_kinds]
Y = "ORGANIZATION"
N = "PERSON"
"#;

const HEADER: [&str; 10] = ["PARCEL", "SITUS", "ALSO", "Y", "X", "USE", "UNITS", "OWNER", "CORP", "MAIL"];
const ROW: [&str; 10] = [
    "006-0124-003",
    "1200 k street",
    "1202 K St; 1204 K St",
    "38.5766",
    "-121.4934",
    "Motel/Hotel",
    "42",
    "K  Street\tLodging",
    "y",
    "PO Box 1",
];

fn with(change: usize, value: &str) -> Result<Parcel, String> {
    let mut cells = ROW.map(str::to_owned);
    value.clone_into(&mut cells[change]);
    let mapping = ParcelMapping::parse(COUNTY).unwrap();
    let header = StringRecord::from(HEADER.to_vec());
    let reading = mapping.reading(&header).unwrap();
    reading.parcel(2, &StringRecord::from(cells.to_vec()))
}

#[test]
fn a_row_becomes_a_parcel_in_our_words() {
    let parcel = with(0, ROW[0]).unwrap();
    assert_eq!(parcel.apn.as_deref(), Some("006-0124-003"));
    assert_eq!(parcel.address.text(), "1200 K ST");
    let aliases: Vec<String> = parcel.aliases.iter().map(|alias| alias.text()).collect();
    assert_eq!(aliases, ["1202 K ST", "1204 K ST"]);
    assert_eq!(parcel.point, Some((38.5766, -121.4934)));
    assert_eq!(parcel.use_type, Some(UseType::Motel));
    assert_eq!(parcel.residential_occupancy, None, "the file does not tell");
    assert_eq!(parcel.unit_count, Some(42));
    let owner = parcel.owner.unwrap();
    assert_eq!((owner.kind, owner.name.as_str()), (PartyKind::Organization, "K Street Lodging"));
    assert_eq!(owner.mailing_address.as_deref(), Some("PO Box 1"));
}

#[test]
fn what_cannot_be_read_says_why() {
    for (column, value, reason) in [
        (1, "", "it has no address"),
        (1, "K ST / 12TH ST", "is not the address of one place"),
        (3, "-121.4934", "is no point in degrees"),
        (3, "", "only one of latitude and longitude"),
        (6, "many", "is no number of units"),
        (6, "-1", "is no number of units"),
        (8, "maybe", "no kind of owner for `maybe`"),
    ] {
        let refused = with(column, value).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn an_alias_that_is_no_single_place_does_not_cost_the_parcel() {
    let parcel = with(2, "1202 K St; K St & 12th St").unwrap();
    assert_eq!(parcel.aliases.len(), 1);
    assert_eq!(parcel.unread_aliases, ["K St & 12th St"]);
}

#[test]
fn blank_cells_tell_nothing_and_other_uses_are_the_rest() {
    assert_eq!(with(6, "0").unwrap().unit_count, None);
    assert_eq!(with(5, "").unwrap().use_type, None);
    assert_eq!(with(5, "Church").unwrap().use_type, Some(UseType::Other));
    assert!(with(7, " ").unwrap().owner.is_none());
}

#[test]
fn a_header_without_a_mapped_column_is_refused_with_its_name() {
    let mapping = ParcelMapping::parse(COUNTY).unwrap();
    let lacking = StringRecord::from(vec!["PARCEL", "SITUS"]);
    let reason = mapping.reading(&lacking).err().unwrap();
    assert!(reason.contains("`ALSO`") && reason.contains("it has `PARCEL`, `SITUS`"), "{reason}");
    let marked = StringRecord::from([&["\u{feff}PARCEL"][..], &HEADER[1..]].concat());
    assert!(mapping.reading(&marked).is_ok(), "a byte order mark is no part of the name");
}

#[test]
fn a_mapping_with_a_wrong_word_is_refused_with_its_line() {
    let wrong = COUNTY.replace("\"OTHER\"", "\"SHED\"");
    let reason = ParcelMapping::parse(&wrong).unwrap_err();
    assert!(reason.contains("line 19") && reason.contains("SHED"), "{reason}");
}

#[test]
fn every_place_of_the_demo_city_can_be_read() {
    let mapping = ParcelMapping::parse(include_str!("../../../demo/places.toml")).unwrap();
    let mut rows = csv::Reader::from_reader(&include_bytes!("../../../demo/places.csv")[..]);
    let header = rows.headers().unwrap().clone();
    let reading = mapping.reading(&header).unwrap();
    let parcels: Vec<Parcel> =
        rows.records().zip(2..).map(|(row, line)| reading.parcel(line, &row.unwrap()).unwrap()).collect();
    assert_eq!(parcels.len(), 2562);
    assert!(parcels.iter().all(|parcel| parcel.point.is_some() && parcel.owner.is_some()));
    assert!(parcels.iter().all(|parcel| parcel.unread_aliases.is_empty()));
    let homes = parcels.iter().filter(|p| p.residential_occupancy == Some(ResidentialOccupancy::Some));
    assert_eq!(homes.count(), 1770);
    let south = parcels.iter().find(|parcel| parcel.address.text() == "1323 S CEDARDENE ST").unwrap();
    assert_eq!(south.aliases[0].text(), "1323 S CEDARDENE", "dispatch writes the direction behind");
}

proptest::proptest! {
    #[test]
    fn no_cell_however_odd_brings_the_reader_down(change in 0..10_usize, odd in ".{0,40}", cells in proptest::collection::vec(".{0,20}", 0..14)) {
        if let Err(reason) = with(change, &odd) {
            proptest::prop_assert!(!reason.is_empty());
        }
        let mapping = ParcelMapping::parse(COUNTY).unwrap();
        let header = StringRecord::from(HEADER.to_vec());
        let _ = mapping.reading(&header).unwrap().parcel(2, &StringRecord::from(cells));
    }
}
