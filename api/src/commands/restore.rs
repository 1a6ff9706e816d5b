//! `jfn restore`: a backup put in the place of the SQLite database and of the files of evidence.

use std::{
    fs,
    path::{Path, PathBuf},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, Statement};

use super::{
    backup::{
        DATABASE, EVIDENCE, MANIFEST, Manifest, copy_files, put, rows_of, sha256_of, unread, unwritten,
    },
    print,
};
use crate::{
    config::Config,
    error::{Error, Result},
};

/// Which backup.
#[derive(clap::Args)]
pub struct Restore {
    /// The folder that `jfn backup` made.
    folder: PathBuf,
    /// Replace the database that is there; what it holds and the backup does not is lost.
    #[arg(long)]
    overwrite: bool,
}

pub async fn run(config: &Config, arguments: &Restore) -> Result<()> {
    let Some(file) = config.sqlite_file() else {
        let message = "This data is in PostgreSQL; restore it into an empty database with \
            `pg_restore --no-owner --exit-on-error --single-transaction --dbname=… jfn.dump`.";
        return Err(Error::BadInput(message.to_owned()));
    };
    let manifest = whole(&arguments.folder).await?;
    if file.exists() {
        if !arguments.overwrite {
            let message =
                format!("{} is there already; say `--overwrite` to lose what it holds.", file.display());
            return Err(Error::BadInput(message));
        }
        left_alone(&file).await?;
    }
    // Files first: rows that name a file which is not there would be worse than files that no row names.
    if manifest.evidence.is_some() {
        let place = config.evidence_place();
        if place.starts_with("s3://") {
            let message = "The backup has files of evidence, and these settings name a bucket: set `JFN_EVIDENCE` to a folder.";
            return Err(Error::BadInput(message.to_owned()));
        }
        copy_files(&arguments.folder.join(EVIDENCE), Path::new(&place))?;
    }
    put(&arguments.folder.join(DATABASE), &file)?;
    let rows: u64 = manifest.rows.values().sum();
    print(&format!("{}: {rows} rows as of {}.\n", file.display(), manifest.made_at.to_rfc3339()))
}

// Nothing is put anywhere before all of the backup is found as it was made.
async fn whole(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let told = fs::read(&path).map_err(|error| unread(&path, &error))?;
    let manifest: Manifest = serde_json::from_slice(&told)
        .map_err(|error| Error::BadInput(format!("{} cannot be read: {error}.", path.display())))?;
    let file = folder.join(DATABASE);
    if sha256_of(&file)? != manifest.database_sha256 {
        let message = format!("{} is not as it was backed up: its SHA-256 differs.", file.display());
        return Err(Error::BadInput(message));
    }
    if rows_of(&file).await? != manifest.rows {
        return Err(Error::BadInput(format!("{} has other rows than were backed up.", file.display())));
    }
    for (name, sum) in manifest.evidence.iter().flatten() {
        let file = folder.join(EVIDENCE).join(name);
        if sha256_of(&file)? != *sum {
            return Err(Error::BadInput(format!("{} is not as it was backed up.", file.display())));
        }
    }
    known(&file).await?;
    Ok(manifest)
}

// A database of a later version would be opened by code that does not know it.
async fn known(file: &Path) -> Result<()> {
    let db = Database::connect(format!("sqlite:{}?mode=ro", file.display())).await?;
    let sql = "SELECT version FROM seaql_migrations";
    let applied = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    db.close().await?;
    let known: Vec<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    for row in applied? {
        let version: String = row.try_get("", "version")?;
        if !known.contains(&version) {
            let message =
                format!("The backup was made by a later version of jfn: it has the migration {version}.");
            return Err(Error::BadInput(message));
        }
    }
    Ok(())
}

// SQLite leaves its write-ahead log only when nobody else has the database open.
async fn left_alone(file: &Path) -> Result<()> {
    let db = Database::connect(format!("sqlite:{}?mode=rw", file.display())).await?;
    let left = db.execute_unprepared("PRAGMA journal_mode = DELETE").await;
    db.close().await?;
    left.map_err(|_| {
        Error::BadInput(format!("{} is open in another program: stop the server first.", file.display()))
    })?;
    for end in ["-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{end}", file.display()));
        if beside.exists() {
            fs::remove_file(&beside).map_err(|error| unwritten(&beside, &error))?;
        }
    }
    Ok(())
}
