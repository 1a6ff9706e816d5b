//! Blocks, corners and daily logs.

use entity::call::AddressPrecision::{self, Block, Intersection, Place, Redacted, Unit, Unparsed};

use super::super::Address;
use super::{BLOCKS, LOG, PLAIN, expect, key, text};

#[test]
fn blocks_are_never_premises() {
    expect(
        PLAIN,
        &[
            ("92XX BLOCK OF RAINY AV S", Block, "9200 BLOCK RAINY AVE S"),
            ("1XX BLOCK OF NE 59 ST", Block, "100 BLOCK NE 59TH ST"),
            ("44XX JUNIPER AVE", Block, "4400 BLOCK JUNIPER AVE"),
            ("XX S JUNIPER AVE", Block, "0 BLOCK S JUNIPER AVE"),
            ("X GOVERNMENT DR", Block, "0 BLOCK GOVERNMENT DR"),
            ("003XX W 110TH ST", Block, "300 BLOCK W 110TH ST"),
            ("0000X N STATE ST", Block, "0 BLOCK N STATE ST"),
            ("XX00 JUNIPER ST", Block, "BLOCK JUNIPER ST"),
            ("3900 BLOCK  5th St ", Block, "3900 BLOCK 5TH ST"),
            ("4800 BLOCK OF JUNIPER RD", Block, "4800 BLOCK JUNIPER RD"),
            ("1200 blk K St", Block, "1200 BLOCK K ST"),
            ("1234 BLOCK OF K ST", Block, "1200 BLOCK K ST"),
        ],
    );
    expect(
        BLOCKS,
        &[
            ("1400 BROADWAY", Block, "1400 BLOCK BROADWAY"),
            ("1421 1/2 JUNIPER ST # 4", Block, "1400 BLOCK JUNIPER ST"),
            ("JUNIPER ST", Place, "JUNIPER ST"),
            ("0 JUNIPER ST", Place, "JUNIPER ST"),
            ("400 ", Unparsed, ""),
        ],
    );
    assert!(!Address::parse("1400 BROADWAY", &BLOCKS).is_exact());
    assert_ne!(key("1400 BROADWAY"), key("1400 BLOCK BROADWAY"));
}

#[test]
fn a_corner_is_one_place_whichever_street_comes_first() {
    for (one, other) in [
        ("JUNIPER CT & DEAD END", "DEAD END & JUNIPER CT"),
        ("W JUNIPER ST & MAPLE ST", "MAPLE ST  &  W JUNIPER ST"),
        ("S KING ST / 8 AV S", "8TH AVE S & S KING ST"),
        ("VINE ST/RIVER ST", "RIVER ST / VINE ST"),
        ("7TH ST NE AND E HIGH ST", "E HIGH ST & 7TH ST NE"),
        ("JUNIPER ST @ MAPLE ST", "MAPLE ST AT JUNIPER ST"),
        ("10TH & K", "K and 10th"),
        ("Juniper and Maple Sts San Felipe CA", "MAPLE ST & JUNIPER ST"),
        ("100 JUNIPER AVE / 200 MAPLE ST", "MAPLE STREET & JUNIPER AVENUE"),
        ("A ST & B ST & C ST", "C ST / B ST / A ST"),
        ("RAMP I76 EB TO RT9  & RT9 NB", "RT9 NB & RAMP I76 EB TO RT9"),
    ] {
        assert_eq!(key(one), key(other));
        let corner = Address::parse(one, &PLAIN);
        assert_eq!(corner.precision, Intersection, "{one}");
        assert!(!corner.is_exact());
        assert!(!corner.cross.is_empty());
    }
    assert_eq!(text("B ST & A ST"), "A ST & B ST");
    assert_eq!(text("JUNIPER RD & BOX ELDER LN"), "BOX ELDER LN & JUNIPER RD");
    expect(
        PLAIN,
        &[
            ("JUNIPER RD & JUNIPER ROAD", Place, "JUNIPER RD"),
            ("JUNIPER RD & ", Place, "JUNIPER RD"),
            ("BREAD AND CHEESE AT THE MARKET", Place, "BREAD AND CHEESE AT THE MARKET"),
        ],
    );
}

#[test]
fn a_daily_log_with_places_behind_semicolons() {
    expect(
        LOG,
        &[
            ("692 JUNIPER; 711;", AddressPrecision::Address, "692 JUNIPER"),
            ("3433 JUNIPER S", AddressPrecision::Address, "3433 S JUNIPER"),
            ("3433 JUNIPER S # 12; BAKERY;", Unit, "3433 S JUNIPER"),
            ("920 WREN; #124; WREN MOTEL;", Unit, "920 WREN"),
            ("1540 FALCON RANCH; SHOP;", AddressPrecision::Address, "1540 FALCON RANCH"),
            ("1999 COURT # 203; CAFE;", Unit, "1999 COURT"),
            ("3 SOUTH;", AddressPrecision::Address, "3 SOUTH"),
            ("1000 BLK WREN; GRID M-13;", Block, "1000 BLOCK WREN"),
            ("JUNIPER S & WREN; GRID I-17;", Intersection, "S JUNIPER & WREN"),
            ("HWY 1 AND COLONY INTERSECTION;", Intersection, "COLONY & HWY 1"),
            ("DOWNTOWN;", Place, "DOWNTOWN"),
            ("101NOFF JUNIPER;", Place, "101NOFF JUNIPER"),
            ("3 101SOFF JUNIPER;", Place, "3 101SOFF JUNIPER"),
            ("101N JUNIPER;", Place, "101N JUNIPER"),
            ("101N BTWN JUNIPER AND WREN;", Place, "101N BTWN JUNIPER AND WREN"),
            ("2799 HWY 101 SB;", Place, "2799 HWY 101 SB"),
            ("OVERPASS JUNIPER;", Place, "OVERPASS JUNIPER"),
            ("RR TRACKS AT END OF WREN;", Place, "RR TRACKS AT END OF WREN"),
            ("REDACTED", Redacted, ""),
            ("", Unparsed, ""),
        ],
    );
    let place = |raw| Address::parse(raw, &LOG).place;
    assert_eq!(place("692 JUNIPER; 711;").as_deref(), Some("711"));
    assert_eq!(place("11 WREN # 2; OAK HALL; EAST;").as_deref(), Some("OAK HALL EAST"));
    assert_eq!(place("7 WREN; ELM GARDEN APT;").as_deref(), Some("ELM GARDEN APT"));
    assert_eq!(place("1000 BLK WREN; GRID M-13;"), None);
    let key = |raw| Address::parse(raw, &LOG).key();
    assert_eq!(key("3433 JUNIPER S"), key("3433 JUNIPER S # B; BAKERY;"));
}

#[test]
fn near_an_address_is_not_at_it() {
    for raw in [
        "2068 WREN; AREA OF;",
        "2068 WREN; IN THE AREA;",
        "2068 WREN; X FROM BAKERY;",
        "2068 WREN; XFROM;",
        "2068 WREN; AREA OF THE BAKERY;",
        "AREA OF 2068 WREN",
        "2068 WREN ACROSS FROM THE BAKERY",
    ] {
        let address = Address::parse(raw, &LOG);
        assert_eq!(address.text(), "2068 WREN", "{raw}");
        assert!(address.near && !address.is_exact(), "{raw}");
    }
    assert!(Address::parse("2068 WREN; BANK OF WREN;", &LOG).is_exact());
}
