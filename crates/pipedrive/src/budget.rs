//! When the next request may be sent: a rolling two-second window, and holds after Pipedrive's own refusals.
//!
//! Promises: never more than the limit in any two seconds, first come first served; a caller whose turn
//! would come after its deadline is refused at once and takes no place. Knows nothing of tokens of the day
//! and of shares between uses: that is the governor's work.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{Error, Limit};

/// Pipedrive's window of two seconds, and a little for the way there.
const WINDOW: Duration = Duration::from_millis(2_100);

/// Why no place was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The next free place lies after the deadline.
    Burst { retry_after: Duration },
    /// The company's tokens of the day are spent.
    Daily { retry_after: Duration },
    /// Pipedrive's edge blocks us.
    Banned { retry_after: Duration },
}

impl Refusal {
    /// When a place may be had.
    pub fn retry_after(self) -> Duration {
        match self {
            Self::Burst { retry_after } | Self::Daily { retry_after } | Self::Banned { retry_after } => {
                retry_after
            }
        }
    }
}

/// Shared by all calls with one token.
#[derive(Debug)]
pub struct Budget {
    requests_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Send times of the newest `requests_max` places, oldest first; some may lie ahead.
    places: VecDeque<Instant>,
    hold: Option<Hold>,
}

#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    why: fn(Duration) -> Refusal,
}

impl Budget {
    /// A window that takes `requests_max` requests (at least one).
    pub fn new(requests_max: usize) -> Self {
        Self {
            requests_max: requests_max.max(1),
            state: Mutex::default(),
        }
    }

    /// Takes the next place; the caller waits until the instant it is given, then sends.
    pub fn take(&self, now: Instant, deadline: Instant) -> Result<Instant, Refusal> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hold = state.hold.filter(|hold| hold.until > now);
        let held_until = match state.hold {
            Some(hold) if hold.until >= deadline => return Err((hold.why)(hold.until - now)),
            Some(hold) => hold.until,
            None => now,
        };
        let full = state.places.len() >= self.requests_max;
        let free_at = match state.places.front() {
            Some(oldest) if full => *oldest + WINDOW,
            _ => now,
        };
        let place = free_at.max(held_until);
        if place >= deadline {
            return Err(Refusal::Burst {
                retry_after: place - now,
            });
        }
        if full {
            state.places.pop_front();
        }
        state.places.push_back(place);
        Ok(place)
    }

    /// The hold in force, if one is: a place that was given before it began must not be used.
    pub fn held(&self, now: Instant) -> Option<Refusal> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .hold
            .filter(|hold| hold.until > now)
            .map(|hold| (hold.why)(hold.until - now))
    }

    /// Obeys what Pipedrive said: no request before its time is over. A shorter hold never ends a longer one.
    pub(crate) fn hear(&self, now: Instant, error: &Error) {
        let (wait, why): (Duration, fn(Duration) -> Refusal) = match error {
            Error::RateLimited {
                limit: Limit::Burst,
                retry_after,
            } => (*retry_after, |retry_after| Refusal::Burst { retry_after }),
            Error::RateLimited {
                limit: Limit::Daily,
                retry_after,
            } => (*retry_after, |retry_after| Refusal::Daily { retry_after }),
            Error::Banned { retry_after } => (*retry_after, |retry_after| Refusal::Banned { retry_after }),
            _ => return,
        };
        let until = now + wait;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.hold.is_none_or(|hold| hold.until < until) {
            state.hold = Some(Hold { until, why });
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Burst { retry_after } => Self::RateLimited {
                limit: Limit::Burst,
                retry_after,
            },
            Refusal::Daily { retry_after } => Self::RateLimited {
                limit: Limit::Daily,
                retry_after,
            },
            Refusal::Banned { retry_after } => Self::Banned { retry_after },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn no_two_seconds_hold_more_than_the_limit() {
        let budget = Budget::new(5);
        let mut now = Instant::now();
        let deadline = now + Duration::from_mins(10);
        let mut places = Vec::new();
        for step in 0..50 {
            now += Duration::from_millis(step * 7);
            places.push(budget.take(now, deadline).unwrap());
        }
        for start in 0..places.len() - 5 {
            assert!(places[start + 5] - places[start] >= Duration::from_secs(2));
        }
    }

    #[test]
    fn a_caller_that_would_be_late_is_refused_and_takes_no_place() {
        let budget = Budget::new(1);
        let start = Instant::now();
        budget.take(start, start + Duration::from_secs(1)).unwrap();
        for _ in 0..10 {
            let refused = budget.take(start, start + Duration::from_secs(1)).unwrap_err();
            assert_eq!(refused, Refusal::Burst { retry_after: WINDOW });
        }
        assert_eq!(
            budget.take(start, start + Duration::from_secs(9)).unwrap(),
            start + WINDOW
        );
    }

    #[test]
    fn a_shorter_hold_does_not_end_a_longer_one() {
        let budget = Budget::new(100);
        let start = Instant::now();
        budget.hear(
            start,
            &Error::Banned {
                retry_after: Duration::from_mins(10),
            },
        );
        budget.hear(
            start,
            &Error::RateLimited {
                limit: Limit::Burst,
                retry_after: Duration::from_secs(1),
            },
        );
        let refused = budget.take(start, start + Duration::from_secs(5)).unwrap_err();
        assert_eq!(
            refused,
            Refusal::Banned {
                retry_after: Duration::from_mins(10)
            }
        );
        let later = start + Duration::from_secs(601);
        assert_eq!(budget.held(later), None);
        budget.take(later, later + Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_hold_within_the_deadline_is_waited_for() {
        let budget = Budget::new(100);
        let start = Instant::now();
        let hold = Duration::from_secs(1);
        budget.hear(
            start,
            &Error::RateLimited {
                limit: Limit::Burst,
                retry_after: hold,
            },
        );
        assert_eq!(
            budget.take(start, start + Duration::from_secs(5)).unwrap(),
            start + hold
        );
    }
}
