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
    if value.chars().any(|c| c == '\0') {
        return Err(Refusal::invalid(field, format!("`{field}` holds a NUL character.")));
    }
    Ok(value.to_owned())
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
