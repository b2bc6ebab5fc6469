//! How far each group is behind.
use std::collections::BTreeMap;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;

use super::{ANSWER_WAIT_MAX, asking, describe, patiently};
use crate::config::Config;
use crate::error::Error;
use crate::offsets::{self, Assigned};
use crate::topic::Topic;

/// Groups asked at the same time.
const ASKED_AT_ONCE_MAX: usize = 8;

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
    for some in groups(config)?.chunks(ASKED_AT_ONCE_MAX) {
        let asked: Vec<Result<Vec<Assigned>, Error>> = std::thread::scope(|scope| {
            let askers: Vec<_> = some
                .iter()
                .map(|group| scope.spawn(|| committed_by(config, group, &list)))
                .collect();
            askers
                .into_iter()
                .map(|asker| asker.join().unwrap_or_else(|_| Ok(Vec::new())))
                .collect()
        });
        for (group, places) in some.iter().zip(asked) {
            lags.extend(places?.into_iter().filter_map(|place| {
                let high = *high.get(&(place.topic, place.partition))?;
                let committed = place.committed?.offset;
                Some(Lag {
                    group: group.clone(),
                    topic: place.topic,
                    partition: place.partition,
                    committed,
                    high,
                })
            }));
        }
    }
    Ok(lags)
}

/// Each group is asked by a client of its own, and a client takes a moment to come and go.
fn committed_by(config: &Config, group: &str, list: &TopicPartitionList) -> Result<Vec<Assigned>, Error> {
    let client = asking(config, Some(group))?;
    let committed = patiently(|| {
        client
            .committed_offsets(list.clone(), ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read committed offsets", error))
    })?;
    Ok(offsets::from_native(&committed, config))
}

fn groups(config: &Config) -> Result<Vec<String>, Error> {
    let client = asking(config, None)?;
    let list = patiently(|| {
        client
            .fetch_group_list(None, ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("list groups", error))
    })?;
    let mut names: Vec<String> = list
        .groups()
        .iter()
        .map(|group| group.name().to_owned())
        .filter(|name| name.starts_with(&config.group_prefix) && *name != super::identity::group(config))
        .filter(|name| !super::note::is_note(config, name))
        .collect();
    names.sort();
    Ok(names)
}
