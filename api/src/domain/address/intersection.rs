//! Corners: two or more streets, whichever of them the source named first.

use super::number::Start;
use super::street::{self, Street};
use super::{locality, number, tables, unit};

/// The parts of a corner; none if these words are none.
pub(super) fn parts<'w, 'a>(words: &'w [&'a str]) -> Option<Vec<&'w [&'a str]>> {
    if words.iter().any(|word| matches!(*word, "&" | "/")) {
        let parts = halves(words, |word| matches!(word, "&" | "/"));
        return (!parts.is_empty()).then_some(parts);
    }
    let joined = halves(words, |word| word == "AND");
    if joined.len() > 1 && are_streets(&joined) {
        return Some(joined);
    }
    let met = halves(words, |word| matches!(word, "AND" | "AT" | "@"));
    let sure = met.len() > 1 && met.iter().all(|part| street::is_complete(part));
    sure.then_some(met)
}

/// True for the words that may stand between the streets of a corner.
pub(super) fn may_join(word: &str) -> bool {
    matches!(word, "&" | "/" | "AND" | "AT" | "@")
}

/// The streets of a corner in the order of their texts, each once.
pub(super) fn streets(parts: &[&[&str]], city_follows: bool, direction_follows: bool) -> Vec<Street> {
    let mut streets: Vec<Street> = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| one(part, city_follows && at + 1 == parts.len(), direction_follows))
        .collect();
    share_plural(&mut streets);
    streets.sort_by_cached_key(Street::text);
    streets.dedup();
    streets
}

fn halves<'w, 'a>(words: &'w [&'a str], separates: fn(&str) -> bool) -> Vec<&'w [&'a str]> {
    words.split(|word| separates(word)).filter(|part| !part.is_empty()).collect()
}

/// `AND` also joins the words of names (`BED AND BREAKFAST`), and says where between two streets.
fn are_streets(parts: &[&[&str]]) -> bool {
    let named = |part: &[&str]| {
        part.iter().any(|word| matches!(*word, "AT" | "NEAR" | "BTWN" | "BETWEEN" | "FROM" | "END" | "OF"))
    };
    let numbered = |part: &[&str]| number::start(part).is_some() && !street::is_complete(part);
    let is_suffix = |word: &&str| {
        tables::suffix(word).is_some_and(|s| tables::ends_a_street(s) || tables::singular(s).is_some())
    };
    let marked = parts.iter().any(|part| {
        part.iter().skip(1).any(is_suffix)
            || part.iter().any(|word| unit::has_digit(word) || *word == "INTERSECTION")
    });
    let short = |part: &[&str]| part.len() <= if marked { 5 } else { 2 };
    parts.iter().all(|part| !named(part) && !numbered(part) && short(part))
}

fn one(part: &[&str], city_follows: bool, direction_follows: bool) -> Option<Street> {
    let part = match part {
        [street @ .., "INTERSECTION"] if !street.is_empty() => street,
        part => part,
    };
    let (part, _) = unit::cut_sure(part);
    let part = without_number(part);
    let mut part = part;
    if city_follows {
        locality::cut(&mut part, false);
    }
    let read = street::read(part, city_follows, direction_follows)?;
    let unit = read.rest.first().is_some_and(|first| unit::has_digit(first));
    if city_follows || read.rest.is_empty() || (unit && read.street.suffix.is_some()) {
        return Some(read.street);
    }
    // More than a street, like a ramp from one to another: kept word for word.
    Some(Street { pre_direction: None, name: part.join(" "), suffix: None, post_direction: None })
}

/// A street of a corner may have a number before it: `100 A AVE / 200 B ST`.
fn without_number<'w, 'a>(part: &'w [&'a str]) -> &'w [&'a str] {
    match number::start(part) {
        Some((Start::Directed(..), _)) | None => part,
        Some((_, length)) => match part.get(length..) {
            // `400 E`: a street of a numbered grid, not house 400; `408 NB`: a freeway.
            None | Some([]) => part,
            Some([only]) if tables::direction(only).is_some() || tables::is_bound(only) => part,
            Some(rest) => without_number(rest),
        },
    }
}

/// `A AND B STREETS` is `A ST & B ST`.
fn share_plural(streets: &mut [Street]) {
    let Some((last, others)) = streets.split_last_mut() else {
        return;
    };
    let Some(suffix) = last.suffix.as_deref().and_then(tables::singular) else {
        return;
    };
    last.suffix = Some(suffix.to_owned());
    for other in others.iter_mut().filter(|other| other.suffix.is_none()) {
        other.suffix = Some(suffix.to_owned());
    }
}
