//! Raw text to words: one case, single spaces, and none of the characters nobody can see.

/// Anything longer is a narrative, not an address, and nothing of it is kept.
const LONGEST: usize = 256;

/// The text in upper case with marks as words of their own; `None` if it is too long.
pub(super) fn clean(raw: &str) -> Option<String> {
    let visible = visible(raw)?;
    Some(fold(&without_brackets(&spaced(&visible))))
}

/// True if nothing but this word is there, whatever marks stand around it.
pub(super) fn says(text: &str, word: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).eq(word.chars())
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn visible(raw: &str) -> Option<Vec<char>> {
    let mut out = Vec::new();
    for c in raw.chars().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() || c.is_control() || c == '_' {
            if !out.is_empty() && out.last() != Some(&' ') {
                out.push(' ');
            }
        } else {
            match c {
                '\'' | '’' | '‘' | '`' | '"' | '“' | '”' | '*' => {}
                '‐'..='―' | '−' => out.push('-'),
                '½' => out.extend(" 1/2".chars()),
                '\\' => out.push('/'),
                _ => out.extend(c.to_uppercase()),
            }
        }
        if out.len() > LONGEST {
            return None;
        }
    }
    Some(out)
}

/// Soft hyphens, zero-width characters, text direction marks, variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
    )
}

/// Puts spaces around the marks that separate and drops the full stops of abbreviations.
fn spaced(chars: &[char]) -> String {
    let at = |index: Option<usize>| index.and_then(|i| chars.get(i)).copied().unwrap_or(' ');
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let (before, after) = (at(i.checked_sub(1)), at(Some(i + 1)));
        let between_digits = before.is_ascii_digit() && after.is_ascii_digit();
        match c {
            '#' | '&' | '@' => out.extend([' ', c, ' ']),
            '.' if !between_digits => {}
            '/' => {
                // `N/B`, `C/O` and `N/A` are one word, `1/2` is one number, `A ST/B ST` is a corner.
                let of_letters = before.is_alphabetic()
                    && after.is_alphabetic()
                    && !at(i.checked_sub(2)).is_alphanumeric()
                    && !at(Some(i + 2)).is_alphanumeric();
                if between_digits || of_letters {
                    out.push('/');
                } else {
                    out.push_str(" / ");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// Drops notes in `[ ]`, keeps short marks like `(SB)` that tell streets apart, and cuts longer
/// words in `( )` off as the name of a place.
fn without_brackets(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once(['(', '[', ')', ']']) {
        out.push_str(before);
        let mark = rest.as_bytes().get(before.len()).copied();
        rest = opened;
        let close = match mark {
            Some(b'(') => ')',
            Some(b'[') => ']',
            _ => continue,
        };
        let Some((inside, behind)) = opened.split_once(close) else {
            continue;
        };
        let inside = inside.trim();
        rest = behind;
        if says(inside, "REDACTED") || (close == ')' && out.trim().is_empty()) {
            out.push_str(inside);
            out.push(' ');
        } else if close == ')' && is_mark(inside) {
            out.extend(["(", inside, ")"]);
        } else if close == ')' {
            out.extend([" , @ ", inside, " , "]);
        }
    }
    out.push_str(rest);
    out
}

fn is_mark(inside: &str) -> bool {
    (1..=3).contains(&inside.len()) && inside.chars().all(|c| c.is_ascii_uppercase())
}
