//! What stands in `deploy/` and in the read-me about running the server is true of the program.

use std::{collections::BTreeSet, fs, io::ErrorKind, process::Command};

use api::{commands::Jfn, config::OPENID_CLIENT_SECRET};
use clap::CommandFactory;
use tests::files::in_repository;

/// The environment's names for all settings.
fn settings() -> BTreeSet<String> {
    let command = Jfn::command();
    let told = command.get_arguments().filter_map(|setting| Some(setting.get_env()?.to_str()?.to_owned()));
    // This one belongs to what the preset states of a provider of identities.
    told.chain(["", "_FILE"].map(|end| format!("{OPENID_CLIENT_SECRET}{end}"))).collect()
}

/// The names in a text that are written as ours are.
fn named(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .filter(|word| ["JFN_", "DATABASE_", "OTEL_"].iter().any(|start| word.starts_with(start)))
        .map(str::to_owned)
        .collect()
}

fn text(path: &str) -> String {
    fs::read_to_string(in_repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn deployments_name_only_settings_that_there_are() {
    let settings = settings();
    for path in ["deploy/Dockerfile", "deploy/jfn.service", "deploy/Caddyfile"] {
        let named = named(&text(path));
        assert!(!named.is_empty(), "{path} names some");
        let unknown: Vec<&String> = named.difference(&settings).collect();
        assert!(unknown.is_empty(), "{path} names {unknown:?}");
    }
}

#[test]
fn the_read_me_tells_of_every_setting_and_of_no_other() {
    let (settings, named) = (settings(), named(&text("README.md")));
    let untold: Vec<&String> = settings.difference(&named).collect();
    assert!(untold.is_empty(), "untold: {untold:?}");
    let unknown: Vec<&String> = named
        .difference(&settings)
        .filter(|name| !name.starts_with("JFN_FEED_TOKEN_") && !name.starts_with("JFN_FEED_SIGNING_KEY_"))
        // The benchmark's, not the server's.
        .filter(|name| !name.starts_with("JFN_BENCH_"))
        .collect();
    assert!(unknown.is_empty(), "unknown: {unknown:?}");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("jfn.service");
    // It looks for the program too, which is not installed here.
    fs::write(&unit, text("deploy/jfn.service").replace("/usr/local/bin/jfn", "/bin/true")).expect("a file");
    let told = match Command::new("systemd-analyze").arg("verify").arg(&unit).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("NOT CHECKED: deploy/jfn.service, because systemd-analyze is not installed");
            return;
        }
        told => told.expect("it runs"),
    };
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("jfn.service")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}
