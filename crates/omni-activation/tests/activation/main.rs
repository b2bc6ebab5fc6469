//! The stage from outside: its requests as files, and its work on real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod answers;
mod batches;
mod deliveries;
mod flattening;
mod google_ads;
mod kills;
<<<<<<< HEAD
mod process;
=======
mod pausing;
>>>>>>> 4f9766a (Let people pause, try and re-send to a destination at run time)
mod receiver;
mod requests;
mod rotation;
mod support;
mod verifier;
