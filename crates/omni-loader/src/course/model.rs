//! The course against a model of broker and server: whatever crashes, stalls, moves or comes late, each record has its row
//! once, or is rejected once, and the views agree with their base.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a model of few partitions and records, in tests only"
)]
mod broker;
mod server;
mod tests;
mod worker;
mod world;
