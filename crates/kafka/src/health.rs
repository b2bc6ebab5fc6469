//! Whether a broker answers, as the client itself sees it: for a stage's readiness.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::Statistics;

/// Shared by a client and whoever asks; starts as "does not answer".
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<AtomicBool>);

impl Health {
    /// Not answering yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether at least one broker answers.
    pub fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_down(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// A connection that idles (`INIT`) says nothing; one that is open or cannot be opened does.
    pub(crate) fn observe(&self, statistics: &Statistics) {
        let states = || statistics.brokers.values().map(|broker| broker.state.as_str());
        if states().any(|state| state == "UP") {
            self.set_up();
        } else if states().any(|state| matches!(state, "DOWN" | "TRY_CONNECT" | "CONNECT")) {
            self.set_down();
        }
    }
}
