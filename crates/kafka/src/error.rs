//! What can go wrong with Kafka, and what the caller may do about it.
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::Unfit;
use crate::denied::Denied;

/// The cause below one of our errors; a client's own error type never leaves this crate.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What the caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same call may work later.
    Retry,
    /// Nothing of it was done: go on from the last commit (a worker is there already), or refuse the record.
    Abort,
    /// This client is of no more use: leave the process, or drop the client and make a new one.
    Fatal,
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refused a setting.
    #[error("kafka setting refused")]
    Config(#[source] Cause),
    /// `[kafka.security]` says what cannot work.
    #[error("[kafka.security] `{}` {}", .0.key, .0.message)]
    Setting(Unfit),
    /// A broker is there and does not let us in.
    #[error("kafka does not let us in: {denied}")]
    Denied {
        /// Why, and what to change.
        denied: Denied,
    },
    /// As many records or bytes are under way as allowed; nothing was sent.
    #[error("producer is full: {records} records, {bytes} bytes in flight")]
    Busy {
        /// Records in flight.
        records: usize,
        /// Bytes in flight.
        bytes: usize,
    },
    /// The record is larger than its topic takes; it was not sent, and never can be.
    #[error("record for {topic} has {bytes} bytes, more than {bytes_max}")]
    TooLarge {
        /// Full topic name.
        topic: String,
        /// Size as measured by [`crate::Outgoing::bytes`].
        bytes: usize,
        /// The limit, [`crate::topic::RECORD_BYTES_MAX`].
        bytes_max: usize,
    },
    /// The text is longer than the broker keeps beside an offset; it was not written.
    #[error(
        "text has {bytes} bytes, more than {} beside an offset",
        crate::METADATA_BYTES_MAX
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// No answer within the bound.
    #[error("no answer from kafka within {after:?}: {doing}")]
    Timeout {
        /// What was tried.
        doing: &'static str,
        /// How long.
        after: Duration,
    },
    /// The broker, or the way to it, failed; it may work later.
    #[error("kafka did not take it: {doing}")]
    Broker {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// The transaction was aborted and the reader is back at its committed offsets.
    #[error("transaction aborted while trying to {doing}")]
    Aborted {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// The client cannot go on.
    #[error("kafka client cannot go on: {doing}")]
    Fatal {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// The group's next record is gone (or was never there): somebody must decide, we skip nothing.
    #[error(
        "{group} stands at offset {committed} of {topic}/{partition}, which holds {low} to {high}: records were lost, \
         reset the group on purpose or restore the topic"
    )]
    OutOfRange {
        /// Consumer group.
        group: String,
        /// Full topic name.
        topic: String,
        /// Partition.
        partition: i32,
        /// Where the reader stands.
        committed: i64,
        /// First offset in the log.
        low: i64,
        /// One past the last offset in the log.
        high: i64,
    },
    /// Topics are missing.
    #[error("topics missing: {}", .0.join(", "))]
    MissingTopics(Vec<String>),
    /// Topics whose partitions must agree do not.
    #[error("all topics that are partitioned by company need the same number of partitions, found {}", .0.join(", "))]
    UnequalPartitions(Vec<String>),
    /// The listener or the hop refused.
    #[error("{doing}")]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// Its own error.
        #[source]
        source: Cause,
    },
}

impl Error {
    /// What the caller may do.
    pub fn class(&self) -> Class {
        match self {
            Self::Busy { .. } | Self::Timeout { .. } | Self::Broker { .. } => Class::Retry,
            Self::Aborted { .. } | Self::TooLarge { .. } | Self::TooLong { .. } => Class::Abort,
            Self::Denied { denied } => denied.reason.class(),
            Self::Config(_)
            | Self::Setting(_)
            | Self::Fatal { .. }
            | Self::OutOfRange { .. }
            | Self::MissingTopics(_)
            | Self::UnequalPartitions(_)
            | Self::Refused { .. } => Class::Fatal,
        }
    }

    /// A listener's own error, as [`crate::Listener::assigned`] returns it.
    pub fn refused(doing: &'static str, source: impl Into<Cause>) -> Self {
        Self::Refused {
            doing,
            source: source.into(),
        }
    }

    /// Sorts a client error into ours.
    pub(crate) fn from_client(doing: &'static str, error: KafkaError) -> Self {
        let fatal = match &error {
            KafkaError::MessageConsumptionFatal(_) => true,
            KafkaError::Transaction(inner) => inner.is_fatal(),
            KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => {
                return Self::Config(error.into());
            }
            other => other.rdkafka_error_code().is_some_and(is_fatal_code),
        };
        if fatal {
            Self::Fatal {
                doing,
                source: error.into(),
            }
        } else {
            Self::Broker {
                doing,
                source: error.into(),
            }
        }
    }
}

/// Codes that no waiting heals: identity, rights, and what librdkafka itself calls fatal.
pub(crate) fn is_fatal_code(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Fatal
            | RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::ProducerFenced
            | RDKafkaErrorCode::FencedInstanceId
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed
    )
}
