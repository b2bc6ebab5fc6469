//! What a start makes of the segments it finds: records to be sent, damage set aside, torn tails cut.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use super::Entry;
use super::folder::{Folder, FolderError, Place, Segment, named, set_aside};
use super::frame::{HEAD_BYTES, Salt};
use super::record;
use super::segment::scan;
use kafka::Outgoing;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) records: u64,
    /// Places that are damaged.
    pub(crate) damaged: u64,
    /// Bytes of tails that were cut.
    pub(crate) torn_bytes: u64,
}

/// Reads all segments in order, and gives each record.
pub(super) fn recover(
    folder: &Folder,
    each: &mut dyn FnMut(Entry, &Outgoing),
) -> Result<Recovered, FolderError> {
    let mut found = Recovered::default();
    let failed = |path: PathBuf| move |source| FolderError::Io { path, source };
    let listed = std::fs::read_dir(folder.path()).map_err(failed(folder.path().to_owned()))?;
    let paths = listed.flatten().map(|file| file.path());
    let mut segments: Vec<(u32, Salt, PathBuf)> = paths
        .filter_map(|path| named(&path).map(|(id, salt)| (id, salt, path)))
        .collect();
    segments.sort_by_key(|(id, ..)| *id);
    for (id, salt, path) in segments {
        let taken = take(folder, id, salt, path.clone(), &mut found, each);
        taken.map_err(failed(path))?;
    }
    folder.bury(None);
    Ok(found)
}

fn take(
    folder: &Folder,
    id: u32,
    salt: Salt,
    path: PathBuf,
    found: &mut Recovered,
    each: &mut dyn FnMut(Entry, &Outgoing),
) -> io::Result<()> {
    let mut file = std::fs::File::options().read(true).write(true).open(&path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let scanned = scan(salt, &bytes);
    if let Some(whole) = scanned.torn_at {
        tracing::warn!(
            spool.segment = %path.display(),
            spool.offset = whole,
            spool.bytes = bytes.len() - whole,
            "a torn tail of the spool was cut: it was being written when the collector ended, and not answered"
        );
        found.torn_bytes += (bytes.len() - whole) as u64;
        bytes.truncate(whole);
        file.set_len(whole as u64)?;
        file.sync_all()?;
    }
    let mut segment = Segment {
        id,
        salt,
        path,
        file: Arc::new(file),
        bytes: bytes.len() as u64,
        waiting: 0,
    };
    for damaged in scanned.damaged {
        set_aside(
            &segment,
            damaged.start as u64,
            bytes.get(damaged.clone()).unwrap_or_default(),
        );
        found.damaged += 1;
    }
    for frame in scanned.frames {
        let Some(body) = bytes.get(frame.start + HEAD_BYTES..frame.end) else {
            continue;
        };
        let Some(spooled) = record::read(body) else {
            set_aside(&segment, frame.start as u64, body);
            found.damaged += 1;
            continue;
        };
        let place = Place {
            segment: id,
            offset: frame.start as u32,
            bytes: frame.len() as u32,
        };
        let at_micro = spooled.at_micro;
        each(Entry { place, at_micro }, &spooled.record);
        segment.waiting += 1;
        found.records += 1;
    }
    folder.add(segment);
    Ok(())
}
