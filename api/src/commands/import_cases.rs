//! `jfn import-cases`: the cases a city works already, by a mapping file, snapshot after snapshot.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;

use super::{
    case_mapping::{CaseMapping, Reading},
    import_places::{plain, unreadable},
    print,
};
use crate::{
    app::App,
    authz::{Action, Viewer},
    error::{Error, Result},
    reads,
    writes::existing_cases::{self, Outcome, Record},
};

/// Lines of one transaction.
const BATCH: usize = 500;

/// Takes existing cases from CSV files, gzip too. The same file again changes nothing; a newer one brings what changed.
#[derive(clap::Args)]
pub struct ImportCases {
    /// TOML file that tells which column holds what.
    #[arg(long)]
    mapping: PathBuf,
    /// The day the files are of, unless a column tells; today when left out.
    #[arg(long)]
    as_of: Option<NaiveDate>,
    /// Lines with a problem to show at most.
    #[arg(long, default_value_t = 100)]
    show: usize,
    /// The files, in any order of their snapshots within each.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Lines read, the header left out.
    pub read: u64,
    /// Lines that tell of a case once more within their snapshot, such as one listed in two districts.
    pub repeated: u64,
    pub outcome: Outcome,
    /// Open cases that an earlier snapshot had and this one lacks: its day, and which case.
    pub missing: Vec<(NaiveDate, String)>,
}

pub async fn run(app: &App, args: ImportCases) -> Result<()> {
    let text = std::fs::read_to_string(&args.mapping).map_err(|error| unreadable(&args.mapping, &error))?;
    let mapping = CaseMapping::parse(&text).map_err(|reason| {
        Error::BadInput(format!("The mapping {} is wrong: {reason}", args.mapping.display()))
    })?;
    let as_of = args.as_of.unwrap_or_else(|| app.today());
    for path in &args.files {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut summary = Summary::default();
        let done = import(app, &mapping, as_of, file, &mut summary).await;
        if done.is_ok() || summary.outcome.added + summary.outcome.updated > 0 {
            print(&told(path, &summary, args.show))?;
        }
        done.map_err(|error| match error {
            Error::BadInput(reason) => Error::BadInput(format!("{}: {reason}", path.display())),
            other => other,
        })?;
    }
    Ok(())
}

/// Takes the cases of one file; `as_of` is its day, unless a column tells. A file that cannot be read to its end changes
/// nothing: what is missing from half a list is not missing from the register.
pub async fn import(
    app: &App,
    mapping: &CaseMapping,
    as_of: NaiveDate,
    source: impl Read + Send,
    summary: &mut Summary,
) -> Result<()> {
    let snapshots = read(app, mapping, as_of, source, summary)?;
    for (as_of, listed) in snapshots {
        let snapshot = mapping.snapshot(as_of);
        for records in listed.records.chunks(BATCH) {
            let outcome = app
                .write(&Viewer::server(), "importCases", Action::WorkCases, async |tx| {
                    existing_cases::import(tx, &snapshot, records).await
                })
                .await?;
            summary.outcome.absorb(outcome);
        }
        let open = reads::imported_cases::open_of(&app.db, &snapshot.key, as_of).await?;
        let missing = open.into_iter().filter(|case| !listed.keys.contains(&case.key));
        summary.missing.extend(missing.map(|case| (as_of, format!("{} ({})", case.number, case.key))));
    }
    for lines in
        [&mut summary.outcome.unmatched, &mut summary.outcome.rejected, &mut summary.outcome.left_out]
    {
        lines.sort_by_key(|(line, _)| *line);
    }
    Ok(())
}

// What one snapshot lists.
#[derive(Default)]
struct Listed {
    records: Vec<Record>,
    // Where in `records` a case stands already.
    taken: HashMap<String, usize>,
    // Every case it names, those with a problem too.
    keys: HashSet<String>,
}

// The snapshots of a file, oldest first, whatever their order in it.
fn read(
    app: &App,
    mapping: &CaseMapping,
    as_of: NaiveDate,
    source: impl Read + Send,
    summary: &mut Summary,
) -> Result<BTreeMap<NaiveDate, Listed>> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(plain(source)?);
    let header = rows.headers().map_err(|error| broken(1, &error))?.clone();
    let reading = mapping.reading(&header).map_err(Error::BadInput)?;
    let mut snapshots: BTreeMap<NaiveDate, Listed> = BTreeMap::new();
    let mut row = csv::ByteRecord::new();
    loop {
        let line = rows.position().line();
        if !rows.read_byte_record(&mut row).map_err(|error| broken(line, &error))? {
            return Ok(snapshots);
        }
        let line = row.position().map_or(line, csv::Position::line);
        summary.read += 1;
        let record = csv::StringRecord::from_byte_record(row.clone());
        let listed = match record {
            Err(_) => Err("it is not UTF-8 text".to_owned()),
            Ok(row) if row.len() != header.len() => {
                Err(format!("it has {} columns, the header {}", row.len(), header.len()))
            }
            Ok(row) => list(app, &reading, as_of, line, &row, &mut snapshots, summary),
        };
        if let Err(reason) = listed {
            summary.outcome.rejected.push((line, reason));
        }
    }
}

fn list(
    app: &App,
    reading: &Reading<'_>,
    as_of: NaiveDate,
    line: u64,
    row: &csv::StringRecord,
    snapshots: &mut BTreeMap<NaiveDate, Listed>,
    summary: &mut Summary,
) -> Result<(), String> {
    let as_of = reading.snapshot(row)?.unwrap_or(as_of);
    if as_of > app.today() {
        return Err(format!("its snapshot is of {as_of}, which is still to come"));
    }
    let listed = snapshots.entry(as_of).or_default();
    let key = reading.key(row)?;
    listed.keys.insert(key.clone());
    let record = reading.record(line, as_of, row)?;
    match listed.taken.get(&key).map(|at| &listed.records[*at]) {
        None => {
            listed.taken.insert(key, listed.records.len());
            listed.records.push(record);
        }
        Some(first) => {
            summary.repeated += 1;
            if first.told != record.told {
                let note =
                    format!("{key} stands on line {} already and otherwise; that line was taken", first.line);
                summary.outcome.left_out.push((line, note));
            }
        }
    }
    Ok(())
}

fn broken(line: u64, error: &csv::Error) -> Error {
    let reason = match error.kind() {
        csv::ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the compressed file ends too early".to_owned()
        }
        csv::ErrorKind::Io(cause) => cause.to_string(),
        _ => error.to_string(),
    };
    Error::BadInput(format!("near line {line}: {reason}. Nothing of the file was taken; fetch it again"))
}

fn told(path: &Path, summary: &Summary, show: usize) -> String {
    let outcome = &summary.outcome;
    let mut text = format!(
        "{}: {} lines read\n  {} cases added, {} changed, {} unchanged, {} lines repeat a case\n  \
         {} lines unmatched, {} rejected, {} cases missing, {} places made\n",
        path.display(),
        summary.read,
        outcome.added,
        outcome.updated,
        outcome.unchanged,
        summary.repeated,
        outcome.unmatched.len(),
        outcome.rejected.len(),
        summary.missing.len(),
        outcome.places_made,
    );
    let lines = [
        ("unmatched", &outcome.unmatched),
        ("rejected", &outcome.rejected),
        ("taken, but", &outcome.left_out),
    ];
    for (what, lines) in lines {
        for (line, reason) in lines.iter().take(show) {
            text += &format!("  line {line} {what}: {reason}\n");
        }
        text += &more(lines.len(), show, what);
    }
    for (day, case) in summary.missing.iter().take(show) {
        text +=
            &format!("  {case} is not in the snapshot of {day}; look whether it ended, it stays open here\n");
    }
    text + &more(summary.missing.len(), show, "missing")
}

fn more(count: usize, show: usize, what: &str) -> String {
    if count > show {
        return format!("  … and {} more {what}; `--show` shows more\n", count - show);
    }
    String::new()
}
