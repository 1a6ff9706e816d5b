//! The end of a postal address: state, ZIP code and country, and where a city may begin.

use super::tables;

/// Cuts ZIP code, state and country off the end. True if there were any, so that the last words
/// left may be a city.
pub(super) fn cut(words: &mut &[&str], own_part: bool) -> bool {
    let whole = words.len();
    if let [rest @ .., "UNITED", "STATES"] | [rest @ .., "USA"] = words {
        *words = rest;
    }
    let zip = cut_zip(words, own_part);
    cut_state(words, own_part, zip);
    words.len() < whole
}

fn cut_zip(words: &mut &[&str], own_part: bool) -> bool {
    let rest = match words {
        [rest @ .., zip, plus] if is_digits(zip, 5) && is_digits(plus, 4) => rest,
        [rest @ .., zip] if is_zip(zip) => rest,
        _ => return false,
    };
    let words_left = rest.iter().any(|word| word.contains(char::is_alphabetic));
    if own_part || words_left {
        *words = rest;
        return true;
    }
    false
}

fn cut_state(words: &mut &[&str], own_part: bool, zip: bool) {
    if own_part || zip {
        for length in (1..=3).rev() {
            let at = words.len().checked_sub(length);
            if let Some((rest, name)) = at.and_then(|at| words.split_at_checked(at))
                && is_state_name(&name.join(" "))
                && (own_part || rest.len() > 2)
            {
                *words = rest;
                return;
            }
        }
    }
    let Some((code, rest)) = words.split_last() else {
        return;
    };
    // `FOX CT 95814` is a court and `FOX ST NE` a direction, unless the street is complete without.
    let doubtful = tables::direction(code).is_some() || tables::suffix(code).is_some();
    let certain = own_part
        || (zip && (!doubtful || rest.iter().skip(2).any(|w| tables::suffix(w).is_some())))
        || (!doubtful && rest.len() > 2 && !is_a_word(code));
    if certain && is_state_code(code) {
        *words = rest;
    }
}

/// Where in these words a city seems to begin, if nothing else tells.
pub(super) fn city_start(words: &[&str]) -> usize {
    words
        .iter()
        .enumerate()
        .skip(1)
        .find(|(_, word)| {
            matches!(
                **word,
                "SAN"
                    | "SANTA"
                    | "SANTO"
                    | "LOS"
                    | "LAS"
                    | "EL"
                    | "NEW"
                    | "FORT"
                    | "FT"
                    | "SALT"
                    | "PORT"
                    | "DES"
                    | "SAINT"
                    | "ST"
                    | "MOUNT"
                    | "MT"
                    | "LITTLE"
                    | "PALM"
                    | "LONG"
            )
        })
        .map_or_else(|| words.len().saturating_sub(1).max(1), |(index, _)| index)
}

fn is_digits(word: &str, length: usize) -> bool {
    word.len() == length && word.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn is_zip(word: &str) -> bool {
    is_digits(word, 5)
        || is_digits(word, 9)
        || word.split_once('-').is_some_and(|(zip, plus)| is_digits(zip, 5) && is_digits(plus, 4))
}

/// Codes that are also words at the end of names, or unit designators.
fn is_a_word(code: &str) -> bool {
    matches!(
        code,
        "AL" | "CO"
            | "DE"
            | "FL"
            | "HI"
            | "ID"
            | "IN"
            | "KY"
            | "LA"
            | "MA"
            | "ME"
            | "MT"
            | "OK"
            | "OR"
            | "PA"
    )
}

pub(super) fn is_state_code(word: &str) -> bool {
    matches!(
        word,
        "AL" | "AK"
            | "AZ"
            | "AR"
            | "CA"
            | "CO"
            | "CT"
            | "DE"
            | "DC"
            | "FL"
            | "GA"
            | "HI"
            | "ID"
            | "IL"
            | "IN"
            | "IA"
            | "KS"
            | "KY"
            | "LA"
            | "ME"
            | "MD"
            | "MA"
            | "MI"
            | "MN"
            | "MS"
            | "MO"
            | "MT"
            | "NE"
            | "NV"
            | "NH"
            | "NJ"
            | "NM"
            | "NY"
            | "NC"
            | "ND"
            | "OH"
            | "OK"
            | "OR"
            | "PA"
            | "RI"
            | "SC"
            | "SD"
            | "TN"
            | "TX"
            | "UT"
            | "VT"
            | "VA"
            | "WA"
            | "WV"
            | "WI"
            | "WY"
            | "PR"
    )
}

pub(super) fn is_state_name(words: &str) -> bool {
    matches!(
        words,
        "ALABAMA"
            | "ALASKA"
            | "ARIZONA"
            | "ARKANSAS"
            | "CALIF"
            | "CALIFORNIA"
            | "COLORADO"
            | "CONNECTICUT"
            | "DELAWARE"
            | "DISTRICT OF COLUMBIA"
            | "FLORIDA"
            | "GEORGIA"
            | "HAWAII"
            | "IDAHO"
            | "ILLINOIS"
            | "INDIANA"
            | "IOWA"
            | "KANSAS"
            | "KENTUCKY"
            | "LOUISIANA"
            | "MAINE"
            | "MARYLAND"
            | "MASSACHUSETTS"
            | "MICHIGAN"
            | "MINNESOTA"
            | "MISSISSIPPI"
            | "MISSOURI"
            | "MONTANA"
            | "NEBRASKA"
            | "NEVADA"
            | "NEW HAMPSHIRE"
            | "NEW JERSEY"
            | "NEW MEXICO"
            | "NEW YORK"
            | "NORTH CAROLINA"
            | "NORTH DAKOTA"
            | "OHIO"
            | "OKLAHOMA"
            | "OREGON"
            | "PENNSYLVANIA"
            | "RHODE ISLAND"
            | "SOUTH CAROLINA"
            | "SOUTH DAKOTA"
            | "TENNESSEE"
            | "TEXAS"
            | "UTAH"
            | "VERMONT"
            | "VIRGINIA"
            | "WASHINGTON"
            | "WEST VIRGINIA"
            | "WISCONSIN"
            | "WYOMING"
    )
}
