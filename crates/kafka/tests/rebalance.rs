//! Members come and go, and stall, while others work.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kafka::{
    Assigned, Assignor, Config, Error, Fault, Health, Hop, HopSettings, Membership, Offsets, Outgoing,
    PlainConsumer, Record, Restore, Topic, Worker, WorkerSettings, Written, hop,
};

use crate::support::{Willing, all, assert_exactly_once, copy, corner_with_topics, fill, until};

/// At least so many records go through while members come and go.
const RECORDS_MIN: u32 = 5_000;

/// Copies, counts what it was given and what became final.
#[derive(Clone, Default)]
struct Counting {
    assigned: Arc<AtomicUsize>,
    final_records: Arc<AtomicUsize>,
    batch: usize,
}

impl Hop for Counting {
    fn assigned(&mut self, partitions: &[Assigned], _: &Restore) -> Result<(), Error> {
        self.assigned.fetch_add(partitions.len(), Ordering::SeqCst);
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        out.extend(batch.iter().map(|record| copy(record, Topic::Enriched)));
        self.batch = batch.len();
        Ok(())
    }

    fn oversized(&mut self, _: Outgoing, _: usize) -> Result<Option<Outgoing>, Fault> {
        Ok(None)
    }

    fn committed(&mut self, _: &Offsets, _: &Written) {
        self.final_records.fetch_add(self.batch, Ordering::SeqCst);
    }

    fn aborted(&mut self) {}
}

struct Member {
    counting: Counting,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Error>>,
}

impl Member {
    fn start(config: &Config, instance: &str, assignor: Assignor) -> Self {
        let mut settings = HopSettings::new("relay", instance, &[Topic::Raw]);
        settings.records_max = 50;
        settings.worker.assignor = assignor;
        // A stopped dynamic member leaves at once; a static one would be waited for.
        settings.worker.membership = Membership::Dynamic;
        let counting = Counting::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (config, hop, stopping) = (config.clone(), counting.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            hop::run(&config, settings, hop, move || stopping.load(Ordering::SeqCst))
        });
        Self {
            counting,
            stop,
            thread,
        }
    }

    fn worked(&self) -> usize {
        assert!(!self.thread.is_finished(), "a member ended by itself");
        self.counting.final_records.load(Ordering::SeqCst)
    }

    fn end(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap().unwrap();
        self.counting.final_records.load(Ordering::SeqCst)
    }
}

/// Puts records on `raw` until it is ended; says how many.
struct Feeder {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u32>,
}

impl Feeder {
    fn start(config: &Config) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (config, stopping) = (config.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut fed = 0;
            while !stopping.load(Ordering::SeqCst) || fed < RECORDS_MIN {
                fill(&config, Topic::Raw, fed..fed + 250);
                fed += 250;
            }
            fed
        });
        Self { stop, thread }
    }

    fn end(self) -> u32 {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// Transactions follow each other without a pause, so members come and go while some are open.
fn members_come_and_go(assignor: Assignor) {
    let config = corner_with_topics(4);
    let feeder = Feeder::start(&config);
    let first = Member::start(&config, "0", assignor);
    until("the first member works", || (first.worked() > 500).then_some(()));
    let second = Member::start(&config, "1", assignor);
    until("the second member works too", || {
        (second.worked() > 200).then_some(())
    });
    let by_second = second.end();
    let third = Member::start(&config, "2", assignor);
    until("the third member works", || (third.worked() > 200).then_some(()));
    let fed = feeder.end();
    until("all is worked", || {
        (first.worked() + third.worked() + by_second >= fed as usize).then_some(())
    });
    first.end();
    third.end();
    assert_exactly_once(&all(&config, Topic::Enriched), 0..fed);
}

#[test]
fn nothing_is_lost_or_doubled_while_members_come_and_go_cooperatively() {
    members_come_and_go(Assignor::CooperativeSticky);
}

#[test]
fn nothing_is_lost_or_doubled_while_members_come_and_go_eagerly() {
    members_come_and_go(Assignor::Range);
}

fn settings(instance: &str, membership: Membership) -> WorkerSettings {
    let mut settings = WorkerSettings::new("relay", instance, &[Topic::Raw]);
    settings.membership = membership;
    settings.session_timeout = Duration::from_secs(6);
    settings
}

/// A member holds a batch, falls silent until another has taken over and done the same batch, then commits.
#[test]
fn a_member_that_stalled_cannot_commit_what_another_has_done() {
    let mut config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..100);
    config
        .properties
        .insert("max.poll.interval.ms".to_owned(), "6000".to_owned());
    let mut stalled = Worker::join(&config, settings("0", Membership::Dynamic), Box::new(Willing)).unwrap();
    let batch = until("the first member reads", || {
        let batch = stalled.poll(100, Duration::from_millis(100)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });

    let mut other = Worker::join(&config, settings("1", Membership::Dynamic), Box::new(Willing)).unwrap();
    let mut done = 0;
    until("the other member takes over", || {
        let taken = other.poll(100, Duration::from_millis(100)).unwrap();
        let out: Vec<_> = taken.iter().map(|record| copy(record, Topic::Enriched)).collect();
        other.commit(&out, &Offsets::after(&taken)).unwrap();
        done += taken.len();
        (done == 100).then_some(())
    });

    let out: Vec<_> = batch.iter().map(|record| copy(record, Topic::Enriched)).collect();
    let late = stalled.commit(&out, &Offsets::after(&batch));
    assert!(
        matches!(late, Err(Error::Aborted { .. } | Error::Fatal { .. })),
        "{late:?}"
    );
    assert_exactly_once(&all(&config, Topic::Enriched), 0..100);

    let leaving = std::time::Instant::now();
    drop(stalled);
    assert!(
        leaving.elapsed() < Duration::from_secs(20),
        "a member that lost its partitions leaves at once"
    );
}

/// The batch that is being gathered loses the records of a partition that goes to somebody else.
#[test]
fn a_batch_holds_only_partitions_that_are_still_ours() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..200);
    let mut first = Worker::join(&config, settings("0", Membership::Dynamic), Box::new(Willing)).unwrap();
    until("the first member holds both", || {
        let _ = first.poll(1, Duration::from_millis(50)).unwrap();
        (first.assignment().len() == 2).then_some(())
    });
    first.rewind().unwrap();
    let joining = config.clone();
    let second = std::thread::spawn(move || {
        let mut second =
            Worker::join(&joining, settings("1", Membership::Dynamic), Box::new(Willing)).unwrap();
        until("the second member holds one", || {
            let _ = second.poll(1, Duration::from_millis(50)).unwrap();
            (second.assignment().len() == 1).then_some(())
        });
        second
    });
    // Gathers right across the rebalance.
    let until_then = std::time::Instant::now() + Duration::from_secs(20);
    let mut batch = Vec::new();
    while first.assignment().len() == 2 && std::time::Instant::now() < until_then {
        let next = std::time::Instant::now() + Duration::from_secs(5);
        batch = first.gather(1_000_000, Duration::from_millis(500), next).unwrap();
        if first.assignment().len() == 2 {
            first.rewind().unwrap();
        }
    }
    let held = first.assignment();
    assert_eq!(held.len(), 1);
    assert!(
        batch
            .iter()
            .all(|record| held.contains(&(record.topic, record.partition)))
    );
    drop(second.join().unwrap());
}

#[test]
fn a_consumer_from_the_end_sees_only_what_comes_later() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Loaded, 0..5);
    let mut consumer = PlainConsumer::from_end(&config, &[Topic::Loaded], Health::new()).unwrap();
    fill(&config, Topic::Loaded, 5..9);
    let mut seen = Vec::new();
    until("the new ones come", || {
        seen.extend(consumer.poll(10, Duration::from_millis(50)).unwrap());
        (seen.len() >= 4).then_some(())
    });
    assert_exactly_once(&seen, 5..9);
}
