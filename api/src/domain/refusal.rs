//! A rule's refusal: what the person who asked can act on.

use std::fmt;

use entity::id::CaseId;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Required,
    Invalid,
    NotFound,
    NotUnique,
    NotAllowed,
    StaleVersion,
    TransitionBlocked,
    ClockNotRun,
    ProtectedCall,
    RemedyNotAvailable,
    IdempotencyKeyReused,
}

impl Code {
    /// The word for it in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::Invalid => "INVALID",
            Self::NotFound => "NOT_FOUND",
            Self::NotUnique => "NOT_UNIQUE",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::StaleVersion => "STALE_VERSION",
            Self::TransitionBlocked => "TRANSITION_BLOCKED",
            Self::ClockNotRun => "CLOCK_NOT_RUN",
            Self::ProtectedCall => "PROTECTED_CALL",
            Self::RemedyNotAvailable => "REMEDY_NOT_AVAILABLE",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
        }
    }
}

/// One refusal; its message is safe to show and says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
    /// Path inside `input`.
    pub field: Vec<&'static str>,
    /// Open cases at the same place, when they are the reason.
    pub existing: Vec<CaseId>,
}

impl Refusal {
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: Vec::new(), existing: Vec::new() }
    }

    /// The value of `field` cannot be taken.
    #[must_use]
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message).at(field)
    }

    /// `field` is needed.
    #[must_use]
    pub fn required(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::Required, message).at(field)
    }

    /// Nothing is there that this viewer may see.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// This step is blocked.
    #[must_use]
    pub fn blocked(message: impl Into<String>) -> Self {
        Self::new(Code::TransitionBlocked, message)
    }

    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.field.push(field);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The text without white space around it, if there is any and it is not too long.
pub fn text(field: &'static str, value: &str, most: usize) -> Result<String, Refusal> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Refusal::required(field, format!("Please fill in `{field}`.")));
    }
    let length = value.chars().count();
    if length > most {
        let message = format!("`{field}` has {length} characters; at most {most} are kept.");
        return Err(Refusal::invalid(field, message));
    }
    if let Some(c) = value.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let message =
            format!("`{field}` holds the control character U+{:04X}; please leave it out.", u32::from(c));
        return Err(Refusal::invalid(field, message));
    }
    Ok(value.to_owned())
}

/// The same for a name or anything else of one line. What would show as something else than it is, is refused: marks that turn
/// the direction of reading around, and characters that nobody sees. Joiners, which some scripts need, may stand.
pub fn line(field: &'static str, value: &str, most: usize) -> Result<String, Refusal> {
    let value = text(field, value, most)?;
    if let Some(c) = value.chars().find(|c| c.is_control() || misleads(*c)) {
        let message = format!(
            "`{field}` holds the character U+{:04X}, which nobody sees and which may mislead; please leave it out.",
            u32::from(c)
        );
        return Err(Refusal::invalid(field, message));
    }
    Ok(value)
}

/// The same for a line that may be left out.
pub fn optional_line(
    field: &'static str,
    value: Option<&str>,
    most: usize,
) -> Result<Option<String>, Refusal> {
    match value.map(str::trim) {
        None | Some("") => Ok(None),
        Some(value) => line(field, value, most).map(Some),
    }
}

// Overrides, embeddings and isolates of direction; zero-width space, word joiner and the like; tags.
const fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// The same for a text that may be left out.
pub fn optional_text(
    field: &'static str,
    value: Option<&str>,
    most: usize,
) -> Result<Option<String>, Refusal> {
    match value.map(str::trim) {
        None | Some("") => Ok(None),
        Some(value) => text(field, value, most).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_shows_as_what_it_is_and_a_text_may_be_of_any_script() {
        for name in [
            "Olive \u{202e}renwO",
            "Olive\u{200b} Owner",
            "Olive\nOwner",
            "Ol\u{ad}ive",
            "Olive\u{2067}",
            "\u{e0041}Olive",
        ] {
            assert_eq!(line("name", name, 200).expect_err("misleading").code, Code::Invalid, "{name:?}");
        }
        for name in ["عفيفة", "נעמי O'Neil", "👩\u{200d}👧", "नि\u{200d}ल", "Zoë Šarić"]
        {
            assert_eq!(line("name", name, 200).expect("a name"), name);
        }
        let note = "She said:\r\n\t\u{202b}שלום\u{202c}";
        assert_eq!(text("body", note, 200).expect("a note"), note);
        for note in ["a\0", "\u{1b}[2J", "a\u{7f}", "a\u{85}b"] {
            assert_eq!(
                text("body", note, 200).expect_err("a control character").code,
                Code::Invalid,
                "{note:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_line_is_kept_as_it_is_but_for_the_blanks_around_it(told in ".{0,40}", most in 1..30_usize) {
            if let Ok(kept) = line("name", &told, most) {
                prop_assert_eq!(&kept, told.trim());
                prop_assert!(kept.chars().count() <= most && !kept.is_empty());
                let is_plain = !kept.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
                prop_assert!(is_plain, "{:?}", kept);
            }
        }
    }
}
