//! How long the broker keeps what is on a topic, as it is set there.
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier};

use super::ANSWER_WAIT_MAX;
use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::Error;
use crate::topic::Topic;

/// Compaction without this limit may never reach a record.
const NEVER_MS: i64 = i64::MAX;

/// A topic's settings that decide when a record is gone. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Topic.
    pub topic: Topic,
    /// The newest record of each key outlives all others.
    pub is_compacted: bool,
    /// `retention.ms`, where age deletes; `None`: nothing is deleted by age.
    pub delete_after_ms: Option<i64>,
    /// `segment.ms`: a record may lie in a segment that is still written for so long, and age begins after that.
    pub segment_ms: i64,
    /// `max.compaction.lag.ms`, where keys are compacted; `None`: no limit is set.
    pub compact_within_ms: Option<i64>,
}

/// The settings in force, of these topics, in their order.
pub fn retention(config: &Config, topics: &[Topic]) -> Result<Vec<Retention>, Error> {
    let client: AdminClient<Watch> = client::with_properties(client::base(config)?, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make an admin client", error))?;
    let names: Vec<String> = topics.iter().map(|topic| topic.name(config)).collect();
    let asked: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WAIT_MAX));
    let doing = "read the settings of topics";
    let answers = futures::executor::block_on(client.describe_configs(&asked, &options))
        .map_err(|error| Error::from_client(doing, error))?;
    let read = topics.iter().zip(answers).map(|(topic, answer)| match answer {
        Ok(settings) => Ok(of(*topic, &settings)),
        Err(code) => Err(Error::Broker {
            doing,
            source: format!("{}: {code}", topic.name(config)).into(),
        }),
    });
    read.collect()
}

fn of(topic: Topic, settings: &ConfigResource) -> Retention {
    let text = |name: &str| settings.get(name).and_then(|entry| entry.value.as_deref());
    let number = |name: &str| text(name).and_then(|value| value.parse::<i64>().ok());
    let policy = text("cleanup.policy").unwrap_or("delete");
    let is_compacted = policy.contains("compact");
    let by_age = number("retention.ms").filter(|ms| policy.contains("delete") && *ms >= 0);
    let lag = number("max.compaction.lag.ms").filter(|ms| is_compacted && *ms < NEVER_MS);
    Retention {
        topic,
        is_compacted,
        delete_after_ms: by_age,
        segment_ms: number("segment.ms").unwrap_or(0),
        compact_within_ms: lag,
    }
}
