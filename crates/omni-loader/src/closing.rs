//! When a batch is closed: at once when nothing is going on, else a window after the batch before.
//!
//! An insert costs ClickHouse about the same however many rows it has, so the window is what decides the cost. It is as
//! short as a part of a core allows, the longer the more rows come, and never longer than its greatest.
use std::time::{Duration, Instant};

/// The share of its time that a lane may wait for inserts before the window grows. On a busy machine that is twice the share of
/// a core that they take.
const SHARE_MAX: f64 = 0.36;
/// From so many rows a second on each window is the longest: CPU is scarcer than time then.
const LONGEST_FROM: f64 = 4_000.0;
/// How much the newest cost and the newest rate count.
const NEWEST_WEIGHT: f64 = 0.2;

/// The shortest and the longest window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) shortest: Duration,
    pub(crate) longest: Duration,
}

/// Knows when the batch before was closed, and what a batch costs.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    bounds: Bounds,
    cost_seconds: f64,
    rows_per_second: f64,
    closed_at: Option<Instant>,
}

impl Closing {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            cost_seconds: 0.0,
            rows_per_second: 0.0,
            closed_at: None,
        }
    }

    /// Until when the next batch gathers.
    pub(crate) fn due(&self, now: Instant) -> Instant {
        self.closed_at.map_or(now, |closed| closed + self.window())
    }

    /// The batch is closed, with so many rows.
    pub(crate) fn closed(&mut self, now: Instant, rows: usize) {
        if let Some(before) = self.closed_at.replace(now) {
            let since = now.saturating_duration_since(before).max(self.bounds.shortest);
            let newest = rows as f64 / since.as_secs_f64();
            self.rows_per_second += (newest - self.rows_per_second) * NEWEST_WEIGHT;
        }
    }

    /// What the inserts of a batch took together.
    pub(crate) fn cost(&mut self, seconds: f64) {
        self.cost_seconds += (seconds - self.cost_seconds) * NEWEST_WEIGHT;
    }

    /// As long as keeps the cost within its share and as the rate asks, and within the bounds.
    pub(crate) fn window(&self) -> Duration {
        let affordable = Duration::try_from_secs_f64(self.cost_seconds / SHARE_MAX);
        let busy = (self.rows_per_second / LONGEST_FROM).min(1.0);
        affordable
            .unwrap_or(self.bounds.longest)
            .max(self.bounds.longest.mul_f64(busy))
            .clamp(self.bounds.shortest, self.bounds.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        shortest: Duration::from_millis(100),
        longest: Duration::from_millis(250),
    };

    fn after_costs(seconds: f64) -> Closing {
        let mut closing = Closing::new(BOUNDS);
        for _ in 0..100 {
            closing.cost(seconds);
        }
        closing
    }

    #[test]
    fn closes_at_once_when_idle() {
        let now = Instant::now();
        let mut closing = Closing::new(BOUNDS);
        assert_eq!(closing.due(now), now);
        closing.closed(now, 1);
        assert!(closing.due(now) > now);
        let later = now + Duration::from_secs(1);
        assert!(
            closing.due(later) < later,
            "what arrives a second later is not held back"
        );
    }

    #[test]
    fn widens_with_the_rate() {
        let window_at = |rows: usize| {
            let mut closing = Closing::new(BOUNDS);
            let begun = Instant::now();
            for number in 0..100 {
                closing.closed(begun + BOUNDS.shortest * number, rows);
            }
            closing.window()
        };
        assert_eq!(window_at(100), BOUNDS.shortest, "1,000 a second");
        let at_3000 = window_at(300);
        assert!(
            at_3000 > BOUNDS.shortest && at_3000 < BOUNDS.longest,
            "{at_3000:?}"
        );
        assert_eq!(window_at(500), BOUNDS.longest);
        assert_eq!(window_at(usize::MAX), BOUNDS.longest);
    }

    #[test]
    fn widens_only_as_far_as_the_cost_asks() {
        assert_eq!(after_costs(0.001).window(), BOUNDS.shortest);
        assert_eq!(after_costs(0.03).window(), BOUNDS.shortest);
        let window = after_costs(0.072).window();
        assert!(
            window > Duration::from_millis(190) && window < Duration::from_millis(210),
            "{window:?}"
        );
        assert_eq!(after_costs(3.0).window(), BOUNDS.longest);
        assert_eq!(after_costs(f64::INFINITY).window(), BOUNDS.longest);
    }
}
