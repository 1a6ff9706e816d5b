//! How people sign in.

use serde::Deserialize;

use super::{document::Document, error::PresetError};

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whether a password alone opens nothing.
    pub second_factor_required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInToml {
    passwords: PasswordsToml,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordsToml {
    second_factor_required: bool,
}

pub(super) fn read(document: Document<'_>) -> Result<SignIn, PresetError> {
    let told: SignInToml = document.parse()?;
    Ok(SignIn { second_factor_required: told.passwords.second_factor_required })
}
