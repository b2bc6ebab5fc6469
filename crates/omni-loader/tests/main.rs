//! The loader on real Kafka and ClickHouse. Each test has topics, groups, and a database of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "main/again.rs"]
mod again;
#[path = "main/archives.rs"]
mod archives;
#[path = "main/claims.rs"]
mod claims;
#[path = "main/crashes.rs"]
mod crashes;
#[path = "main/imports.rs"]
mod imports;
#[path = "main/outages.rs"]
mod outages;
#[path = "main/process.rs"]
mod process;
#[path = "main/rates.rs"]
mod rates;
#[path = "main/records.rs"]
mod records;
#[path = "main/relay.rs"]
mod relay;
#[path = "main/world.rs"]
mod world;
