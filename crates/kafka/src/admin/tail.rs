//! A look into a topic: every record to a callback, from the beginning or from now on.
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::{ANSWER_WAIT_MAX, Places};
use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

/// Where a look begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailFrom {
    /// At the oldest record.
    Beginning,
    /// Behind the newest record.
    End,
    /// At these places, such as the ends of [`super::newest`]; a partition that is not named, at its oldest record.
    At(Places),
}

/// Whether to look on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Yes.
    On,
    /// No.
    Away,
}

/// Shows committed records of a topic until `on_record` or `idle` (asked whenever nothing comes for 100 ms)
/// looks away.
pub fn tail(
    config: &Config,
    topic: Topic,
    from: &TailFrom,
    mut on_record: impl FnMut(Record) -> Look,
    mut idle: impl FnMut() -> Look,
) -> Result<(), Error> {
    let mut client = client::consuming(config)?;
    client.set(
        "group.id",
        format!("{}tail-{}", config.group_prefix, uuid::Uuid::new_v4()),
    );
    let consumer: rdkafka::consumer::BaseConsumer<Watch> = client::with_properties(client, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make a consumer", error))?;
    let name = topic.name(config);
    let mut list = TopicPartitionList::new();
    for (_, partition) in super::partitions(config, &[topic])? {
        let (low, high) = consumer
            .fetch_watermarks(&name, partition, ANSWER_WAIT_MAX)
            .map_err(|error| Error::from_client("read watermarks", error))?;
        let start = match from {
            TailFrom::Beginning => low,
            TailFrom::End => high,
            TailFrom::At(places) => places.get(&partition).copied().unwrap_or(low).max(low),
        };
        list.add_partition_offset(&name, partition, Offset::Offset(start))
            .map_err(|error| Error::from_client("name the start offsets", error))?;
    }
    consumer
        .assign(&list)
        .map_err(|error| Error::from_client("take partitions", error))?;
    loop {
        let look = match consumer.poll(Duration::from_millis(100)) {
            None => idle(),
            Some(Ok(message)) if message.topic() == name => on_record(Record::from_message(topic, &message)),
            Some(Ok(_)) => Look::On,
            Some(Err(error)) => match Error::from_client("read records", error) {
                fatal @ Error::Fatal { .. } => return Err(fatal),
                _ => idle(),
            },
        };
        if look == Look::Away {
            return Ok(());
        }
    }
}
