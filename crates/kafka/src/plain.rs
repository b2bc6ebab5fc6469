//! A consumer without transactions: delivery (a group, commits with metadata) and reporting (no group, from the end).
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use crate::config::Config;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::health::Health;
use crate::offsets::{Assigned, Offsets};
use crate::reader::{Assignor, Listener, Membership, Reader, ReaderSettings};
use crate::record::Record;
use crate::topic::Topic;

/// Most bytes of records that one poll returns (the last record may reach beyond).
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Settings of a plain consumer in a group.
#[derive(Debug, Clone)]
pub struct PlainSettings {
    /// Consumer group, without prefix.
    pub group: String,
    /// Instance, stable over restarts.
    pub instance: String,
    /// Topics to read.
    pub inputs: Vec<Topic>,
    /// How the group shares its partitions.
    pub assignor: Assignor,
    /// How this member is known to the group.
    pub membership: Membership,
    /// How long a silent member keeps its partitions.
    pub session_timeout: Duration,
    /// Told whether a broker answers.
    pub health: Health,
}

impl PlainSettings {
    /// The usual settings.
    pub fn new(group: &str, instance: &str, inputs: &[Topic]) -> Self {
        Self {
            group: group.to_owned(),
            instance: instance.to_owned(),
            inputs: inputs.to_vec(),
            assignor: Assignor::default(),
            membership: Membership::default(),
            session_timeout: Duration::from_secs(8),
            health: Health::new(),
        }
    }
}

/// A consumer without transactions. One thread owns it; calls block.
#[derive(Debug)]
pub struct PlainConsumer {
    reader: Reader,
}

impl PlainConsumer {
    /// Joins a group.
    pub fn join(
        config: &Config,
        settings: PlainSettings,
        listener: Box<dyn Listener>,
    ) -> Result<Self, Error> {
        let reader = ReaderSettings {
            group: format!("{}{}", config.group_prefix, settings.group),
            instance: settings.instance,
            inputs: settings.inputs,
            assignor: settings.assignor,
            membership: settings.membership,
            session_timeout: settings.session_timeout,
            fetch: Fetch::default(),
            health: settings.health,
        };
        Ok(Self {
            reader: Reader::join(config, reader, listener)?,
        })
    }

    /// Reads all partitions of these topics from their present end, in no group; commits nothing, ever.
    pub fn from_end(config: &Config, topics: &[Topic], health: Health) -> Result<Self, Error> {
        let places = crate::admin::partitions(config, topics)?;
        let settings = ReaderSettings {
            // librdkafka wants a name to read by; no group of this name comes to be on the broker.
            group: format!("{}from-end-{}", config.group_prefix, uuid::Uuid::new_v4()),
            instance: String::new(),
            inputs: topics.to_vec(),
            assignor: Assignor::default(),
            membership: Membership::Dynamic,
            session_timeout: Duration::from_secs(8),
            fetch: Fetch::default(),
            health,
        };
        let reader = Reader::alone(config, settings)?;
        let mut list = TopicPartitionList::with_capacity(places.len());
        for (topic, partition) in places {
            let (_, high) = reader
                .consumer
                .fetch_watermarks(&topic.name(config), partition, Duration::from_secs(10))
                .map_err(|error| Error::from_client("read watermarks", error))?;
            list.add_partition_offset(&topic.name(config), partition, Offset::Offset(high))
                .map_err(|error| Error::from_client("name the start offsets", error))?;
        }
        reader
            .consumer
            .assign(&list)
            .map_err(|error| Error::from_client("take partitions", error))?;
        Ok(Self { reader })
    }

    /// Committed records in partition order: the first may take `wait`, what is there besides is taken along.
    pub fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        self.reader
            .gather(records_max, BATCH_BYTES_MAX, wait, Instant::now())
    }

    /// Commits offsets and the text beside them, and waits for the broker.
    pub fn commit(&mut self, next: &Offsets) -> Result<(), Error> {
        self.reader.commit(next)
    }

    /// Where the group stands on the partitions held, read from the broker.
    pub fn committed(&self) -> Result<Vec<Assigned>, Error> {
        self.reader.committed()
    }

    /// The partitions held now.
    pub fn assignment(&self) -> Vec<(Topic, i32)> {
        self.reader.assignment()
    }

    /// Goes back to the committed offsets of all partitions held.
    pub fn rewind(&mut self) -> Result<(), Error> {
        self.reader.rewind()
    }

    /// Fetches nothing more from these partitions until [`PlainConsumer::resume`].
    pub fn pause(&mut self, partitions: &[(Topic, i32)]) -> Result<(), Error> {
        let list = self.reader.list(partitions);
        self.reader
            .consumer
            .pause(&list)
            .map_err(|error| Error::from_client("pause partitions", error))
    }

    /// Fetches from them again.
    pub fn resume(&mut self, partitions: &[(Topic, i32)]) -> Result<(), Error> {
        let list = self.reader.list(partitions);
        self.reader
            .consumer
            .resume(&list)
            .map_err(|error| Error::from_client("resume partitions", error))
    }
}
