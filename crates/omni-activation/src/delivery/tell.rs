//! Tells how attempts went: on `omni.deliveries`, in the metrics, and in the log where a destination changes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use stage::clock;
use traces::Span;

use super::{Delivery, Job, Stops};
use crate::breaker::Turned;
use crate::destination::Verdict;
use crate::report::{self, Attempt, Outcome};

/// Between two tries to put an outcome on its topic.
const REPORT_PAUSE: Duration = Duration::from_millis(500);

impl Delivery {
    /// Puts an attempt on its topic, if that can be done now.
    pub(super) async fn tell(&self, job: &Job, attempt: &Attempt) {
        if let Err(error) = self.shared.producer.send(self.record(job, attempt)).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "attempt not told");
        }
    }

    /// Puts a final outcome on its topic, however long that takes; `false` when stopped before.
    pub(super) async fn tell_final(
        &self,
        job: &Job,
        attempt: &Attempt,
        span: Option<Box<Span>>,
        stops: &Stops,
    ) -> bool {
        loop {
            match self.shared.producer.send(self.record(job, attempt)).await {
                Ok(_) => {
                    self.trace(span, attempt);
                    return true;
                }
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "outcome not told yet");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(REPORT_PAUSE) => {}
                () = stops.cancel.cancelled() => return false,
                () = stops.stopping.requested() => return false,
            }
        }
    }

    /// The event is settled by this attempt.
    fn trace(&self, span: Option<Box<Span>>, attempt: &Attempt) {
        if let Some(mut span) = span {
            span.outcome(attempt.outcome.as_str(), attempt.reason);
            span.attempt(attempt.number);
            if let Some(status) = attempt.status {
                span.status(status);
            }
            self.step.tracer().end(*span);
        }
    }

    fn record(&self, job: &Job, attempt: &Attempt) -> kafka::Outgoing {
        report::record(&self.name, job.headers.event_uuid, &job.record, attempt)
    }

    pub(super) fn note_turn(&self, turned: Option<Turned>, verdict: Verdict) {
        let Some(turned) = turned else {
            return;
        };
        let open = self.shared.metrics.breaker_open.with_label_values(&[&self.name]);
        open.set(f64::from(turned == Turned::Open));
        match (turned, verdict) {
            (Turned::Open, Verdict::Retry { reason, .. } | Verdict::Misconfigured { reason }) => {
                tracing::warn!(
                    destination.name = self.name,
                    outcome.reason = reason,
                    "destination does not work; it is asked by one event at a time, and the others wait"
                );
            }
            (Turned::Closed, _) => tracing::info!(destination.name = self.name, "destination works again"),
            _ => {}
        }
    }

    pub(super) fn note(&self, job: &Job, attempt: &Attempt) {
        let metrics = &self.shared.metrics;
        metrics
            .deliveries
            .with_label_values(&[&self.name, attempt.outcome.as_str(), attempt.reason])
            .inc();
        metrics
            .attempt
            .with_label_values(&[&self.name])
            .observe(attempt.duration.as_secs_f64());
        if attempt.outcome == Outcome::Delivered {
            let age = clock::age_of(job.headers.received_at_micro);
            metrics
                .delivered_age
                .with_label_values(&[&self.name])
                .observe(age.as_secs_f64());
        }
        let now = attempt.outcome == Outcome::Misconfigured;
        let delivered = attempt.outcome == Outcome::Delivered;
        if now && !self.misconfigured.swap(true, Ordering::Relaxed) {
            metrics.misconfigured.with_label_values(&[&self.name]).set(1.0);
            tracing::error!(
                destination.name = self.name,
                outcome.reason = attempt.reason,
                http.status = attempt.status,
                "destination refuses until its settings are mended; its events wait"
            );
        } else if delivered && self.misconfigured.swap(false, Ordering::Relaxed) {
            metrics.misconfigured.with_label_values(&[&self.name]).set(0.0);
            tracing::info!(destination.name = self.name, "destination takes events again");
        }
    }
}
