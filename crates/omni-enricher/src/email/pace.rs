//! When the next call may be made: two rolling windows, and a hold after the provider could not be asked.
//!
//! Promises: never more calls than the limits in any second and any minute, first come first served; none
//! while a hold is in force. Each failure in a row holds longer, up to [`HOLD_MAX`].

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stage::backoff::{Backoff, Limits};
use tokio::time::{Instant, sleep, sleep_until};

/// The windows, with a little for the way there.
const SECOND: Duration = Duration::from_millis(1_100);
const MINUTE: Duration = Duration::from_secs(61);
/// Failures in a row: the first holds for about a second, none for longer than ten minutes.
const HOLDS: Limits = Limits {
    initial: Duration::from_secs(1),
    pause_max: HOLD_MAX,
    attempts_max: None,
};
const HOLD_MAX: Duration = Duration::from_mins(10);

/// Shared by all calls to one provider.
#[derive(Debug)]
pub(super) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    windows: [Window; 2],
    hold: Option<Instant>,
    failures: Backoff,
}

/// The newest places of one window, oldest first; some may lie ahead.
#[derive(Debug)]
struct Window {
    span: Duration,
    places_max: usize,
    places: VecDeque<Instant>,
}

impl Pace {
    pub(super) fn new(per_second: u64, per_minute: u64) -> Self {
        Self::with(per_second, per_minute, HOLDS)
    }

    pub(super) fn with(per_second: u64, per_minute: u64, holds: Limits) -> Self {
        let window = |span, most: u64| Window {
            span,
            places_max: most.max(1) as usize,
            places: VecDeque::new(),
        };
        Self {
            state: Mutex::new(State {
                windows: [window(SECOND, per_second), window(MINUTE, per_minute)],
                hold: None,
                failures: Backoff::new(holds),
            }),
        }
    }

    /// Waits until a call may be made, and counts it.
    pub(super) async fn turn(&self) {
        loop {
            while let Some(left) = self.held(Instant::now()) {
                sleep(left).await;
            }
            let place = self.locked().place(Instant::now());
            sleep_until(place).await;
            // A hold that began meanwhile is obeyed; the place is lost.
            if self.held(Instant::now()).is_none() {
                return;
            }
        }
    }

    /// How long the hold in force lasts yet.
    pub(super) fn held(&self, now: Instant) -> Option<Duration> {
        let left = self.locked().hold?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// No call for so long, at least for the next pause of failures in a row; tells how long.
    pub(super) fn hold(&self, now: Instant, least: Option<Duration>) -> Duration {
        // Calls that were under way together are one failure.
        let begun = self.held(now);
        let mut state = self.locked();
        let pause = begun.or_else(|| state.failures.next_pause()).unwrap_or(HOLD_MAX);
        let pause = pause.max(least.unwrap_or_default());
        state.hold = Some(now + pause);
        pause
    }

    /// It answers: the next failure is the first again.
    pub(super) fn answered(&self) {
        self.locked().failures.reset();
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn place(&mut self, now: Instant) -> Instant {
        let place = self
            .windows
            .iter()
            .filter_map(Window::free_at)
            .fold(now, Instant::max);
        for window in &mut self.windows {
            window.take(place);
        }
        place
    }
}

impl Window {
    /// When the window has a place again, if it is full.
    fn free_at(&self) -> Option<Instant> {
        let oldest = self.places.front()?;
        (self.places.len() >= self.places_max).then(|| *oldest + self.span)
    }

    fn take(&mut self, place: Instant) {
        if self.places.len() >= self.places_max {
            self.places.pop_front();
        }
        self.places.push_back(place);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn no_second_and_no_minute_holds_more_than_its_limit() {
        let pace = Pace::new(3, 10);
        let begun = Instant::now();
        let mut turns: Vec<Instant> = Vec::new();
        for step in 0..40 {
            let now = begun + Duration::from_millis(7 * step);
            turns.push(pace.locked().place(now));
        }
        for at in 3..turns.len() {
            assert!(turns[at] - turns[at - 3] > Duration::from_secs(1));
        }
        for at in 10..turns.len() {
            assert!(turns[at] - turns[at - 10] > Duration::from_mins(1));
        }
        assert!(turns[39] - turns[0] < Duration::from_mins(4), "and hardly slower");
    }

    #[test]
    fn failures_in_a_row_hold_longer_and_an_answer_ends_the_row() {
        let pace = Pace::new(100, 100);
        let (mut now, mut longest) = (Instant::now(), Duration::ZERO);
        for _ in 0..12 {
            let held = pace.hold(now, None);
            assert_eq!(
                pace.hold(now, None),
                held,
                "calls under way together are one failure"
            );
            assert!(held <= HOLD_MAX && held * 2 >= longest);
            longest = longest.max(held);
            now += held;
            assert_eq!(pace.held(now), None);
        }
        assert!(longest >= HOLD_MAX / 2, "{longest:?}");
        pace.answered();
        assert!(pace.hold(now, None) <= Duration::from_secs(1));
    }

    #[test]
    fn the_provider_s_own_pause_is_obeyed() {
        let (pace, now) = (Pace::new(100, 100), Instant::now());
        let asked = Duration::from_mins(20);
        assert_eq!(pace.hold(now, Some(asked)), asked);
        assert_eq!(pace.held(now), Some(asked));
        assert_eq!(pace.hold(now, None), asked, "a shorter one does not end it");
    }

    #[tokio::test]
    async fn a_turn_comes_after_the_hold() {
        let holds = Limits {
            initial: Duration::from_millis(5),
            ..HOLDS
        };
        let (pace, begun) = (Pace::with(100, 100, holds), Instant::now());
        let held = pace.hold(begun, None);
        pace.turn().await;
        assert!(begun.elapsed() >= held);
    }
}
