//! When a batch is closed: at once when nothing is going on, else a window after the batch before.
//!
//! An insert costs ClickHouse about the same however many rows it has, so the window is what decides the cost. It is as
//! short as a fifth of a core allows, and never longer than its greatest.
use std::time::{Duration, Instant};

/// The share of a core that inserts may take before the window grows.
const CORE_SHARE_MAX: f64 = 0.2;
/// How much the newest cost counts.
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
    closed_at: Option<Instant>,
}

impl Closing {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            cost_seconds: 0.0,
            closed_at: None,
        }
    }

    /// Until when the next batch gathers.
    pub(crate) fn due(&self, now: Instant) -> Instant {
        self.closed_at.map_or(now, |closed| closed + self.window())
    }

    /// The batch is closed.
    pub(crate) fn closed(&mut self, now: Instant) {
        self.closed_at = Some(now);
    }

    /// What the inserts of a batch took together.
    pub(crate) fn cost(&mut self, seconds: f64) {
        self.cost_seconds += (seconds - self.cost_seconds) * NEWEST_WEIGHT;
    }

    /// As long as makes the cost a fifth of a core, within the bounds.
    pub(crate) fn window(&self) -> Duration {
        let affordable = Duration::try_from_secs_f64(self.cost_seconds / CORE_SHARE_MAX);
        affordable
            .unwrap_or(self.bounds.longest)
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
        closing.closed(now);
        assert!(closing.due(now) > now);
        let later = now + Duration::from_secs(1);
        assert!(
            closing.due(later) < later,
            "what arrives a second later is not held back"
        );
    }

    #[test]
    fn widens_only_as_far_as_the_cost_asks() {
        assert_eq!(after_costs(0.001).window(), BOUNDS.shortest);
        assert_eq!(after_costs(0.02).window(), BOUNDS.shortest);
        let window = after_costs(0.04).window();
        assert!(
            window > Duration::from_millis(190) && window < Duration::from_millis(210),
            "{window:?}"
        );
        assert_eq!(after_costs(3.0).window(), BOUNDS.longest);
        assert_eq!(after_costs(f64::INFINITY).window(), BOUNDS.longest);
    }
}
