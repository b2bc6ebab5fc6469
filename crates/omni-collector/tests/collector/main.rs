//! The collector from outside: over real sockets, with real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod bodies;
mod broker;
mod broker_away;
mod feed;
mod flat;
mod flat_refusals;
mod heartbeat;
mod hostile;
mod kept;
mod kills;
mod program;
mod refusals;
mod secured;
mod spool;
mod support;
mod topics;
