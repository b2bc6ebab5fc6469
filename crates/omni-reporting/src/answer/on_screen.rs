//! How many viewers have one question's answer on their screen: it goes up and down while somebody waits by it.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counted by every viewer of the question; clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct OnScreen(Arc<AtomicUsize>);

impl OnScreen {
    /// Whether somebody has it.
    pub fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// One viewer's part of the count, now `to`.
    pub(crate) fn turn(&self, is_on: &mut bool, to: bool) {
        match (*is_on, to) {
            (false, true) => drop(self.0.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.0.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        *is_on = to;
    }
}
