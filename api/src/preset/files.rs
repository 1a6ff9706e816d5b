//! Where a preset's files come from: built into the program or a directory.

use std::{borrow::Cow, fs, path::Path};

use super::{document::Document, error::PresetError};

/// The files of one preset, read but not yet understood.
pub(super) struct Files {
    /// What error messages put before a file's name.
    place: String,
    files: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        vec![$((
            Cow::Borrowed($name),
            Cow::Borrowed(include_str!(concat!("../../presets/sacramento/", $name))),
        )),+]
    };
}

const NAMES: [&str; 12] = [
    "city.toml",
    "districts.toml",
    "districts.geojson",
    "court-holidays.toml",
    "deadline-rules.toml",
    "letters.toml",
    "fines.toml",
    "nuisance-rules.toml",
    "remedies.toml",
    "response-targets.toml",
    "retention.toml",
    "sign-in.toml",
];
const FEEDS: &str = "feeds/";
/// Where the templates of letters are; a city's folder holds those that it changed.
pub(super) const LETTERS: &str = "letters/";

impl Files {
    pub(super) fn sacramento() -> Self {
        Self {
            place: "sacramento".to_owned(),
            files: embedded![
                "city.toml",
                "districts.toml",
                "districts.geojson",
                "court-holidays.toml",
                "deadline-rules.toml",
                "letters.toml",
                "fines.toml",
                "nuisance-rules.toml",
                "remedies.toml",
                "response-targets.toml",
                "retention.toml",
                "sign-in.toml",
                "feeds/charlottesville-police-utc.toml",
                "feeds/charlottesville-police.toml",
                "feeds/dallas-active-calls.toml",
                "feeds/demo-police.toml",
                "feeds/dispatch-eido.toml",
                "feeds/montgomery-911.toml",
                "feeds/sacramento-police.toml",
                "feeds/san-diego-police.toml",
                "feeds/seattle-police-calls.toml",
                "feeds/seattle-police.toml",
                "feeds/slo-police.toml",
                "feeds/stlouis-police.toml",
                "letters/administrative-citation.html",
                "letters/cost-statement.html",
                "letters/courtesy.html",
                "letters/demand-letter.html",
                "letters/early-warning.html",
                "letters/layout.html",
                "letters/notice-and-order.html",
                "letters/notice-of-violation.html",
                "letters/parts.html",
                "letters/pre-petition-notice.html",
                "letters/trespass-authorization.html",
            ],
        }
    }

    pub(super) fn in_directory(directory: &Path) -> Result<Self, PresetError> {
        let mut names: Vec<String> = NAMES.map(str::to_owned).into();
        // A city without a feed needs no such directory, nor one that writes the letters that are built in.
        names.extend(listed(directory, FEEDS, ".toml"));
        names.extend(listed(directory, LETTERS, ".html"));
        let place = directory.display().to_string();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let text = fs::read_to_string(directory.join(&name)).map_err(|error| PresetError {
                file: format!("{place}/{name}"),
                line: 1,
                reason: format!("cannot be read: {error}"),
            })?;
            files.push((Cow::Owned(name), Cow::Owned(text)));
        }
        Ok(Self { place, files })
    }

    pub(super) fn document(&self, name: &str) -> Result<Document<'_>, PresetError> {
        self.documents().find(|document| document.name == name).ok_or_else(|| PresetError {
            file: format!("{}/{name}", self.place),
            line: 1,
            reason: "the file is missing".to_owned(),
        })
    }

    pub(super) fn feeds(&self) -> Vec<Document<'_>> {
        self.documents().filter(|document| document.name.starts_with(FEEDS)).collect()
    }

    pub(super) fn letters(&self) -> Vec<Document<'_>> {
        self.documents().filter(|document| document.name.starts_with(LETTERS)).collect()
    }

    fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        self.files.iter().map(|(name, text)| Document { place: &self.place, name, text })
    }
}

// The files of that kind in a folder of the preset, if it is there.
fn listed(directory: &Path, folder: &str, end: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory.join(folder)) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
    names.sort();
    names.into_iter().map(|name| format!("{folder}{name}")).collect()
}
