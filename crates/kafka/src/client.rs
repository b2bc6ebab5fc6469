//! Client settings shared by all, and what librdkafka has to say in our log.
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, ClientContext, Statistics};

use crate::config::Config;
use crate::denied::Denied;
use crate::error::{Class, Error};
use crate::fetch::Fetch;
use crate::health::Health;
use crate::topic::MESSAGE_BYTES_MAX;

/// Settings of every client, and the one place that says how it is let in. `properties` come last, so that an operator has
/// the last word.
pub(crate) fn base(config: &Config) -> Result<ClientConfig, Error> {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.bootstrap)
        .set("client.id", "omni")
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.nagle.disable", "true")
        .set("socket.keepalive.enable", "true")
        .set("statistics.interval.ms", "1000")
        .set("log.connection.close", "false");
    config.security.apply(&mut client)?;
    Ok(client)
}

/// Settings of every producer: idempotent, acknowledged by all in-sync replicas, nothing held back.
pub(crate) fn producing(config: &Config) -> Result<ClientConfig, Error> {
    let mut client = base(config)?;
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "lz4")
        .set("linger.ms", "0")
        // Ours is the measure that counts (`Outgoing::check`); librdkafka's must not be the narrower one.
        .set("message.max.bytes", (MESSAGE_BYTES_MAX + 64 * 1024).to_string());
    Ok(client)
}

/// Settings of every consumer: only what is committed, nothing automatic.
pub(crate) fn consuming(config: &Config) -> Result<ClientConfig, Error> {
    let mut client = base(config)?;
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
    Ok(client)
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
pub(crate) struct Watch {
    pub(crate) health: Health,
    /// Whether it says in the log what keeps it out; who asks once is told in the answer.
    says: bool,
}

impl Watch {
    /// Of a client that stays.
    pub(crate) fn of(health: Health) -> Self {
        Self { health, says: true }
    }

    pub(crate) fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
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
        // A port that wants TLS is told in the log alone.
        if facility == "FAIL" {
            self.consider(None, text);
        }
    }

    pub(crate) fn error(&self, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.health.set_down();
        }
        tracing::debug!(kafka.error = %error, kafka.text = reason, "kafka client error");
        self.consider(code, reason);
    }

    /// Says once why no broker lets us in.
    fn consider(&self, code: Option<RDKafkaErrorCode>, said: &str) {
        let denied = Denied::from_event(code, said);
        let news = denied.filter(|denied| self.health.set_denied(denied));
        let Some(denied) = news.filter(|_| self.says) else {
            return;
        };
        match denied.reason.class() {
            Class::Retry => tracing::warn!(kafka.denied = %denied, "kafka does not let us in"),
            Class::Abort | Class::Fatal => {
                tracing::error!(kafka.denied = %denied, "kafka does not let us in");
            }
        }
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        Watch::log(self, level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.health.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Watch::error(self, &error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Watch {}
