//! What a password must be, by NIST SP 800-63B-4, 3.1.1.2: long, not one that everybody tries, and nothing else.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use super::refusal::Refusal;

/// Characters of a password at least that is all somebody proves themselves with.
pub const ALONE: usize = 15;
/// The same beside a second factor.
pub const BESIDE_ANOTHER: usize = 8;
/// Characters at most; the standard asks for room for 64.
const LONGEST: usize = 256;
/// Letters and digits that must be there beside words that anybody would try for this person.
const OF_THEIR_OWN: usize = 8;
/// Shorter words than this are no hint at anybody.
const TELLING: usize = 4;

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../passwords/common.txt").lines().collect());

/// Words that anybody would try for this person.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub city: &'a str,
}

/// A password as it is hashed: the same whichever keyboard it was typed on (NFKC).
#[must_use]
pub fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Refuses what is too short or easily tried; `field` is where it stands in the input. No mix of characters is asked for.
pub fn check(
    field: &'static str,
    password: &str,
    owner: Owner<'_>,
    has_second_factor: bool,
) -> Result<(), Refusal> {
    let password = normal(password);
    let length = password.chars().count();
    let least = if has_second_factor { BESIDE_ANOTHER } else { ALONE };
    let refused = |message: String| Err(Refusal::invalid(field, message));
    if length < least {
        let why = if has_second_factor { "" } else { " as long as it is all you sign in with" };
        return refused(format!(
            "A password has {least} characters at least{why}; this one has {length}. A few words in a row will do."
        ));
    }
    if length > LONGEST {
        return refused(format!("A password has {LONGEST} characters at most; this one has {length}."));
    }
    if password.chars().any(char::is_control) {
        return refused("A password holds no control characters; type it again.".to_owned());
    }
    let password = password.to_lowercase();
    if COMMON.contains(password.as_str()) {
        return refused(
            "This is one of the passwords that everybody tries first; choose another.".to_owned(),
        );
    }
    if is_repeated(&password) || is_sequence(&password) {
        return refused(
            "This is one thing over and over, or a row of keys; choose something longer to guess.".to_owned(),
        );
    }
    let bare = owner.words().iter().fold(password.clone(), |left, word| left.replace(word.as_str(), ""));
    if bare != password && bare.chars().filter(|c| c.is_alphanumeric()).count() < OF_THEIR_OWN {
        return refused(
            "Without your name, your e-mail, the city and this program's name little is left of it; choose another."
                .to_owned(),
        );
    }
    Ok(())
}

impl Owner<'_> {
    // The longest first, so that none is hidden by a part of it.
    fn words(&self) -> Vec<String> {
        let told = [self.name, self.email, self.city, "justice for neighbors"].join(" ");
        let told = normal(&told).to_lowercase();
        let mut words: Vec<String> = told.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        words.retain(|word| word.chars().count() >= TELLING);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words
    }
}

// The same few characters all the way, such as `abcabcabc`.
fn is_repeated(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    (1..=letters.len() / 2).any(|unit| letters.iter().zip(letters.iter().skip(unit)).all(|(a, b)| a == b))
}

// Each character the next one, upward or downward; after 9 comes 0.
fn is_sequence(password: &str) -> bool {
    let next = |a: char, b: char| u32::from(a) + 1 == u32::from(b) || (a == '9' && b == '0');
    let pairs = || password.chars().zip(password.chars().skip(1));
    pairs().all(|(a, b)| next(a, b)) || pairs().all(|(a, b)| next(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAM: Owner<'_> =
        Owner { name: "Samuel Reyes", email: "sgt.reyes@police.sacramento.example", city: "Sacramento" };

    fn refusal(password: &str, has_second_factor: bool) -> Option<String> {
        check("newPassword", password, SAM, has_second_factor).err().map(|refusal| refusal.message)
    }

    #[test]
    fn a_password_alone_is_longer_than_one_beside_a_second_factor() {
        assert!(refusal("fourteen chars", false).is_some_and(|told| told.contains("15 characters")));
        assert_eq!(refusal("fifteen  chars.", false), None);
        assert_eq!(refusal("eight of", true), None);
        assert!(refusal("seven o", true).is_some_and(|told| told.contains("8 characters")));
    }

    #[test]
    fn nothing_is_asked_for_but_length() {
        for password in [
            "nothing but small letters",
            "ÄÖÜ straße и дом 🐈 ねこ",
            &"word ".repeat(3).replace("d w", "d, w"),
        ] {
            assert_eq!(refusal(password, false), None, "{password}");
        }
        assert_eq!(
            refusal(&"long pass phrase ".repeat(8).replacen('l', "t", 1), false),
            None,
            "136 characters"
        );
        assert!(refusal(&"x9".repeat(200), false).is_some_and(|told| told.contains("256")));
    }

    #[test]
    fn what_everybody_tries_is_refused_however_it_is_written() {
        for common in ["manchesterunited", "ManchesterUnited", "ｍanchesterunited", "q1w2e3r4t5y6u7i8o9p0"] {
            assert!(refusal(common, false).is_some_and(|told| told.contains("everybody tries")), "{common}");
        }
        assert!(refusal("password1", true).is_some());
        for plain in ["passwordpassword", "aaaaaaaaaaaaaaa", "abcdefghijklmnopq", "987654321098765432"] {
            assert!(refusal(plain, false).is_some(), "{plain}");
        }
    }

    #[test]
    fn what_anybody_would_try_for_this_person_is_refused() {
        for guess in [
            "sgt.reyes@police.sacramento.example",
            "Samuel Reyes 2026",
            "Sacramento Police!",
            "JusticeForNeighbors1",
        ] {
            assert!(refusal(guess, false).is_some_and(|told| told.contains("little is left")), "{guess}");
        }
        assert_eq!(refusal("reyes keeps seven chickens", false), None, "a name may be part of a pass phrase");
    }

    #[test]
    fn the_same_word_is_the_same_password_on_every_keyboard() {
        assert_eq!(normal("u\u{308}ber ﬁne"), normal("über fine"));
    }
}
