//! Addresses as the sources really write them (street names of full addresses are invented).

use entity::call::AddressPrecision::{self, Place, Redacted, Unit, Unparsed};

use super::{Address, Writing};

mod robustness;
mod sources;

const PLAIN: Writing =
    Writing { direction_follows_street: false, place_after_semicolon: false, block_level: false };

/// A daily log with places behind semicolons and directions behind streets.
const LOG: Writing =
    Writing { direction_follows_street: true, place_after_semicolon: true, block_level: false };

const BLOCKS: Writing =
    Writing { direction_follows_street: false, place_after_semicolon: false, block_level: true };

fn text(raw: &str) -> String {
    Address::parse(raw, &PLAIN).text()
}

fn key(raw: &str) -> String {
    Address::parse(raw, &PLAIN).key()
}

fn reads(raw: &str, writing: Writing) -> (AddressPrecision, String) {
    let address = Address::parse(raw, &writing);
    (address.precision, address.text())
}

fn expect(writing: Writing, cases: &[(&str, AddressPrecision, &str)]) {
    for (raw, precision, text) in cases {
        assert_eq!(reads(raw, writing), (*precision, (*text).to_owned()), "{raw:?}");
    }
}

#[test]
fn suffixes_and_directions_are_abbreviated() {
    for (raw, expected) in [
        ("1200 juniper street", "1200 JUNIPER ST"),
        ("1200 Juniper  St.", "1200 JUNIPER ST"),
        ("4099 PARK BL ", "4099 PARK BLVD"),
        ("500 PARK BLV", "500 PARK BLVD"),
        ("3755 COASTAL HY", "3755 COASTAL HWY"),
        ("3566 SEASIDE WK", "3566 SEASIDE WALK"),
        ("8300 WESTGATE MAL", "8300 WESTGATE MALL"),
        ("10400 JUNIPER COV", "10400 JUNIPER CV"),
        ("11300 EAST SAN JUNIPER DRW", "11300 E SAN JUNIPER DRWY"),
        ("13500 SABLE SPRINGS PKY", "13500 SABLE SPRINGS PKWY"),
        ("100 S.E. Juniper Ave", "100 SE JUNIPER AVE"),
        ("2302 15th Street Southwest", "2302 15TH ST SW"),
        ("24411 Juniper Fls", "24411 JUNIPER FALLS"),
        ("1000 AVENUE OF THE PINES", "1000 AVENUE OF THE PINES"),
        ("3000 CAMINO DE LA PLAZA", "3000 CAMINO DE LA PLAZA"),
        ("2900 AVE J", "2900 AVENUE J"),
        ("7340 24th St Bypass", "7340 24TH ST BYP"),
    ] {
        assert_eq!(text(raw), expected);
    }
}

#[test]
fn a_direction_can_be_the_name_of_a_street() {
    for (raw, expected) in [
        ("100 South St", "100 SOUTH ST"),
        ("100 S St", "100 S ST"),
        ("100 N North Ave", "100 N NORTH AVE"),
        ("600 E ST NW", "600 E ST NW"),
        ("9 WEST", "9 WEST"),
    ] {
        assert_eq!(text(raw), expected);
    }
}

#[test]
fn numbered_streets_have_one_writing() {
    for (raw, expected) in [
        ("3799 03RD AV ", "3799 3RD AVE"),
        ("4805 Southwest 229th", "4805 SW 229TH"),
        ("500 7 1/2 ST SW", "500 7 1/2 ST SW"),
        ("300 250 BYPASS", "300 250 BYP"),
        ("2421 NE 43 ST", "2421 NE 43RD ST"),
        ("2421 NE 111 ST", "2421 NE 111TH ST"),
    ] {
        assert_eq!(text(raw), expected);
    }
    assert_eq!(reads("38 AV SW", PLAIN), (Place, "38TH AVE SW".to_owned()), "the number is the street");
}

#[test]
fn numbers_keep_halves_ranges_and_grids() {
    for (raw, number) in [
        ("1229 1/2 JUNIPER AVE", "1229 1/2"),
        ("12800 1/3 JUNIPER LN ", "12800 1/3"),
        ("(100-104) SW JUNIPER ST", "100-104"),
        ("100 - 104 JUNIPER ST", "100-104"),
        ("100 & 104 JUNIPER ST", "100-104"),
        ("00123 JUNIPER ST", "123"),
        ("123A JUNIPER ST", "123A"),
        ("N95W18855 Juniper Dr", "N95W18855"),
        ("48S 400E", "48"),
    ] {
        let address = Address::parse(raw, &PLAIN);
        assert_eq!(address.number.as_deref(), Some(number), "{raw}");
        assert!(address.is_exact(), "{raw}");
    }
}

#[test]
fn a_unit_is_read_but_is_in_no_text() {
    for raw in [
        "225 JUNIPER ST Unit 8 ",
        "225 JUNIPER ST UNIT 8",
        "225 Juniper St # 8",
        "225 Juniper St #8",
        "225 Juniper St, Apt. 8",
        "225 Juniper St APT8",
        "225 Juniper St 8",
        "225 Juniper St, 8B, Oakville, CA 95999",
        "225 Juniper St Suite 500 Oakville, CA",
        "225 Juniper Street Lobby 95999",
        "225 JUNIPER ST UNIT A & B",
        "225 JUNIPER ST UNIT -2296",
        "225 JUNIPER ST Unit Roof",
        "225 JUNIPER ST BLDG 3 UNIT 33",
        "225 Juniper St 3rd Floor",
        "225 Juniper St, 17th Floor Conference Room, Oakville",
        "225 JUNIPER ST REAR",
        "#42 225 Juniper St",
        "Apt 1B 225 Juniper St Oakville, CA 95999",
        "lt42 225 Juniper St",
        "225 JUNIPER ST (REAR)",
    ] {
        let address = Address::parse(raw, &PLAIN);
        assert_eq!(
            (address.precision, address.text(), address.key()),
            (Unit, "225 JUNIPER ST".to_owned(), "225 JUNIPER ST".to_owned()),
            "{raw:?}"
        );
        assert!(address.unit.is_some(), "{raw:?}");
        assert!(address.is_exact(), "{raw:?}");
    }
    // The same words are street names.
    for raw in ["225 FRONT ST", "225 PIER AVE", "225 N LOWER JUNIPER RD", "225 SPACE PARK DR"] {
        assert_eq!(reads(raw, PLAIN), (AddressPrecision::Address, raw.to_owned()));
    }
}

#[test]
fn cities_states_and_zip_codes_are_dropped() {
    for raw in [
        "1005 N Juniper Hwy, Oakville, CA, 95999",
        "1005 N Juniper Highway Oakville CA 95999-1234",
        "1005 N Juniper Highway, Oakville, California",
        "1005 N. Juniper Hwy 959991234",
        "1005 N Juniper Hwy, Baltimore City, 21227",
        "1005 N Juniper Hwy, North Oakville CA",
        "1005 N Juniper Hwy, Oakville, CA 95999, United States",
        "Oak Park, 1005 N Juniper Hwy, Oakville, CA  95999",
    ] {
        assert_eq!(text(raw), "1005 N JUNIPER HWY", "{raw:?}");
    }
    assert_eq!(text("115 Broadway San Felipe CA"), "115 BROADWAY");
    assert_eq!(text("10144 FOX CT 95999"), "10144 FOX CT");
    assert_eq!(text("321 S. Washington"), "321 S WASHINGTON");
    let named = Address::parse("1090 W Juniper Ave North Side", &PLAIN);
    assert_eq!(named.text(), "1090 W JUNIPER AVE");
    assert_eq!(named.place.as_deref(), Some("NORTH SIDE"));
}

#[test]
fn highways_keep_their_numbers() {
    for (raw, expected) in [
        ("1005 State Highway 116 Oakville CA 95999", "1005 STATE HWY 116"),
        ("1234 COUNTY HWY 60E, Town, CO 12345", "1234 COUNTY HWY 60 E"),
        ("36401 County Road 43, Town, CO 80699", "36401 COUNTY ROAD 43"),
        ("4510 COUNTY ROAD GV, TOWN, WI 54999", "4510 COUNTY ROAD GV"),
        ("1302 US Highway 71 North", "1302 US HWY 71 N"),
    ] {
        assert_eq!(text(raw), expected);
        assert!(Address::parse(raw, &PLAIN).is_exact(), "{raw}");
    }
}

#[test]
fn marks_of_a_city_that_tell_streets_apart_stay() {
    assert_eq!(text("1699 WREN (SB) AV "), "1699 WREN (SB) AVE");
    assert_ne!(key("1699 WREN (SB) AV"), key("1699 WREN AV"));
    assert_eq!(text("1299 01ST AV [Pending]"), "1299 1ST AVE");
    let named = Address::parse("100 RIDGE ST (OAK MANOR)", &PLAIN);
    assert_eq!(named.text(), "100 RIDGE ST");
    assert_eq!(named.place.as_deref(), Some("OAK MANOR"));
}

#[test]
fn what_is_no_premises_is_no_address() {
    expect(
        PLAIN,
        &[
            ("  ", Unparsed, ""),
            ("N/A", Unparsed, ""),
            ("(unknown)", Unparsed, ""),
            ("NO LOCATION - NEIGHBORING COUNTY", Unparsed, ""),
            ("600", Unparsed, ""),
            ("522K1", Unparsed, ""),
            ("P.O. box 3094 Oakville TN 38099", Unparsed, ""),
            ("redacted", Redacted, ""),
            ("[REDACTED]", Redacted, ""),
            ("Redacted, CA", Redacted, ""),
            ("@OAK HALL", Place, "OAK HALL"),
            ("SCHUYLKILL EXPY WB", Place, "SCHUYLKILL EXPY WB"),
            ("I-64 MM99 EASTBOUND", Place, "I-64 MM99 EASTBOUND"),
            ("Juniper Street", Place, "JUNIPER ST"),
            ("Oak Hall Apt 4", Place, "OAK HALL"),
        ],
    );
    for raw in ["600", "REDACTED", "", "522K1"] {
        assert_eq!(key(raw), "", "{raw:?} matches nothing");
    }
    let at = Address::parse("123 Juniper St @Oak Hall", &PLAIN);
    assert_eq!(at.text(), "123 JUNIPER ST");
    assert_eq!(at.place.as_deref(), Some("OAK HALL"));
}

#[test]
fn the_same_premises_have_the_same_key() {
    for (one, other) in [
        ("12 Mount Juniper Rd", "12 MT JUNIPER ROAD"),
        ("12 St. James Pl", "12 SAINT JAMES PLACE"),
        ("12 O'Wren Ave", "12 OWREN AV"),
        ("12 Oak-Wren Ave", "12 OAK WREN AVE"),
        ("12 JUNIPER HTS", "12 Juniper Heights"),
        ("12 NORTH JUNIPER ST", "12 n juniper st. apt 5, Oakville"),
    ] {
        assert_eq!(key(one), key(other));
    }
    for (one, other) in [
        ("12 JUNIPER ST", "12 JUNIPER AVE"),
        ("12 N JUNIPER ST", "12 S JUNIPER ST"),
        ("12 N JUNIPER ST", "12 JUNIPER ST N"),
        ("12 1/2 JUNIPER ST", "12 JUNIPER ST"),
        ("100 S ST", "100 SOUTH ST"),
        ("12 STATE HWY 116", "12 STATE HWY 16"),
    ] {
        assert_ne!(key(one), key(other));
    }
}
