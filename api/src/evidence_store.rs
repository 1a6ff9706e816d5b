//! Where the files of evidence lie: a folder, or a bucket that speaks S3. A file is there whole or not at all.

use std::{
    path::{Path as LocalPath, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use entity::id::EvidenceUploadId;
use futures_util::stream::BoxStream;
use object_store::{
    ObjectStore, ObjectStoreExt, ObjectStoreScheme, WriteMultipart, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path,
};

use crate::{
    error::{Error, Result},
    feeds::{Secret, install_cryptography},
};

/// Bytes of a file at most, when nothing else is set.
pub const LARGEST: u64 = 100 * 1024 * 1024;
/// S3 takes no smaller parts than these.
const BUCKET_PART: usize = 5 * 1024 * 1024;
const FOLDER_PART: usize = 512 * 1024;
/// Parts of a file that are on their way to the store at a time.
const PARTS: usize = 2;

/// The store, and how large a file in it may be; cheap to clone.
#[derive(Clone, Debug)]
pub struct EvidenceStore {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The folder, when it is one.
    folder: Option<PathBuf>,
    /// Bytes of a file at most.
    pub largest: u64,
}

impl EvidenceStore {
    /// The store that the settings name: a folder or `s3://bucket/prefix`.
    pub fn open(place: &str, options: &[(String, Secret)], largest: u64) -> Result<Self> {
        if place.starts_with("s3://") {
            Self::bucket(place, options, largest)
        } else {
            Self::folder(LocalPath::new(place), largest)
        }
    }

    /// The store in a folder, which is made with its first file. What is acknowledged is on the disk.
    pub fn folder(folder: &LocalPath, largest: u64) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| {
            Error::BadInput(format!("The folder of evidence, {}, cannot be used: {error}.", folder.display()))
        };
        let folder = std::path::absolute(folder).map_err(|error| wrong(&error))?;
        if folder.exists() && !folder.is_dir() {
            return Err(wrong(&"it is a file"));
        }
        let prefix = Path::from_absolute_path(&folder).map_err(|error| wrong(&error))?;
        let store = Arc::new(LocalFileSystem::new().with_fsync(true));
        Ok(Self { store, prefix, folder: Some(folder), largest })
    }

    fn bucket(place: &str, options: &[(String, Secret)], largest: u64) -> Result<Self> {
        install_cryptography();
        // What the library says may quote the settings, and among them are keys.
        let wrong = || Error::BadInput("The place of evidence must read like s3://bucket/prefix.".to_owned());
        let url = place.parse().map_err(|_| wrong())?;
        let (_, prefix) = ObjectStoreScheme::parse(&url).map_err(|_| wrong())?;
        let mut builder = AmazonS3Builder::new().with_url(place);
        for (name, value) in options {
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value.reveal());
            }
        }
        let store = builder.build().map_err(|_| {
            Error::BadInput("The bucket of evidence needs its settings, such as AWS_REGION.".to_owned())
        })?;
        Ok(Self { store: Arc::new(store), prefix, folder: None, largest })
    }

    fn path(&self, id: EvidenceUploadId) -> Path {
        let name = id.0.simple().to_string();
        // The end of such an id is random, so that folders fill evenly.
        self.prefix.clone().join(&name[30..]).join(name)
    }

    /// Begins to take a file; it is not there before it is finished.
    pub async fn begin(&self, id: EvidenceUploadId) -> Result<Incoming> {
        let upload = self.store.put_multipart(&self.path(id)).await.map_err(failed)?;
        let part = if self.folder.is_some() { FOLDER_PART } else { BUCKET_PART };
        Ok(Incoming(WriteMultipart::new_with_chunk_size(upload, part)))
    }

    /// The bytes of a file, in pieces.
    pub async fn read(
        &self,
        id: EvidenceUploadId,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>> {
        Ok(self.store.get(&self.path(id)).await.map_err(failed)?.into_stream())
    }

    /// Removes a file that never became evidence; that it is not there is as well.
    pub async fn remove(&self, id: EvidenceUploadId) -> Result<()> {
        match self.store.delete(&self.path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes what a server left half-written in the folder when it died so long ago; answers how many files. A bucket
    /// does so itself, by its lifecycle rule for incomplete uploads.
    pub async fn clear_half_written(&self, age: Duration) -> Result<usize> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let cleared = tokio::task::spawn_blocking(move || clear_half_written(&folder, age)).await;
        cleared
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(|error| Error::Internal(format!("the folder of evidence: {error}")))
    }
}

fn clear_half_written(folder: &LocalPath, age: Duration) -> std::io::Result<usize> {
    let mut removed = 0;
    if !folder.exists() {
        return Ok(removed);
    }
    for shelf in std::fs::read_dir(folder)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(shelf.path())? {
            let file = file?;
            // The store writes a file under its name, `#` and a number until it is whole.
            let is_half = file.file_name().to_string_lossy().contains('#');
            let changed = file.metadata()?.modified()?;
            if is_half && SystemTime::now().duration_since(changed).unwrap_or_default() >= age {
                std::fs::remove_file(file.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// A file on its way into the store.
#[derive(Debug)]
pub struct Incoming(WriteMultipart);

impl Incoming {
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.0.wait_for_capacity(PARTS).await.map_err(failed)?;
        self.0.write(piece);
        Ok(())
    }

    /// The file is whole: it is in the store, for good.
    pub async fn finish(self) -> Result<()> {
        self.0.finish().await.map(drop).map_err(failed)
    }

    /// Nothing of it stays.
    pub async fn give_up(self) -> Result<()> {
        self.0.abort().await.map_err(failed)
    }
}

// The store's own words may tell where it is; they are for the log.
fn failed(error: object_store::Error) -> Error {
    Error::Internal(format!("the store of evidence: {error}"))
}
