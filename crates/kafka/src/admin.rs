//! Topics made and checked, watermarks, lags, identities, and a look into a topic.
//!
//! Every call makes a client of its own, blocks, and is bounded in time.
mod backlog;
mod begin;
mod beyond;
mod identity;
mod lags;
mod left;
mod let_in;
mod newest;
mod note;
mod place;
mod ready;
mod retention;
mod tail;
mod topics;

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::{Class, Error};
use crate::topic::Topic;

pub use backlog::{Backlog, Backlogs};
pub use begin::{Beginning, begin, since};
pub use beyond::{Places, Stretch, read_stretch, standing, stretch};
pub use identity::{known_identity, topic_identity};
pub use lags::{Lag, group_lags};
pub use left::{ends, left};
pub use newest::{Newest, all, newest};
pub use note::Note;
pub use place::{committed, place};
pub use ready::until_ready;
pub use retention::{Retention, retention};
pub use tail::{Look, TailFrom, tail};
pub use topics::{Created, Described, DescribedPartition, check, create_topics, describe, partitions};

/// Longest wait for one answer of the broker.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Between two questions to a broker that cannot answer yet.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// A broker that sends nothing for so long will not send the rest.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// The cluster's id.
pub fn cluster_id(config: &Config) -> Result<String, Error> {
    let client = asking(config, None)?;
    let late = || Error::Timeout {
        doing: "ask for the cluster id",
        after: ANSWER_WAIT_MAX,
    };
    client.client().fetch_cluster_id(ANSWER_WAIT_MAX).ok_or_else(|| {
        let denied = let_in::denied(config, &client);
        denied.map_or_else(late, |denied| Error::Denied { denied })
    })
}

/// Low and high watermark of a partition (the high one is past the last record, committed or not).
pub fn watermarks(config: &Config, topic: Topic, partition: i32) -> Result<(i64, i64), Error> {
    asking(config, None)?
        .fetch_watermarks(&topic.name(config), partition, ANSWER_WAIT_MAX)
        .map_err(|error| Error::from_client("read watermarks", error))
}

/// A client that reads where it is told to, as nobody's member, and says when it is at an end. `whose` is in the name it reads by.
fn reading(config: &Config, whose: &str, isolation: &str) -> Result<BaseConsumer<Watch>, Error> {
    client::with_properties(reader(config, whose, isolation)?, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make a consumer", error))
}

/// What makes such a client.
fn reader(config: &Config, whose: &str, isolation: &str) -> Result<ClientConfig, Error> {
    let mut client = client::consuming(config)?;
    client
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true")
        // librdkafka wants a name to read by; no group of this name comes to be on the broker.
        .set(
            "group.id",
            format!("{}{whose}-{}", config.group_prefix, uuid::Uuid::new_v4()),
        );
    Ok(client)
}

/// Asks until the broker answers: the one that holds a group's offsets may just be taking them over, and says so.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let until = Instant::now() + ANSWER_WAIT_MAX;
    loop {
        match ask() {
            Err(error) if error.class() == Class::Retry && Instant::now() < until => {
                std::thread::sleep(ASKED_AGAIN_AFTER);
            }
            answered => return answered,
        }
    }
}

/// A client that only asks.
fn asking(config: &Config, group: Option<&str>) -> Result<BaseConsumer<Watch>, Error> {
    let mut client = client::consuming(config)?;
    client.set("isolation.level", "read_uncommitted");
    // A port that wants TLS closes the connection.
    client.set("log.connection.close", "true");
    if let Some(group) = group {
        client.set("group.id", group);
    }
    let mut client = client::with_properties(client, config);
    // What it says of a connection that fails is listened to.
    client.set_log_level(RDKafkaLogLevel::Info);
    client
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make a client", error))
}
