//! The `[kafka]` table of `omni.toml`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};

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

/// TLS and SASL.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`.
    pub protocol: Protocol,
    /// Certificates that sign the brokers'; the system's when absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, when brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`.
    pub sasl_mechanism: Option<String>,
    /// SASL user.
    pub sasl_user: Option<String>,
    /// SASL password; never shown.
    #[serde(serialize_with = "masked")]
    pub sasl_password: Option<SecretString>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Neither TLS nor SASL.
    #[default]
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without TLS.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
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

impl Protocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }
}

/// As a person may see it.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.is_some() { "***" } else { "" })
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
