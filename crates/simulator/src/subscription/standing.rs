//! How a subscription fares: what its last delivery met, bans after failures, and its end after days without success.
//!
//! Pipedrive's rules (guide for webhooks v2): each failed first attempt counts, ten ban the webhook for half an hour,
//! after which the count begins anew; what happens meanwhile is told to nobody, ever. Three days without one success
//! and the webhook is removed.

use std::time::Duration;

use crate::moment::Moment;

/// How much Pipedrive bears of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Failed first attempts that ban a webhook; `None` = it is never banned.
    pub failures_max: Option<u32>,
    /// How long a ban lasts.
    pub ban: Duration,
    /// Failing for so long without one success removes the webhook.
    pub failing_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            failures_max: Some(10),
            ban: Duration::from_mins(30),
            failing_max: Duration::from_hours(3 * 24),
        }
    }
}

/// One attempt at a delivery, as it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub at: Moment,
    pub is_first: bool,
    /// Nothing when there was no answer.
    pub status: Option<u16>,
}

impl Attempt {
    pub(crate) fn is_success(self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Failed first attempts since the last ban.
    pub failed_first: u32,
    pub banned_until: Option<Moment>,
    pub bans: u64,
    /// Events that a ban or the removal kept from the receiver.
    pub untold: u64,
    pub last: Option<Attempt>,
    /// Since when every attempt has failed.
    failing_since: Option<Moment>,
    pub removed: Option<Moment>,
}

impl Standing {
    /// Whether it is told of what happens now.
    pub(crate) fn is_told(&mut self, now: Moment, patience: &Patience) -> bool {
        if self.banned_until.is_some_and(|until| until <= now) {
            (self.banned_until, self.failed_first) = (None, 0);
        }
        let patient_until = self.failing_since.map(|since| since.plus(patience.failing_max));
        if self.removed.is_none() && patient_until.is_some_and(|until| until <= now) {
            self.removed = Some(now);
        }
        self.removed.is_none() && self.banned_until.is_none()
    }

    /// Counts how an attempt ended; true when it was the one too many.
    pub(crate) fn attempted(&mut self, attempt: Attempt, patience: &Patience) -> bool {
        self.last = Some(attempt);
        if attempt.is_success() {
            self.failing_since = None;
            return false;
        }
        self.failing_since.get_or_insert(attempt.at);
        if attempt.is_first && self.banned_until.is_none() {
            self.failed_first += 1;
        }
        let is_banned =
            self.banned_until.is_none() && patience.failures_max.is_some_and(|max| self.failed_first >= max);
        if is_banned {
            self.ban(attempt.at, patience);
        }
        is_banned
    }

    pub(crate) fn ban(&mut self, now: Moment, patience: &Patience) {
        self.banned_until = Some(now.plus(patience.ban));
        self.bans += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn attempt(at: Moment, is_first: bool, status: u16) -> Attempt {
        Attempt {
            at,
            is_first,
            status: Some(status),
        }
    }

    #[test]
    fn ten_failed_first_attempts_ban_for_half_an_hour_and_the_count_begins_anew() {
        let (mut standing, patience, start) =
            (Standing::default(), Patience::default(), Moment::from_micros(0));
        for _ in 0..9 {
            assert!(!standing.attempted(attempt(start, true, 500), &patience));
            assert!(
                !standing.attempted(attempt(start, false, 500), &patience),
                "a repetition does not count"
            );
        }
        assert!(
            standing.attempted(attempt(start, true, 302), &patience),
            "a redirect is a failure"
        );
        assert!(!standing.is_told(start.plus(MINUTE * 29), &patience));
        assert!(standing.is_told(start.plus(MINUTE * 30), &patience));
        assert_eq!((standing.failed_first, standing.bans), (0, 1));
    }

    #[test]
    fn successes_in_between_do_not_take_failures_back() {
        let (mut standing, patience, now) =
            (Standing::default(), Patience::default(), Moment::from_micros(0));
        for _ in 0..9 {
            standing.attempted(attempt(now, true, 500), &patience);
            standing.attempted(attempt(now, true, 200), &patience);
        }
        assert!(standing.attempted(attempt(now, true, 500), &patience));
    }

    #[test]
    fn three_days_of_failures_remove_it_for_good_and_silence_does_not() {
        let (mut standing, patience, start) =
            (Standing::default(), Patience::default(), Moment::from_micros(0));
        let days = |days: u64| start.plus(Duration::from_hours(24 * days));
        assert!(
            standing.is_told(days(30), &patience),
            "a quiet account is no failure"
        );
        standing.attempted(attempt(days(30), true, 500), &patience);
        assert!(standing.is_told(days(32), &patience));
        standing.attempted(attempt(days(32), true, 200), &patience);
        assert!(standing.is_told(days(34), &patience));
        standing.attempted(attempt(days(34), true, 500), &patience);
        assert!(!standing.is_told(days(37), &patience));
        standing.attempted(attempt(days(37), true, 200), &patience);
        assert!(!standing.is_told(days(40), &patience));
    }

    #[test]
    fn nobody_is_banned_where_that_is_switched_off() {
        let patience = Patience {
            failures_max: None,
            ..Patience::default()
        };
        let mut standing = Standing::default();
        for _ in 0..100 {
            assert!(!standing.attempted(attempt(Moment::from_micros(0), true, 500), &patience));
        }
    }
}
