//! Reads one partition to its end, for who must know what is there before going on.
//!
//! The end is the high watermark at the time of the call, pending transactions waited for: what a
//! predecessor's transaction wrote is either there or will never be.
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

/// Longest wait for pending transactions of the partition.
const STABLE_WAIT_MAX: Duration = Duration::from_mins(2);
/// Longest time without a record before the read gives up.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// Between two lines of progress in the log.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// What a restore read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Records read.
    pub records: u64,
    /// Where to go on from: everything before it was read.
    pub next_offset: i64,
}

/// Reads partitions to their end.
#[derive(Debug, Clone)]
pub struct Restore {
    config: Config,
}

impl Restore {
    /// Connects only when reading.
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
        }
    }

    /// Reads one partition from an offset (`None`: from its beginning) to the high watermark.
    ///
    /// An offset that is no longer (or not yet) in the log is [`Error::OutOfRange`]: start cold.
    pub fn read(
        &self,
        topic: Topic,
        partition: i32,
        from: Option<i64>,
        mut on_record: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<Restored, Error> {
        let name = topic.name(&self.config);
        let consumer = self.consumer()?;
        let (low, high) = self.range(&name, partition)?;
        let start = from.unwrap_or(low);
        if !(low..=high).contains(&start) {
            let group = "the restore".to_owned();
            return Err(Error::OutOfRange {
                group,
                topic: name,
                partition,
                committed: start,
                low,
                high,
            });
        }
        let mut restored = Restored {
            records: 0,
            next_offset: start,
        };
        if start == high {
            return Ok(restored);
        }
        wait_until_stable(&consumer, &name, partition, high)?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&name, partition, Offset::Offset(start))
            .and_then(|()| consumer.assign(&list))
            .map_err(|error| Error::from_client("read a partition", error))?;
        let mut progress = Progress::new(&name, partition, high);
        let mut heard = Instant::now();
        while heard.elapsed() < SILENCE_MAX {
            match consumer.poll(Duration::from_millis(200)) {
                None => {}
                Some(Ok(message)) => {
                    heard = Instant::now();
                    let record = Record::from_message(topic, &message);
                    restored = Restored {
                        records: restored.records + 1,
                        next_offset: record.offset + 1,
                    };
                    on_record(record)?;
                    progress.say(restored);
                }
                // The end as it is now, so at or beyond `high`: what lies between are marks and aborted records.
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    restored.next_offset = restored.next_offset.max(high);
                    return Ok(restored);
                }
                Some(Err(error)) => passing(error)?,
            }
        }
        Err(Error::Timeout {
            doing: "read a partition to its end",
            after: SILENCE_MAX,
        })
    }

    fn consumer(&self) -> Result<BaseConsumer<Watch>, Error> {
        let mut client = client::consuming(&self.config)?;
        client
            .set("group.id", format!("{}restore", self.config.group_prefix))
            .set("enable.partition.eof", "true")
            .set("queued.min.messages", "10000");
        client::with_properties(client, &self.config)
            .create_with_context(Watch::default())
            .map_err(|error| Error::from_client("make a consumer", error))
    }

    /// Low and true high watermark; a `read_committed` client would be told the last stable offset instead.
    fn range(&self, name: &str, partition: i32) -> Result<(i64, i64), Error> {
        let mut client = client::consuming(&self.config)?;
        client.set("isolation.level", "read_uncommitted");
        let client: BaseConsumer<Watch> = client::with_properties(client, &self.config)
            .create_with_context(Watch::default())
            .map_err(|error| Error::from_client("make a consumer", error))?;
        client
            .fetch_watermarks(name, partition, SILENCE_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))
    }
}

/// Waits until no transaction is pending below `high`.
fn wait_until_stable(
    consumer: &BaseConsumer<Watch>,
    name: &str,
    partition: i32,
    high: i64,
) -> Result<(), Error> {
    let until = Instant::now() + STABLE_WAIT_MAX;
    while Instant::now() < until {
        let (_, stable) = consumer
            .fetch_watermarks(name, partition, SILENCE_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))?;
        if stable >= high {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(Error::Timeout {
        doing: "wait for pending transactions",
        after: STABLE_WAIT_MAX,
    })
}

fn passing(error: KafkaError) -> Result<(), Error> {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::UnknownTopicOrPartition) => {
            Err(Error::Fatal {
                doing: "read a partition",
                source: error.into(),
            })
        }
        _ => Ok(()),
    }
}

/// A line in the log every few seconds.
struct Progress<'a> {
    name: &'a str,
    partition: i32,
    high: i64,
    said: Instant,
}

impl<'a> Progress<'a> {
    fn new(name: &'a str, partition: i32, high: i64) -> Self {
        Self {
            name,
            partition,
            high,
            said: Instant::now(),
        }
    }

    fn say(&mut self, restored: Restored) {
        if self.said.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.said = Instant::now();
        tracing::info!(
            kafka.topic = self.name,
            kafka.partition = self.partition,
            kafka.offset = restored.next_offset,
            kafka.end = self.high,
            records = restored.records,
            "restore goes on"
        );
    }
}
