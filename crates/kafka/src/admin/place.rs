//! Where a group stands, with the text beside it, read and set: what a backup keeps of it.

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer};

use super::{ANSWER_WAIT_MAX, asking, patiently};
use crate::config::Config;
use crate::error::Error;
use crate::offsets::{self, Assigned, Offsets};
use crate::topic::Topic;

/// Where a group (named without prefix) stands in each partition of a topic.
///
/// # Errors
/// The broker does not answer, or the topic is not there.
pub fn committed(config: &Config, group: &str, topic: Topic) -> Result<Vec<Assigned>, Error> {
    let client = asking(config, Some(&format!("{}{group}", config.group_prefix)))?;
    let mut list = TopicPartitionList::new();
    for (_, partition) in super::partitions(config, &[topic])? {
        list.add_partition(&topic.name(config), partition);
    }
    let committed = patiently(|| {
        client
            .committed_offsets(list.clone(), ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read committed offsets", error))
    })?;
    Ok(offsets::from_native(&committed, config))
}

/// Sets where a group (named without prefix) stands, with the text beside it.
///
/// # Errors
/// The broker does not answer, or refuses since the group has members.
pub fn place(config: &Config, group: &str, offsets: &Offsets) -> Result<(), Error> {
    let client = asking(config, Some(&format!("{}{group}", config.group_prefix)))?;
    let list = offsets.to_native(config)?;
    patiently(|| {
        client
            .commit(&list, CommitMode::Sync)
            .map_err(|error| Error::from_client("place a group", error))
    })
}
