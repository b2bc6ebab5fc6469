//! The enricher from outside: the program itself, on real Kafka.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value
)]

mod kill;
mod passing;
mod restart;
mod share;
mod support;
mod told;
