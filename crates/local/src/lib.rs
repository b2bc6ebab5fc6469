//! Apache Kafka and ClickHouse on this machine, for `omni dev` and the tests, without Docker.
//!
//! Promises: real servers, pinned by version and hash, on loopback only; their data is kept and used
//! again; none of them outlives the process that started it, not even when that one is killed with -9.
//! Refuses: to run inside the caller's process, to download a thing it can't verify, to know what Omni
//! stores in either of them.

pub mod cache;
pub mod clickhouse;
pub mod engine;
mod error;
pub mod guard;
pub mod guarded;
pub mod kafka;
pub mod keeper;
pub mod page;
pub mod port;
pub mod testing;
mod tool;

pub use cache::Cache;
pub use error::Error;
pub use guarded::{Guarded, Launch, StopBy};
pub use keeper::{Keeper, Notice};

/// The last line of a log: what a program that ended had to say.
pub fn last_line(log: &std::path::Path) -> String {
    let end = tool::end_of_log(log, 0);
    end.rsplit(" | ").next().unwrap_or_default().to_owned()
}
