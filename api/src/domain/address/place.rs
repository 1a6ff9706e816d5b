//! What is no premises: freeways, mailboxes, codes, and calls near an address rather than at it.

use super::{clean, number, street, tables, unit};

/// True for the words sources write where they have no address.
pub(super) fn is_no_address(text: &str) -> bool {
    const NOTHING: [&str; 10] =
        ["", "NA", "NONE", "NULL", "TBD", "UNK", "UNKNOWN", "NOADDRESS", "NOLOCATION", "NOTAVAILABLE"];
    NOTHING.iter().any(|nothing| clean::says(text, nothing)) || text.starts_with("NO LOCATION ")
}

/// How many words say that it was not here but near: `AREA OF`, `X FROM`.
pub(super) fn nearness(words: &[&str]) -> Option<usize> {
    match words {
        ["IN", "THE", "AREA", "OF", ..] => Some(4),
        ["IN", "THE", "AREA", ..] => Some(3),
        ["AREA", "OF", ..] | ["ACROSS" | "X", "FROM", ..] | ["NEXT", "TO", ..] => Some(2),
        ["X", "STREET", ..] | ["NEAR" | "BEHIND" | "ACROSS" | "AREA" | "XFROM" | "X-FROM", ..] => Some(1),
        ["BHND"] | [_, .., "BEHIND"] => Some(1),
        [only, ..] if is_beside(only) => Some(1),
        _ => None,
    }
}

/// True for a word behind which another place is named.
pub(super) fn is_beside(word: &str) -> bool {
    matches!(word, "N/O" | "S/O" | "E/O" | "W/O" | "BTWN" | "BETWEEN" | "NEAR" | "ACROSS" | "BEHIND")
}

/// A mailbox is nobody's premises, and its number is as private as a unit: `PO BOX 12`, `RR 2 BOX 14`, `FILE 7 BOX # 9`.
pub(super) fn post_box(words: &[&str]) -> Option<String> {
    let numbered = |at: usize| {
        let behind = words.get(at + 1..).unwrap_or_default().iter().find(|word| **word != "#");
        behind.filter(|word| unit::has_digit(word))
    };
    let is_box = |at: &usize| matches!(words.get(*at), Some(&("BOX" | "POBOX")));
    if let Some(number) = (0..words.len()).filter(is_box).find_map(numbered)
        && number::start(words).is_none()
    {
        return Some(format!("BOX {number}"));
    }
    let boxed = matches!(
        words,
        ["PO" | "P/O", "BOX", ..] | ["POST", "OFFICE", "BOX", ..] | ["POBOX", ..] | ["BOX", "#", ..]
    );
    let rural = matches!(words, ["RR" | "HC", ..]) && words.contains(&"BOX");
    (boxed || rural).then(|| "BOX".to_owned())
}

/// A code rather than a name, like a patrol unit: `522K1`.
pub(super) fn is_a_code(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && !street::is_ordinal(word)
}

/// On a freeway, a ramp or a bridge over it: nobody's premises, whatever number stands before.
pub(super) fn is_freeway(words: &[&str]) -> bool {
    matches!(words, [_, .., "OPAS" | "UPAS"]) || words.iter().any(|word| is_of_a_freeway(word))
}

fn is_of_a_freeway(word: &str) -> bool {
    // `101NOFF`, `422EB`
    let side = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let bound = side.strip_suffix("ON").or(side.strip_suffix("OFF")).or(side.strip_suffix('B'));
    let glued = side.len() < word.len() && bound.is_some_and(|b| tables::direction(b).is_some());
    let marker = word.strip_prefix("MM").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    glued
        || marker
        || tables::is_bound(word)
        || matches!(word, "RAMP" | "ONRAMP" | "OFFRAMP" | "OVERPASS" | "UNDERPASS")
}
