//! `jfn backup`: the SQLite database and the files of evidence, copied into a folder while the server runs.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::print;
use crate::{
    app::Clock,
    config::Config,
    database::{self, Opening},
    error::{Error, Result},
    events::hex,
};

/// The copy of the database in a backup.
pub const DATABASE: &str = "jfn.db";
/// The copy of the files of evidence.
pub const EVIDENCE: &str = "evidence";
/// What the backup holds, so that a restore can tell whether it is whole.
pub const MANIFEST: &str = "manifest.json";

/// Where to put the copy.
#[derive(clap::Args)]
pub struct Backup {
    /// The folder, which must not be there yet.
    folder: PathBuf,
    /// Replace a backup that is there.
    #[arg(long)]
    overwrite: bool,
}

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub made_at: DateTime<Utc>,
    /// The program that made it.
    pub version: String,
    pub database_sha256: String,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 of each file of evidence, by its path below the folder; none where they lie in a bucket.
    pub evidence: Option<BTreeMap<String, String>>,
}

pub async fn run(config: &Config, arguments: &Backup) -> Result<()> {
    let Some(file) = config.sqlite_file() else {
        let message = "This data is in PostgreSQL, whose own tools back it up: \
            `pg_dump --format=custom --no-owner --file=jfn.dump \"$DATABASE_URL\"`, \
            and `pg_restore --no-owner --exit-on-error --single-transaction --dbname=… jfn.dump` into an empty database.";
        return Err(Error::BadInput(message.to_owned()));
    };
    if !file.is_file() {
        return Err(Error::BadInput(format!("There is no database {}.", file.display())));
    }
    let folder = &arguments.folder;
    if folder.exists() && !arguments.overwrite {
        let message =
            format!("{} is there already; name another folder or say `--overwrite`.", folder.display());
        return Err(Error::BadInput(message));
    }
    if folder.exists() && !folder.join(MANIFEST).is_file() {
        let message = format!("{} is no backup, so it is not replaced.", folder.display());
        return Err(Error::BadInput(message));
    }
    // A backup is there whole or not at all.
    let part = beside(folder, "part")?;
    if part.exists() {
        fs::remove_dir_all(&part).map_err(|error| unwritten(&part, &error))?;
    }
    fs::create_dir_all(&part).map_err(|error| unwritten(&part, &error))?;
    let manifest = copy(config, &part).await?;
    if folder.exists() {
        let old = beside(folder, "old")?;
        fs::rename(folder, &old).map_err(|error| unwritten(&old, &error))?;
        fs::rename(&part, folder).map_err(|error| unwritten(folder, &error))?;
        fs::remove_dir_all(&old).map_err(|error| unwritten(&old, &error))?;
    } else {
        fs::rename(&part, folder).map_err(|error| unwritten(folder, &error))?;
    }
    let rows: u64 = manifest.rows.values().sum();
    let files = match &manifest.evidence {
        Some(files) => format!("{} files of evidence", files.len()),
        None => {
            format!("no files of evidence: they lie in {}, which keeps them itself", config.evidence_place())
        }
    };
    print(&format!("{}: {rows} rows in {} tables, {files}.\n", folder.display(), manifest.rows.len()))
}

async fn copy(config: &Config, part: &Path) -> Result<Manifest> {
    let made_at = Clock::default().now();
    let file = part.join(DATABASE);
    let opening = Opening { connections: 1, statement_time: None, ..Opening::of(config) };
    let db = database::open(&opening).await?;
    let name = file.display().to_string().replace('\'', "''");
    // One view of the database; whoever writes meanwhile is not held up.
    db.execute_unprepared(&format!("VACUUM INTO '{name}'")).await?;
    db.close().await?;
    // The files come after the rows that name them, and a file never changes.
    let place = config.evidence_place();
    let evidence = if place.starts_with("s3://") {
        None
    } else {
        Some(copy_files(Path::new(&place), &part.join(EVIDENCE))?)
    };
    File::open(&file).and_then(|file| file.sync_all()).map_err(|error| unwritten(&file, &error))?;
    let manifest = Manifest {
        made_at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database_sha256: sha256_of(&file)?,
        rows: rows_of(&file).await?,
        evidence,
    };
    let told = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    fs::write(part.join(MANIFEST), told).map_err(|error| unwritten(part, &error))?;
    Ok(manifest)
}

/// Copies the files below a folder that are not there yet; answers the SHA-256 of all, by their path below it. A file that
/// is there with other bytes is an error.
pub fn copy_files(from: &Path, to: &Path) -> Result<BTreeMap<String, String>> {
    let mut copied = BTreeMap::new();
    let mut folders = if from.is_dir() { vec![from.to_owned()] } else { Vec::new() };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unread(&folder, &error))? {
            let path = entry.map_err(|error| unread(&folder, &error))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(from).unwrap_or(&path);
            let name = below.display().to_string();
            // The store writes a file beside its name, with `#` in it, until it is whole.
            if name.contains('#') {
                continue;
            }
            let target = to.join(below);
            let sum = sha256_of(&path)?;
            if target.exists() {
                if sha256_of(&target)? != sum {
                    let message = format!("{} has other bytes than the backup.", target.display());
                    return Err(Error::BadInput(message));
                }
            } else {
                put(&path, &target)?;
            }
            copied.insert(name, sum);
        }
    }
    Ok(copied)
}

/// Copies one file onto the disk, whole or not at all.
pub fn put(from: &Path, to: &Path) -> Result<()> {
    let part = beside(to, "part")?;
    let copied = (|| {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, &part)?;
        File::open(&part)?.sync_all()?;
        fs::rename(&part, to)
    })();
    copied.map_err(|error| unwritten(to, &error))
}

/// How many rows each table of that file has, if SQLite finds the file whole.
pub async fn rows_of(file: &Path) -> Result<BTreeMap<String, u64>> {
    let damaged = || Error::BadInput(format!("{} is damaged.", file.display()));
    let db = Database::connect(format!("sqlite:{}?mode=ro", file.display())).await.map_err(|_| damaged())?;
    let counted = count(&db).await;
    db.close().await?;
    counted.map_err(|_| damaged())?.ok_or_else(damaged)
}

async fn count(db: &DatabaseConnection) -> Result<Option<BTreeMap<String, u64>>, DbErr> {
    let ask = |sql: String| Statement::from_string(db.get_database_backend(), sql);
    let check = db.query_all_raw(ask("PRAGMA integrity_check".to_owned())).await?;
    let strangers = db.query_all_raw(ask("PRAGMA foreign_key_check".to_owned())).await?;
    let is_whole = check.len() == 1 && check[0].try_get::<String>("", "integrity_check")? == "ok";
    if !is_whole || !strangers.is_empty() {
        return Ok(None);
    }
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut rows = BTreeMap::new();
    for table in db.query_all_raw(ask(tables.to_owned())).await? {
        let table: String = table.try_get("", "name")?;
        let counted = db.query_one_raw(ask(format!("SELECT count(*) AS n FROM \"{table}\""))).await?;
        let n: i64 = counted.ok_or_else(|| DbErr::RecordNotFound(table.clone()))?.try_get("", "n")?;
        rows.insert(table, n.unsigned_abs());
    }
    Ok(Some(rows))
}

/// The SHA-256 of a file, in hexadecimal.
pub fn sha256_of(file: &Path) -> Result<String> {
    let mut sum = Sha256::new();
    let mut source = File::open(file).map_err(|error| unread(file, &error))?;
    let mut piece = vec![0; 64 * 1024];
    loop {
        match source.read(&mut piece).map_err(|error| unread(file, &error))? {
            0 => break,
            length => sum.update(&piece[..length]),
        }
    }
    Ok(hex(&sum.finalize()))
}

/// A path beside that one, for what is not whole yet.
pub fn beside(path: &Path, end: &str) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| Error::BadInput(format!("{} has no name.", path.display())))?;
    Ok(path.with_file_name(format!("{}.{end}", name.display())))
}

/// What cannot be read, and why.
pub fn unread(path: &Path, error: &io::Error) -> Error {
    Error::BadInput(format!("{} cannot be read: {error}.", path.display()))
}

/// What cannot be written, and why.
pub fn unwritten(path: &Path, error: &io::Error) -> Error {
    Error::BadInput(format!("{} cannot be written: {error}.", path.display()))
}
