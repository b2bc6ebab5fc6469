//! Why the ledger cannot tell.

/// None of these says that something is missing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A topic or a group could not be read.
    #[error("kafka could not be asked what is in flight")]
    Kafka(#[source] kafka::Error),
    /// The archives or the tables could not be read.
    #[error("clickhouse could not be asked what is on record")]
    Warehouse(#[source] warehouse::Error),
    /// More than is held in memory.
    #[error(
        "{count} {what} are more than the {most} that can be held against each other: wait until they are fewer, or ask for a shorter time"
    )]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        most: u64,
    },
    /// The thread that reads Kafka ended.
    #[error("a part of the ledger ended unexpectedly")]
    Part(#[source] tokio::task::JoinError),
}

impl From<kafka::Error> for Error {
    fn from(error: kafka::Error) -> Self {
        Self::Kafka(error)
    }
}

impl From<warehouse::Error> for Error {
    fn from(error: warehouse::Error) -> Self {
        Self::Warehouse(error)
    }
}
