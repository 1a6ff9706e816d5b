//! `jfn documents`: the manifest of trusted documents, made of a folder and read at the start.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::print;
use crate::{
    config::Config,
    error::{Error, Result},
    graphql::misfit,
    trusted_documents::TrustedDocuments,
};

/// Documents that are named at most when they do not fit.
const TOLD: usize = 20;

/// What `jfn documents` is told.
#[derive(clap::Args)]
pub struct Documents {
    /// The folder; every `.graphql` and `.gql` file in it and below it is one document, complete with its fragments. A browser
    /// names it by the SHA-256 of the file, byte for byte.
    folder: PathBuf,
}

/// Prints the manifest, if every document fits the schema.
pub async fn run(asked: &Documents) -> Result<()> {
    let mut files = Vec::new();
    gather(&asked.folder, &mut files)?;
    files.sort();
    if files.is_empty() {
        let message = format!("There is no `.graphql` file in {}.", asked.folder.display());
        return Err(Error::BadInput(message));
    }
    let (mut documents, mut misfits) = (TrustedDocuments::default(), Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| unread(&file, &error))?;
        match misfit(&text).await {
            Some(misfit) => misfits.push(format!("{}: {misfit}", file.display())),
            None => documents.trust(text),
        }
    }
    all_fit("The documents do not fit the schema", &misfits)?;
    let manifest: BTreeMap<&str, &str> = documents.all().into_iter().collect();
    let manifest =
        serde_json::to_string_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    print(&format!("{manifest}\n"))
}

/// The trusted documents that the settings name; none when they name no file. Each must fit the schema.
pub async fn trusted(config: &Config) -> Result<TrustedDocuments> {
    let Some(file) = &config.trusted_documents else { return Ok(TrustedDocuments::default()) };
    let text = fs::read_to_string(file).map_err(|error| unread(file, &error))?;
    let documents = TrustedDocuments::read(&text)
        .map_err(|error| Error::BadInput(format!("The trusted documents of {}: {error}", file.display())))?;
    let mut misfits = Vec::new();
    for (hash, text) in documents.all() {
        if let Some(misfit) = misfit(text).await {
            let beginning: String =
                text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
            misfits.push(format!("sha256:{hash} (`{beginning}`): {misfit}"));
        }
    }
    all_fit(&format!("Trusted documents of {} do not fit the schema", file.display()), &misfits)?;
    Ok(documents)
}

fn all_fit(what: &str, misfits: &[String]) -> Result<()> {
    if misfits.is_empty() {
        return Ok(());
    }
    let more = match misfits.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\nand {more} more"),
    };
    let told: Vec<&str> = misfits.iter().take(TOLD).map(String::as_str).collect();
    Err(Error::BadInput(format!("{what}:\n{}{more}", told.join("\n"))))
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| unread(folder, &error))? {
        let path = entry.map_err(|error| unread(folder, &error))?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "graphql" || end == "gql") {
            files.push(path);
        }
    }
    Ok(())
}

fn unread(path: &Path, error: &std::io::Error) -> Error {
    Error::BadInput(format!("{} cannot be read: {error}.", path.display()))
}
