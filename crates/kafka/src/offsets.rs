//! Offsets: what a group has done, what it was given, and where a transaction's records ended.
use std::collections::BTreeMap;

use rdkafka::{Offset, TopicPartitionList};

use crate::config::Config;
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

/// Longest metadata the broker keeps beside an offset, in bytes (`offset.metadata.max.bytes`).
pub const METADATA_BYTES_MAX: usize = 4096;

/// A committed offset: the next record to read, and the text beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Next offset to read.
    pub offset: i64,
    /// Text kept beside it, at most [`METADATA_BYTES_MAX`] bytes.
    pub metadata: Option<String>,
}

/// A partition just assigned, and where its group stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: i32,
    /// `None`: the group never committed here, and reads from the beginning.
    pub committed: Option<Committed>,
}

/// Where a transaction's own records ended: (topic, partition) → one past our last record.
pub type Written = BTreeMap<(Topic, i32), i64>;

/// Next offsets to commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offsets(BTreeMap<(Topic, i32), Committed>);

impl Offsets {
    /// No offsets.
    pub fn new() -> Self {
        Self::default()
    }

    /// The offsets after all of these records.
    pub fn after(records: &[Record]) -> Self {
        let mut offsets = Self::new();
        for record in records {
            offsets.advance(record);
        }
        offsets
    }

    /// Counts this record as done, and so all before it in its partition.
    pub fn advance(&mut self, record: &Record) {
        let entry = self
            .0
            .entry((record.topic, record.partition))
            .or_insert(Committed {
                offset: 0,
                metadata: None,
            });
        entry.offset = entry.offset.max(record.offset + 1);
    }

    /// Sets one partition.
    pub fn set(&mut self, topic: Topic, partition: i32, next: Committed) {
        self.0.insert((topic, partition), next);
    }

    /// Takes the other's partitions that are not here yet.
    pub fn join(&mut self, other: Self) {
        for (place, next) in other.0 {
            self.0.entry(place).or_insert(next);
        }
    }

    /// The next offset of a partition.
    pub fn get(&self, topic: Topic, partition: i32) -> Option<&Committed> {
        self.0.get(&(topic, partition))
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = ((Topic, i32), &Committed)> {
        self.0.iter().map(|(place, next)| (*place, next))
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn to_native(&self, config: &Config) -> Result<TopicPartitionList, Error> {
        let mut list = TopicPartitionList::with_capacity(self.0.len());
        for ((topic, partition), next) in &self.0 {
            let mut element = list.add_partition(&topic.name(config), *partition);
            element
                .set_offset(Offset::Offset(next.offset))
                .map_err(|error| Error::from_client("name the offsets to commit", error))?;
            if let Some(metadata) = &next.metadata {
                element.set_metadata(metadata);
            }
        }
        Ok(list)
    }
}

/// Reads a list that came from the broker; partitions of other topics are left out.
pub(crate) fn from_native(list: &TopicPartitionList, config: &Config) -> Vec<Assigned> {
    let elements = list.elements();
    let assigned = elements.iter().filter_map(|element| {
        let topic = Topic::from_name(element.topic(), config)?;
        let committed = match element.offset() {
            Offset::Offset(offset) => {
                let metadata = element.metadata();
                Some(Committed {
                    offset,
                    metadata: (!metadata.is_empty()).then(|| metadata.to_owned()),
                })
            }
            _ => None,
        };
        Some(Assigned {
            topic,
            partition: element.partition(),
            committed,
        })
    });
    assigned.collect()
}
