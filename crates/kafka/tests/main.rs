//! What the crate promises, on a real broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod abort;
mod beyond;
mod broker_kill;
mod errand;
mod identity;
mod kill;
mod left;
mod lost_offset;
mod member;
mod note;
mod produce;
mod rebalance;
mod restoring;
mod secured;
mod support;
mod tokens;
mod topics;
