//! Changes on command: so many at once, in order or not, as fast as asked for.

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

/// Changes of one command.
pub(crate) const CHANGES_MAX: u32 = 5_000_000;
/// Commands that wait for the one before; a further one is refused.
const WAITING_MAX: usize = 8;

/// What is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    pub changes: u32,
    /// Changes a second; 0 = as fast as the receiver answers.
    #[serde(default)]
    pub rate: f64,
    /// Each is posted after the one before was answered, as the history is.
    #[serde(default)]
    pub in_order: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Happened {
    pub changes: u32,
    /// First attempts at a delivery.
    pub posts: u64,
    pub elapsed_ms: u64,
}

/// A command on its way to the account's pace; the answer comes when every first attempt is over.
#[derive(Debug)]
pub(crate) struct Command {
    pub wanted: Wanted,
    pub done: oneshot::Sender<Happened>,
}

pub(crate) fn channel() -> (mpsc::Sender<Command>, mpsc::Receiver<Command>) {
    mpsc::channel(WAITING_MAX)
}

impl Wanted {
    /// Why this cannot be, if it cannot.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        if self.changes == 0 || self.changes > CHANGES_MAX {
            Some("changes must be from 1 to 5000000")
        } else if !self.rate.is_finite() || self.rate < 0.0 {
            Some("rate must be a number from 0")
        } else {
            None
        }
    }
}
