//! `docs/who-may-what.md` as the story of it reads it: which word stands for whom beside which thing.

use std::fs;

use tests::files::in_repository;

/// Everybody, in the order of the page's columns.
pub const EVERYBODY: [&str; 9] = [
    "attorney",
    "sergeant",
    "code officer",
    "city attorney",
    "commissioner",
    "administrator",
    "program that reads",
    "program that pushes",
    "nobody",
];

/// One line of a table of the page.
pub struct Line {
    /// What it is about, without its quotes: `caseAddNote, privileged`.
    pub what: String,
    /// A word for each of everybody.
    pub words: Vec<String>,
}

impl Line {
    /// The field, type or path that it is about.
    pub fn name(&self) -> &str {
        self.what.split_once('`').map_or("", |(name, _)| name)
    }

    /// What is special about it there, if anything: `, privileged`.
    pub fn kind(&self) -> &str {
        self.what.split_once('`').map_or("", |(_, kind)| kind)
    }
}

/// The lines of the table below that heading.
pub fn table(heading: &str) -> Vec<Line> {
    let page = fs::read_to_string(in_repository("docs/who-may-what.md")).expect("the page");
    let below = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no `{heading}`"));
    let section = below.split("\n## ").next().unwrap_or_default();
    let lines: Vec<Line> =
        section.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| read(heading, line)).collect();
    assert!(!lines.is_empty(), "{heading} has lines");
    let header = section.lines().find(|line| line.starts_with("| | ")).unwrap_or_default();
    let columns: Vec<&str> = header.trim_matches('|').split('|').map(str::trim).skip(1).collect();
    assert_eq!(columns, EVERYBODY, "the columns of `{heading}`");
    lines
}

fn read(heading: &str, line: &str) -> Line {
    let mut cells = line.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned());
    let what = cells.next().unwrap_or_default();
    let words: Vec<String> = cells.collect();
    assert_eq!(words.len(), EVERYBODY.len(), "{what} below `{heading}` has a word for everybody");
    Line { what, words }
}
