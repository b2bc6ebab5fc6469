//! (being written)
pub mod account;
mod catalogue;
pub mod change;
pub mod entity;
pub mod moment;
mod names;
