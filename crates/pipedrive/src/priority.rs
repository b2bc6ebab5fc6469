//! Whom a call serves: what is spent on one must leave something for the more urgent.

use crate::Config;

/// How urgent a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// An event is waiting. May spend the day to its end.
    Live,
    /// Something was missed and is being found again.
    Repair,
    /// History, which has time.
    Backfill,
}

impl Priority {
    /// The part of a day, and of a burst, that this priority leaves to others.
    pub(crate) fn reserve(self, config: &Config) -> f64 {
        match self {
            Self::Live => 0.0,
            Self::Repair => config.repair_reserve_share,
            Self::Backfill => config.backfill_reserve_share,
        }
    }
}
