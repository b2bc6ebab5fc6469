//! What lies beyond a group's offset is read to its end, marks of transactions and aborted records included.
use std::collections::BTreeSet;
use std::time::Duration;

use kafka::{Offsets, Outgoing, Placement, Record, Topic, Worker, admin};

use crate::support::{copy, corner_with_topics, fill, outgoing, until, worker};

const RECORDS: u32 = 300;

fn batch(worker: &mut Worker) -> Vec<Record> {
    until("records come", || {
        let batch = worker.poll(100, Duration::from_millis(100)).unwrap();
        (!batch.is_empty()).then_some(batch)
    })
}

fn copies(batch: &[Record]) -> Vec<Outgoing> {
    batch.iter().map(|record| copy(record, Topic::Enriched)).collect()
}

/// Numbers beyond where a group stands.
fn beyond(config: &kafka::Config, group: &str, topic: Topic) -> BTreeSet<u32> {
    let from = admin::standing(config, group, topic).unwrap();
    let stretch = admin::stretch(config, topic, &from).unwrap();
    let mut numbers = BTreeSet::new();
    let keep = |record: Record| {
        numbers.insert(record.key_text().parse().unwrap());
    };
    admin::read_stretch(config, &stretch, keep).unwrap();
    numbers
}

#[test]
fn a_record_is_beyond_one_group_or_the_next_whenever_it_is_looked_for() {
    let config = corner_with_topics(2);
    fill(&config, Topic::Raw, 0..RECORDS);
    let all: BTreeSet<u32> = (0..RECORDS).collect();
    assert_eq!(beyond(&config, "relay", Topic::Raw), all);
    let mut worker = worker(&config);
    let given_up = batch(&mut worker);
    let mut out = copies(&given_up);
    // No such partition: the transaction is aborted, and what it wrote stays in the log.
    out.push(outgoing(Topic::Enriched, Placement::Partition(99), "0"));
    worker.commit(&out, &Offsets::after(&given_up)).unwrap_err();
    let mut done = 0;
    while done < RECORDS {
        let good = batch(&mut worker);
        worker.commit(&copies(&good), &Offsets::after(&good)).unwrap();
        done += good.len() as u32;
        // Upstream first: what is not there any more is here.
        let upstream = beyond(&config, "relay", Topic::Raw);
        let downstream = beyond(&config, "nobody", Topic::Enriched);
        assert_eq!(&upstream | &downstream, all);
    }
    assert!(beyond(&config, "relay", Topic::Raw).is_empty());
    assert_eq!(beyond(&config, "nobody", Topic::Enriched), all);
}
