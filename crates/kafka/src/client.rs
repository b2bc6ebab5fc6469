//! Client settings shared by all, and what librdkafka has to say in our log.
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, ClientContext, Statistics};
use secrecy::ExposeSecret;

use crate::config::Config;
use crate::fetch::Fetch;
use crate::health::Health;
use crate::topic::MESSAGE_BYTES_MAX;

/// Settings of every client. `properties` come last, so that an operator has the last word.
pub(crate) fn base(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.bootstrap)
        .set("client.id", "omni")
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.nagle.disable", "true")
        .set("socket.keepalive.enable", "true")
        .set("statistics.interval.ms", "1000")
        .set("log.connection.close", "false")
        .set("security.protocol", config.security.protocol.as_str());
    let security = &config.security;
    let files = [
        ("ssl.ca.location", &security.ca_file),
        ("ssl.certificate.location", &security.certificate_file),
        ("ssl.key.location", &security.key_file),
    ];
    for (key, file) in files {
        if let Some(file) = file {
            client.set(key, file.to_string_lossy());
        }
    }
    if let Some(mechanism) = &security.sasl_mechanism {
        client.set("sasl.mechanisms", mechanism);
    }
    if let Some(user) = &security.sasl_user {
        client.set("sasl.username", user);
    }
    if let Some(password) = &security.sasl_password {
        client.set("sasl.password", password.expose_secret());
    }
    client
}

/// Settings of every producer: idempotent, acknowledged by all in-sync replicas, nothing held back.
pub(crate) fn producing(config: &Config) -> ClientConfig {
    let mut client = base(config);
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "lz4")
        .set("linger.ms", "0")
        // Ours is the measure that counts (`Outgoing::check`); librdkafka's must not be the narrower one.
        .set("message.max.bytes", (MESSAGE_BYTES_MAX + 64 * 1024).to_string());
    client
}

/// Settings of every consumer: only what is committed, nothing automatic.
pub(crate) fn consuming(config: &Config) -> ClientConfig {
    let mut client = base(config);
    client
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // We name every start offset; where that offset is gone, the reader stops (facts: DESIGN 3).
        .set("auto.offset.reset", "error")
        .set("fetch.queue.backoff.ms", "10")
        .set("session.timeout.ms", "6000")
        .set("check.crcs", "true")
        .set("allow.auto.create.topics", "false");
    Fetch::default().apply(&mut client);
    client
}

/// Puts the operator's properties over ours.
pub(crate) fn with_properties(mut client: ClientConfig, config: &Config) -> ClientConfig {
    for (key, value) in &config.properties {
        client.set(key, value);
    }
    client
}

/// The part of a client context that all of ours share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(pub(crate) Health);

impl Watch {
    pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                tracing::warn!(kafka.facility = facility, kafka.text = text, "librdkafka");
            }
            _ => tracing::debug!(kafka.facility = facility, kafka.text = text, "librdkafka"),
        }
    }

    pub(crate) fn error(&self, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        if code == Some(rdkafka::types::RDKafkaErrorCode::AllBrokersDown) {
            self.0.set_down();
        }
        tracing::debug!(kafka.error = %error, kafka.text = reason, "kafka client error");
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        Self::log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.0.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Watch::error(self, &error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Watch {}
