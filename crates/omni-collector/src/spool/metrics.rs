//! What the spool counts of its own work.

use std::time::Duration;

use stage::metrics::{Histogram, IntCounter, IntCounterVec};

/// What the journal's thread tells.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) spooled: IntCounter,
    pub(crate) refused: IntCounterVec,
    pub(crate) commit: Histogram,
}

impl Written {
    pub(super) fn committed(&self, records: u64, took: Duration) {
        self.spooled.inc_by(records);
        self.commit.observe(took.as_secs_f64());
    }

    pub(super) fn refused(&self, reason: &str, records: u64) {
        self.refused.with_label_values(&[reason]).inc_by(records);
    }
}
