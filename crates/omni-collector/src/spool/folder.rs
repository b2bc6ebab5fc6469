//! The spool's folder: its segments, how many records each still holds for Kafka, and the bytes of all.
//!
//! One process at a time. A segment is removed once Kafka has all of its records, and only by the thread that
//! writes, between two writes. Bodies hold people's data: folder and files are for their owner alone.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::Disk;
use super::frame::{Frame, Salt};
use super::record::{self, Spooled};

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) bytes: u32,
}

#[cfg(test)]
impl Place {
    pub(crate) fn at(segment: u32, offset: u32) -> Place {
        Place {
            segment,
            offset,
            bytes: 1,
        }
    }
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made, listed, read or written.
    #[error("cannot use {path} (`[collector] spool_dir`)")]
    Io {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Two collectors must not share one.
    #[error("another collector uses {path} (`[collector] spool_dir`): each replica needs one of its own")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Held as long as we run; the system lets go of it whatever ends us.
    _lock: File,
    pub(super) disk: Disk,
    segments: Mutex<BTreeMap<u32, Segment>>,
}

/// A file of frames.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) id: u32,
    pub(super) salt: Salt,
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    pub(super) bytes: u64,
    /// Records that Kafka does not have yet.
    pub(super) waiting: u64,
}

impl Folder {
    pub(super) fn open(path: &Path, disk: Disk) -> Result<Folder, FolderError> {
        let failed = |source| FolderError::Io {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let lock = options.open(path.join("lock")).map_err(failed)?;
        if lock.try_lock().is_err() {
            return Err(FolderError::InUse {
                path: path.to_owned(),
            });
        }
        Ok(Folder {
            path: path.to_owned(),
            _lock: lock,
            disk,
            segments: Mutex::new(BTreeMap::new()),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the next segment; it outlives a loss of power from here on.
    pub(super) fn begin(&self) -> io::Result<Segment> {
        let id = self.last().map_or(1, |last| last + 1);
        let salt = Salt(uuid::Uuid::new_v4().as_u64_pair().0);
        let path = self.path.join(name(id, salt));
        let mut options = OpenOptions::new();
        options.create_new(true).read(true).append(true).mode(0o600);
        let file = Arc::new(options.open(&path)?);
        if let Err(error) = self.sync() {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        let segment = Segment {
            id,
            salt,
            path,
            file,
            bytes: 0,
            waiting: 0,
        };
        self.add(segment.clone());
        Ok(segment)
    }

    /// The names in the folder outlive a loss of power from here on.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    pub(super) fn add(&self, segment: Segment) {
        self.segments().insert(segment.id, segment);
    }

    /// So many more records and bytes are in a segment.
    pub(super) fn wrote(&self, id: u32, records: u64, bytes: u64) {
        if let Some(segment) = self.segments().get_mut(&id) {
            segment.waiting += records;
            segment.bytes += bytes;
        }
    }

    /// Kafka has this record, or it is set aside; whether it was the last of its segment.
    pub(super) fn done(&self, place: Place) -> bool {
        let mut segments = self.segments();
        let segment = segments.get_mut(&place.segment);
        segment.is_some_and(|segment| {
            segment.waiting = segment.waiting.saturating_sub(1);
            segment.waiting == 0
        })
    }

    /// Removes segments that hold nothing for Kafka any more, but for this one.
    pub(super) fn bury(&self, but: Option<u32>) {
        let drained = |segment: &Segment| segment.waiting == 0 && Some(segment.id) != but;
        // Taken out first: removing a file takes its time, and whoever reads or acknowledges must not wait for it.
        let gone: Vec<_> = self.segments().extract_if(.., |_, it| drained(it)).collect();
        for (_, segment) in gone {
            // One that comes back with the next start is sent again, and known by its ids.
            let _ = std::fs::remove_file(&segment.path);
        }
    }

    pub(super) fn has_drained(&self) -> bool {
        self.segments().values().any(|segment| segment.waiting == 0)
    }

    pub(super) fn holds(&self, id: u32) -> bool {
        self.segments().contains_key(&id)
    }

    /// Of all segments.
    pub(super) fn bytes(&self) -> u64 {
        self.segments().values().map(|segment| segment.bytes).sum()
    }

    /// Of its file system, for whoever is not root.
    pub(super) fn disk_free_bytes(&self) -> io::Result<u64> {
        let system = rustix::fs::statvfs(&self.path)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    /// Reads a record back; `None` when it is not as it was written.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn read(&self, place: Place) -> io::Result<Option<Spooled>> {
        let segment = self.segments().get(&place.segment).cloned();
        let segment = segment.ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; place.bytes as usize];
        segment.file.read_exact_at(&mut bytes, u64::from(place.offset))?;
        let spooled = match segment.salt.look(&bytes) {
            Frame::Whole(body) => record::read(body),
            Frame::Cut | Frame::Damaged => None,
        };
        if spooled.is_none() {
            set_aside(&segment, u64::from(place.offset), &bytes);
        }
        Ok(spooled)
    }

    fn last(&self) -> Option<u32> {
        self.segments().last_key_value().map(|(id, _)| *id)
    }

    /// A panic elsewhere while holding the lock leaves a list that is still whole.
    fn segments(&self) -> MutexGuard<'_, BTreeMap<u32, Segment>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts damaged bytes beside their segment, for a person to look at, and says so.
pub(super) fn set_aside(segment: &Segment, offset: u64, bytes: &[u8]) {
    let aside = segment.path.with_extension(format!("{offset}.corrupt"));
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    let written = options
        .open(&aside)
        .and_then(|mut file| io::Write::write_all(&mut file, bytes));
    tracing::error!(
        spool.segment = %segment.path.display(),
        spool.offset = offset,
        spool.bytes = bytes.len(),
        spool.is_set_aside = written.is_ok(),
        "a part of the spool is damaged: accepted events may be lost"
    );
}

fn name(id: u32, salt: Salt) -> String {
    format!("{id:010}-{:016x}.spool", salt.0)
}

/// The id and salt of a segment's file.
pub(super) fn named(path: &Path) -> Option<(u32, Salt)> {
    let name = path.file_name()?.to_str()?.strip_suffix(".spool")?;
    let (id, salt) = name.split_once('-')?;
    Some((id.parse().ok()?, Salt(u64::from_str_radix(salt, 16).ok()?)))
}
