//! What was posted and what became of it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub changes: AtomicU64,
    pub posts: AtomicU64,
    pub delivered: AtomicU64,
    pub failed_first: AtomicU64,
    pub retries: AtomicU64,
    pub given_up: AtomicU64,
    pub untold: AtomicU64,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Steps of all accounts.
    pub changes: u64,
    /// Attempts at a delivery.
    pub posts: u64,
    /// Deliveries answered with 2xx.
    pub delivered: u64,
    /// First attempts that failed; ten of them ban the webhook for half an hour.
    pub failed_first: u64,
    /// Further attempts.
    pub retries: u64,
    /// Deliveries that no attempt brought through.
    pub given_up: u64,
    /// Events that a ban or a removal kept from a subscription.
    pub untold: u64,
}

impl Stats {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> Count {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Count {
            changes: read(&self.changes),
            posts: read(&self.posts),
            delivered: read(&self.delivered),
            failed_first: read(&self.failed_first),
            retries: read(&self.retries),
            given_up: read(&self.given_up),
            untold: read(&self.untold),
        }
    }
}
