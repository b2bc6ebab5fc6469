//! Holds each company's token to the limits: the day's tokens, the rolling two seconds, the edge behind them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::limits::Limits;

/// What the limits of requests and of searches look back on.
pub(crate) const BURST_WINDOW: Duration = Duration::from_secs(2);
/// What the edge looks back on.
const REFUSALS_WINDOW: Duration = Duration::from_mins(1);
const DAY_SECONDS: i64 = 86_400;

/// Events of the last so many seconds.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<Instant>);

impl Window {
    /// How many there were within `span` before `now`.
    pub(crate) fn count(&mut self, now: Instant, span: Duration) -> usize {
        let is_past = |at: &Instant| now.duration_since(*at) >= span;
        while self.0.front().is_some_and(is_past) {
            self.0.pop_front();
        }
        self.0.len()
    }

    pub(crate) fn add(&mut self, now: Instant) {
        self.0.push_back(now);
    }

    /// When the oldest leaves the window.
    fn frees(&self, span: Duration) -> Option<Instant> {
        self.0.front().map(|oldest| *oldest + span)
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// 429 of the rolling two seconds.
    Burst,
    /// 429 of the two seconds that searches have to themselves.
    Search,
    /// 429 of the day.
    Daily,
    /// 403 of the edge.
    Banned,
}

/// A request's verdict and what the headers say beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub verdict: Verdict,
    pub burst_max: usize,
    pub burst_left: usize,
    /// Seconds until more is allowed, rounded up.
    pub reset_seconds: u64,
    pub day_left: u64,
}

/// What one company's token has used.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: Window,
    searches: Window,
    refusals: Window,
    banned_until: Option<Instant>,
    day: i64,
    tokens_used: u64,
}

/// One request as the meter sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub at: Instant,
    /// Seconds since 1970: midnight gives the day's tokens back.
    pub seconds: i64,
    pub tokens: u64,
    pub is_search: bool,
}

impl Meter {
    /// Counts the request if it is allowed, its refusal if it is not.
    pub(crate) fn judge(&mut self, asked: Asked, limits: &Limits) -> Judged {
        let now = asked.at;
        self.turn_page(asked.seconds);
        let burst_left = limits
            .burst_max
            .saturating_sub(self.requests.count(now, BURST_WINDOW));
        let day_left = limits.tokens_daily.saturating_sub(self.tokens_used);
        let verdict = self.verdict(asked, limits, burst_left, day_left);
        match verdict {
            Verdict::Allowed => {
                self.requests.add(now);
                self.tokens_used += asked.tokens;
                if asked.is_search {
                    self.searches.add(now);
                }
            }
            Verdict::Banned => {}
            Verdict::Burst | Verdict::Search | Verdict::Daily => self.refuse(now, limits),
        }
        let window = if verdict == Verdict::Search {
            &self.searches
        } else {
            &self.requests
        };
        let frees = window.frees(BURST_WINDOW).unwrap_or(now + BURST_WINDOW);
        Judged {
            verdict,
            burst_max: limits.burst_max,
            burst_left: if verdict == Verdict::Search {
                0
            } else {
                burst_left.saturating_sub(1)
            },
            reset_seconds: frees.saturating_duration_since(now).as_secs_f64().ceil() as u64,
            day_left: match verdict {
                Verdict::Allowed => day_left.saturating_sub(asked.tokens),
                Verdict::Daily => 0,
                _ => day_left,
            },
        }
    }

    /// Tokens used since midnight.
    pub(crate) fn tokens_used(&self) -> u64 {
        self.tokens_used
    }

    fn verdict(&mut self, asked: Asked, limits: &Limits, burst_left: usize, day_left: u64) -> Verdict {
        if self.banned_until.is_some_and(|until| asked.at < until) {
            return Verdict::Banned;
        }
        if day_left < asked.tokens {
            return Verdict::Daily;
        }
        if burst_left == 0 {
            return Verdict::Burst;
        }
        if asked.is_search && self.searches.count(asked.at, BURST_WINDOW) >= limits.search_max {
            return Verdict::Search;
        }
        Verdict::Allowed
    }

    fn refuse(&mut self, now: Instant, limits: &Limits) {
        self.refusals.count(now, REFUSALS_WINDOW);
        self.refusals.add(now);
        let refused = self.refusals.count(now, REFUSALS_WINDOW);
        if limits.ban_after.is_some_and(|most| refused > most) {
            self.banned_until = Some(now + limits.ban());
            self.refusals = Window::default();
        }
    }

    fn turn_page(&mut self, seconds: i64) {
        let day = seconds.div_euclid(DAY_SECONDS);
        if day != self.day {
            self.day = day;
            self.tokens_used = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            tokens_daily: 100,
            burst_max: 3,
            search_max: 1,
            ban_after: Some(2),
            ban_seconds: 5,
            ..Limits::default()
        }
    }

    struct Clock(Instant);

    impl Clock {
        fn asked(&self, millis: u64) -> Asked {
            Asked {
                at: self.0 + Duration::from_millis(millis),
                seconds: 40_000,
                tokens: 1,
                is_search: false,
            }
        }
    }

    #[test]
    fn two_seconds_roll() {
        let (mut meter, clock) = (Meter::default(), Clock(Instant::now()));
        let mut ask = |millis| meter.judge(clock.asked(millis), &limits());
        for (millis, left) in [(0, 2), (500, 1), (1_000, 0)] {
            let judged = ask(millis);
            assert_eq!((judged.verdict, judged.burst_left), (Verdict::Allowed, left));
        }
        let refused = ask(1_500);
        assert_eq!((refused.verdict, refused.reset_seconds), (Verdict::Burst, 1));
        assert_eq!(
            ask(2_000).verdict,
            Verdict::Allowed,
            "the first is two seconds old"
        );
        assert_eq!(ask(2_100).verdict, Verdict::Burst);
    }

    #[test]
    fn the_day_is_spent_until_midnight() {
        let (mut meter, clock) = (Meter::default(), Clock(Instant::now()));
        let mut asked = clock.asked(0);
        asked.tokens = 60;
        assert_eq!(meter.judge(asked, &limits()).day_left, 40);
        let refused = meter.judge(asked, &limits());
        assert_eq!((refused.verdict, refused.day_left), (Verdict::Daily, 0));
        asked.seconds = DAY_SECONDS;
        assert_eq!(meter.judge(asked, &limits()).verdict, Verdict::Allowed);
    }

    #[test]
    fn searches_have_a_limit_of_their_own() {
        let (mut meter, clock) = (Meter::default(), Clock(Instant::now()));
        let mut asked = clock.asked(0);
        asked.is_search = true;
        assert_eq!(meter.judge(asked, &limits()).verdict, Verdict::Allowed);
        assert_eq!(meter.judge(asked, &limits()).verdict, Verdict::Search);
        assert_eq!(meter.judge(clock.asked(1), &limits()).verdict, Verdict::Allowed);
    }

    #[test]
    fn who_goes_on_after_refusals_is_shut_out_for_a_while() {
        let (mut meter, clock) = (Meter::default(), Clock(Instant::now()));
        let mut ask = |millis| meter.judge(clock.asked(millis), &limits()).verdict;
        let seen: Vec<Verdict> = (0..7).map(&mut ask).collect();
        assert_eq!(seen.get(3..6), Some([Verdict::Burst; 3].as_slice()));
        assert_eq!(seen.last(), Some(&Verdict::Banned));
        assert_eq!(ask(4_900), Verdict::Banned);
        assert_eq!(ask(5_100), Verdict::Allowed);
    }
}
