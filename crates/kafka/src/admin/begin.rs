//! Where a group begins that reads a topic for the first time.

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, Places, asking, ends, patiently};
use crate::config::Config;
use crate::error::Error;
use crate::offsets;
use crate::topic::Topic;

/// A place in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// After the last record there is.
    End,
    /// At the first record of this time or later, in milliseconds since 1970.
    At {
        /// That time.
        timestamp_ms: i64,
    },
}

/// Places a group (named without prefix) that has no members and never committed on this topic; `false`: it has committed, and
/// stays where it is. Who joins without having been placed begins at the beginning.
///
/// # Errors
/// The broker does not answer, or refuses since the group has members that have not committed yet.
pub fn begin(config: &Config, group: &str, topic: Topic, beginning: Beginning) -> Result<bool, Error> {
    let client = asking(config, Some(&format!("{}{group}", config.group_prefix)))?;
    let partitions = super::partitions(config, &[topic])?;
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for (_, partition) in &partitions {
        list.add_partition(&topic.name(config), *partition);
    }
    let committed = patiently(|| {
        client
            .committed_offsets(list.clone(), ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read committed offsets", error))
    })?;
    let standing = offsets::from_native(&committed, config);
    if standing.iter().any(|place| place.committed.is_some()) {
        return Ok(false);
    }
    let places = match beginning {
        Beginning::End => ends(config, topic, None)?,
        Beginning::At { timestamp_ms } => since(config, topic, timestamp_ms)?,
    };
    let mut list = TopicPartitionList::with_capacity(places.len());
    for (partition, offset) in places {
        list.add_partition_offset(&topic.name(config), partition, Offset::Offset(offset))
            .map_err(|error| Error::from_client("name the start offsets", error))?;
    }
    patiently(|| {
        client
            .commit(&list, CommitMode::Sync)
            .map_err(|error| Error::from_client("place a group", error))
    })?;
    Ok(true)
}

/// The first offset of this time or later in each partition; the end where there is none.
pub fn since(config: &Config, topic: Topic, timestamp_ms: i64) -> Result<Places, Error> {
    let client = asking(config, None)?;
    let mut places = ends(config, topic, None)?;
    let mut list = TopicPartitionList::with_capacity(places.len());
    for partition in places.keys() {
        list.add_partition_offset(&topic.name(config), *partition, Offset::Offset(timestamp_ms))
            .map_err(|error| Error::from_client("name a time", error))?;
    }
    let found = client
        .offsets_for_times(list, ANSWER_WAIT_MAX)
        .map_err(|error| Error::from_client("look for a time", error))?;
    for element in found.elements() {
        if let Offset::Offset(offset) = element.offset() {
            places.insert(element.partition(), offset);
        }
    }
    Ok(places)
}
