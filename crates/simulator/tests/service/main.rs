//! The simulator as a service: what it posts, what it answers, and who stands beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api;
mod archive;
mod bans;
mod delivery;
mod destinations;
mod fields;
mod limits;
mod meters;
mod receiver;
mod shapes;
mod size;
mod stand_ins;
mod troubles;
