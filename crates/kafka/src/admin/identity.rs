//! An id that changes when a topic is deleted and made again (docs/decisions/0002-topic-identity.md).
//!
//! It is a random UUID kept as committed-offset metadata of a group of its own on partition 0: the broker
//! forgets a topic's committed offsets when the topic is deleted.
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use uuid::Uuid;

use super::{ANSWER_WAIT_MAX, asking};
use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::Error;
use crate::topic::Topic;

/// Longest wait for the right to name a topic.
const NAMING_WAIT_MAX: Duration = Duration::from_mins(1);

/// The group that holds the identities.
pub(super) fn group(config: &Config) -> String {
    format!("{}topic-identity", config.group_prefix)
}

/// The topic's identity; named now when it has none. Each call renews it, so that the broker's retention of
/// unused offsets (`offsets.retention.minutes`) never reaches it: call it at every start, and daily.
pub fn topic_identity(config: &Config, topic: Topic) -> Result<Uuid, Error> {
    super::partitions(config, &[topic])?;
    let asking = asking(config, Some(&group(config)))?;
    match read(&asking, config, topic)? {
        Some(identity) => {
            renew(&asking, config, topic, identity);
            Ok(identity)
        }
        None => name(config, topic, &asking),
    }
}

/// The topic's identity; `None` when nobody has named it yet. Writes nothing.
pub fn known_identity(config: &Config, topic: Topic) -> Result<Option<Uuid>, Error> {
    read(&asking(config, Some(&group(config)))?, config, topic)
}

fn read(client: &BaseConsumer<Watch>, config: &Config, topic: Topic) -> Result<Option<Uuid>, Error> {
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic.name(config), 0);
    let list = client
        .committed_offsets(list, ANSWER_WAIT_MAX)
        .map_err(|error| Error::from_client("read a topic's identity", error))?;
    Ok(list
        .elements()
        .iter()
        .find_map(|element| Uuid::parse_str(element.metadata()).ok()))
}

fn write(client: &BaseConsumer<Watch>, config: &Config, topic: Topic, identity: Uuid) -> Result<(), Error> {
    let doing = "write a topic's identity";
    let mut list = TopicPartitionList::new();
    let mut element = list.add_partition(&topic.name(config), 0);
    element
        .set_offset(Offset::Offset(0))
        .map_err(|error| Error::from_client(doing, error))?;
    element.set_metadata(identity.to_string());
    client
        .commit(&list, CommitMode::Sync)
        .map_err(|error| Error::from_client(doing, error))
}

/// Refused while somebody names a topic, and that is fine: there is another day.
fn renew(client: &BaseConsumer<Watch>, config: &Config, topic: Topic, identity: Uuid) {
    if let Err(error) = write(client, config, topic, identity) {
        tracing::debug!(kafka.error = ?error, "topic identity not renewed this time");
    }
}

/// Names the topic. Two processes may try at once; only the member that holds partition 0 may write, and the
/// broker refuses everybody else while the group has members.
fn name(config: &Config, topic: Topic, asking: &BaseConsumer<Watch>) -> Result<Uuid, Error> {
    let mut client = client::consuming(config)?;
    client
        .set("group.id", group(config))
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000");
    let member: BaseConsumer<Watch> = client::with_properties(client, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make a consumer", error))?;
    member
        .subscribe(&[&topic.name(config)])
        .map_err(|error| Error::from_client("join the naming of topics", error))?;
    let until = Instant::now() + NAMING_WAIT_MAX;
    while Instant::now() < until {
        // Records are of no interest, and rebalances are served in here.
        let _ = member.poll(Duration::from_millis(50));
        if let Some(identity) = read(asking, config, topic)? {
            return Ok(identity);
        }
        if holds_first(&member, &topic.name(config)) {
            let identity = Uuid::new_v4();
            match write(&member, config, topic, identity) {
                Ok(()) => return Ok(identity),
                Err(error) => tracing::debug!(kafka.error = ?error, "naming is tried again"),
            }
        }
    }
    Err(Error::Timeout {
        doing: "name a topic",
        after: NAMING_WAIT_MAX,
    })
}

fn holds_first(member: &BaseConsumer<Watch>, name: &str) -> bool {
    member
        .assignment()
        .is_ok_and(|held| held.find_partition(name, 0).is_some())
}
