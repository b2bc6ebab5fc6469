//! The door to Apache Kafka: the only crate that knows rdkafka.
//!
//! Promises: a record is acknowledged only after the broker said so ([`producer`]); a hop's input
//! offsets and output records become visible together or not at all ([`worker`], [`hop`]); a partition is
//! read only after its owner has what it needs ([`reader::Listener`]); no wait and no buffer is unbounded.
//! Refuses: skipping over lost offsets, records the topic would not take, topics of unequal partition counts.
//!
//! Every call that is not `async` blocks (and each is bounded in time): keep it off async threads.
pub mod admin;
mod client;
pub mod config;
mod denied;
pub mod error;
mod fetch;
pub mod headers;
pub mod health;
pub mod hop;
pub mod offsets;
pub mod partition;
pub mod plain;
mod polled;
pub mod producer;
pub mod reader;
pub mod record;
pub mod restore;
mod security;
pub mod topic;
pub mod worker;

pub use config::{Config, Delivery};
pub use denied::{Denied, Reason};
pub use error::{Class, Error};
pub use fetch::Fetch;
pub use headers::RecordHeaders;
pub use health::Health;
pub use hop::{Fault, Hop, HopSettings};
pub use offsets::{Assigned, Committed, METADATA_BYTES_MAX, Offsets, Written};
pub use plain::{PlainConsumer, PlainSettings};
pub use producer::{Delivered, Done, Expiry, Producer, ProducerSettings};
pub use reader::{Assignor, Listener, Membership};
pub use record::{Outgoing, Placement, Record};
pub use restore::{Restore, Restored};
pub use topic::Topic;
pub use worker::{Worker, WorkerSettings};
