//! `SECURITY.md` names tests that exist, for every line; and what no test can cover stays as the page says.

use std::fs;

use tests::files::in_repository;

/// One line of a table: its cells.
fn lines() -> Vec<Vec<String>> {
    let page = fs::read_to_string(in_repository("SECURITY.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

/// The tests that a cell names, as file and function.
fn tests_in(cell: &str) -> Vec<(String, String)> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.split_once("::"))
        .map(|(file, test)| (file.to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn every_line_names_tests_that_exist_and_the_fault_that_made_them_fail() {
    let lines = lines();
    let of = |list: &str| lines.iter().filter(|cells| cells[0].starts_with(list)).count();
    assert_eq!(of("API"), 10, "the ten of OWASP's list");
    assert!(of("GraphQL") >= 18, "every recommendation of the cheat sheet: {}", of("GraphQL"));
    let mut wrong = Vec::new();
    for cells in &lines {
        let [what, done, tests, fault] = cells.as_slice() else { panic!("four columns: {cells:?}") };
        let named = tests_in(tests);
        if done.is_empty() || fault.is_empty() || named.is_empty() {
            wrong.push(format!("{what}: lacks what is done, a test or a fault"));
        }
        for (file, test) in named {
            let source = fs::read_to_string(in_repository(&file)).unwrap_or_default();
            if ![format!("fn {test}("), format!("mod {test} ")].iter().any(|form| source.contains(form)) {
                wrong.push(format!("{what}: there is no {file}::{test}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_table_is_written_for_a_spreadsheet() {
    // A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is a formula to a spreadsheet. Nothing here writes such
    // a table; whoever begins to, writes those cells with an apostrophe in front and says so on the page.
    let mut folders = vec![in_repository("api/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file");
            for writer in ["csv::Writer", "WriterBuilder", "\"text/csv\"", "text/tab-separated-values"] {
                let writes = text.contains(writer) && !path.ends_with("push_tests.rs");
                assert!(!writes, "{}: {writer}", path.display());
            }
        }
    }
}
