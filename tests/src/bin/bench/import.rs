//! Importing a log in a process of its own, so that its memory and its time are its own.

use std::{path::Path, process::Stdio, time::Instant};

use api::{
    app::Clock,
    commands::{import_calls, serve::app_of},
    database::{self, Opening},
    feeds::CallLog,
    preset::Preset,
};
use tests::start_of_time;

/// What an import took.
pub struct Took {
    pub rows: f64,
    pub seconds: f64,
    /// Processor time of the importing process; the database's is not in it.
    pub cpu: f64,
    /// The most memory that the process ever had.
    pub megabytes: f64,
}

impl Took {
    pub fn rate(&self) -> f64 {
        self.rows / self.seconds
    }
}

/// Imports the file in another process.
pub async fn elsewhere(opening: &Opening, file: &Path) -> Took {
    let schema = opening.schema.as_deref().unwrap_or("-");
    let output = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["import", &opening.url, schema])
        .arg(file)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("this program runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let told: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [rows, seconds, cpu, megabytes] = told[..] else { panic!("the import failed: {text}") };
    Took { rows, seconds, cpu, megabytes }
}

/// That other process.
pub async fn here(url: &str, schema: &str, file: &str) {
    let schema = (schema != "-").then(|| schema.to_owned());
    let opening =
        Opening { url: url.to_owned(), connections: 4, schema, statement_time: None, durable: false };
    let db = database::open(&opening).await.expect("the database opens");
    let preset = Preset::sacramento().expect("the preset");
    let app = app_of(db, preset, Clock::standing(start_of_time())).await.expect("the city");
    let began = Instant::now();
    let open = |mapping: &_| CallLog::open(Path::new(file), mapping);
    let summary = import_calls::load(&app, "demo-police", open, |line| line, |_| ()).await.expect("it loads");
    let seconds = began.elapsed().as_secs_f64();
    println!("{} {seconds} {} {}", summary.counts.read, cpu_seconds(), memory("VmHWM"));
    eprintln!("    {:?}", summary.counts);
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted from behind the name, in hundredths of a second.
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn memory(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':')).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
