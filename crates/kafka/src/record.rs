//! A record as read, and a record to be sent.
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;

use crate::config::Config;
use crate::error::Error;
use crate::headers::RecordHeaders;
use crate::partition::partition_for;
use crate::topic::{RECORD_BYTES_MAX, Topic};

/// A record read from Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// The record's own time, milliseconds since 1970 (0 when it has none).
    pub timestamp_ms: i64,
    /// Key; empty when there is none.
    pub key: Vec<u8>,
    /// Value; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: RecordHeaders,
}

impl Record {
    /// The value; a tombstone is empty.
    pub fn value(&self) -> &[u8] {
        self.payload.as_deref().unwrap_or_default()
    }

    /// The key as text.
    pub fn key_text(&self) -> String {
        String::from_utf8_lossy(&self.key).into_owned()
    }

    /// A header's value, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?).ok()
    }

    pub(crate) fn from_message(topic: Topic, message: &BorrowedMessage<'_>) -> Self {
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis().unwrap_or_default(),
            key: message.key().unwrap_or_default().to_vec(),
            payload: message.payload().map(<[u8]>::to_vec),
            headers: message
                .headers()
                .map(RecordHeaders::from_native)
                .unwrap_or_default(),
        }
    }
}

/// Where a record goes within its topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// This partition: a hop keeps its input's partition.
    Partition(i32),
    /// The partition of this text: the company id, or the source's name.
    By(String),
}

/// A record to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Topic.
    pub topic: Topic,
    /// Where in the topic.
    pub placement: Placement,
    /// Key, for compaction and for people who inspect the topic.
    pub key: Vec<u8>,
    /// Value; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: RecordHeaders,
}

impl Outgoing {
    /// Size on the wire, uncompressed, in bytes (a little too much rather than too little).
    pub fn bytes(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 10)
            .sum();
        self.key.len() + self.payload.as_ref().map_or(0, Vec::len) + headers + 64
    }

    /// Refuses a record that its topic would not take.
    pub fn check(&self, config: &Config) -> Result<(), Error> {
        let bytes = self.bytes();
        if bytes <= RECORD_BYTES_MAX {
            return Ok(());
        }
        Err(Error::TooLarge {
            topic: self.topic.name(config),
            bytes,
            bytes_max: RECORD_BYTES_MAX,
        })
    }

    /// The partition it goes to, the topic having as many partitions as configured.
    pub fn partition(&self, config: &Config) -> i32 {
        match &self.placement {
            Placement::Partition(partition) => *partition,
            Placement::By(text) => partition_for(text, self.topic.partitions(config)),
        }
    }
}
