//! The book of `docs/`: what its pages link to is there, and what they tell to type can be typed.

mod authority;
mod classes;
mod commands;
mod links;
mod page;
mod shell;

pub(crate) use commands::{Told, told};
