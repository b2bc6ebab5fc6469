//! The newest heartbeat of a start that Kafka did not hear, as a file beside the spool: one a start.
//!
//! Best effort. What is lost of it is a count, never an event: the ledger then sees more events of that start than
//! were told, not fewer.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Of more starts none is kept; the oldest go.
const STARTS_MAX: usize = 1_000;
const EXTENSION: &str = "heartbeat";

/// A heartbeat to be told.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    pub(super) instance: String,
    pub(super) boot: String,
    pub(super) number: u64,
    pub(super) at_micro: i64,
    /// Its JSON, as it will be sent.
    pub(super) value: String,
}

/// Keeps it in place of an older one of the same start.
pub(super) async fn keep(folder: &Path, beat: Kept) {
    let path = path(folder, &beat.boot);
    let kept = blocking(move || write(&path, &beat)).await;
    if let Err(error) = kept {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "cannot keep a heartbeat that kafka did not hear"
        );
    }
}

/// The one of this start was heard, or a newer one.
pub(super) async fn forget(folder: &Path, boot: &str) {
    let path = path(folder, boot);
    // There is none after most.
    let _ = blocking(move || fs::remove_file(path)).await;
}

/// What earlier starts could not tell, the oldest first.
pub(super) async fn of_earlier(folder: &Path, boot: &str) -> Vec<Kept> {
    let (folder, boot) = (folder.to_owned(), boot.to_owned());
    let read = blocking(move || Ok(read(&folder, &boot))).await;
    read.unwrap_or_default()
}

fn read(folder: &Path, boot: &str) -> Vec<Kept> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
        .collect();
    paths.sort();
    let too_many = paths.len().saturating_sub(STARTS_MAX);
    for path in paths.drain(..too_many) {
        let _ = fs::remove_file(path);
    }
    let kept = paths.iter().filter_map(|path| {
        let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (kept.boot != boot).then_some(kept)
    });
    kept.collect()
}

/// Whole or not at all.
fn write(path: &Path, beat: &Kept) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec(beat)?)?;
    file.sync_data()?;
    fs::rename(&beside, path)
}

/// A boot is a time in microseconds: names are in the order of starts.
fn path(folder: &Path, boot: &str) -> PathBuf {
    folder.join(format!("{boot}.{EXTENSION}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(boot: &str, number: u64) -> Kept {
        Kept {
            instance: "0".to_owned(),
            boot: boot.to_owned(),
            number,
            at_micro: 5,
            value: "{\"last\":7}".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_newest_of_each_earlier_start_is_found_until_it_is_heard() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let folder = folder.path();
        keep(folder, beat("1002", 1)).await;
        keep(folder, beat("1001", 1)).await;
        keep(folder, beat("1001", 2)).await;
        keep(folder, beat("1003", 1)).await;
        assert_eq!(
            of_earlier(folder, "1003").await,
            [beat("1001", 2), beat("1002", 1)]
        );
        forget(folder, "1001").await;
        assert_eq!(of_earlier(folder, "1003").await, [beat("1002", 1)]);
    }
}
