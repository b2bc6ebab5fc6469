//! How far each group is behind.
use std::collections::BTreeMap;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;

use super::{ANSWER_WAIT_MAX, asking, describe};
use crate::config::Config;
use crate::error::Error;
use crate::offsets;
use crate::topic::Topic;

/// Where one group stands in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Full group name.
    pub group: String,
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: i32,
    /// Next offset the group reads.
    pub committed: i64,
    /// One past the last offset.
    pub high: i64,
}

impl Lag {
    /// Offsets behind (transaction marks count as one each).
    pub fn records(&self) -> i64 {
        (self.high - self.committed).max(0)
    }
}

/// Every group of ours (by prefix) with a committed offset on any of our topics.
pub fn group_lags(config: &Config) -> Result<Vec<Lag>, Error> {
    let described = describe(config)?;
    let mut high = BTreeMap::new();
    let mut list = TopicPartitionList::new();
    for topic in &described {
        for partition in &topic.partitions {
            high.insert((topic.topic, partition.partition), partition.high);
            list.add_partition(&topic.name, partition.partition);
        }
    }
    let mut lags = Vec::new();
    for group in groups(config)? {
        let committed = asking(config, Some(&group))?
            .committed_offsets(list.clone(), ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read committed offsets", error))?;
        for place in offsets::from_native(&committed, config) {
            let (Some(committed), Some(high)) = (place.committed, high.get(&(place.topic, place.partition)))
            else {
                continue;
            };
            lags.push(Lag {
                group: group.clone(),
                topic: place.topic,
                partition: place.partition,
                committed: committed.offset,
                high: *high,
            });
        }
    }
    Ok(lags)
}

fn groups(config: &Config) -> Result<Vec<String>, Error> {
    let list = asking(config, None)?
        .fetch_group_list(None, ANSWER_WAIT_MAX)
        .map_err(|error| Error::from_client("list groups", error))?;
    let mut names: Vec<String> = list
        .groups()
        .iter()
        .map(|group| group.name().to_owned())
        .filter(|name| name.starts_with(&config.group_prefix) && *name != super::identity::group(config))
        .collect();
    names.sort();
    Ok(names)
}
