//! What a group has not done yet: where it stands, and every record from there to the end.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, Look, SILENCE_MAX, asking, committed, reading};
use crate::config::Config;
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

/// Next offsets by partition.
pub type Places = BTreeMap<i32, i64>;

/// A stretch of one topic: from the next offsets to the ends as they were when it was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Topic.
    pub topic: Topic,
    /// First offset and the one past the last, by partition.
    pub ranges: BTreeMap<i32, (i64, i64)>,
}

impl Stretch {
    /// Offsets in it (marks of transactions count as one each).
    pub fn records(&self) -> u64 {
        self.ranges
            .values()
            .map(|(first, end)| end.saturating_sub(*first).max(0) as u64)
            .sum()
    }
}

/// Where a group stands in each partition of a topic; where it never committed it is at the beginning (0).
pub fn standing(config: &Config, group: &str, topic: Topic) -> Result<Places, Error> {
    let places = committed(config, group, topic)?.into_iter();
    Ok(places
        .map(|place| {
            (
                place.partition,
                place.committed.map_or(0, |committed| committed.offset),
            )
        })
        .collect())
}

/// Measures what lies from these offsets to the present end. What was deleted by age is no part of it.
pub fn stretch(config: &Config, topic: Topic, from: &Places) -> Result<Stretch, Error> {
    let client = asking(config, None)?;
    let mut ranges = BTreeMap::new();
    for (partition, first) in from {
        let (low, high) = client
            .fetch_watermarks(&topic.name(config), *partition, ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))?;
        let first = low.max(*first);
        if first < high {
            ranges.insert(*partition, (first, high));
        }
    }
    Ok(Stretch { topic, ranges })
}

/// Shows every record of a stretch, also those of transactions that are still open or were given up: what was begun
/// and may come again is on its way too.
pub fn read_stretch(
    config: &Config,
    stretch: &Stretch,
    mut on_record: impl FnMut(Record),
) -> Result<(), Error> {
    read_ranges(config, stretch, "read_uncommitted", |record| {
        on_record(record);
        Look::On
    })
}

/// Shows every record of a stretch that this isolation lets see, until `on_record` looks away.
pub(super) fn read_ranges(
    config: &Config,
    stretch: &Stretch,
    isolation: &str,
    mut on_record: impl FnMut(Record) -> Look,
) -> Result<(), Error> {
    if stretch.ranges.is_empty() {
        return Ok(());
    }
    let consumer = reading(config, "beyond", isolation)?;
    let name = stretch.topic.name(config);
    let mut list = TopicPartitionList::new();
    for (partition, (first, _)) in &stretch.ranges {
        list.add_partition_offset(&name, *partition, Offset::Offset(*first))
            .map_err(|error| Error::from_client("name the start offsets", error))?;
    }
    consumer
        .assign(&list)
        .map_err(|error| Error::from_client("take partitions", error))?;
    let mut open = stretch.ranges.clone();
    let mut heard = Instant::now();
    while !open.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            None if heard.elapsed() < SILENCE_MAX => {}
            None => {
                return Err(Error::Timeout {
                    doing: "read a stretch of a topic",
                    after: SILENCE_MAX,
                });
            }
            Some(Ok(message)) => {
                heard = Instant::now();
                let record = Record::from_message(stretch.topic, &message);
                let Some((_, end)) = open.get(&record.partition).copied() else {
                    continue;
                };
                let (partition, offset) = (record.partition, record.offset);
                if offset < end && on_record(record) == Look::Away {
                    return Ok(());
                }
                if offset + 1 >= end {
                    open.remove(&partition);
                }
            }
            // A mark of a transaction is no record: the last offset may never come.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                heard = Instant::now();
                open.remove(&partition);
            }
            Some(Err(error)) => match Error::from_client("read records", error) {
                fatal @ Error::Fatal { .. } => return Err(fatal),
                _ if heard.elapsed() < SILENCE_MAX => {}
                error => return Err(error),
            },
        }
    }
    Ok(())
}
