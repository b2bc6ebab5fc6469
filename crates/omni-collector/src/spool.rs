//! The spool: where accepted events wait on this machine's disk while Kafka does not answer.
//!
//! Promises: a record that [`Spool::append`] told of outlives the process and a loss of power; records come back
//! in the order in which they were appended; a damaged one costs itself alone, and is told. A restart may give
//! records again that Kafka has already, those of segments not yet removed: they are the same to the last header,
//! and the enricher drops them by their `event-uuid`.
//! Refuses: more than `spool_bytes_max` bytes; a folder that another process uses.

mod disk;
mod folder;
mod frame;
mod journal;
mod metrics;
mod record;
mod recover;
mod segment;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use kafka::Outgoing;

pub use folder::FolderError;
pub(crate) use folder::Place;
pub(crate) use journal::{NotWritten, Then};
pub(crate) use metrics::Written;
pub(crate) use record::Spooled;
pub(crate) use recover::Recovered;

pub(crate) use disk::Disk;
use folder::Folder;
use journal::{Command, Journal};

/// Records that may wait for the thread that writes, beyond those that were on their way to Kafka.
const WAITING_MAX: usize = 10_000;
/// With less room the spool is full: a usual webhook has no place.
const ROOM_BYTES: u64 = 64 * 1024;

/// A record in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    /// When it was written, microseconds since 1970.
    pub(crate) at_micro: i64,
}

/// The bounds of a spool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    /// Records that may be on their way to Kafka when it falls silent; they all come at once.
    pub(crate) in_flight: usize,
}

#[derive(Debug)]
pub(crate) struct Spool {
    folder: Arc<Folder>,
    commands: SyncSender<Command>,
    is_failing: Arc<AtomicBool>,
    bytes_max: u64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Spool {
    /// Opens the folder and gives every record in it, in order. Blocks for as long as reading takes.
    ///
    /// # Errors
    /// [`FolderError`].
    pub(crate) fn open(
        path: &Path,
        limits: Limits,
        metrics: Written,
        each: &mut dyn FnMut(Entry, &Outgoing),
    ) -> Result<(Spool, Recovered), FolderError> {
        Spool::open_on(Disk::default(), path, limits, metrics, each)
    }

    /// As [`Spool::open`], on any disk.
    pub(crate) fn open_on(
        disk: Disk,
        path: &Path,
        limits: Limits,
        metrics: Written,
        each: &mut dyn FnMut(Entry, &Outgoing),
    ) -> Result<(Spool, Recovered), FolderError> {
        let folder = Arc::new(Folder::open(path, disk)?);
        let recovered = recover::recover(&folder, each)?;
        let is_failing = Arc::new(AtomicBool::new(false));
        let journal = Journal {
            folder: Arc::clone(&folder),
            bytes_max: limits.bytes,
            is_failing: Arc::clone(&is_failing),
            metrics,
            active: None,
            is_full: false,
        };
        let (commands, asked) = sync_channel(limits.in_flight + WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || journal.run(&asked))
            .map_err(|source| FolderError::Io {
                path: path.to_owned(),
                source,
            })?;
        let spool = Spool {
            folder,
            commands,
            is_failing,
            bytes_max: limits.bytes,
            thread: Mutex::new(Some(thread)),
        };
        Ok((spool, recovered))
    }

    /// Has a record written behind all others, and returns at once; `then` is told when it is safe, or is not.
    ///
    /// # Errors
    /// As many wait as may: nothing was done, and `then` is never called.
    pub(crate) fn append(&self, record: Arc<Outgoing>, then: Then) -> Result<(), NotWritten> {
        match self.commands.try_send(Command::Append(record, then)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(NotWritten::Full),
        }
    }

    /// Why it takes nothing at present, in words; `None` when it does.
    pub(crate) fn refuses(&self) -> Option<&'static str> {
        if self.is_failing.load(Ordering::Relaxed) {
            Some("the spool cannot be written")
        } else if self.bytes() + ROOM_BYTES > self.bytes_max {
            Some("the spool is full")
        } else {
            None
        }
    }

    /// Reads a record back, blocking; `None`, and set aside, when it is damaged.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn read(&self, place: Place) -> io::Result<Option<Spooled>> {
        self.folder.read(place)
    }

    /// A record is needed no more.
    pub(crate) fn done(&self, place: Place) {
        if self.folder.done(place) {
            // When too many wait, the thread is about to look by itself.
            let _ = self.commands.try_send(Command::Tidy);
        }
    }

    /// On the disk, of records that Kafka has already too.
    pub(crate) fn bytes(&self) -> u64 {
        self.folder.bytes()
    }

    /// Most bytes it may hold.
    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Bytes that its disk has left for us.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn disk_free_bytes(&self) -> io::Result<u64> {
        self.folder.disk_free_bytes()
    }

    /// Writes what waits and ends the thread, blocking. What is in the folder stays there.
    pub(crate) fn close(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let _ = self.commands.send(Command::Stop);
            let _ = thread.join();
        }
    }
}
