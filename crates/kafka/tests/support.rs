//! A corner of the broker for each test, and ways to fill it, read it, and wait.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kafka::{
    Assigned, Config, Error, Fault, Hop, Listener, Offsets, Outgoing, Placement, Producer, ProducerSettings,
    Record, Restore, Topic, Worker, WorkerSettings, Written, admin,
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// Names nobody else uses; no topics yet.
pub(crate) fn corner(partitions: i32) -> Config {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    Config {
        bootstrap: local::testing::kafka().to_owned(),
        topic_prefix: format!("t{}.", &unique[..10]),
        group_prefix: format!("t{}-", &unique[..10]),
        partitions,
        ..Config::default()
    }
}

/// A corner with topics.
pub(crate) fn corner_with_topics(partitions: i32) -> Config {
    let config = corner(partitions);
    admin::create_topics(&config).unwrap();
    config
}

/// A member that copies from `omni.raw`.
pub(crate) fn worker(config: &Config) -> Worker {
    let settings = WorkerSettings::new("relay", "0", &[Topic::Raw]);
    Worker::join(config, settings, Box::new(Willing)).unwrap()
}

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub(crate) fn outgoing(topic: Topic, placement: Placement, text: &str) -> Outgoing {
    Outgoing {
        topic,
        placement,
        key: text.as_bytes().to_vec(),
        payload: Some(text.as_bytes().to_vec()),
        headers: [("number", text)].into_iter().collect(),
    }
}

/// The same record on another topic, where a hop would put it.
pub(crate) fn copy(record: &Record, topic: Topic) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::Partition(record.partition),
        key: record.key.clone(),
        payload: record.payload.clone(),
        headers: record.headers.clone(),
    }
}

/// Puts the numbers of a range on a topic, spread by company.
pub(crate) fn fill(config: &Config, topic: Topic, numbers: std::ops::Range<u32>) {
    let producer = Producer::new(
        config,
        ProducerSettings {
            wait_max: DEADLINE,
            ..ProducerSettings::default()
        },
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let numbers: Vec<u32> = numbers.collect();
    for chunk in numbers.chunks(2_000) {
        let sends = chunk.iter().map(|number| {
            producer.send(outgoing(
                topic,
                Placement::By((number % 97).to_string()),
                &number.to_string(),
            ))
        });
        let sent = runtime.block_on(futures::future::join_all(sends));
        assert!(sent.iter().all(Result::is_ok));
    }
}

/// Everything committed on a topic.
pub(crate) fn all(config: &Config, topic: Topic) -> Vec<Record> {
    try_all(config, topic).unwrap()
}

/// The same; a broker that has just started may not know its topics yet.
pub(crate) fn try_all(config: &Config, topic: Topic) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    for (topic, partition) in admin::partitions(config, &[topic])? {
        let keep = |record| {
            records.push(record);
            Ok(())
        };
        Restore::new(config).read(topic, partition, None, keep)?;
    }
    Ok(records)
}

/// How often each number is there.
pub(crate) fn counts(records: &[Record]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        let number = String::from_utf8(record.value().to_vec())
            .unwrap()
            .parse()
            .unwrap();
        *counts.entry(number).or_insert(0) += 1;
    }
    counts
}

/// Nothing lost, nothing doubled, and each partition in the order it was sent.
pub(crate) fn assert_exactly_once(records: &[Record], numbers: std::ops::Range<u32>) {
    let counts = counts(records);
    let lost: Vec<u32> = numbers
        .clone()
        .filter(|number| !counts.contains_key(number))
        .collect();
    let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        lost.is_empty() && doubled.is_empty(),
        "lost {lost:?}, doubled {doubled:?}"
    );
    assert_eq!(counts.len(), numbers.len());
}

/// Copies `raw` to `enriched`, and counts its commits.
#[derive(Clone, Default)]
pub(crate) struct Copying(pub(crate) Arc<AtomicUsize>);

impl Hop for Copying {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        out.extend(batch.iter().map(|record| copy(record, Topic::Enriched)));
        Ok(())
    }

    fn oversized(&mut self, _: Outgoing, _: usize) -> Result<Option<Outgoing>, Fault> {
        Ok(None)
    }

    fn committed(&mut self, _: &Offsets, _: &Written) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn aborted(&mut self) {}
}

/// Takes whatever it is given.
pub(crate) struct Willing;

impl Listener for Willing {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}
}
