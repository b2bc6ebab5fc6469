//! The collector from outside: over real sockets, with real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod bodies;
mod broker_away;
mod heartbeat;
mod hostile;
mod kept;
mod program;
mod refusals;
mod support;
mod topics;
