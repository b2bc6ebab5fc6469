//! The thread that writes: what waits is written together, synced once, and answered after that.
//!
//! After any failure the file is cut back to what was synced and never written again: a sync that failed says
//! nothing about what the next one covers. The next write begins another file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fs, io};

use kafka::Outgoing;
use stage::clock;

use super::folder::{Folder, Place, Segment};
use super::metrics::Written;
use super::{Entry, record};

/// A segment takes no more once it is this long. What a crash sends again is at most what one holds.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
/// Most that is written at once, but for one record.
const COMMIT_BYTES: usize = 4 * 1024 * 1024;
/// After so much quiet: is there room again, and is a segment still needed?
const QUIET: Duration = Duration::from_secs(1);
/// What a trial writes: a disk that has no room for a body of the greatest size has none.
const TRIAL_BYTES: usize = 1024 * 1024;

/// Why a record is not in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWritten {
    /// `spool_bytes_max` is reached.
    Full,
    /// The disk refused.
    Disk,
}

/// Told once a record is on the disk, or is not; on the journal's thread, which it must not block.
pub(crate) type Then = Box<dyn FnOnce(Result<Entry, NotWritten>) + Send>;

/// What the thread is asked for.
pub(super) enum Command {
    Append(Arc<Outgoing>, Then),
    /// A segment may be empty now.
    Tidy,
    Stop,
}

#[derive(Debug)]
pub(super) struct Journal {
    pub(super) folder: Arc<Folder>,
    pub(super) bytes_max: u64,
    /// Whether the disk refused the last time.
    pub(super) is_failing: Arc<AtomicBool>,
    pub(super) metrics: Written,
    pub(super) active: Option<Segment>,
    pub(super) is_full: bool,
}

impl Journal {
    /// Works until it is told to stop, or nobody is left who could ask.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let is_restless = self.is_failing.load(Ordering::Relaxed) || self.folder.has_drained();
            let asked = if is_restless {
                commands.recv_timeout(QUIET)
            } else {
                commands.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match asked {
                Ok(Command::Append(record, then)) => {
                    if !self.gather(commands, record, then) {
                        return;
                    }
                }
                Ok(Command::Tidy) => self.folder.bury(self.active.as_ref().map(|active| active.id)),
                Err(RecvTimeoutError::Timeout) => self.quiet(),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes along what waits behind a record, and writes it; `false` when a stop was among it.
    fn gather(&mut self, commands: &Receiver<Command>, record: Arc<Outgoing>, then: Then) -> bool {
        let mut bytes = record.bytes();
        let mut batch = vec![(record, then)];
        let mut goes_on = true;
        while bytes < COMMIT_BYTES && goes_on {
            match commands.try_recv() {
                Ok(Command::Append(record, then)) => {
                    bytes += record.bytes();
                    batch.push((record, then));
                }
                Ok(Command::Tidy) => {}
                Ok(Command::Stop) => goes_on = false,
                Err(_) => break,
            }
        }
        self.commit(batch);
        self.folder.bury(self.active.as_ref().map(|active| active.id));
        goes_on
    }

    /// Writes a batch with one sync, and tells everyone.
    fn commit(&mut self, batch: Vec<(Arc<Outgoing>, Then)>) {
        let begun = Instant::now();
        let segment = match self.segment() {
            Ok(segment) => segment,
            Err(error) => return self.refuse(&error, batch.into_iter().map(|(_, then)| then)),
        };
        let at_micro = clock::now_micro();
        let room = self.bytes_max.saturating_sub(self.folder.bytes());
        let (mut bytes, mut written, mut refused) = (Vec::new(), Vec::new(), 0);
        for (record, then) in batch {
            let body = record::write(&record, at_micro);
            let offset = bytes.len();
            let length = segment.salt.put(&body, &mut bytes);
            if bytes.len() as u64 > room {
                bytes.truncate(offset);
                refused += 1;
                then(Err(NotWritten::Full));
                continue;
            }
            let place = Place {
                segment: segment.id,
                offset: (segment.bytes + offset as u64) as u32,
                bytes: length as u32,
            };
            written.push((Entry { place, at_micro }, then));
        }
        self.told_full(refused);
        if written.is_empty() {
            return;
        }
        let kept = (self.folder.disk.write)(&segment.file, &bytes)
            .and_then(|()| (self.folder.disk.sync)(&segment.file));
        if let Err(error) = kept {
            self.close_spoiled(&segment);
            return self.refuse(&error, written.into_iter().map(|(_, then)| then));
        }
        self.folder
            .wrote(segment.id, written.len() as u64, bytes.len() as u64);
        if let Some(active) = &mut self.active {
            active.bytes += bytes.len() as u64;
        }
        self.is_well();
        self.metrics.committed(written.len() as u64, begun.elapsed());
        for (entry, then) in written {
            then(Ok(entry));
        }
    }

    /// The segment to write to.
    fn segment(&mut self) -> io::Result<Segment> {
        match &self.active {
            Some(active) if active.bytes < SEGMENT_BYTES => Ok(active.clone()),
            _ => {
                let begun = self.folder.begin()?;
                self.active = Some(begun.clone());
                Ok(begun)
            }
        }
    }

    /// Nothing half-written stays where it can be cut; where it cannot, the checksums tell.
    fn close_spoiled(&mut self, segment: &Segment) {
        self.active = None;
        let cut = segment.file.set_len(segment.bytes);
        if let Err(error) = cut.and_then(|()| segment.file.sync_all()) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                spool.segment = %segment.path.display(),
                "cannot cut what was half-written off the spool"
            );
        }
        self.folder.bury(None);
    }

    fn refuse(&mut self, error: &io::Error, all: impl Iterator<Item = Then>) {
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::error!(
                error = error as &dyn std::error::Error,
                spool.folder = %self.folder.path().display(),
                "the spool cannot be written: while kafka does not answer, webhooks are refused"
            );
        }
        let mut count = 0;
        for then in all {
            count += 1;
            then(Err(NotWritten::Disk));
        }
        self.metrics.refused("disk", count);
    }

    fn told_full(&mut self, refused: u64) {
        if refused > 0 && !self.is_full {
            tracing::error!(
                spool.bytes_max = self.bytes_max,
                "the spool is full: while kafka does not answer, webhooks are refused"
            );
        }
        self.is_full = refused > 0;
        self.metrics.refused("full", refused);
    }

    fn is_well(&self) {
        if self.is_failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the spool can be written again");
        }
    }

    /// Nothing came for a while.
    fn quiet(&mut self) {
        self.folder.bury(None);
        self.active = self.active.take().filter(|active| self.folder.holds(active.id));
        if self.is_failing.load(Ordering::Relaxed) && self.trial().is_ok() {
            self.is_well();
        }
    }

    /// Whether the disk takes something: nobody may come to find out while we say that we are not ready.
    fn trial(&self) -> io::Result<()> {
        let path = self.folder.path().join("trial");
        let disk = &self.folder.disk;
        let tried = fs::File::create(&path)
            .and_then(|file| (disk.write)(&file, &vec![0; TRIAL_BYTES]).and_then(|()| (disk.sync)(&file)));
        let removed = fs::remove_file(&path);
        tried.and(removed)
    }
}
