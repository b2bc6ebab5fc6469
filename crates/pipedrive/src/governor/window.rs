//! The rolling two seconds, as Pipedrive counts them.
//!
//! Pipedrive counts a request when it arrives, and we know only that this was between sending and answer.
//! So a request holds its place from its sending until a window after its answer: then no way there, slow
//! or fast, can make more than the limit meet in one of Pipedrive's windows.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::part;

/// Pipedrive's window, and a little for clocks that run apart.
pub(super) const WINDOW: Duration = Duration::from_millis(2_050);

#[derive(Debug)]
pub(super) struct Window {
    requests_max: usize,
    under_way: usize,
    /// When requests of the last window were answered, oldest first; at most `requests_max`.
    answered: VecDeque<Instant>,
}

impl Window {
    pub(super) fn new(requests_max: usize) -> Self {
        Self {
            requests_max: requests_max.max(1),
            under_way: 0,
            answered: VecDeque::new(),
        }
    }

    /// How long until there is a place among that share of all, behind `ahead` others; `None`: now.
    /// Where it hangs on answers that are still to come it is the least it can be.
    pub(super) fn wait(&self, now: Instant, share: f64, ahead: usize) -> Option<Duration> {
        let places = part(self.requests_max as u64, share).max(1) as usize;
        let stale = self.stale(now);
        let taken = self.occupied(now);
        // Our place is the one of the request so many before us.
        let mut before = (taken + ahead).checked_sub(places)?;
        let mut windows = 1;
        while before >= taken {
            // It waits itself: for the place of another, or for none.
            let Some(of_another) = before.checked_sub(places) else {
                return Some(WINDOW * windows);
            };
            before = of_another;
            windows += 1;
        }
        let gone = self
            .answered
            .get(stale + before)
            .map_or(Duration::ZERO, |answered| {
                now.saturating_duration_since(*answered)
            });
        Some((WINDOW * windows).saturating_sub(gone))
    }

    /// Places that are taken.
    pub(super) fn occupied(&self, now: Instant) -> usize {
        self.answered.len() - self.stale(now) + self.under_way
    }

    pub(super) fn enter(&mut self) {
        self.under_way += 1;
    }

    pub(super) fn leave(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.occupy(1, now);
    }

    /// Counts requests of which is only known that they were answered by then.
    pub(super) fn occupy(&mut self, requests: usize, answered: Instant) {
        for _ in 0..requests.min(self.requests_max) {
            self.answered.push_back(answered);
        }
        while self.answered.len() > self.requests_max {
            self.answered.pop_front();
        }
    }

    fn stale(&self, now: Instant) -> usize {
        self.answered
            .partition_point(|answered| *answered + WINDOW <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_a_window_after_the_answer_and_not_after_the_sending() {
        let start = Instant::now();
        let mut window = Window::new(1);
        assert_eq!(window.wait(start, 1.0, 0), None);
        window.enter();
        let late = start + Duration::from_secs(10);
        assert_eq!(window.wait(late, 1.0, 0), Some(WINDOW));
        window.leave(late);
        let soon = late + Duration::from_secs(1);
        assert_eq!(window.wait(soon, 1.0, 0), Some(Duration::from_millis(1_050)));
        assert_eq!(window.wait(late + WINDOW, 1.0, 0), None);
    }

    #[test]
    fn who_waits_knows_who_is_ahead() {
        let start = Instant::now();
        let mut window = Window::new(3);
        for second in 0..2 {
            window.enter();
            window.leave(start + Duration::from_secs(second));
        }
        let now = start + Duration::from_secs(1);
        assert_eq!(window.wait(now, 1.0, 0), None);
        assert_eq!(window.wait(now, 1.0, 1), Some(Duration::from_millis(1_050)));
        assert_eq!(window.wait(now, 1.0, 2), Some(WINDOW));
        assert_eq!(window.wait(now, 1.0, 3), Some(WINDOW), "the first ahead goes now");
        let second = WINDOW + Duration::from_millis(1_050);
        assert_eq!(window.wait(now, 1.0, 4), Some(second));
    }

    #[test]
    fn a_share_leaves_places_to_the_rest() {
        let start = Instant::now();
        let mut window = Window::new(10);
        for _ in 0..6 {
            window.enter();
        }
        assert!(window.wait(start, 0.6, 0).is_some());
        assert_eq!(window.wait(start, 0.9, 0), None);
    }
}
