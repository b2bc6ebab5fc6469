//! The spool on a real folder, and on a disk that fails on command.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::time::Duration;

use kafka::{Placement, Topic};
use tempfile::TempDir;

use super::*;

const SOON: Duration = Duration::from_secs(10);
const PLENTY: u64 = 1 << 30;

fn written() -> Written {
    let registry = stage::Metrics::new("test").unwrap();
    crate::metrics::Collected::new(&registry).unwrap().written
}

fn record(number: usize, bytes: usize) -> Outgoing {
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By("7".to_owned()),
        key: number.to_string().into_bytes(),
        payload: Some(vec![b'x'; bytes]),
        headers: [("event-uuid", number.to_string())].into_iter().collect(),
    }
}

/// An open spool, what it found, and its folder.
struct Opened {
    spool: Spool,
    found: Vec<(Entry, Outgoing)>,
    recovered: Recovered,
}

fn open_on(disk: Disk, folder: &Path, bytes_max: u64) -> Opened {
    let limits = Limits {
        bytes: bytes_max,
        in_flight: 0,
    };
    let mut found = Vec::new();
    let each: &mut dyn FnMut(Entry, &Outgoing) = &mut |entry, record| found.push((entry, record.clone()));
    let (spool, recovered) = Spool::open_on(disk, folder, limits, written(), each).unwrap();
    Opened {
        spool,
        found,
        recovered,
    }
}

fn open(folder: &Path) -> Opened {
    open_on(Disk::default(), folder, PLENTY)
}

/// Keys of what an opened spool found.
fn keys(opened: &Opened) -> Vec<usize> {
    let key = |record: &Outgoing| String::from_utf8_lossy(&record.key).parse().unwrap();
    opened.found.iter().map(|(_, record)| key(record)).collect()
}

fn ask(spool: &Spool, record: Outgoing) -> mpsc::Receiver<Result<Entry, NotWritten>> {
    let (tell, told) = mpsc::sync_channel(1);
    let then: Then = Box::new(move |written| tell.send(written).unwrap());
    spool.append(Arc::new(record), then).unwrap();
    told
}

fn append(spool: &Spool, record: Outgoing) -> Result<Entry, NotWritten> {
    ask(spool, record).recv_timeout(SOON).unwrap()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().flatten().map(|file| file.path());
    let mut segments: Vec<PathBuf> = files.filter(|path| folder::named(path).is_some()).collect();
    segments.sort();
    segments
}

fn until(what: &str, state: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !state() {
        assert!(begun.elapsed() < SOON, "not within {SOON:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_was_appended_is_there_after_the_next_start_in_order_and_once() {
    let folder = folder();
    let first = open(folder.path());
    for number in 0..50 {
        append(&first.spool, record(number, 10)).unwrap();
    }
    // As a kill leaves it: nothing is closed but the lock.
    first.spool.close();
    drop(first);
    let second = open(folder.path());
    assert_eq!(keys(&second), (0..50).collect::<Vec<_>>());
    assert_eq!(second.found[7].1, record(7, 10));
    append(&second.spool, record(50, 10)).unwrap();
    second.spool.close();
    drop(second);
    assert_eq!(keys(&open(folder.path())), (0..=50).collect::<Vec<_>>());
}

#[test]
fn a_second_process_is_refused() {
    let folder = folder();
    let _first = open(folder.path());
    let limits = Limits {
        bytes: PLENTY,
        in_flight: 0,
    };
    let refused = Spool::open(folder.path(), limits, written(), &mut |_, _| {}).unwrap_err();
    assert!(matches!(refused, FolderError::InUse { .. }), "{refused:?}");
}

#[test]
fn a_segment_is_removed_once_all_of_it_is_done_and_not_before() {
    let folder = folder();
    let Opened { spool, .. } = open(folder.path());
    let entries: Vec<Entry> = (0..3)
        .map(|number| append(&spool, record(number, 10)).unwrap())
        .collect();
    assert!(spool.bytes() > 0);
    spool.done(entries[0].place);
    spool.done(entries[2].place);
    assert_eq!(
        spool.read(entries[1].place).unwrap().unwrap().record,
        record(1, 10)
    );
    spool.done(entries[1].place);
    until("nothing is left", || {
        spool.bytes() == 0 && segments(folder.path()).is_empty()
    });
    append(&spool, record(3, 10)).unwrap();
    assert_eq!(segments(folder.path()).len(), 1);
}

#[test]
fn who_waits_together_is_synced_together_and_told_after_the_sync() {
    let folder = folder();
    let (syncs, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(())));
    let disk = Disk {
        sync: Box::new({
            let (syncs, gate) = (Arc::clone(&syncs), Arc::clone(&gate));
            move |file| {
                syncs.fetch_add(1, Ordering::SeqCst);
                drop(gate.lock().unwrap());
                file.sync_data()
            }
        }),
        ..Disk::default()
    };
    let Opened { spool, .. } = open_on(disk, folder.path(), PLENTY);
    let closed = gate.lock().unwrap();
    let first = ask(&spool, record(0, 10));
    until("the first is being synced", || syncs.load(Ordering::SeqCst) == 1);
    let others: Vec<_> = (1..100).map(|number| ask(&spool, record(number, 10))).collect();
    assert!(
        first.try_recv().is_err() && others.iter().all(|other| other.try_recv().is_err()),
        "nobody is told before the sync has returned"
    );
    drop(closed);
    for told in std::iter::once(first).chain(others) {
        told.recv_timeout(SOON).unwrap().unwrap();
    }
    assert_eq!(syncs.load(Ordering::SeqCst), 2, "99 records, one sync");
}

#[test]
fn a_full_spool_refuses_keeps_what_it_has_and_takes_again_when_there_is_room() {
    let folder = folder();
    let Opened { spool, .. } = open_on(Disk::default(), folder.path(), 200_000);
    let kept: Vec<Entry> = (0..100)
        .map_while(|number| append(&spool, record(number, 10_000)).ok())
        .collect();
    assert!((15..20).contains(&kept.len()), "{}", kept.len());
    assert!(spool.bytes() <= 200_000);
    assert_eq!(append(&spool, record(100, 10_000)), Err(NotWritten::Full));
    assert_eq!(spool.refuses(), Some("the spool is full"));
    for (number, entry) in kept.iter().enumerate() {
        let spooled = spool.read(entry.place).unwrap().unwrap();
        assert_eq!(spooled.record, record(number, 10_000));
        spool.done(entry.place);
    }
    until("there is room", || spool.refuses().is_none());
    append(&spool, record(101, 10_000)).unwrap();
}

/// A disk with so much room: what does not fit is written in part, as a real one does.
fn disk_of(room: &Arc<Mutex<usize>>) -> Disk {
    let room = Arc::clone(room);
    let write = move |mut file: &File, bytes: &[u8]| {
        let mut room = room.lock().unwrap();
        let fits = bytes.len().min(*room);
        file.write_all(&bytes[..fits])?;
        *room -= fits;
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    };
    Disk {
        write: Box::new(write),
        ..Disk::default()
    }
}

#[test]
fn a_full_disk_leaves_nothing_half_written_and_is_tried_again_by_itself() {
    let folder = folder();
    let room = Arc::new(Mutex::new(25_000));
    let Opened { spool, .. } = open_on(disk_of(&room), folder.path(), PLENTY);
    append(&spool, record(0, 10_000)).unwrap();
    append(&spool, record(1, 10_000)).unwrap();
    let before: Vec<u64> = lengths(folder.path());
    assert_eq!(append(&spool, record(2, 10_000)), Err(NotWritten::Disk));
    assert_eq!(
        lengths(folder.path()),
        before,
        "cut back to the last whole record"
    );
    assert_eq!(spool.refuses(), Some("the spool cannot be written"));
    *room.lock().unwrap() = 10_000_000;
    until("it found by itself that there is room", || {
        spool.refuses().is_none()
    });
    append(&spool, record(3, 10_000)).unwrap();
    spool.close();
    drop(spool);
    let again = open(folder.path());
    assert_eq!(keys(&again), [0, 1, 3]);
    assert_eq!(again.recovered.damaged + again.recovered.torn_bytes, 0);
}

fn lengths(folder: &Path) -> Vec<u64> {
    let length = |path: &PathBuf| fs::metadata(path).unwrap().len();
    segments(folder).iter().map(length).collect()
}

#[test]
fn a_file_whose_sync_failed_is_never_written_again() {
    let folder = folder();
    let fails = Arc::new(AtomicBool::new(false));
    let disk = Disk {
        sync: Box::new({
            let fails = Arc::clone(&fails);
            move |file| {
                if fails.load(Ordering::SeqCst) {
                    return Err(io::Error::other("an error of the disk"));
                }
                file.sync_data()
            }
        }),
        ..Disk::default()
    };
    let Opened { spool, .. } = open_on(disk, folder.path(), PLENTY);
    append(&spool, record(0, 10)).unwrap();
    let before = segments(folder.path());
    fails.store(true, Ordering::SeqCst);
    assert_eq!(append(&spool, record(1, 10)), Err(NotWritten::Disk));
    fails.store(false, Ordering::SeqCst);
    append(&spool, record(2, 10)).unwrap();
    let after = segments(folder.path());
    assert_eq!(
        (before.len(), after.len()),
        (1, 2),
        "the next write began another file"
    );
    spool.close();
    drop(spool);
    assert_eq!(keys(&open(folder.path())), [0, 2]);
}

#[test]
fn a_torn_tail_is_cut_and_a_damaged_record_is_set_aside_at_the_start() {
    let folder = folder();
    let first = open(folder.path());
    for number in 0..5 {
        append(&first.spool, record(number, 100)).unwrap();
    }
    first.spool.close();
    drop(first);
    let segment = segments(folder.path()).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let length = bytes.len() / 5;
    bytes[2 * length + 50] ^= 1;
    bytes.truncate(bytes.len() - 30);
    fs::write(&segment, &bytes).unwrap();

    let second = open(folder.path());
    assert_eq!(keys(&second), [0, 1, 3]);
    let torn_bytes = (length - 30) as u64;
    assert_eq!(
        second.recovered,
        Recovered {
            records: 3,
            damaged: 1,
            torn_bytes
        }
    );
    assert_eq!(fs::metadata(&segment).unwrap().len(), 4 * length as u64);
    let aside = segment.with_extension(format!("{}.corrupt", 2 * length));
    assert_eq!(fs::read(aside).unwrap(), bytes[2 * length..3 * length]);
}

#[test]
fn damage_that_comes_later_is_found_when_the_record_is_read() {
    let folder = folder();
    let Opened { spool, .. } = open(folder.path());
    let entries: Vec<Entry> = (0..2)
        .map(|number| append(&spool, record(number, 100)).unwrap())
        .collect();
    let segment = segments(folder.path()).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[60] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    assert_eq!(spool.read(entries[0].place).unwrap(), None);
    assert_eq!(
        spool.read(entries[1].place).unwrap().unwrap().record,
        record(1, 100)
    );
    assert!(segment.with_extension("0.corrupt").exists());
}
