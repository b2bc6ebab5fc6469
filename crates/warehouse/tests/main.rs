//! The door to ClickHouse, held against a real engine. Each test has a database of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "main/columns.rs"]
mod columns;
#[path = "main/database.rs"]
mod database;
#[path = "main/insert.rs"]
mod insert;
#[path = "main/migrate.rs"]
mod migrate;
#[path = "main/query.rs"]
mod query;
#[path = "main/secured.rs"]
mod secured;
#[path = "main/settle.rs"]
mod settle;
#[path = "main/users.rs"]
mod users;
