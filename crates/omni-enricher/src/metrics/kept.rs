//! How sources are heard, and how their subscriptions stand.

use pipedrive::{Subscription, Webhook};
use stage::Metrics;
use stage::metrics::{Declaration, GaugeVec, IntCounterVec, MetricsError};

use crate::listening::Heard;

pub(super) const LAST: Declaration = Declaration::gauge(
    "omni_enricher_source_last_event_timestamp_seconds",
    "When the last webhook of a source came in, by source; told by the enricher that has its company's partition.",
    &["source"],
);
pub(super) const DUE: Declaration = Declaration::gauge(
    "omni_enricher_source_due_events",
    "Events that were due since the last one, by source, by the same hours of the four weeks before.",
    &["source"],
);
pub(super) const SILENT: Declaration = Declaration::gauge(
    "omni_enricher_source_silent",
    "1 while a source tells nothing though its account changed; where it cannot be asked, though events are due. By source.",
    &["source"],
);
pub(super) const WEBHOOKS: Declaration = Declaration::gauge(
    "omni_enricher_webhooks",
    "Subscriptions that are wanted, by source and how Pipedrive lists them: active, failing (the last delivery was), missing.",
    &["source", "state"],
);
pub(super) const LOOKED: Declaration = Declaration::gauge(
    "omni_enricher_webhooks_looked_timestamp_seconds",
    "When the subscriptions of a source were looked at last.",
    &["source"],
);
pub(super) const STEPS: Declaration = Declaration::counter(
    "omni_enricher_webhook_repairs_total",
    "Repairs of subscriptions, by source, step (add, remove), cause (missing, removed, silent, double) and result (done, failed).",
    &["source", "step", "cause", "result"],
);

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    last: GaugeVec,
    due: GaugeVec,
    silent: GaugeVec,
    webhooks: GaugeVec,
    looked: GaugeVec,
    steps: IntCounterVec,
}

impl Kept {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricsError> {
        Ok(Self {
            last: metrics.gauges(&LAST)?,
            due: metrics.gauges(&DUE)?,
            silent: metrics.gauges(&SILENT)?,
            webhooks: metrics.gauges(&WEBHOOKS)?,
            looked: metrics.gauges(&LOOKED)?,
            steps: metrics.counters(&STEPS)?,
        })
    }

    /// How a source stands.
    pub(crate) fn heard(&self, source: &str, heard: Option<Heard>, is_silent: bool) {
        if let Some(heard) = heard {
            self.last
                .with_label_values(&[source])
                .set(heard.last_micro as f64 / 1e6);
            self.due.with_label_values(&[source]).set(heard.silence.due);
        }
        self.silent
            .with_label_values(&[source])
            .set(f64::from(u8::from(is_silent)));
    }

    /// How its subscriptions are listed.
    pub(crate) fn webhooks(&self, source: &str, wanted: &[Subscription], listed: &[Webhook], now_micro: i64) {
        let (mut active, mut failing, mut missing) = (0.0, 0.0, 0.0);
        for subscription in wanted {
            let mut live = listed
                .iter()
                .filter(|webhook| subscription.is(webhook) && webhook.is_live())
                .peekable();
            if live.peek().is_none() {
                missing += 1.0;
            } else if live.all(|webhook| webhook.is_taken() == Some(false)) {
                failing += 1.0;
            } else {
                active += 1.0;
            }
        }
        for (state, count) in [("active", active), ("failing", failing), ("missing", missing)] {
            self.webhooks.with_label_values(&[source, state]).set(count);
        }
        self.looked
            .with_label_values(&[source])
            .set(now_micro as f64 / 1e6);
    }

    pub(crate) fn step(&self, source: &str, step: &str, cause: &str, result: &str) {
        self.steps.with_label_values(&[source, step, cause, result]).inc();
    }

    /// The source is another enricher's now.
    pub(crate) fn forget(&self, source: &str) {
        for gauges in [&self.last, &self.due, &self.silent, &self.looked] {
            // One that was never set is not there.
            let _ = gauges.remove_label_values(&[source]);
        }
        for state in ["active", "failing", "missing"] {
            let _ = self.webhooks.remove_label_values(&[source, state]);
        }
    }
}
