//! How long a viewer may go on looking: until the token runs out, or its key is revoked.
use std::sync::Arc;

use tokio::time::Instant;

use crate::access::{Grant, Policy, since_1970};
use crate::until::until;

/// What lets a viewer look.
#[derive(Debug)]
pub(super) struct Leave {
    policy: Arc<Policy>,
    /// `None`: as long as the line holds.
    until: Option<Instant>,
    /// The viewer was told.
    pub(super) is_over: bool,
}

impl Leave {
    pub(super) fn new(policy: Arc<Policy>, grant: &Grant) -> Self {
        let left = grant.left(since_1970());
        Self {
            policy,
            until: left.map(|left| Instant::now() + left),
            is_over: false,
        }
    }

    /// Also while answers come without a pause.
    pub(super) fn has_run_out(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Resolves when it runs out.
    pub(super) async fn run_out(&self) {
        until(self.until).await;
    }

    /// Whether the key is still in force.
    pub(super) fn holds_still(&self, grant: &Grant) -> bool {
        self.policy.still(grant)
    }
}
