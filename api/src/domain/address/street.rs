//! One street: its directions, its name and its suffix, and what stands behind it.

use super::{highway, locality, push_word, tables};

/// A street in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Street {
    /// The direction before the name: `N`, `SW`.
    pub pre_direction: Option<String>,
    /// The name without direction and suffix.
    pub name: String,
    /// The suffix: `ST`, `BLVD`.
    pub suffix: Option<String>,
    /// The direction behind the suffix.
    pub post_direction: Option<String>,
}

impl Street {
    /// The street in one line: `S BIRCH ST`.
    #[must_use]
    pub fn text(&self) -> String {
        self.with_name(&self.name)
    }

    /// The text as addresses are compared by: `MOUNT` and `MT`, `A-B` and `A B` are the same.
    pub(super) fn key(&self) -> String {
        let name = self.name.replace('-', " ");
        let (first, rest) = name.split_once(' ').unwrap_or((&name, ""));
        let first = match first {
            "SAINT" => "ST",
            "MOUNT" => "MT",
            "FORT" => "FT",
            other => other,
        };
        let mut short = first.to_owned();
        push_word(&mut short, rest.trim());
        self.with_name(&short)
    }

    fn with_name(&self, name: &str) -> String {
        let mut text = self.pre_direction.clone().unwrap_or_default();
        push_word(&mut text, name);
        for part in [&self.suffix, &self.post_direction].into_iter().flatten() {
            push_word(&mut text, part);
        }
        text
    }
}

/// A street and the words that were left behind it.
pub(super) struct Read<'w, 'a> {
    pub(super) street: Street,
    pub(super) rest: &'w [&'a str],
}

/// Reads a street. `city_follows` says that the last words may be a city, which is cut off.
pub(super) fn read<'w, 'a>(
    words: &'w [&'a str],
    city_follows: bool,
    direction_follows: bool,
) -> Option<Read<'w, 'a>> {
    let (pre, words) = pre_direction(words);
    let (name_words, suffix, behind) = split(words, city_follows)?;
    let (post, rest) = if suffix.is_some() || !behind.is_empty() {
        post_direction(behind, pre.is_some())
    } else {
        (None, behind)
    };
    let (name_words, post) = match (post, suffix, name_words) {
        // Without a suffix the last word of the name may be a direction: `CAMINO DEL RIO NORTH`.
        (None, None, [name @ .., last]) if !name.is_empty() && highway::lettered(name_words).is_none() => {
            match tables::direction(last) {
                Some(direction) => (name, Some(direction)),
                None => (name_words, None),
            }
        }
        (post, ..) => (name_words, post),
    };
    let (name, post) = name(name_words, suffix, post);
    let (pre, post) = match (pre, post) {
        (None, Some(post)) if direction_follows => (Some(post), None),
        directions => directions,
    };
    let street = Street {
        pre_direction: pre.map(str::to_owned),
        name,
        suffix: suffix.map(str::to_owned),
        post_direction: post.map(str::to_owned),
    };
    Some(Read { street, rest })
}

/// True if these words are a suffix, perhaps with a direction, and nothing else.
pub(super) fn is_only_a_suffix(words: &[&str]) -> bool {
    let (first, rest) = match words {
        [] => return false,
        [first, rest @ ..] => (first, rest),
    };
    let hard = tables::suffix(first).is_some_and(tables::ends_a_street);
    hard && match rest {
        [] => true,
        [second, ..] => {
            tables::direction(second).is_some() || tables::designator(second).is_some() || *second == "EXT"
        }
    }
}

/// True if a street is complete with these words: it has come to its suffix.
pub(super) fn is_complete(words: &[&str]) -> bool {
    match words {
        [_, .., suffix, last] if tables::direction(last).is_some() => tables::suffix(suffix).is_some(),
        [_, .., last] => tables::suffix(last).is_some(),
        _ => false,
    }
}

fn pre_direction<'w, 'a>(words: &'w [&'a str]) -> (Option<&'static str>, &'w [&'a str]) {
    let [first, rest @ ..] = words else {
        return (None, words);
    };
    // `SOUTH ST`, `E ST NW`: the direction is the name.
    let is_name = match rest {
        [] => true,
        [only] => tables::suffix(only).is_some(),
        [_, ..] => is_only_a_suffix(rest),
    };
    match tables::direction(first) {
        Some(direction) if !is_name => (Some(direction), rest),
        _ => (None, words),
    }
}

/// The words of the name, the suffix, and the words behind.
type Split<'w, 'a> = (&'w [&'a str], Option<&'static str>, &'w [&'a str]);

fn split<'w, 'a>(words: &'w [&'a str], city_follows: bool) -> Option<Split<'w, 'a>> {
    if words.is_empty() {
        return None;
    }
    let named = highway::lettered(words).or_else(|| highway::highway(words));
    if let Some((name, behind)) = named.and_then(|at| words.split_at_checked(at)) {
        return Some((name, None, behind));
    }
    let (at, suffix) = match suffix_at(words, city_follows) {
        Some(found) => found,
        None if city_follows && words.len() > 1 => {
            let (name, city) = words.split_at_checked(locality::city_start(words))?;
            return Some((name, None, city));
        }
        // `BROADWAY 4B`: the number of a unit, as ordinals are names.
        None => {
            let name = words.iter().rposition(|word| !is_a_unit(word));
            let length = name.filter(|_| words.first() != Some(&"PIER"));
            let length = length.map_or(words.len(), |at| at + 1);
            let (name, unit) = words.split_at_checked(length)?;
            return Some((name, None, unit));
        }
    };
    let (name, behind) = words.split_at_checked(at)?;
    Some((name, Some(suffix), behind.split_first()?.1))
}

fn is_a_unit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.len() < 6 && !is_ordinal(word)
}

fn suffix_at(words: &[&str], city_follows: bool) -> Option<(usize, &'static str)> {
    let candidates = || {
        words.iter().enumerate().skip(1).filter(|&(at, _)| {
            let before = words.get(at - 1).copied().unwrap_or_default();
            let behind = words.get(at + 1).copied().unwrap_or_default();
            !tables::is_article(before) && behind != "OF"
        })
    };
    let at_the_end = |at: usize| {
        let behind = words.get(at + 1..).unwrap_or_default();
        behind
            .iter()
            .all(|word| tables::direction(word).is_some() || word.bytes().all(|b| b.is_ascii_digit()))
    };
    let firm: Vec<(usize, &'static str)> = candidates()
        .filter_map(|(at, word)| Some((at, tables::suffix(word)?)))
        .filter(|&(at, suffix)| at_the_end(at) || city_follows || tables::ends_a_street(suffix))
        .collect();
    let last = match firm.as_slice() {
        // `ST` before another word may be the saint of a city's name.
        [.., before, (at, _)] if city_follows && words.get(*at) == Some(&"ST") => {
            if at_the_end(*at) {
                firm.last()
            } else {
                Some(before)
            }
        }
        found => found.last(),
    };
    if let Some(&found) = last {
        return Some(found);
    }
    candidates()
        .filter_map(|(at, word)| Some((at, tables::landscape(word)?)))
        .find(|&(at, _)| city_follows || at_the_end(at))
}

fn post_direction<'w, 'a>(behind: &'w [&'a str], has_pre: bool) -> (Option<&'static str>, &'w [&'a str]) {
    match behind {
        [only] => (tables::direction(only), if tables::direction(only).is_some() { &[] } else { behind }),
        // `HWY N SEBASTOPOL`, but `AVE NORTH SIDE`.
        [first, rest @ ..] if !has_pre && first.len() <= 2 => match tables::direction(first) {
            Some(direction) => (Some(direction), rest),
            None => (None, behind),
        },
        _ => (None, behind),
    }
}

/// The words of a name in normal form, and a direction that was glued to a number (`400E`).
fn name(words: &[&str], suffix: Option<&str>, post: Option<&'static str>) -> (String, Option<&'static str>) {
    let mut name = String::new();
    let mut post = post;
    let numbered = matches!(words, [only] if only.bytes().all(|b| b.is_ascii_digit()));
    for (at, word) in words.iter().enumerate() {
        let last = at + 1 == words.len();
        let glued = word
            .strip_suffix(['N', 'S', 'E', 'W'])
            .filter(|n| last && post.is_none() && suffix.is_none() && is_digits(n));
        if let Some(number) = glued {
            post = tables::direction(word.strip_prefix(number).unwrap_or_default());
            push_word(&mut name, number);
        } else if numbered && suffix.is_some_and(tables::ends_a_street) && suffix != Some("RD") {
            push_word(&mut name, &ordinal(word));
        } else if at == 0 && highway::lettered(words).is_some() {
            push_word(&mut name, "AVENUE");
        } else if !last && matches!(*word, "HIGHWAY" | "HIWAY" | "HWAY" | "HW" | "HY") {
            push_word(&mut name, "HWY");
        } else {
            push_word(&mut name, without_zeros(word));
        }
    }
    (name, post)
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// `43` as `43RD`: sources that leave the ending out mean the same street.
fn ordinal(digits: &str) -> String {
    let number = digits.trim_start_matches('0');
    let ending = match number.as_bytes() {
        [] => return digits.to_owned(),
        [.., b'1', _] => "TH",
        [.., b'1'] => "ST",
        [.., b'2'] => "ND",
        [.., b'3'] => "RD",
        _ => "TH",
    };
    format!("{number}{ending}")
}

/// `06TH` as `6TH`.
fn without_zeros(word: &str) -> &str {
    if is_ordinal(word) { word.trim_start_matches('0') } else { word }
}

/// `5TH`, `06TH`.
pub(super) fn is_ordinal(word: &str) -> bool {
    let number = word.trim_start_matches('0');
    let digits = number.trim_end_matches(|c: char| c.is_ascii_uppercase());
    is_digits(digits) && matches!(number.strip_prefix(digits), Some("ST" | "ND" | "RD" | "TH"))
}
