//! How much of the database's time repeated questions may take.
//!
//! Every answer is charged with the time it took; questions that are asked again because rows landed wait until the
//! debt is paid at the configured rate, so heavy panels slow down by themselves. A viewer's first answer never waits.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So much may be owed before anybody waits.
const ALLOWANCE: Duration = Duration::from_millis(500);
/// Nobody waits longer for the debt to be paid.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The debt of the whole server.
#[derive(Debug)]
pub(super) struct Pace {
    /// Seconds of database time a second.
    share: f64,
    paid_at: Mutex<Instant>,
}

impl Pace {
    /// `share` = 1 lets repeated questions keep one connection busy without pause.
    pub(super) fn new(share: f64) -> Self {
        Self {
            share: share.clamp(0.01, 64.0),
            paid_at: Mutex::new(Instant::now()),
        }
    }

    /// Adds the time an answer took.
    pub(super) fn charge(&self, now: Instant, took: Duration) {
        let mut paid_at = self.lock();
        *paid_at = (*paid_at).max(now) + took.div_f64(self.share);
    }

    /// How long a repeated question must wait.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let debt = self.lock().saturating_duration_since(now);
        debt.saturating_sub(ALLOWANCE).min(WAIT_MAX)
    }

    /// A panic elsewhere leaves an instant that is still one.
    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.paid_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_while_little_is_owed_and_all_wait_when_much_is() {
        let pace = Pace::new(0.5);
        let now = Instant::now();
        pace.charge(now, Duration::from_millis(200));
        assert_eq!(pace.wait(now), Duration::ZERO);
        pace.charge(now, Duration::from_millis(300));
        assert_eq!(pace.wait(now), Duration::from_millis(500));
        assert_eq!(pace.wait(now + Duration::from_secs(1)), Duration::ZERO);
        pace.charge(now, Duration::from_mins(10));
        assert_eq!(pace.wait(now), WAIT_MAX);
    }
}
