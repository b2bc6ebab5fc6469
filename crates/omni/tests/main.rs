//! The tool as its user has it: real processes, real Kafka, real ClickHouse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod access;
mod backup;
mod chaos;
mod dev;
mod guard;
mod imports;
mod print;
mod process;
mod servers;
mod services;
mod templates;
mod topics;
mod webhooks;
