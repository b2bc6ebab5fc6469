//! How long to wait before the next attempt: doubling, capped, with jitter so that many do not come at once.
//!
//! It decides the pause and counts the attempts; it never calls anything. One loop uses one: no retry inside
//! a retry.

use std::time::Duration;

use rand::RngExt;

use crate::Shutdown;

/// How soon a blocked thread notices that it should stop.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The shape of a backoff. `attempts_max` counts pauses; `None` never gives up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The first pause at most.
    pub initial: Duration,
    /// No pause is longer.
    pub pause_max: Duration,
    /// After so many pauses [`Backoff::next_pause`] answers `None`.
    pub attempts_max: Option<u32>,
}

/// The pauses of one run of attempts.
#[derive(Clone, Debug)]
pub struct Backoff {
    limits: Limits,
    attempts: u32,
}

impl Backoff {
    /// Starts with no attempt made.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Backoff { limits, attempts: 0 }
    }

    /// The next pause: between half of and all of `initial × 2^n`, at most `pause_max`; `None` when the
    /// attempts are used up.
    pub fn next_pause(&mut self) -> Option<Duration> {
        if self.limits.attempts_max.is_some_and(|most| self.attempts >= most) {
            return None;
        }
        let doubled = 2_u32.saturating_pow(self.attempts);
        let ceiling = self
            .limits
            .initial
            .saturating_mul(doubled)
            .min(self.limits.pause_max);
        self.attempts = self.attempts.saturating_add(1);
        Some(ceiling.mul_f64(rand::rng().random_range(0.5..=1.0)))
    }

    /// Waits for the next pause. `false` when there is none left or a stop was requested meanwhile: stop trying.
    pub async fn pause(&mut self, shutdown: &Shutdown) -> bool {
        let Some(pause) = self.next_pause() else {
            return false;
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = shutdown.requested() => false,
        }
    }

    /// As [`Backoff::pause`], for a thread that may block; a stop ends it within [`LOOK_EVERY`].
    pub fn pause_blocking(&mut self, shutdown: &Shutdown) -> bool {
        let Some(mut left) = self.next_pause() else {
            return false;
        };
        while !left.is_zero() && !shutdown.is_requested() {
            let step = left.min(LOOK_EVERY);
            std::thread::sleep(step);
            left -= step;
        }
        !shutdown.is_requested()
    }

    /// After a success: the next failure starts small again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Pauses handed out since the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LIMITS: Limits = Limits {
        initial: Duration::from_millis(100),
        pause_max: Duration::from_secs(2),
        attempts_max: Some(40),
    };

    #[test]
    fn doubles_within_its_jitter_and_stops_at_the_cap() {
        let mut backoff = Backoff::new(LIMITS);
        for ceiling_ms in [100, 200, 400, 800, 1_600, 2_000, 2_000] {
            let pause = backoff.next_pause().unwrap();
            assert!(
                pause <= Duration::from_millis(ceiling_ms),
                "{pause:?} over {ceiling_ms}"
            );
            assert!(
                pause >= Duration::from_millis(ceiling_ms / 2),
                "{pause:?} under half of {ceiling_ms}"
            );
        }
    }

    #[test]
    fn ends_after_its_attempts_and_begins_again_after_a_reset() {
        let mut backoff = Backoff::new(LIMITS);
        assert_eq!(std::iter::from_fn(|| backoff.next_pause()).count(), 40);
        backoff.reset();
        assert!(backoff.next_pause().unwrap() <= LIMITS.initial);
    }

    #[test]
    fn a_stop_ends_the_pause_of_a_thread() {
        let (trigger, shutdown) = Shutdown::pair();
        let mut backoff = Backoff::new(Limits {
            initial: Duration::from_millis(1),
            ..LIMITS
        });
        assert!(backoff.pause_blocking(&shutdown));
        trigger.request();
        let mut backoff = Backoff::new(Limits {
            initial: Duration::from_hours(1),
            ..LIMITS
        });
        assert!(!backoff.pause_blocking(&shutdown));
    }

    #[tokio::test]
    async fn a_stop_ends_the_pause() {
        let (trigger, shutdown) = Shutdown::pair();
        trigger.request();
        let mut backoff = Backoff::new(Limits {
            initial: Duration::from_hours(1),
            ..LIMITS
        });
        assert!(!backoff.pause(&shutdown).await);
    }
}
