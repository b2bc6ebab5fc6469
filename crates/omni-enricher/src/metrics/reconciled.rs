//! What was found in an account that nobody had told.

use event::Object;
use event::reconcile::Finding;
use stage::Metrics;
use stage::metrics::{Declaration, GaugeVec, IntCounterVec, MetricsError};

pub(super) const LAST: Declaration = Declaration::gauge(
    "omni_enricher_reconciled_timestamp_seconds",
    "When the account of a source was last held against what was told of it, to its end; told by the enricher that has its company's partition.",
    &["source"],
);
pub(super) const FOUND: Declaration = Declaration::counter(
    "omni_enricher_reconciled_events_total",
    "Changes of an account that no webhook told of and that were sent, by source, object and what was found (missing, older, gone).",
    &["source", "object", "finding"],
);

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Reconciled {
    last: GaugeVec,
    found: IntCounterVec,
}

impl Reconciled {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricsError> {
        Ok(Self {
            last: metrics.gauges(&LAST)?,
            found: metrics.counters(&FOUND)?,
        })
    }

    /// A pass came to its end.
    pub(crate) fn whole(&self, source: &str, now_micro: i64) {
        self.last.with_label_values(&[source]).set(now_micro as f64 / 1e6);
    }

    pub(crate) fn found(&self, source: &str, object: &Object, finding: Finding) {
        let labels = [source, object.as_str(), finding.as_str()];
        self.found.with_label_values(&labels).inc();
    }

    /// The source is another enricher's now.
    pub(crate) fn forget(&self, source: &str) {
        // One that was never set is not there.
        let _ = self.last.remove_label_values(&[source]);
    }
}
