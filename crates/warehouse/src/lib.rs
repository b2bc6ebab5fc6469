//! The door to ClickHouse: the only crate that knows its client.
//!
//! Promises: one constructor for all clients; an insert is one block under a token that the server remembers, and does
//! nothing after its deadline by the server's own clock; values reach SQL only as typed parameters; an error's text is
//! cut and its code read. Refuses: tables whose columns are not as the template says, a migration that was changed.
pub mod block;
mod client;
pub mod config;
mod durability;
mod erased;
pub mod error;
mod imported;
pub mod insert;
pub mod migrate;
pub mod mutate;
pub mod probe;
pub mod query;
mod rates;
pub mod settle;
pub mod table;
pub mod transfer;

pub use block::Block;
pub use client::Warehouse;
pub use config::Config;
pub use error::{Class, Error};
pub use imported::Import;
pub use insert::{Deadline, Insert};
pub use query::{Limits, Param, Pieces};
pub use settle::{Loaded, Place};
pub use table::Table;
