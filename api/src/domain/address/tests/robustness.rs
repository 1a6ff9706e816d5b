//! What no source may be able to do.

use entity::call::AddressPrecision::Unparsed;
use proptest::{collection::vec, prelude::*, sample::select};

use super::super::{Address, Writing};
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

/// Words that sources put together, and marks between them.
const WORDS: &str = "123 1400 44XX XX00 X 5 8 1/2 100-104 101NOFF 101N 48S 400E N S NORTH SW JUNIPER BIRCH ST AVE AV \
    STREET RD HWY STATE COUNTY 06TH 5TH FIRST & / AND AT @ , ; # #4 APT UNIT STE LOT FRONT REAR FLOOR 3RD PIER BLDG B \
    AVENUE OF DE LA PLAZA PARK RANCH VW CA NE CT 95814 SAN NEW YORK BLK BLOCK (SB) (NAME) [P] NEAR BTWN NB RAMP BOX PO \
    US I 50 COURT - GRID STS NO 4B W/O A&B 1-A DR TR ROOM REDACTED UNKNOWN 0 00 é ß RR HC BUSINESS FL LODGE MT IS FT";

fn told() -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    vec(select(words), 1..9).prop_map(|words| words.join(" "))
}

fn writing() -> impl Strategy<Value = Writing> {
    select(vec![PLAIN, LOG, BLOCKS])
}

/// What a source may write differently without meaning anything by it.
fn rewritten(raw: &str, spaces: &str, lower: bool, stops: bool) -> String {
    let abbreviated = |word: &str| stops && word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let words =
        raw.split(' ').map(|word| if abbreviated(word) { format!("{word}.") } else { word.to_owned() });
    let text = format!("{spaces}{}{spaces}", words.collect::<Vec<_>>().join(spaces));
    if lower { text.to_ascii_lowercase() } else { text }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    /// Every address in normal form stays as it is, whatever it was put together from.
    #[test]
    fn the_normal_form_reads_as_itself(raw in prop_oneof![told(), any::<String>()], writing in writing()) {
        let once = Address::parse(&raw, &writing);
        let twice = Address::parse(&once.text(), &writing);
        prop_assert_eq!(twice.text(), once.text());
        prop_assert_eq!(twice.key(), once.key());
        prop_assert!(twice.unit.is_none());
        prop_assert!(twice.is_exact() || !once.is_exact());
    }

    #[test]
    fn case_spaces_and_full_stops_mean_nothing(
        raw in told(),
        writing in writing(),
        spaces in "[ \t]{1,3}",
        lower in any::<bool>(),
        stops in any::<bool>(),
    ) {
        let plain = Address::parse(&raw, &writing);
        let other = Address::parse(&rewritten(&raw, &spaces, lower, stops), &writing);
        prop_assert_eq!(other.key(), plain.key());
        prop_assert_eq!(other.precision, plain.precision);
    }

    /// Only a house of its own may count: never a block, a corner, a freeway or what lies near.
    #[test]
    fn what_counts_is_a_house_number_in_a_street(raw in told(), writing in writing()) {
        let address = Address::parse(&raw, &writing);
        if address.is_exact() {
            prop_assert!(address.number.is_some() && address.street.is_some() && address.cross.is_empty());
            prop_assert!(!writing.block_level && !address.near);
        }
    }
}
