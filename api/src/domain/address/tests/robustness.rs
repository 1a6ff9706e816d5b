//! What no source may be able to do.

use entity::call::AddressPrecision::Unparsed;

use super::super::Address;
use super::{BLOCKS, LOG, PLAIN, reads, text};

/// Nothing a source can send may stop the reading of a feed.
#[test]
fn nothing_panics() {
    let long = ["A", "\0", " ", "#", "(", "1/", ";", "é", "\u{202E}", "& ", "123 "]
        .map(|part| part.repeat(1_000_000 / part.len()));
    let short = [
        "\0",
        "\u{200B}",
        "\u{202E}123 JUNIPER ST",
        "1\u{FEFF}2 JUNIPER",
        "((((",
        "))))",
        "[",
        "](",
        "()",
        "#",
        "##",
        "# #",
        "&",
        "& &",
        "/",
        "//",
        "@",
        "@@",
        ";;;",
        ",,,",
        "-",
        "1/2",
        "0",
        "X",
        "XX",
        "XXXXXXXXXXXX",
        "BLOCK",
        "BLOCK OF",
        "1200 BLOCK",
        "1200 BLOCK OF",
        "N",
        "N S E W",
        "ST",
        "ST ST ST",
        "ß ﬁ İ",
        "１２３ ＭＡＩＮ",
        "999999999999999999999999 MAIN ST",
        "AND",
        "A AND",
        "UNIT",
        "APT APT APT",
        "PO BOX",
        "100-",
        "-100 MAIN",
        "1-2-3 MAIN ST",
        "12é MAIN",
        "🏠 12 MAIN ST",
        "12 🏠",
        "CA 95814",
        "95814",
        "12 95814",
        "NEAR",
        "AREA OF",
    ];
    for raw in long.iter().map(String::as_str).chain(short) {
        for writing in [PLAIN, LOG, BLOCKS] {
            let address = Address::parse(raw, &writing);
            assert!(address.text().len() < 2_000 && address.key().len() < 2_000);
        }
    }
    assert_eq!(text("\u{202E}12\u{200B}3\0JUNIPER\u{A0}ST"), "123 JUNIPER ST");
    let narrative = "the caller says that ".repeat(20);
    assert_eq!(reads(&narrative, PLAIN), (Unparsed, String::new()));
}

/// Every address in normal form stays as it is, also when it is put together at random.
#[test]
fn the_normal_form_reads_as_itself() {
    const WORDS: &str = "123 1400 44XX XX00 X 5 8 1/2 100-104 101NOFF 101N 48S 400E N S NORTH SW \
        JUNIPER BIRCH ST AVE AV STREET RD HWY STATE COUNTY 06TH 5TH FIRST & / AND AT @ , ; # #4 \
        APT UNIT STE LOT FRONT REAR FLOOR 3RD PIER BLDG B AVENUE OF DE LA PLAZA PARK RANCH VW CA \
        NE CT 95814 SAN NEW YORK BLK BLOCK (SB) (NAME) [P] NEAR BTWN NB RAMP BOX PO US I 50 COURT \
        - GRID STS NO 4B W/O A&B 1-A DR TR ROOM REDACTED UNKNOWN 0 00 é ß";
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut seed = 88_172_645_463_325_252_u64;
    let mut below = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % 1_000_003).unwrap_or_default() % limit
    };
    for round in 0..5_000 {
        let raw: Vec<&str> = (0..=below(7)).map(|_| words[below(words.len())]).collect();
        let raw = raw.join(" ");
        let writing = [PLAIN, LOG, BLOCKS][round % 3];
        let once = Address::parse(&raw, &writing);
        let twice = Address::parse(&once.text(), &writing);
        assert_eq!(twice.text(), once.text(), "{raw:?}");
        assert_eq!(twice.key(), once.key(), "{raw:?}");
        assert!(twice.unit.is_none(), "{raw:?}");
        assert!(twice.is_exact() || !once.is_exact(), "{raw:?}");
    }
}
