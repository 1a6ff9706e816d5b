//! Letters: the city's wording and the templates it can edit, all tried out before the server starts.

use std::collections::BTreeSet;

use entity::letter::LetterKind;
use minijinja::{AutoEscape, Environment, Error as TemplateError, UndefinedBehavior, Value, value::Serde};
use serde::{Deserialize, Serialize};

use super::{
    document::{Document, some, words},
    error::PresetError,
    files::{Files, LETTERS},
    letter_samples::{must_say, samples, whole},
};
use crate::domain::letter::Facts;

/// What the letters share: the page that each fills, with letterhead, print CSS, the mark of a draft and the right-to-call
/// statement; and the parts that several have.
const SHARED: [&str; 2] = ["layout.html", "parts.html"];

/// A city's letters, ready to be written.
#[derive(Clone, Debug)]
pub struct Letters {
    templates: Environment<'static>,
    wording: Wording,
}

/// What the city says in its letters in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    pub sender: Sender,
    /// That everybody may call for help; every letter carries it.
    pub right_to_call: Statement,
    /// How an owner, tenant or manager challenges a call that was counted.
    pub challenge: Statement,
    /// How a citation is appealed.
    pub appeal: Statement,
    /// How a fine is reduced for who cannot pay it.
    pub hardship: Statement,
}

/// Who writes, and how to reach them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    #[serde(deserialize_with = "words")]
    pub office: String,
    #[serde(deserialize_with = "some")]
    pub address: Vec<String>,
    #[serde(deserialize_with = "words")]
    pub phone: String,
}

/// Words that a law asks for, and the law.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(deserialize_with = "words")]
    pub heading: String,
    #[serde(deserialize_with = "words")]
    pub text: String,
    #[serde(deserialize_with = "some")]
    pub citations: Vec<String>,
}

impl Letters {
    /// The letter as a page of HTML; what the facts hold is text there, never markup.
    pub fn write(&self, kind: LetterKind, facts: &Facts) -> Result<String, TemplateError> {
        self.templates.get_template(&file_name(kind))?.render(self.context(facts))
    }

    fn context(&self, facts: &Facts) -> Value {
        minijinja::context! { ..Value::from(Serde(facts)), ..Value::from(Serde(&self.wording)) }
    }
}

/// The name of a kind's template, such as `early-warning.html`.
#[must_use]
pub fn file_name(kind: LetterKind) -> String {
    format!("{}.html", kind.word().to_lowercase().replace('_', "-"))
}

pub(super) fn read(files: &Files) -> Result<Letters, PresetError> {
    let wording: Wording = files.document("letters.toml")?.parse()?;
    refuse_unknown(files)?;
    let built_in = Files::sacramento();
    let mut letters = Letters { templates: strict(), wording };
    let mut documents = Vec::new();
    for name in names() {
        let path = format!("{LETTERS}{name}");
        // A city's folder holds the letters that it changed; the others are the ones built in.
        let document = files.document(&path).or_else(|_| built_in.document(&path))?;
        refuse_unescaped(document)?;
        letters
            .templates
            .add_template_owned(name, document.text.to_owned())
            .map_err(|error| at_fault(document, &error))?;
        documents.push(document);
    }
    for document in &documents {
        check_names(&letters, *document)?;
    }
    for kind in LetterKind::ALL {
        try_out(&letters, *kind, &documents)?;
    }
    Ok(letters)
}

fn names() -> impl Iterator<Item = String> {
    SHARED.map(str::to_owned).into_iter().chain(LetterKind::ALL.iter().map(|kind| file_name(*kind)))
}

// Names that do not exist are faults, and nothing is taken for markup that was not written in a template.
fn strict() -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.remove_filter("safe");
    // Else errors would quote what letters say, and they go to the log.
    templates.set_debug(false);
    templates
}

fn refuse_unknown(files: &Files) -> Result<(), PresetError> {
    let known: BTreeSet<String> = names().map(|name| format!("{LETTERS}{name}")).collect();
    match files.letters().into_iter().find(|document| !known.contains(document.name)) {
        Some(document) => {
            let known: Vec<String> = names().collect();
            Err(document.fault(1, format!("no letter has that template; there are {}", known.join(", "))))
        }
        None => Ok(()),
    }
}

fn refuse_unescaped(document: Document<'_>) -> Result<(), PresetError> {
    let mut lines = document.text.lines().zip(1..);
    match lines.find(|(line, _)| line.contains("autoescape")) {
        Some((_, line)) => Err(document.fault(line, "letters always escape what they print")),
        None => Ok(()),
    }
}

// Every name, in branches that no trial takes too.
fn check_names(letters: &Letters, document: Document<'_>) -> Result<(), PresetError> {
    let name = document.name.trim_start_matches(LETTERS);
    let template = letters.templates.get_template(name).map_err(|error| at_fault(document, &error))?;
    let known = letters.context(&whole());
    let is_ours = |path: &str| {
        let first = path.split('.').next().unwrap_or(path);
        ["self", "super", "loop"].contains(&first)
            || letters.templates.globals().any(|(name, _)| name == first)
    };
    let mut unknown: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|path| !is_ours(path) && !is_known(&known, path))
        .collect();
    unknown.sort();
    let Some(path) = unknown.first() else { return Ok(()) };
    let line = document.text.lines().position(|line| line.contains(path.as_str())).map_or(1, |at| at + 1);
    Err(document.fault(line, format!("no letter knows `{path}`")))
}

fn is_known(context: &Value, path: &str) -> bool {
    let mut value = context.clone();
    path.split('.').all(|part| match value.get_attr(part) {
        Ok(found) if !found.is_undefined() => {
            value = found;
            true
        }
        _ => false,
    })
}

fn try_out(letters: &Letters, kind: LetterKind, documents: &[Document<'_>]) -> Result<(), PresetError> {
    let own = file_name(kind);
    let of = |name: &str| documents.iter().find(|document| document.name.ends_with(&format!("/{name}")));
    for facts in samples(kind) {
        let written = letters.write(kind, &facts).map_err(|error| {
            let name = error.name().unwrap_or(&own);
            of(name)
                .or_else(|| of(&own))
                .map_or_else(|| nowhere(&own, &error), |found| at_fault(*found, &error))
        })?;
        let Some(document) = of(&own) else { continue };
        for (what, text) in must_say(&facts, &letters.wording) {
            if !written.contains(&text) {
                return Err(document.fault(1, format!("the letter does not carry {what}")));
            }
        }
    }
    Ok(())
}

fn at_fault(document: Document<'_>, error: &TemplateError) -> PresetError {
    let detail =
        error.detail().map_or_else(|| error.kind().to_string(), |why| format!("{}: {why}", error.kind()));
    document.fault(error.line().unwrap_or(1), detail)
}

fn nowhere(name: &str, error: &TemplateError) -> PresetError {
    PresetError { file: name.to_owned(), line: error.line().unwrap_or(1), reason: error.to_string() }
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
