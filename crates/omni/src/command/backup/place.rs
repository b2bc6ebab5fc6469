//! A folder, or a part of an S3-compatible store.
//!
//! Promises: nothing that is there is written over; a folder is made for its owner alone. The store's address and keys are the
//! environment's, under Amazon's own names, so what serves `aws` serves here.

use std::fmt;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

const S3: &str = "s3://";
/// Owner alone.
const FOLDER_MODE: u32 = 0o700;

/// Where a backup goes to or comes from.
#[derive(Clone)]
pub(crate) struct Place {
    store: Arc<dyn ObjectStore>,
    root: Key,
    shown: String,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.shown).finish()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Place {
    /// A folder, made if it is not there, or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// Where the folder cannot be made, or the environment says nothing of a store.
    pub(crate) fn open(text: &str) -> anyhow::Result<Self> {
        let shown = text.trim_end_matches('/').to_owned();
        if let Some(rest) = shown.strip_prefix(S3) {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            ensure!(!bucket.is_empty(), "{text} names no bucket: s3://bucket/prefix");
            let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
            let store = store.context("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION (and AWS_ENDPOINT) say where the store is")?;
            return Ok(Self {
                store: Arc::new(store),
                root: Key::parse(prefix).with_context(|| format!("{text} is no name of a store"))?,
                shown,
            });
        }
        let folder = PathBuf::from(&shown);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(FOLDER_MODE);
        builder
            .create(&folder)
            .with_context(|| format!("could not make {shown}"))?;
        let store =
            LocalFileSystem::new_with_prefix(&folder).with_context(|| format!("could not open {shown}"))?;
        Ok(Self {
            store: Arc::new(store),
            root: Key::default(),
            shown,
        })
    }

    /// One that is there: a folder that is not is no place to read from.
    ///
    /// # Errors
    /// As [`Place::open`], and where there is no such folder.
    pub(crate) fn existing(text: &str) -> anyhow::Result<Self> {
        ensure!(
            text.starts_with(S3) || Path::new(text).is_dir(),
            "there is no folder {text}"
        );
        Self::open(text)
    }

    /// A part of it.
    pub(crate) fn within(&self, name: &str) -> Self {
        Self {
            store: Arc::clone(&self.store),
            root: self.root.clone().join(name),
            shown: format!("{}/{name}", self.shown),
        }
    }

    /// Writes a whole file that is not there yet.
    ///
    /// # Errors
    /// Where it is there, or cannot be written.
    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> anyhow::Result<()> {
        let options = PutMode::Create.into();
        let put = self.store.put_opts(&self.key(name), bytes.into(), options).await;
        put.with_context(|| format!("could not write {self}/{name}"))?;
        Ok(())
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// Where it is not there, or cannot be read.
    pub(crate) async fn get(&self, name: &str) -> anyhow::Result<Bytes> {
        let failed = || format!("could not read {self}/{name}");
        let found = self.store.get(&self.key(name)).await.with_context(failed)?;
        found.bytes().await.with_context(failed)
    }

    /// Writes a file piece by piece; it is there when it was shut down.
    pub(crate) fn writer(&self, name: &str) -> BufWriter {
        BufWriter::new(Arc::clone(&self.store), self.key(name))
    }

    /// Reads a file piece by piece.
    ///
    /// # Errors
    /// Where it is not there.
    pub(crate) async fn reader(&self, name: &str) -> anyhow::Result<impl AsyncRead + Send + Unpin + use<>> {
        let found = self.store.get(&self.key(name)).await;
        let found = found.with_context(|| format!("could not read {self}/{name}"))?;
        Ok(StreamReader::new(
            found.into_stream().map_err(std::io::Error::other),
        ))
    }

    /// The names right below, sorted.
    ///
    /// # Errors
    /// Where it cannot be listed.
    pub(crate) async fn names(&self) -> anyhow::Result<Vec<String>> {
        let listed = self.store.list_with_delimiter(Some(&self.root)).await;
        let listed = listed.with_context(|| format!("could not list {self}"))?;
        let mut names: Vec<String> = listed
            .common_prefixes
            .iter()
            .filter_map(|key| Some(key.filename()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    fn key(&self, name: &str) -> Key {
        name.split('/').fold(self.root.clone(), Key::join)
    }
}
