//! The numbers a process tells Prometheus: one registry per process, each metric declared once.
//!
//! A crate declares its metrics as constants ([`Declaration`]); the same constant registers the metric and is
//! a row of `docs/metrics.md`. Every stage has `omni_<stage>_outcomes_total{outcome,reason}` and
//! `omni_<stage>_event_age_seconds`, tells its version and what its process uses. Label values must come from closed
//! sets: never ids, names or addresses.

mod declaration;
mod document;
mod lags;
mod process;

use std::time::Duration;

use prometheus::{Encoder, HistogramOpts, Opts, Registry, TextEncoder};
pub use prometheus::{Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec};

pub use declaration::{Declaration, Kind, LATENCY_SECONDS, SIZE_BYTES};
pub use document::document;
pub use lags::{Behind, Lags};

use crate::clock;

/// A metric that could not be registered or written.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Declared wrongly, or twice in one process.
    #[error("cannot register the metric {name}")]
    Register {
        /// Its name.
        name: String,
        /// What the registry said.
        #[source]
        source: prometheus::Error,
    },
    /// The registry could not be written as text.
    #[error("cannot write the metrics as text")]
    Encode(#[source] prometheus::Error),
}

/// The registry of a process. Copies share it.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    outcomes: Outcomes,
    event_age: EventAge,
}

/// Counts how events ended, with the reason.
#[derive(Clone, Debug)]
pub struct Outcomes(IntCounterVec);

/// Measures how old events are when this stage is done with them.
#[derive(Clone, Debug)]
pub struct EventAge(Histogram);

impl Metrics {
    /// The registry of the stage `stage` (`"collector"`), with the two metrics every stage has.
    ///
    /// # Errors
    /// [`MetricsError::Register`] when `stage` cannot be part of a metric's name.
    pub fn new(stage: &str) -> Result<Metrics, MetricsError> {
        let registry = Registry::new();
        let [outcomes, event_age] = declaration::of_every_stage(stage);
        let outcomes = Outcomes(register_counters(&registry, &outcomes)?);
        let event_age = EventAge(register_histograms(&registry, &event_age)?.with_label_values::<&str>(&[]));
        process::register(&registry, stage)?;
        Ok(Metrics {
            registry,
            outcomes,
            event_age,
        })
    }

    /// `omni_<stage>_outcomes_total`.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// `omni_<stage>_event_age_seconds`.
    pub fn event_age(&self) -> &EventAge {
        &self.event_age
    }

    /// Registers a counter without labels.
    ///
    /// # Errors
    /// [`MetricsError::Register`], as for the others: the name is taken or not a metric's name.
    pub fn counter(&self, declared: &Declaration) -> Result<IntCounter, MetricsError> {
        let family = self.counters(declared)?;
        family
            .get_metric_with_label_values::<&str>(&[])
            .map_err(|source| refused(declared, source))
    }

    /// Registers a counter with the declared labels.
    pub fn counters(&self, declared: &Declaration) -> Result<IntCounterVec, MetricsError> {
        register_counters(&self.registry, declared)
    }

    /// Registers a gauge without labels.
    pub fn gauge(&self, declared: &Declaration) -> Result<Gauge, MetricsError> {
        let family = self.gauges(declared)?;
        family
            .get_metric_with_label_values::<&str>(&[])
            .map_err(|source| refused(declared, source))
    }

    /// Registers a gauge with the declared labels.
    pub fn gauges(&self, declared: &Declaration) -> Result<GaugeVec, MetricsError> {
        gauges(&self.registry, declared)
    }

    /// Registers a histogram without labels.
    pub fn histogram(&self, declared: &Declaration) -> Result<Histogram, MetricsError> {
        let family = self.histograms(declared)?;
        family
            .get_metric_with_label_values::<&str>(&[])
            .map_err(|source| refused(declared, source))
    }

    /// Registers a histogram with the declared labels.
    pub fn histograms(&self, declared: &Declaration) -> Result<HistogramVec, MetricsError> {
        register_histograms(&self.registry, declared)
    }

    /// Everything registered, as Prometheus text.
    ///
    /// # Errors
    /// [`MetricsError::Encode`] when a metric cannot be written.
    pub fn text(&self) -> Result<String, MetricsError> {
        let mut out = Vec::with_capacity(16 * 1024);
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut out)
            .map_err(MetricsError::Encode)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

impl Outcomes {
    /// One event ended this way. Both words must come from closed sets.
    pub fn count(&self, outcome: &str, reason: &str) {
        self.count_many(outcome, reason, 1);
    }

    /// `events` events ended this way.
    pub fn count_many(&self, outcome: &str, reason: &str, events: u64) {
        self.0.with_label_values(&[outcome, reason]).inc_by(events);
    }
}

impl EventAge {
    /// This stage is done with an event that the collector received at `received_at_micro`.
    pub fn observe_received_at(&self, received_at_micro: i64) {
        self.observe(clock::age_of(received_at_micro));
    }

    /// This stage is done with an event of this age.
    pub fn observe(&self, age: Duration) {
        self.0.observe(age.as_secs_f64());
    }
}

fn register_counters(registry: &Registry, declared: &Declaration) -> Result<IntCounterVec, MetricsError> {
    let options = Opts::new(&*declared.name, &*declared.help);
    let family = IntCounterVec::new(options, declared.labels).map_err(|source| refused(declared, source))?;
    register(registry, declared, family)
}

fn gauges(registry: &Registry, declared: &Declaration) -> Result<GaugeVec, MetricsError> {
    let options = Opts::new(&*declared.name, &*declared.help);
    let family = GaugeVec::new(options, declared.labels).map_err(|source| refused(declared, source))?;
    register(registry, declared, family)
}

fn register_histograms(registry: &Registry, declared: &Declaration) -> Result<HistogramVec, MetricsError> {
    let buckets = match declared.kind {
        Kind::Histogram { buckets } => buckets.to_vec(),
        Kind::Counter | Kind::Gauge => LATENCY_SECONDS.to_vec(),
    };
    let options = HistogramOpts::new(&*declared.name, &*declared.help).buckets(buckets);
    let family = HistogramVec::new(options, declared.labels).map_err(|source| refused(declared, source))?;
    register(registry, declared, family)
}

fn register<C>(registry: &Registry, declared: &Declaration, family: C) -> Result<C, MetricsError>
where
    C: prometheus::core::Collector + Clone + 'static,
{
    registry
        .register(Box::new(family.clone()))
        .map_err(|source| refused(declared, source))?;
    Ok(family)
}

fn refused(declared: &Declaration, source: prometheus::Error) -> MetricsError {
    MetricsError::Register {
        name: declared.name.clone().into_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SENT: Declaration = Declaration::counter("omni_test_sent_total", "What was sent.", &["to"]);

    #[test]
    fn what_is_counted_is_in_the_text() {
        let metrics = Metrics::new("test").unwrap();
        metrics
            .counters(&SENT)
            .unwrap()
            .with_label_values(&["a"])
            .inc_by(3);
        metrics.outcomes().count("rejected", "not_json");
        metrics.event_age().observe(Duration::from_millis(12));
        let text = metrics.text().unwrap();
        assert!(text.contains("omni_test_sent_total{to=\"a\"} 3"), "{text}");
        assert!(
            text.contains("omni_test_outcomes_total{outcome=\"rejected\",reason=\"not_json\"} 1"),
            "{text}"
        );
        assert!(text.contains("omni_test_event_age_seconds_count 1"), "{text}");
    }

    #[test]
    fn a_metric_registered_twice_is_refused_by_name() {
        let metrics = Metrics::new("test").unwrap();
        metrics.counters(&SENT).unwrap();
        let twice = metrics.counters(&SENT).unwrap_err().to_string();
        assert!(twice.contains("omni_test_sent_total"), "{twice}");
    }
}
