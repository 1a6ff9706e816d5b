//! The fences between the layers, and the size of the rooms.

use std::{fs, path::Path};

use tests::files::in_repository;

/// What the code of a folder or file of `api/src` must not name.
const FENCES: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "sea_orm",
            "async_graphql",
            "poem::",
            "reqwest",
            "tokio",
            "std::env",
            "std::fs",
            "async fn",
            "Utc::now",
            "crate::app",
            "crate::reads",
            "crate::writes",
            "crate::graphql",
            "crate::http",
            "crate::scope",
            "crate::events",
            "crate::preset",
            "crate::feeds",
            "crate::commands",
        ],
    ),
    ("authz.rs", &["sea_orm", "async_graphql", "poem::", "tokio", "async fn", "crate::app", "crate::scope"]),
    (
        "feeds",
        &["sea_orm", "async_graphql", "poem::", "entity::", "crate::domain", "crate::app", "crate::writes"],
    ),
    ("preset", &["sea_orm", "async_graphql", "poem::", "crate::app", "crate::reads", "crate::writes"]),
    (
        "scope.rs",
        &["async_graphql", "poem::", "crate::reads", "crate::writes", "crate::graphql", "crate::http"],
    ),
    (
        "audit.rs",
        &["async_graphql", "poem::", "crate::reads", "crate::writes", "crate::graphql", "crate::http"],
    ),
    (
        "events.rs",
        &["async_graphql", "poem::", "crate::reads", "crate::writes", "crate::graphql", "crate::http"],
    ),
    (
        "reads",
        &[
            "async_graphql",
            "poem::",
            "reqwest",
            "ActiveModel",
            "crate::writes",
            "crate::graphql",
            "crate::http",
        ],
    ),
    ("writes", &["async_graphql", "poem::", "reqwest", "crate::graphql", "crate::http", "crate::commands"]),
    ("graphql", &["poem::", "reqwest", "ActiveModel", "crate::feeds", "crate::http", "crate::commands"]),
    ("schedule", &["async_graphql", "poem::", "crate::graphql", "crate::http", "crate::commands"]),
    ("http", &["sea_orm", "ActiveModel", "crate::commands"]),
];

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    if folder.is_file() {
        found.push(folder.to_owned());
        return;
    }
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() || path.extension().is_some_and(|end| end == "rs") {
            sources(&path, found);
        }
    }
}

#[test]
fn no_layer_reaches_upward() {
    let mut broken = Vec::new();
    for (place, forbidden) in FENCES {
        let mut files = Vec::new();
        sources(&in_repository("api/src").join(place), &mut files);
        assert!(!files.is_empty(), "{place} is there");
        // Unit tests may use what the code may not, such as the built-in preset.
        files.retain(|file| !file.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests")));
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for name in forbidden.iter().filter(|name| line.contains(**name)) {
                    broken.push(format!("{}: {name} in `{}`", file.display(), line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_is_a_small_room_and_says_what_it_is_for() {
    let mut broken = Vec::new();
    for folder in ["api/src", "entity/src", "migration/src", "tests/src", "tests/it"] {
        let mut files = Vec::new();
        sources(&in_repository(folder), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            let lines = text.lines().count();
            if lines > 400 {
                broken.push(format!("{}: {lines} lines", file.display()));
            }
            if !text.starts_with("//! ") {
                broken.push(format!("{}: no `//!` line at the top", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
