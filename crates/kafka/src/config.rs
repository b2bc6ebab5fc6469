//! The `[kafka]` table of `omni.toml`.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

pub use crate::security::{Mechanism, OAuth, Protocol, Security, Unfit};

/// How to reach Kafka, and how Omni's topics and groups are named there.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Brokers to start from, `host:port`, comma separated.
    pub bootstrap: String,
    /// Begins every topic name.
    pub topic_prefix: String,
    /// Begins every consumer group and transactional id.
    pub group_prefix: String,
    /// Partitions of each topic that is partitioned by company; the same for all, set generously once.
    pub partitions: i32,
    /// Copies of each partition.
    pub replication: i32,
    /// What a crash may do to events under way.
    pub delivery: Delivery,
    /// How to be let in.
    pub security: Security,
    /// librdkafka settings over ours, by their own names; those that hold secrets are not shown.
    #[serde(serialize_with = "shown")]
    pub properties: BTreeMap<String, String>,
}

/// The guarantee between reading a record and what is written for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Offsets, records and rows belong together, whatever crashes.
    #[default]
    ExactlyOnce,
    /// No transactions and no planned inserts: what was under way in a crash comes twice. Only there so that the price of the
    /// other can be measured.
    AtLeastOnce,
}

impl Config {
    /// Whether nothing may come twice.
    pub fn is_exactly_once(&self) -> bool {
        self.delivery == Delivery::ExactlyOnce
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bootstrap: "127.0.0.1:9092".to_owned(),
            topic_prefix: "omni.".to_owned(),
            group_prefix: "omni-".to_owned(),
            partitions: 12,
            replication: 1,
            delivery: Delivery::default(),
            security: Security::default(),
            properties: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("bootstrap", &self.bootstrap)
            .field("topic_prefix", &self.topic_prefix)
            .field("group_prefix", &self.group_prefix)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("delivery", &self.delivery)
            .field("security", &self.security)
            .field(
                "properties",
                &visible(&self.properties).collect::<BTreeMap<_, _>>(),
            )
            .finish()
    }
}

fn shown<S: Serializer>(properties: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(visible(properties))
}

/// librdkafka's secrets have one of these in their names.
fn visible(properties: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    let secret = |key: &str| {
        ["password", "secret", "key.pem", "oauthbearer.config"]
            .iter()
            .any(|part| key.contains(part))
    };
    properties
        .iter()
        .map(move |(key, value)| (key.as_str(), if secret(key) { "***" } else { value.as_str() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let mut config = Config::default();
        config.security.sasl_password = Some("hush".into());
        config
            .properties
            .insert("ssl.key.password".to_owned(), "hush".to_owned());
        config.properties.insert("linger.ms".to_owned(), "1".to_owned());
        let shown = format!("{config:?}");
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("linger.ms"), "{shown}");
    }
}
