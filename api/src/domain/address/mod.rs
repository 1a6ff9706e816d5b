//! Addresses: what a source wrote, in one normal form, and how exact it is.
//!
//! Feeds, parcels and people write one address in many ways (`12XX BLOCK OF K ST`,
//! `K ST / 10TH ST`, `3433 BIRCH S # 4; BAKERY;`). Everything that compares addresses compares
//! [`Address::key`]. Where a reading is doubtful, the less exact one is taken: an address that
//! is not certain must not count towards anybody's premises.

mod clean;
mod highway;
mod intersection;
mod locality;
mod number;
mod parse;
mod place;
mod street;
mod tables;
mod unit;

#[cfg(test)]
mod tests;

use entity::call::AddressPrecision;

pub use street::Street;

/// How a source writes its addresses: data from the feed's mapping, never guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// The direction stands behind the street: `3433 BIRCH S` is 3433 South Birch.
    pub direction_follows_street: bool,
    /// What follows the first semicolon is the name of the place: `692 BIRCH; BAKERY;`.
    pub place_after_semicolon: bool,
    /// The source only ever publishes hundred blocks, so `1400 BIRCH` is no house.
    pub block_level: bool,
}

/// An address in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How exactly it tells where.
    pub precision: AddressPrecision,
    /// The house number (`123`, `123 1/2`, `100-104`), or the hundred of a block.
    pub number: Option<String>,
    /// The direction before the street: `N`, `SW`.
    pub pre_direction: Option<String>,
    /// The street's name without direction and suffix.
    pub street: Option<String>,
    /// The street's suffix: `ST`, `BLVD`.
    pub suffix: Option<String>,
    /// The direction behind the street.
    pub post_direction: Option<String>,
    /// The unit, of which nothing is to be stored or shown: feeds drop it.
    pub unit: Option<String>,
    /// The name of the place; without a street, it is all that is known.
    pub place: Option<String>,
    /// The other streets of a corner, in the order of their texts; the fields above hold the first.
    pub cross: Vec<Street>,
    /// The source says the call was near the address, not at it: `AREA OF`, `ACROSS FROM`.
    pub near: bool,
}

impl Address {
    /// Reads one address as its source wrote it. Never fails: what cannot be read is `UNPARSED`.
    #[must_use]
    pub fn parse(raw: &str, writing: &Writing) -> Self {
        parse::address(raw, *writing)
    }

    /// The normal form without the unit: `3433 S BIRCH ST`, `1400 BLOCK BIRCH`, `A ST & B ST`.
    ///
    /// Empty if there is no address, it is withheld or it cannot be read. Reading it again yields
    /// it again.
    #[must_use]
    pub fn text(&self) -> String {
        self.write(Street::text)
    }

    /// What addresses are matched by: the same premises have the same key.
    ///
    /// The unit and the name of the place are not in it. Empty means: never match.
    #[must_use]
    pub fn key(&self) -> String {
        self.write(Street::key)
    }

    /// True if this may count towards a place: a single premises, and the call was at it.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.is_house() && !self.near
    }

    const fn is_house(&self) -> bool {
        matches!(self.precision, AddressPrecision::Address | AddressPrecision::Unit)
    }

    fn write(&self, one_street: impl Fn(&Street) -> String) -> String {
        let Some(first) = self.first_street() else {
            return self.place.clone().unwrap_or_default();
        };
        let mut text = self.number.clone().unwrap_or_default();
        if self.precision == AddressPrecision::Block {
            push_word(&mut text, "BLOCK");
        }
        push_word(&mut text, &one_street(&first));
        for other in &self.cross {
            push_word(&mut text, "&");
            push_word(&mut text, &one_street(other));
        }
        text
    }

    fn first_street(&self) -> Option<Street> {
        Some(Street {
            pre_direction: self.pre_direction.clone(),
            name: self.street.clone()?,
            suffix: self.suffix.clone(),
            post_direction: self.post_direction.clone(),
        })
    }

    /// An address of which nothing but this is known.
    const fn of(precision: AddressPrecision) -> Self {
        Self {
            precision,
            number: None,
            pre_direction: None,
            street: None,
            suffix: None,
            post_direction: None,
            unit: None,
            place: None,
            cross: Vec::new(),
            near: false,
        }
    }

    fn set_street(&mut self, street: Street) {
        self.pre_direction = street.pre_direction;
        self.street = Some(street.name);
        self.suffix = street.suffix;
        self.post_direction = street.post_direction;
    }
}

/// Appends a word, with a space if something stands before it.
fn push_word(text: &mut String, word: &str) {
    if !text.is_empty() && !word.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}
