//! From raw text to an address: which part of it tells where, and how exactly.

use entity::call::AddressPrecision as Precision;

use super::number::Start;
use super::{
    Address, Writing, clean, highway, intersection, locality, number, place, push_word, street, tables, unit,
};

/// Reads an address as its source wrote it.
///
/// What does not read the same in its own normal form, or still has a unit in it, is too garbled to
/// tell one premises from another, and counts as unreadable.
pub(super) fn address(raw: &str, writing: Writing) -> Address {
    let address = once(raw, writing);
    let text = address.text();
    if text == raw && address.unit.is_none() {
        return address;
    }
    let again = once(&text, writing);
    let sound = again.text() == text
        && again.key() == address.key()
        && again.is_house() == address.is_house()
        && again.unit.is_none();
    if sound { address } else { Address::of(Precision::Unparsed) }
}

fn once(raw: &str, writing: Writing) -> Address {
    let Some(text) = clean::clean(raw) else {
        return Address::of(Precision::Unparsed);
    };
    let first = text.split([';', ',']).next().unwrap_or_default();
    if clean::says(first, "REDACTED") {
        return Address::of(Precision::Redacted);
    }
    if place::is_no_address(&text) {
        return Address::of(Precision::Unparsed);
    }
    let (head, behind) = if writing.place_after_semicolon {
        text.split_once(';').unwrap_or((&text, ""))
    } else {
        (text.as_str(), "")
    };
    let mut notes = Notes::default();
    let parts: Vec<Vec<&str>> = head
        .split([',', ';'])
        .map(|part| part.split_whitespace().collect())
        .filter(|part: &Vec<&str>| !part.is_empty())
        .collect();
    let at = parts.iter().position(|part| tells_where(part)).unwrap_or(0);
    let mut city_follows = false;
    for (index, part) in parts.iter().enumerate() {
        if index < at {
            notes.name(part);
        } else if index > at {
            city_follows |= notes.behind(part, index == at + 1);
        }
    }
    for part in behind.split(';') {
        let words: Vec<&str> = part.split_whitespace().collect();
        notes.behind_semicolon(&words);
    }
    let line = parts.get(at).map(Vec::as_slice).unwrap_or_default();
    notes.join(read(line, city_follows, writing))
}

/// What the other parts of an address say.
#[derive(Default)]
struct Notes {
    unit: Option<String>,
    place: String,
    near: bool,
}

impl Notes {
    fn name(&mut self, words: &[&str]) {
        let (words, unit) = unit::cut_sure(words);
        self.unit = self.unit.take().or(unit);
        for word in words.iter().filter(|word| **word != "@") {
            push_word(&mut self.place, word);
        }
    }

    /// A part behind a comma: a unit, or a city, which is dropped. True if it is only a state or a
    /// ZIP code, so that the city must stand before the comma.
    fn behind(&mut self, words: &[&str], next: bool) -> bool {
        let name = words.strip_prefix(&["@"]);
        // `FL 33614` is Florida, `FL 3` a floor.
        let mut rest = words;
        if locality::cut(&mut rest, true) && rest.is_empty() {
            return next;
        }
        if let Some(unit) = unit::behind_comma(name.unwrap_or(words)) {
            self.unit.get_or_insert(unit);
        } else if let Some(name) = name {
            self.name(name);
        }
        false
    }

    /// A part behind a semicolon: a unit, a reference to a map, or the name of the place.
    fn behind_semicolon(&mut self, words: &[&str]) {
        if let Some(unit) = unit::whole(words) {
            self.unit.get_or_insert(unit);
        } else if !matches!(words, ["GRID", ..]) {
            self.near |= place::nearness(words).is_some();
            self.name(words);
        }
    }

    fn join(self, mut address: Address) -> Address {
        let exact = address.precision == Precision::Address;
        address.unit = address.unit.or(self.unit);
        if exact && address.unit.is_some() {
            address.precision = Precision::Unit;
        }
        if !self.place.is_empty() {
            let nothing = address.precision == Precision::Unparsed && address.place.is_none();
            if nothing {
                address.precision = Precision::Place;
            }
            // A name that is all there is stays alone, so that it reads the same again.
            let own = address.place.take();
            address.place = Some(match own {
                Some(own) if address.street.is_none() => own,
                Some(own) => format!("{own} {}", self.place),
                None => self.place,
            });
        }
        address.near |= self.near;
        address
    }
}

/// True if this part has a house number, a block or a corner in it.
fn tells_where(words: &[&str]) -> bool {
    let mut words = words;
    locality::cut(&mut words, true);
    let (words, _) = unit::cut_leading(words);
    match number::start(words) {
        Some((_, length)) => !words.get(length).is_some_and(|word| unit::is_floor(word)),
        None => intersection::parts(words).is_some_and(|parts| parts.len() > 1),
    }
}

fn read(line: &[&str], city_follows: bool, writing: Writing) -> Address {
    let mut words = line;
    let mut near = false;
    if let Some(rest) = place::nearness(words).and_then(|length| words.get(length..))
        && number::start(rest).is_some()
    {
        words = rest;
        near = true;
    }
    let city_follows = locality::cut(&mut words, false) || city_follows;
    let (words, name) = at_sign(words);
    let (words, leading) = unit::cut_leading(words);
    let mut address = located(words, city_follows, writing);
    address.unit = address.unit.or(leading);
    if address.precision == Precision::Address && address.unit.is_some() {
        address.precision = Precision::Unit;
    }
    address.near |= near;
    if let Some(name) = name.filter(|_| address.street.is_some()) {
        address.place = Some(name);
    }
    address
}

/// Cuts `@ NAME` off; `A ST @ B ST` is a corner and stays.
fn at_sign<'w, 'a>(words: &'w [&'a str]) -> (&'w [&'a str], Option<String>) {
    let Some((before, [_, after @ ..])) =
        words.iter().position(|word| *word == "@").and_then(|at| words.split_at_checked(at))
    else {
        return (words, None);
    };
    if before.is_empty() {
        return at_sign(after);
    }
    if street::is_complete(before) && street::is_complete(after) {
        return (words, None);
    }
    let name: Vec<&str> = after.iter().filter(|word| **word != "@").copied().collect();
    (before, (!name.is_empty()).then(|| name.join(" ")))
}

fn located(words: &[&str], city_follows: bool, writing: Writing) -> Address {
    if let Some(unit) = place::post_box(words) {
        let mut address = Address::of(Precision::Unparsed);
        address.unit = Some(unit);
        return address;
    }
    let Some((start, length)) = number::start(words) else {
        return corner(words, city_follows, writing).unwrap_or_else(|| named(words));
    };
    let behind = words.get(length..).unwrap_or_default();
    if start == Start::Nothing {
        return located(behind, city_follows, writing);
    }
    let beside = behind.iter().skip(1).position(|word| place::is_beside(word));
    let (behind, near) = match beside.and_then(|at| behind.split_at_checked(at + 1)) {
        Some((before, _)) => (before, true),
        None => (behind, false),
    };
    let (behind, unit) = unit::cut(behind);
    let words = words.get(..length + behind.len()).unwrap_or_default();
    let joined = behind.iter().any(|word| intersection::may_join(word));
    let mut address = if joined && let Some(corner) = corner(words, city_follows, writing) {
        corner
    } else if place::is_freeway(words) {
        named(words)
    } else {
        numbered(start, words, behind, city_follows, writing)
    };
    address.unit = address.unit.or(unit);
    address.near |= near;
    address
}

fn corner(words: &[&str], city_follows: bool, writing: Writing) -> Option<Address> {
    let parts = intersection::parts(words)?;
    if let [only] = parts.as_slice() {
        return (only.len() < words.len()).then(|| located(only, city_follows, writing));
    }
    let mut streets =
        intersection::streets(&parts, city_follows, writing.direction_follows_street).into_iter();
    let mut address = Address::of(Precision::Intersection);
    address.set_street(streets.next()?);
    address.cross = streets.collect();
    if address.cross.is_empty() {
        address.precision = Precision::Place;
    }
    Some(address)
}

fn numbered(start: Start, words: &[&str], behind: &[&str], city_follows: bool, writing: Writing) -> Address {
    let Some(read) = street::read(behind, city_follows, writing.direction_follows_street) else {
        return Address::of(Precision::Unparsed);
    };
    let mut address = Address::of(Precision::Address);
    let nameless = read.street.name.bytes().all(|b| !b.is_ascii_alphanumeric());
    let is_grid = read.street.post_direction.is_some() || read.street.suffix.is_some();
    let only_digits = read.street.name.bytes().all(|b| b.is_ascii_digit());
    if nameless && read.street.name.is_ascii()
        || (only_digits && !is_grid && read.street.pre_direction.is_none())
    {
        return Address::of(Precision::Unparsed);
    }
    // `101N` before a bare name or a summit is a freeway; only a complete street makes it a house.
    let ends = read.street.suffix.as_deref().is_some_and(tables::ends_a_street);
    if matches!(start, Start::Directed(..)) && !ends && read.street.post_direction.is_none() {
        return named(words);
    }
    if !city_follows && !read.rest.is_empty() {
        let rest = read.rest.join(" ");
        // A number behind a street is a unit, whatever words stand around it.
        if unit::has_digit(&rest) {
            address.unit = Some(rest);
        } else {
            address.place = Some(rest);
        }
    }
    address.set_street(read.street);
    match start {
        Start::Nothing => address.precision = Precision::Place,
        Start::Block(hundred) => {
            address.precision = Precision::Block;
            address.number = hundred;
        }
        Start::House(number) if writing.block_level => {
            address.precision = Precision::Block;
            address.number = number::hundred(&number);
        }
        Start::House(number) => address.number = Some(number),
        Start::Directed(number, direction) => {
            if writing.block_level {
                address.precision = Precision::Block;
                address.number = number::hundred(&number);
            } else {
                address.number = Some(number);
            }
            address.pre_direction.get_or_insert(direction.to_owned());
        }
    }
    address
}

/// An address without a number: a street if its suffix says so, else the name of a place.
fn named(words: &[&str]) -> Address {
    let (words, unit) = unit::cut_sure(words);
    let mut address = Address::of(Precision::Place);
    address.unit = unit;
    let text = words.join(" ");
    let has_letter = text.contains(char::is_alphabetic);
    if (street::is_complete(words) || highway::is_whole(words))
        && !place::is_freeway(words)
        && let Some(read) = street::read(words, false, false)
    {
        address.set_street(read.street);
    } else if has_letter && !matches!(words, [only] if place::is_a_code(only)) {
        address.place = Some(text);
    } else {
        // Patrol units, licence plates and lone numbers: nothing of them is kept.
        address.precision = Precision::Unparsed;
    }
    address
}
