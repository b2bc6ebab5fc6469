//! Whether a group is past a place, when what lies between may be no record at all.
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, Places, SILENCE_MAX, asking, reading, standing};
use crate::client::Watch;
use crate::config::Config;
use crate::error::{Class, Error};
use crate::record::Record;
use crate::topic::Topic;

/// The ends of these partitions as they are now (past the last record, committed or not); all of the topic's when none is named.
pub fn ends(config: &Config, topic: Topic, partition: Option<i32>) -> Result<Places, Error> {
    let client = asking(config, None)?;
    let partitions = super::partitions(config, &[topic])?.into_iter();
    let named = partitions.map(|(_, of_topic)| of_topic);
    named
        .filter(|of_topic| partition.is_none_or(|wanted| wanted == *of_topic))
        .map(|partition| {
            let watermarks = client.fetch_watermarks(&topic.name(config), partition, ANSWER_WAIT_MAX);
            let (_, high) = watermarks.map_err(|error| Error::from_client("read watermarks", error))?;
            Ok((partition, high))
        })
        .collect()
}

/// How many offsets a group still has before it up to these ends; 0: it is past every committed record below them.
///
/// Marks of transactions and records that were given up end no wait: a group never commits what it never sees. As long as a
/// transaction below an end is open, that partition counts.
pub fn left(config: &Config, group: &str, topic: Topic, ends: &Places) -> Result<u64, Error> {
    let standing = standing(config, group, topic)?;
    let mut left = 0;
    for (partition, end) in ends {
        let gap = Gap {
            topic,
            partition: *partition,
            from: standing.get(partition).copied().unwrap_or(0),
            end: *end,
        };
        if gap.from < gap.end && gap.holds_records(config)? {
            left += (gap.end - gap.from).unsigned_abs();
        }
    }
    Ok(left)
}

/// What lies between a group and an end in one partition.
#[derive(Debug, Clone, Copy)]
struct Gap {
    topic: Topic,
    partition: i32,
    from: i64,
    end: i64,
}

impl Gap {
    /// Whether a committed record is in it, or may come to be.
    fn holds_records(&self, config: &Config) -> Result<bool, Error> {
        let name = self.topic.name(config);
        let consumer = reading(config, "left", "read_committed")?;
        let (low, stable) = consumer
            .fetch_watermarks(&name, self.partition, ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))?;
        if stable < self.end {
            return Ok(true);
        }
        let from = self.from.max(low);
        if from >= self.end {
            return Ok(false);
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&name, self.partition, Offset::Offset(from))
            .map_err(|error| Error::from_client("name the start offsets", error))?;
        consumer
            .assign(&list)
            .map_err(|error| Error::from_client("take partitions", error))?;
        self.first(&consumer)
    }

    /// The first record decides.
    fn first(&self, consumer: &BaseConsumer<Watch>) -> Result<bool, Error> {
        let until = Instant::now() + SILENCE_MAX;
        while Instant::now() < until {
            match consumer.poll(Duration::from_millis(100)) {
                None => {}
                Some(Ok(message)) => {
                    return Ok(Record::from_message(self.topic, &message).offset < self.end);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(false),
                Some(Err(error)) => {
                    let error = Error::from_client("read records", error);
                    if error.class() == Class::Fatal {
                        return Err(error);
                    }
                }
            }
        }
        Err(Error::Timeout {
            doing: "look for records before a group",
            after: SILENCE_MAX,
        })
    }
}
