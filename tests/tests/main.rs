//! What no single crate can test: the rules of the house, the generated pages, the whole pipeline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod account;
mod founding;
mod generated;
mod house;
mod observed;
mod outage;
mod pipeline;
mod secured;
mod subscriptions;
mod untold;
