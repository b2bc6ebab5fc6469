//! Leaves an API alone that fails again and again: after a pause one request goes first, and the others
//! when that one was answered.

use std::time::Duration;

use tokio::time::Instant;

use super::{Moment, Outcome, Refusal, Why};
use crate::Config;

/// How soon to ask again while the one request is under way.
const PROBE_WAIT: Duration = Duration::from_millis(250);

/// Whether requests go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    Closed,
    /// Nothing is sent.
    Open {
        retry_after: Duration,
    },
    /// The next request, or the one under way, decides.
    HalfOpen,
}

#[derive(Debug)]
pub(super) struct Breaker {
    failures_max: u32,
    pause_first: Duration,
    pause_max: Duration,
    state: State,
    /// Tickets below this number were sent before the last turn, and say nothing about it.
    since: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    Probing { pause: Duration },
}

impl Breaker {
    pub(super) fn new(config: &Config) -> Self {
        let pause_first = Duration::from_millis(config.breaker_pause_ms);
        Self {
            failures_max: config.breaker_failures_max.max(1),
            pause_first,
            pause_max: Duration::from_millis(config.breaker_pause_ms_max).max(pause_first),
            state: State::Closed { failures: 0 },
            since: 0,
        }
    }

    pub(super) fn refuse(&self, now: Instant) -> Option<Refusal> {
        match self.state {
            State::Open { until, .. } if until > now => Some(Refusal::new(Why::Open, until - now)),
            State::Open { .. } | State::Closed { .. } => None,
            State::Probing { .. } => Some(Refusal::new(Why::Open, PROBE_WAIT)),
        }
    }

    pub(super) fn sent(&mut self, ticket: u64) {
        if let State::Open { pause, .. } = self.state {
            self.state = State::Probing { pause };
            self.since = ticket;
        }
    }

    pub(super) fn heard(&mut self, now: Moment, ticket: u64, outcome: Outcome) {
        if ticket < self.since {
            return;
        }
        self.state = match (outcome, self.state) {
            (Outcome::Answered | Outcome::Burst { .. } | Outcome::Daily { .. }, _) => {
                State::Closed { failures: 0 }
            }
            (Outcome::Failed { .. }, State::Closed { failures }) if failures + 1 < self.failures_max => {
                State::Closed {
                    failures: failures + 1,
                }
            }
            (Outcome::Failed { .. }, State::Closed { .. }) => self.open(now, self.pause_first),
            (Outcome::Failed { .. }, State::Probing { pause }) => self.open(now, pause * 2),
            (Outcome::Abandoned, State::Probing { pause }) => State::Open {
                until: now.instant,
                pause,
            },
            (Outcome::Failed { .. } | Outcome::Abandoned | Outcome::Banned { .. }, unchanged) => unchanged,
        };
    }

    /// Opens until then, whatever was counted; tickets below `since` say nothing about it.
    pub(super) fn trip(&mut self, until: Instant, since: u64) {
        self.since = since;
        self.state = State::Open {
            until,
            pause: self.pause_first,
        };
    }

    pub(super) fn circuit(&self, now: Instant) -> Circuit {
        match self.state {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until, .. } if until > now => Circuit::Open {
                retry_after: until - now,
            },
            State::Open { .. } | State::Probing { .. } => Circuit::HalfOpen,
        }
    }

    fn open(&self, now: Moment, pause: Duration) -> State {
        let pause = pause.min(self.pause_max);
        State::Open {
            until: now.instant + pause,
            pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Outcome = Outcome::Failed { retry_after: None };

    fn later(now: Moment, seconds: u64) -> Moment {
        let ahead = Duration::from_secs(seconds);
        Moment {
            instant: now.instant + ahead,
            wall: now.wall + ahead,
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_on_one_success() {
        let mut breaker = Breaker::new(&Config {
            breaker_failures_max: 3,
            ..Config::default()
        });
        let now = Moment::now();
        for outcome in [FAILED, FAILED, Outcome::Answered, FAILED, FAILED] {
            breaker.heard(now, 1, outcome);
            assert_eq!(breaker.circuit(now.instant), Circuit::Closed);
        }
        breaker.heard(now, 1, FAILED);
        assert!(matches!(breaker.circuit(now.instant), Circuit::Open { .. }));
        let now = later(now, 1);
        assert_eq!(breaker.circuit(now.instant), Circuit::HalfOpen);
        assert_eq!(breaker.refuse(now.instant), None);
        breaker.sent(2);
        assert!(breaker.refuse(now.instant).is_some(), "one goes first");
        breaker.heard(now, 1, Outcome::Answered);
        assert!(
            breaker.refuse(now.instant).is_some(),
            "an old answer says nothing"
        );
        breaker.heard(now, 2, Outcome::Answered);
        assert_eq!(breaker.circuit(now.instant), Circuit::Closed);
    }

    #[test]
    fn the_pause_grows_while_the_first_one_fails_and_has_an_end() {
        let config = Config {
            breaker_failures_max: 1,
            ..Config::default()
        };
        let mut breaker = Breaker::new(&config);
        let mut now = Moment::now();
        let mut pauses = Vec::new();
        for ticket in 1..9 {
            breaker.sent(ticket);
            breaker.heard(now, ticket, FAILED);
            let Circuit::Open { retry_after } = breaker.circuit(now.instant) else {
                panic!("open");
            };
            pauses.push(retry_after.as_secs());
            now = later(now, 60);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn a_first_one_that_nobody_waited_for_gives_its_place_to_the_next() {
        let mut breaker = Breaker::new(&Config::default());
        let now = Moment::now();
        breaker.trip(now.instant, 1);
        breaker.sent(1);
        breaker.heard(now, 1, Outcome::Abandoned);
        assert_eq!(breaker.refuse(now.instant), None);
    }
}
