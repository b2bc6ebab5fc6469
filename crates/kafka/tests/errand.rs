//! Work that no record asked for: committed on its own, and forgotten with its transaction.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kafka::{
    Assigned, Committed, Error, Fault, Hop, HopSettings, Offsets, Outgoing, Placement, Record, Restore,
    Topic, Worker, WorkerSettings, Written, hop,
};

use crate::support::{Willing, all, assert_exactly_once, copy, corner_with_topics, fill, outgoing};

/// Copies what comes; once all has, writes twenty records more, the first try of which fails.
struct Busy {
    stands: i64,
    errands: u32,
    aborted: bool,
    done: Arc<AtomicBool>,
}

impl Hop for Busy {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        out.extend(batch.iter().map(|record| copy(record, Topic::Enriched)));
        Ok(())
    }

    fn errands(&mut self, out: &mut Vec<Outgoing>) -> Result<Offsets, Fault> {
        let mut stands = Offsets::new();
        if self.stands < 50 || self.errands == 20 {
            return Ok(stands);
        }
        let number = (50 + self.errands).to_string();
        out.push(outgoing(Topic::Enriched, Placement::Partition(0), &number));
        if !self.aborted {
            // No such partition: the transaction fails.
            out.push(outgoing(Topic::Enriched, Placement::Partition(99), "0"));
        }
        let (offset, metadata) = (self.stands, None);
        stands.set(Topic::Raw, 0, Committed { offset, metadata });
        Ok(stands)
    }

    fn oversized(&mut self, _: Outgoing, _: usize) -> Result<Option<Outgoing>, Fault> {
        Ok(None)
    }

    fn committed(&mut self, next: &Offsets, written: &Written) {
        let before = std::mem::replace(&mut self.stands, next.get(Topic::Raw, 0).unwrap().offset);
        if before == 50 {
            self.errands += 1;
            assert_eq!(written.len(), 1);
        }
        self.done.store(self.errands == 20, Ordering::SeqCst);
    }

    fn aborted(&mut self) {
        self.aborted = true;
    }
}

#[test]
fn what_no_record_asked_for_is_committed_and_moves_no_offset() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..50);
    let done = Arc::new(AtomicBool::new(false));
    let busy = Busy {
        stands: 0,
        errands: 0,
        aborted: false,
        done: Arc::clone(&done),
    };
    let settings = HopSettings::new("relay", "0", &[Topic::Raw]);
    hop::run(&config, settings, busy, move || done.load(Ordering::SeqCst)).unwrap();
    assert_exactly_once(&all(&config, Topic::Enriched), 0..70);
    let settings = WorkerSettings::new("relay", "0", &[Topic::Raw]);
    let mut worker = Worker::join(&config, settings, Box::new(Willing)).unwrap();
    let stands = crate::support::until("it has its partition", || {
        worker.poll(1, std::time::Duration::from_millis(100)).unwrap();
        worker
            .committed()
            .unwrap()
            .first()
            .and_then(|place| place.committed.clone())
    });
    assert_eq!(stands.offset, 50);
}
