//! One member alone: commits fast, keeps metadata, moves offsets without records.
use std::time::{Duration, Instant};

use kafka::{Committed, Offsets, PlainConsumer, PlainSettings, Topic};

use crate::support::{Willing, copy, corner_with_topics, fill, until, worker};

const TRANSACTIONS: usize = 60;

/// librdkafka's own flush waits in steps of 100 ms; the worker's drain must not.
#[test]
fn a_commit_of_a_hundred_records_takes_under_fifty_milliseconds() {
    let config = corner_with_topics(3);
    fill(&config, Topic::Raw, 0..(TRANSACTIONS as u32 * 100));
    let mut worker = worker(&config);
    let mut times = Vec::new();
    until("all transactions are done", || {
        let batch = worker.poll(100, Duration::from_millis(100)).unwrap();
        if batch.len() < 100 && times.is_empty() {
            return None;
        }
        let out: Vec<_> = batch.iter().map(|record| copy(record, Topic::Enriched)).collect();
        let next = Offsets::after(&batch);
        let begun = Instant::now();
        worker.commit(&out, &next).unwrap();
        times.push(begun.elapsed());
        (times.len() >= TRANSACTIONS / 2).then_some(())
    });
    times.sort();
    let median = times[times.len() / 2];
    assert!(
        median < Duration::from_millis(50),
        "median {median:?}, longest {:?}",
        times.last()
    );
}

#[test]
fn written_says_where_our_records_end() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    let mut worker = worker(&config);
    let batch = until("records come", || {
        let batch = worker.poll(10, Duration::from_millis(100)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });
    let out: Vec<_> = batch.iter().map(|record| copy(record, Topic::Enriched)).collect();
    let written = worker.commit(&out, &Offsets::after(&batch)).unwrap();
    assert_eq!(written.get(&(Topic::Enriched, 0)), Some(&(batch.len() as i64)));
}

#[test]
fn offsets_move_without_records_and_carry_their_metadata() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Raw, 0..10);
    let mut first = worker(&config);
    until("partitions come", || {
        let _ = first.poll(1, Duration::from_millis(50)).unwrap();
        (!first.assignment().is_empty()).then_some(())
    });
    let mut next = Offsets::new();
    next.set(
        Topic::Raw,
        0,
        Committed {
            offset: 7,
            metadata: Some("a plan".to_owned()),
        },
    );
    let written = first.commit(&[], &next).unwrap();
    assert!(written.is_empty());
    let committed = first.committed().unwrap();
    assert_eq!(committed[0].committed, next.get(Topic::Raw, 0).cloned());
    drop(first);

    let mut second = worker(&config);
    let batch = until("the rest comes", || {
        let batch = second.poll(10, Duration::from_millis(50)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });
    assert_eq!(batch[0].offset, 7);
}

#[test]
fn a_plain_commit_is_where_the_next_life_begins() {
    let config = corner_with_topics(1);
    fill(&config, Topic::Flat, 0..10);
    let join = || {
        PlainConsumer::join(
            &config,
            PlainSettings::new("out", "0", &[Topic::Flat]),
            Box::new(Willing),
        )
        .unwrap()
    };
    let mut first = join();
    let batch = until("records come", || {
        let batch = first.poll(4, Duration::from_millis(50)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });
    let next = Offsets::after(&batch);
    first.commit(&next).unwrap();
    drop(first);
    let mut second = join();
    let rest = until("the rest comes", || {
        let batch = second.poll(10, Duration::from_millis(50)).unwrap();
        (!batch.is_empty()).then_some(batch)
    });
    assert_eq!(rest[0].offset, next.get(Topic::Flat, 0).unwrap().offset);
}
