//! What an address begins with: a house number, or the hundred of a block.

use super::{street, tables};

/// What stands before the street.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A hundred block; none if even the hundred is masked.
    Block(Option<String>),
    /// A house number.
    House(String),
    /// A zero, which sources write for "no number".
    Nothing,
    /// `48S` before `400E`, and `101N` for a freeway: a number with a direction on it.
    Directed(String, &'static str),
}

/// Reads the start of an address and how many words it takes. At least one word is left.
pub(super) fn start(words: &[&str]) -> Option<(Start, usize)> {
    let (found, length) = block(words).or_else(|| house(words))?;
    (length < words.len()).then_some((found, length))
}

/// The hundred in which a number lies.
pub(super) fn hundred(number: &str) -> Option<String> {
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    let value = digits.parse::<u64>().ok()?;
    Some((value / 100 * 100).to_string())
}

fn block(words: &[&str]) -> Option<(Start, usize)> {
    let (first, rest) = words.split_first()?;
    if is_block_word(first) {
        // `BLOCK ST` is a street.
        let named = rest.first().is_some_and(|next| tables::suffix(next).is_none());
        let of = usize::from(rest.first() == Some(&"OF"));
        let number = rest.get(of).filter(|n| is_number(n) && rest.len() > of + 1);
        return match number {
            Some(number) => Some((Start::Block(hundred(number)), of + 2)),
            None if named => Some((Start::Block(None), of + 1)),
            None => None,
        };
    }
    let (hundred, mut length, sure) = if let Some(Start::Block(masked)) = masked(first) {
        let a_word = matches!(rest.first(), None | Some(&("FROM" | "STREET")));
        if a_word && first.chars().all(|c| c == 'X') {
            return None;
        }
        (masked, 1, true)
    } else if let Some(number) = first.strip_suffix("BLK").or(first.strip_suffix("BLOCK")) {
        (Some(hundred(number.strip_suffix('-').unwrap_or(number))?), 1, true)
    } else if is_number(first) || is_range(first) {
        (hundred(first), 1, false)
    } else {
        return None;
    };
    let mut says_block = sure;
    // `123 BLOCK ST` is a house in Block Street, `100 BLOCK ST` hardly.
    let is_a_name = !first.ends_with("00")
        && *first != "0"
        && !sure
        && street::is_only_a_suffix(words.get(length + 1..).unwrap_or_default());
    if words.get(length).is_some_and(|next| is_block_word(next)) && !is_a_name {
        says_block = true;
        length += 1;
    }
    if says_block && words.get(length) == Some(&"OF") {
        length += 1;
    }
    says_block.then_some((Start::Block(hundred), length))
}

fn is_block_word(word: &str) -> bool {
    matches!(word, "BLOCK" | "BLK" | "BLOCKS" | "BLKS")
}

/// The hundred of a number whose last digits are hidden; none if it is the first that are.
fn masked(word: &str) -> Option<Start> {
    let digits = word.trim_end_matches('X');
    let hidden = word.len() - digits.len();
    if hidden > 0 && word.len() <= 8 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Start::Block(hundred(&format!("0{digits}{}", "0".repeat(hidden)))));
    }
    let shown = word.trim_start_matches('X');
    let hides_first = shown.len() < word.len() && !shown.is_empty();
    (hides_first && shown.bytes().all(|b| b.is_ascii_digit())).then_some(Start::Block(None))
}

fn house(words: &[&str]) -> Option<(Start, usize)> {
    let (first, rest) = words.split_first()?;
    if is_number(first) {
        // `100 - 104` and `100 & 104`: one premises with two numbers.
        if let ["-" | "&", other, _, ..] = rest
            && is_number(other)
        {
            return Some((Start::House(join(first, other)), 3));
        }
        let fraction = rest.first().filter(|next| is_fraction(next));
        let length = 1 + usize::from(fraction.is_some());
        // `8 AVE S` and `7 1/2 ST`: the number is the street.
        let behind = words.get(length..).unwrap_or_default();
        if street::is_only_a_suffix(behind) && !is_house_in(first, behind) {
            return None;
        }
        let start = match (trimmed(first), fraction) {
            (None, _) => Start::Nothing,
            (Some(number), None) => Start::House(number),
            (Some(number), Some(fraction)) => Start::House(format!("{number} {fraction}")),
        };
        return Some((start, length));
    }
    if is_range(first) {
        let (from, to) = first.split_once(['-', '/'])?;
        return Some((Start::House(join(from, to)), 1));
    }
    let letter = first.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = first.strip_suffix(letter).unwrap_or_default();
    if is_number(digits) && letter.len() == 1 {
        return match tables::direction(letter) {
            Some(direction) => Some((Start::Directed(trimmed(digits)?, direction), 1)),
            None if letter.bytes().all(|b| b.is_ascii_uppercase()) => {
                Some((Start::House(format!("{}{letter}", trimmed(digits)?)), 1))
            }
            None => None,
        };
    }
    if let Some(spaced) = rest.first().map(|next| format!("{first}{next}"))
        && is_grid(&spaced)
    {
        return Some((Start::House(spaced), 2));
    }
    is_grid(first).then(|| (Start::House((*first).to_owned()), 1))
}

/// `1999 COURT` and `100 LANE` are houses in streets of that name, `100 AVENUE` is a street.
fn is_house_in(number: &str, behind: &[&str]) -> bool {
    number.len() > 3
        || matches!(behind, [word] if word.len() > 3
            && !matches!(*word, "AVENUE" | "STREET" | "AVEN" | "AVENU" | "BLVD" | "PKWY"))
}

fn join(from: &str, to: &str) -> String {
    format!("{}-{}", trimmed(from).unwrap_or_else(|| "0".to_owned()), to.trim_start_matches('0'))
}

fn trimmed(digits: &str) -> Option<String> {
    let number = digits.trim_start_matches('0');
    (!number.is_empty()).then(|| number.to_owned())
}

fn is_number(word: &str) -> bool {
    (1..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

/// `1/2`, but not `12/14`.
pub(super) fn is_fraction(word: &str) -> bool {
    matches!(word, "1/2" | "1/3" | "2/3" | "1/4" | "3/4" | "1/8" | "3/8" | "5/8" | "7/8")
}

/// `100-104`, `12/14`, `12-A`, `22-1/2`.
fn is_range(word: &str) -> bool {
    !is_fraction(word)
        && word.split_once(['-', '/']).is_some_and(|(from, to)| {
            is_number(from)
                && (is_number(to)
                    || is_fraction(to)
                    || (to.len() == 1 && to.bytes().all(|b| b.is_ascii_uppercase())))
        })
}

/// The grid numbers of Wisconsin: `N95W18855`.
fn is_grid(word: &str) -> bool {
    let parts: Vec<&str> = word.split_inclusive(|c: char| c.is_ascii_uppercase()).collect();
    match parts.as_slice() {
        [first, middle, last] => {
            tables::direction(first).is_some_and(|d| d.len() == 1)
                && middle.strip_suffix(['N', 'S', 'E', 'W']).is_some_and(is_number)
                && is_number(last)
        }
        _ => false,
    }
}
