//! Whether a broker answers, as the client itself sees it: for a stage's readiness.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::Statistics;

use crate::denied::Denied;

/// Shared by a client and whoever asks; starts as "does not answer".
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<State>);

#[derive(Debug, Default)]
struct State {
    up: AtomicBool,
    denied: Mutex<Option<Denied>>,
}

impl Health {
    /// Not answering yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether at least one broker answers.
    pub fn is_up(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    /// Why no broker lets us in, when one said so since the last that did.
    pub fn denied(&self) -> Option<Denied> {
        self.0
            .denied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps the reason; whether it is another than before.
    pub(crate) fn set_denied(&self, denied: &Denied) -> bool {
        let mut kept = self.0.denied.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.replace(denied.clone());
        before.is_none_or(|before| before.reason != denied.reason)
    }

    pub(crate) fn set_up(&self) {
        if !self.0.up.swap(true, Ordering::Relaxed) {
            *self.0.denied.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    pub(crate) fn set_down(&self) {
        self.0.up.store(false, Ordering::Relaxed);
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
