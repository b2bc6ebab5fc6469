//! The stages as `omni status` and `omni top` see them: where they are, and what each tells of itself.
//!
//! Nothing is scraped and kept: each look asks every instance once, all at the same time, and none is waited for longer than
//! [`ANSWER_WITHIN`].

mod look;
mod numbers;
mod places;

pub(crate) use look::{Instance, Told, look};
pub(crate) use numbers::Numbers;
pub(crate) use places::{Places, STAGES};

use std::time::Duration;

/// Longest wait for what an instance tells.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(3);
