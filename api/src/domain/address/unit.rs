//! Units: finding `APT 4`, `# B` and `REAR`, so that nothing of them is kept.

use super::number;
use super::push_word;
use super::street;
use super::tables::{self, Designator};

/// Cuts a unit and all that follows it off the words behind a house number.
pub(super) fn cut<'a, 'w>(words: &'w [&'a str]) -> (&'w [&'a str], Option<String>) {
    for (at, word) in words.iter().enumerate().skip(1) {
        let (before, from) = words.split_at(at);
        if let Some((unit, _)) = read(from).filter(|_| begins(before, from)) {
            return (before, Some(unit));
        }
        // `3RD FLOOR`
        if let Some((floor, complete)) = before.split_last()
            && is_floor(word)
            && has_digit(floor)
            && !complete.is_empty()
        {
            return (complete, Some(format!("FL {floor}")));
        }
    }
    (words, None)
}

/// Cuts a unit off the name of a place, which may well end in such a word (`GARDEN APT`).
pub(super) fn cut_sure<'a, 'w>(words: &'w [&'a str]) -> (&'w [&'a str], Option<String>) {
    let at = words.iter().enumerate().position(|(at, word)| {
        let numbered = words.get(at + 1).is_some_and(|next| is_value(next));
        match split(word) {
            Some(("BLDG", ..)) => false,
            Some((name, value, Designator::Sure)) => name == "#" || value.is_some() || numbered,
            _ => false,
        }
    });
    match at.and_then(|at| words.split_at_checked(at)) {
        Some((before, from)) => (before, read(from).map(|(unit, _)| unit)),
        None => (words, None),
    }
}

/// Cuts a unit off the front, if a house number follows: `APT 1B 626 E BIRCH AVE`.
pub(super) fn cut_leading<'a, 'w>(words: &'w [&'a str]) -> (&'w [&'a str], Option<String>) {
    if let Some((unit, length)) = read(words)
        && let Some(rest) = words.get(length..)
        && number::start(rest).is_some()
    {
        return (rest, Some(unit));
    }
    (words, None)
}

/// A unit behind a comma, perhaps with the city on its heels: `STE 5 DENVER`, `2ND FLOOR`, `4B`.
pub(super) fn behind_comma(words: &[&str]) -> Option<String> {
    match words {
        [word] if has_digit(word) && word.len() < 5 => Some((*word).to_owned()),
        [floor, word, ..] if has_digit(floor) && is_floor(word) => Some(format!("FL {floor}")),
        [word, ..] if is_sure(word) => read(words).map(|(unit, _)| unit),
        _ => whole(words),
    }
}

/// A part that is a unit and nothing else: `#115`, `STE D`, `LOT 9`.
pub(super) fn whole(words: &[&str]) -> Option<String> {
    read(words).filter(|(_, length)| *length == words.len()).map(|(unit, _)| unit)
}

/// Reads a unit at the front, and how many words it takes.
pub(super) fn read(words: &[&str]) -> Option<(String, usize)> {
    let mut unit = String::new();
    let mut length = 0;
    while let Some((name, value, kind)) = words.get(length).and_then(|word| split(word)) {
        push_word(&mut unit, name);
        length += 1;
        if let Some(value) = value {
            push_word(&mut unit, value);
            continue;
        }
        let Some(next) = words.get(length).filter(|next| split(next).is_none()) else {
            continue;
        };
        if kind == Designator::Sure || is_value(next) {
            push_word(&mut unit, next);
            length += 1;
            while let Some(more) = words.get(length..length + 2).filter(|m| is_joined(m)) {
                push_word(&mut unit, &more.join(" "));
                length += 2;
            }
            if let Some(half) = words.get(length).filter(|w| number::is_fraction(w)) {
                push_word(&mut unit, half);
                length += 1;
            }
        }
    }
    (length > 0).then_some((unit, length))
}

/// Whether a unit can begin between these words.
fn begins(before: &[&str], from: &[&str]) -> bool {
    let Some((_, value, kind)) = from.first().and_then(|word| split(word)) else {
        return false;
    };
    let next = from.get(1);
    // `HIGHWAY NO 130` is a name.
    let highway = before.last().and_then(|word| tables::suffix(word));
    if from.first() == Some(&"NO") && matches!(highway, Some("HWY" | "RTE" | "RD")) {
        return false;
    }
    let numbered = value.is_some() || next.is_some_and(|next| is_value(next));
    let complete = street::is_complete(before);
    match kind {
        Designator::Sure => true,
        Designator::Numbered if complete => numbered || next.is_none(),
        Designator::Numbered => numbered && from.len() < 3,
        Designator::Alone if complete => {
            numbered || next.is_none_or(|next| tables::designator(next).is_some())
        }
        Designator::Alone => {
            let word = tables::designator(from.first().unwrap_or(&"")).map(|(name, _)| name);
            from.len() == 1 && matches!(word, Some("BSMT" | "LBBY" | "PH" | "REAR"))
        }
    }
}

/// A designator, with the number glued to it if there is one: `APT4`.
fn split(word: &str) -> Option<(&'static str, Option<&str>, Designator)> {
    if let Some((name, kind)) = tables::designator(word) {
        return Some((name, None, kind));
    }
    let at = word.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = word.split_at_checked(at)?;
    let glued =
        matches!(letters, "APT" | "BLDG" | "LOT" | "LT" | "RM" | "SP" | "SPC" | "STE" | "TRLR" | "UNIT");
    let (name, kind) = tables::designator(letters).filter(|_| glued)?;
    Some((name, Some(digits), kind))
}

pub(super) fn is_floor(word: &str) -> bool {
    tables::designator(word).is_some_and(|(name, _)| name == "FL")
}

fn is_sure(word: &str) -> bool {
    split(word).is_some_and(|(_, _, kind)| kind == Designator::Sure)
}

/// `A & B`, `1 & 2` behind a designator.
fn is_joined(words: &[&str]) -> bool {
    matches!(words, ["&" | "AND" | "-", value] if is_value(value))
}

fn is_value(word: &str) -> bool {
    has_digit(word) || (word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphanumeric()))
}

pub(super) fn has_digit(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}
