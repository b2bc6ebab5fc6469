//! Pauses that Pipedrive asked for, or that its edge deserves. A shorter one never ends a longer one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Moment, Snapshot};
use crate::{Error, Limit};

/// Pipedrive states no time for its edge's block; coming back early prolongs it. Doubles when repeated.
const BAN_HOLD: Duration = Duration::from_mins(5);
const BAN_HOLD_MAX: Duration = Duration::from_hours(2);
/// A 429 that comes again and again is no burst, or leads to a block: its pause doubles up to this.
const BURST_HOLD_MAX: Duration = Duration::from_mins(15);
/// Whatever was asked, whatever a clock says: nothing holds longer.
const HOLD_MAX: Duration = Duration::from_hours(24);
/// Pipedrive's window, where it told no reset.
const CROWDED_HOLD: Duration = Duration::from_secs(2);

/// What keeps a request back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The window of two seconds is full.
    Burst,
    /// The window of search endpoints is full.
    Search,
    /// The company's tokens of the day are spent.
    Daily,
    /// What is left of the day is kept for more urgent calls, or for others.
    Reserve,
    /// Pipedrive's edge blocks us.
    Banned,
    /// The API failed too often in a row.
    Open,
}

/// A request that may not be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub why: Why,
    /// The soonest time at which asking again makes sense.
    pub retry_after: Duration,
}

impl Refusal {
    pub(super) fn new(why: Why, retry_after: Duration) -> Self {
        Self { why, retry_after }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let retry_after = refusal.retry_after;
        let limit = match refusal.why {
            Why::Burst | Why::Search => Limit::Burst,
            Why::Daily => Limit::Daily,
            Why::Reserve => Limit::Reserve,
            Why::Banned => return Self::Banned { retry_after },
            Why::Open => return Self::Open { retry_after },
        };
        Self::RateLimited { limit, retry_after }
    }
}

#[derive(Debug, Default)]
pub(super) struct Holds {
    hold: Option<Hold>,
    bans: Repeated,
    bursts: Repeated,
}

#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    why: Why,
}

/// How often in a row the same was said. Tickets below `since` were sent before it was said last.
#[derive(Debug, Default)]
struct Repeated {
    times: u32,
    since: u64,
}

impl Holds {
    pub(super) fn in_force(&self, now: Instant) -> Option<Refusal> {
        let hold = self.hold.filter(|hold| hold.until > now)?;
        Some(Refusal::new(hold.why, hold.until - now))
    }

    pub(super) fn bans(&self) -> u32 {
        self.bans.times
    }

    pub(super) fn answered(&mut self, ticket: u64) {
        self.bans.over(ticket);
        self.bursts.over(ticket);
    }

    pub(super) fn burst(&mut self, now: Moment, ticket: u64, next: u64, asked: Duration) -> Refusal {
        self.bursts.again(ticket, next);
        let wait = self.bursts.grown(asked).min(BURST_HOLD_MAX.max(asked));
        self.set(now, wait, Why::Burst)
    }

    pub(super) fn daily(&mut self, now: Moment, wait: Duration) -> Refusal {
        self.set(now, wait, Why::Daily)
    }

    pub(super) fn failed(&mut self, now: Moment, wait: Duration) -> Refusal {
        self.set(now, wait, Why::Open)
    }

    pub(super) fn banned(&mut self, now: Moment, ticket: u64, next: u64, asked: Option<Duration>) -> Refusal {
        let asked = asked.unwrap_or(BAN_HOLD);
        if ticket < self.bans.since
            && let Some(hold) = self.in_force(now.instant).filter(|hold| hold.why == Why::Banned)
        {
            return hold;
        }
        self.bans.again(ticket, next);
        let wait = self.bans.grown(asked).min(BAN_HOLD_MAX.max(asked));
        self.set(now, wait, Why::Banned)
    }

    /// Others with the same token have filled the window.
    pub(super) fn crowded(&mut self, now: Moment, reset: Option<Duration>) {
        self.set(now, reset.unwrap_or(CROWDED_HOLD).min(CROWDED_HOLD), Why::Burst);
    }

    pub(super) fn restore(&mut self, now: Moment, snapshot: &Snapshot) {
        self.bans.times = snapshot.bans;
        if let Some(hold) = snapshot.hold {
            let wait = now.until_ms(hold.until_ms);
            if wait > Duration::ZERO {
                self.set(now, wait, hold.why);
            }
        }
    }

    fn set(&mut self, now: Moment, wait: Duration, why: Why) -> Refusal {
        let wait = wait.min(HOLD_MAX);
        let until = now.instant + wait;
        if self.hold.is_none_or(|hold| hold.until < until) {
            self.hold = Some(Hold { until, why });
        }
        Refusal::new(why, wait)
    }
}

impl Repeated {
    fn again(&mut self, ticket: u64, next: u64) {
        if ticket >= self.since {
            self.times = self.times.saturating_add(1);
            self.since = next;
        }
    }

    fn over(&mut self, ticket: u64) {
        if ticket >= self.since {
            self.times = 0;
        }
    }

    fn grown(&self, first: Duration) -> Duration {
        let doublings = self.times.saturating_sub(1).min(16);
        first.saturating_mul(1 << doublings)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_shorter_hold_does_not_end_a_longer_one() {
        let now = Moment::now();
        let mut holds = Holds::default();
        holds.banned(now, 1, 2, Some(Duration::from_mins(10)));
        holds.burst(now, 1, 2, Duration::from_secs(1));
        let hold = holds.in_force(now.instant).unwrap();
        assert_eq!(hold, Refusal::new(Why::Banned, Duration::from_mins(10)));
        assert_eq!(holds.in_force(now.instant + Duration::from_secs(601)), None);
    }

    #[test]
    fn a_block_that_repeats_is_waited_out_longer_until_a_request_came_through() {
        let now = Moment::now();
        let mut holds = Holds::default();
        let mut wait = |ticket| holds.banned(now, ticket, ticket + 1, None).retry_after;
        let minutes = [1, 2, 3, 4, 5, 6, 7].map(|ticket| wait(ticket).as_secs() / 60);
        assert_eq!(minutes, [5, 10, 20, 40, 80, 120, 120]);
        assert_eq!(holds.bans(), 7);
        holds.answered(7);
        assert_eq!(holds.bans(), 7, "an answer to a request sent before says nothing");
        holds.answered(8);
        assert_eq!(holds.bans(), 0);
    }

    #[test]
    fn many_answers_to_requests_sent_before_a_block_are_one_block() {
        let now = Moment::now();
        let mut holds = Holds::default();
        for ticket in 1..=16 {
            let refusal = holds.banned(now, ticket, 17, None);
            assert_eq!(refusal.retry_after, BAN_HOLD);
        }
        assert_eq!(holds.bans(), 1);
    }

    #[test]
    fn a_429_that_comes_again_and_again_is_waited_out_longer() {
        let now = Moment::now();
        let mut holds = Holds::default();
        let waits = [1, 2, 3].map(|ticket| {
            let refusal = holds.burst(now, ticket, ticket + 1, Duration::from_secs(2));
            refusal.retry_after.as_secs()
        });
        assert_eq!(waits, [2, 4, 8]);
    }
}
