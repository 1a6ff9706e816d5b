//! `jfn import-places`: a city's parcels by a mapping file, in batches, with progress.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};

use super::{parcel_mapping::ParcelMapping, print};
use crate::{
    app::App,
    authz::{Action, Viewer},
    error::{Error, Result},
    writes::{
        self,
        parcels::{Outcome, Parcel},
    },
};

/// Lines of one transaction.
const BATCH: usize = 500;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Loads parcels as places from CSV files, gzip too. The same file again changes nothing.
#[derive(clap::Args)]
pub struct ImportPlaces {
    /// TOML file that tells which column holds what.
    #[arg(long)]
    mapping: PathBuf,
    /// Lines with a problem to show at most.
    #[arg(long, default_value_t = 100)]
    show: usize,
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Lines read, the header left out.
    pub read: u64,
    pub outcome: Outcome,
}

pub async fn run(app: &App, args: ImportPlaces) -> Result<()> {
    let text = std::fs::read_to_string(&args.mapping).map_err(|error| unreadable(&args.mapping, &error))?;
    let mapping = ParcelMapping::parse(&text).map_err(|reason| {
        Error::BadInput(format!("The mapping {} is wrong: {reason}", args.mapping.display()))
    })?;
    for path in &args.files {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let bytes = file.metadata().map_or(0, |about| about.len());
        let bar = progress(bytes);
        let mut summary = Summary::default();
        let done = import(app, &mapping, bar.wrap_read(file), &mut summary).await;
        bar.finish_and_clear();
        if done.is_ok() || summary.read > 0 {
            print(&told(path, &summary, args.show))?;
        }
        if let Err(error) = done {
            return Err(match error {
                Error::BadInput(reason) => Error::BadInput(format!("{}: {reason}", path.display())),
                other => other,
            });
        }
    }
    Ok(())
}

/// Loads the parcels of one file. What was read before an error stays loaded, whole batches at a time; `summary`
/// tells how much that is.
pub async fn import(
    app: &App,
    mapping: &ParcelMapping,
    source: impl Read + Send,
    summary: &mut Summary,
) -> Result<()> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(plain(source)?);
    let header = rows.headers().map_err(|error| broken(1, &error))?.clone();
    let reading = mapping.reading(&header).map_err(Error::BadInput)?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut row = csv::StringRecord::new();
    loop {
        let line = rows.position().line();
        let more = match rows.read_record(&mut row) {
            Ok(more) => more,
            // The rest of the file can be read all the same.
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                summary.read += 1;
                summary.outcome.rejected.push((line, "it is not UTF-8 text".to_owned()));
                continue;
            }
            Err(error) => {
                store(app, &mut batch, summary).await?;
                return Err(broken(line, &error));
            }
        };
        if !more {
            return store(app, &mut batch, summary).await;
        }
        let line = row.position().map_or(line, csv::Position::line);
        summary.read += 1;
        let parcel = if row.len() == header.len() {
            reading.parcel(line, &row)
        } else {
            Err(format!("it has {} columns, the header {}", row.len(), header.len()))
        };
        match parcel {
            Ok(parcel) => batch.push(parcel),
            Err(reason) => summary.outcome.rejected.push((line, reason)),
        }
        if batch.len() == BATCH {
            store(app, &mut batch, summary).await?;
        }
    }
}

async fn store(app: &App, batch: &mut Vec<Parcel>, summary: &mut Summary) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let parcels = std::mem::take(batch);
    let outcome = app
        .write(&Viewer::server(), "importPlaces", Action::WorkCases, async |tx| {
            writes::parcels::import(tx, &parcels).await
        })
        .await?;
    summary.outcome.absorb(outcome);
    Ok(())
}

/// The bytes of a file, unpacked if they are gzip.
pub(super) fn plain<'r>(source: impl Read + Send + 'r) -> Result<Box<dyn Read + Send + 'r>> {
    let mut source = BufReader::new(source);
    let first = source.fill_buf().map_err(|error| Error::BadInput(format!("cannot be read: {error}")))?;
    if first.starts_with(&GZIP_MAGIC) {
        return Ok(Box::new(MultiGzDecoder::new(source)));
    }
    Ok(Box::new(source))
}

fn broken(line: u64, error: &csv::Error) -> Error {
    let reason = match error.kind() {
        csv::ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the compressed file ends too early".to_owned()
        }
        csv::ErrorKind::Io(cause) => cause.to_string(),
        _ => error.to_string(),
    };
    Error::BadInput(format!(
        "near line {line}: {reason}. What came before is loaded; fetch the file again and repeat the import"
    ))
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::BadInput(format!("{} cannot be read: {error}.", path.display()))
}

fn progress(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn told(path: &Path, summary: &Summary, show: usize) -> String {
    let outcome = &summary.outcome;
    let mut text = format!(
        "{}: {} lines read\n  {} places added, {} updated, {} unchanged, {} lines rejected\n  \
         {} owners suggested, {} calls matched\n",
        path.display(),
        summary.read,
        outcome.added,
        outcome.updated,
        outcome.unchanged,
        outcome.rejected.len(),
        outcome.owners_suggested,
        outcome.calls_matched,
    );
    for (what, lines) in [("rejected", &outcome.rejected), ("taken, but", &outcome.left_out)] {
        for (line, reason) in lines.iter().take(show) {
            text += &format!("  line {line} {what}: {reason}\n");
        }
        if lines.len() > show {
            text += &format!("  … and {} more {what}; `--show` shows more\n", lines.len() - show);
        }
    }
    text
}
