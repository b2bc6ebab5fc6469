//! The stage from outside: its requests as files, and its work on real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod answers;
mod batches;
mod deliveries;
mod flattening;
mod google_ads;
mod isolation;
mod kills;
mod misbehaving;
mod pausing;
mod process;
mod receiver;
mod requests;
mod rotation;
mod support;
mod verifier;
