//! Transactions that cannot be: undone, and worked again.
use std::time::Duration;

use kafka::topic::RECORD_BYTES_MAX;
use kafka::{
    Assigned, Class, Error, Fault, Hop, HopSettings, Offsets, Outgoing, Placement, Record, Restore, Topic,
    Worker, Written, hop,
};

use crate::support::{all, assert_exactly_once, copy, corner_with_topics, fill, outgoing, until, worker};

fn batch(worker: &mut Worker) -> Vec<Record> {
    until("records come", || {
        let batch = worker.poll(1_000, Duration::from_millis(100)).unwrap();
        (!batch.is_empty()).then_some(batch)
    })
}

#[test]
fn an_aborted_batch_comes_again_and_leaves_nothing() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..300);
    let mut worker = worker(&config);
    for round in 0..3 {
        let first = batch(&mut worker);
        let mut out: Vec<_> = first.iter().map(|record| copy(record, Topic::Enriched)).collect();
        // No such partition: the delivery fails, and with it the transaction.
        out.push(outgoing(Topic::Enriched, Placement::Partition(99), "0"));
        let failed = worker.commit(&out, &Offsets::after(&first)).unwrap_err();
        assert_eq!(failed.class(), Class::Abort, "round {round}: {failed:?}");
    }
    let mut done = 0;
    while done < 300 {
        let good = batch(&mut worker);
        let out: Vec<_> = good.iter().map(|record| copy(record, Topic::Enriched)).collect();
        worker.commit(&out, &Offsets::after(&good)).unwrap();
        done += good.len();
    }
    assert_exactly_once(&all(&config, Topic::Enriched), 0..300);
}

#[test]
fn a_record_too_large_is_refused_before_anything_is_begun() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..3);
    let mut worker = worker(&config);
    let batch = batch(&mut worker);
    let mut large = copy(&batch[0], Topic::Enriched);
    large.payload = Some(vec![b'x'; RECORD_BYTES_MAX]);
    let refused = worker.commit(&[large], &Offsets::after(&batch)).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::TooLarge {
                bytes_max: RECORD_BYTES_MAX,
                ..
            }
        ),
        "{refused:?}"
    );
    // The same transaction without it goes through: nothing was begun.
    let out: Vec<_> = batch.iter().map(|record| copy(record, Topic::Enriched)).collect();
    worker.commit(&out, &Offsets::after(&batch)).unwrap();
}

#[test]
fn the_largest_record_allowed_is_taken_by_the_broker() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..1);
    let mut worker = worker(&config);
    let batch = batch(&mut worker);
    let mut large = copy(&batch[0], Topic::Enriched);
    large.payload = Some(Vec::new());
    let mut noise = vec![0_u8; RECORD_BYTES_MAX - large.bytes()];
    // Nothing that compression could make smaller.
    rand::fill(&mut noise[..]);
    large.payload = Some(noise);
    assert_eq!(large.bytes(), RECORD_BYTES_MAX);
    worker.commit(&[large], &Offsets::after(&batch)).unwrap();
    assert_eq!(all(&config, Topic::Enriched).len(), 1);
}

/// Grows the first record beyond all limits, fails twice, and then behaves.
struct Awkward {
    failures: usize,
    committed: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    batch: usize,
}

impl Hop for Awkward {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(Fault::retry("not just now"));
        }
        self.batch = batch.len();
        for record in batch {
            let mut copied = copy(record, Topic::Enriched);
            if record.value() == b"0" {
                copied.payload = Some(vec![b'x'; RECORD_BYTES_MAX]);
            }
            out.push(copied);
        }
        Ok(())
    }

    fn oversized(&mut self, mut refused: Outgoing, bytes: usize) -> Result<Option<Outgoing>, Fault> {
        assert!(bytes > RECORD_BYTES_MAX);
        refused.topic = Topic::Rejected;
        refused.payload = Some(b"too large".to_vec());
        Ok(Some(refused))
    }

    fn committed(&mut self, _: &Offsets, _: &Written) {
        self.committed
            .fetch_add(self.batch, std::sync::atomic::Ordering::SeqCst);
    }

    fn aborted(&mut self) {}
}

#[test]
fn a_hop_tries_again_after_a_fault_and_rejects_what_is_too_large() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..50);
    let committed = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let hop = Awkward {
        failures: 2,
        committed: committed.clone(),
        batch: 0,
    };
    let stop = move || committed.load(std::sync::atomic::Ordering::SeqCst) >= 50;
    hop::run(&config, HopSettings::new("relay", "0", &[Topic::Raw]), hop, stop).unwrap();
    assert_exactly_once(&all(&config, Topic::Enriched), 1..50);
    let rejected = all(&config, Topic::Rejected);
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].value(), b"too large");
    assert_eq!(rejected[0].header("number"), Some("0"));
}
