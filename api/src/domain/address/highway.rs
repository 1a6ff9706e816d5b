//! Streets that are called by a number or a letter: `STATE HWY 116`, `COUNTY ROAD GV`, `AVENUE J`.

use super::{locality, tables};

/// The length of a name like `AVENUE J` or `AVENUE 22`.
pub(super) fn lettered(words: &[&str]) -> Option<usize> {
    match words {
        [first, letter, ..]
            if tables::suffix(first) == Some("AVE")
                && tables::suffix(letter).is_none()
                && (letter.len() == 1 || letter.bytes().all(|b| b.is_ascii_digit())) =>
        {
            Some(2)
        }
        _ => None,
    }
}

/// The length of a name like `STATE HWY 116`, `COUNTY ROAD GV` or `US 50`.
pub(super) fn highway(words: &[&str]) -> Option<usize> {
    (0..words.len()).find_map(|at| {
        let word = words.get(at)?;
        let kind = tables::suffix(word);
        let before = at.checked_sub(1).and_then(|i| words.get(i)).copied();
        let belongs = before.is_some_and(belongs_to_a_highway);
        let numbering = usize::from(words.get(at + 1) == Some(&"NO"));
        let next = words.get(at + 1 + numbering)?;
        let numbered = next.starts_with(|c: char| c.is_ascii_digit());
        let known = match kind {
            Some("HWY" | "RTE" | "FWY") => numbered && (at == 0 || belongs),
            Some("RD") => belongs && (numbered || is_county_letter(next)),
            _ => {
                let names_one = matches!(
                    *word,
                    "RT" | "RR" | "SR" | "US" | "CR" | "FM" | "PR" | "I" | "INTERSTATE" | "BUSINESS"
                );
                names_one && numbered && (at == 0 || belongs)
            }
        };
        let length = at + 2 + numbering;
        // The road through the town is not the one around it.
        let business = words.get(length).is_some_and(|next| matches!(*next, "BUSINESS" | "BUS"));
        known.then_some(length + usize::from(business))
    })
}

/// True if these words are a highway, perhaps with a direction, and nothing else.
pub(super) fn is_whole(words: &[&str]) -> bool {
    let behind = highway(words).and_then(|length| words.get(length..));
    matches!(behind, Some([])) || matches!(behind, Some([last]) if tables::direction(last).is_some())
}

fn belongs_to_a_highway(word: &str) -> bool {
    matches!(
        word,
        "STATE"
            | "COUNTY"
            | "COUNTRY"
            | "TOWNSHIP"
            | "FARM"
            | "RANCH"
            | "FOREST"
            | "US"
            | "OLD"
            | "MARKET"
            | "INDIAN"
    ) || locality::is_state_code(word)
        || locality::is_state_name(word)
}

/// `GV` of `COUNTY ROAD GV`.
fn is_county_letter(word: &str) -> bool {
    word.len() <= 3
        && word.bytes().all(|b| b.is_ascii_uppercase())
        && tables::direction(word).is_none()
        && tables::designator(word).is_none()
        && tables::suffix(word).is_none()
}
