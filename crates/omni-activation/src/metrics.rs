//! What this stage counts and measures.

use stage::Metrics;
use stage::metrics::{
    Declaration, EventAge, GaugeVec, HistogramVec, IntCounterVec, LATENCY_SECONDS, Lags, MetricsError,
    Outcomes,
};

const DELIVERIES: Declaration = Declaration::counter(
    "omni_activation_deliveries_total",
    "Attempts to deliver an event, by destination, outcome (delivered, retry, gave_up, misconfigured) and reason.",
    &["destination", "outcome", "reason"],
);
const PASSED_OVER: Declaration = Declaration::counter(
    "omni_activation_passed_over_total",
    "Records a destination is not for, by destination and reason.",
    &["destination", "reason"],
);
const ATTEMPT: Declaration = Declaration::histogram(
    "omni_activation_attempt_seconds",
    "Time of one attempt, from sending to the whole answer.",
    &["destination"],
    LATENCY_SECONDS,
);
const DELIVERED_AGE: Declaration = Declaration::histogram(
    "omni_activation_delivered_age_seconds",
    "Age of an event when a destination has taken it, since the collector received it.",
    &["destination"],
    LATENCY_SECONDS,
);
const IN_FLIGHT: Declaration = Declaration::gauge(
    "omni_activation_in_flight_entities",
    "Entities with an event on its way to the destination, pauses between attempts included.",
    &["destination"],
);
const WAITING: Declaration = Declaration::gauge(
    "omni_activation_waiting_records",
    "Records read for the destination that wait for their turn.",
    &["destination"],
);
const MISCONFIGURED: Declaration = Declaration::gauge(
    "omni_activation_misconfigured",
    "1 while a destination refuses for reasons a person must mend (wrong address, path, credentials).",
    &["destination"],
);

const BREAKER_OPEN: Declaration = Declaration::gauge(
    "omni_activation_breaker_open",
    "1 while a destination does not work and is asked by one event at a time.",
    &["destination"],
);

const PAUSED: Declaration = Declaration::gauge(
    "omni_activation_paused",
    "1 while a destination is paused by a person (`omni destination pause`).",
    &["destination"],
);

const LAG_RECORDS: Declaration = Declaration::lag_records("omni_activation_lag_records");
const LAG_AGE: Declaration = Declaration::lag_age("omni_activation_lag_age_seconds");
const LAG_SHARE: Declaration = Declaration::lag_share("omni_activation_lag_retention_share");
const SPANS: Declaration = traces::declaration("omni_activation_spans_total");

/// All of them, for `docs/metrics.md`.
pub const DECLARED: &[Declaration] = &[
    DELIVERIES,
    PASSED_OVER,
    ATTEMPT,
    DELIVERED_AGE,
    IN_FLIGHT,
    WAITING,
    MISCONFIGURED,
    BREAKER_OPEN,
    PAUSED,
    LAG_RECORDS,
    LAG_AGE,
    LAG_SHARE,
    SPANS,
];

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Activated {
    pub(crate) deliveries: IntCounterVec,
    pub(crate) passed_over: IntCounterVec,
    pub(crate) attempt: HistogramVec,
    pub(crate) delivered_age: HistogramVec,
    pub(crate) in_flight: GaugeVec,
    pub(crate) waiting: GaugeVec,
    pub(crate) misconfigured: GaugeVec,
    pub(crate) breaker_open: GaugeVec,
    pub(crate) paused: GaugeVec,
    pub(crate) lags: Lags,
    pub(crate) spans: IntCounterVec,
    pub(crate) outcomes: Outcomes,
    pub(crate) event_age: EventAge,
}

impl Activated {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricsError> {
        Ok(Self {
            deliveries: metrics.counters(&DELIVERIES)?,
            passed_over: metrics.counters(&PASSED_OVER)?,
            attempt: metrics.histograms(&ATTEMPT)?,
            delivered_age: metrics.histograms(&DELIVERED_AGE)?,
            in_flight: metrics.gauges(&IN_FLIGHT)?,
            waiting: metrics.gauges(&WAITING)?,
            misconfigured: metrics.gauges(&MISCONFIGURED)?,
            breaker_open: metrics.gauges(&BREAKER_OPEN)?,
            paused: metrics.gauges(&PAUSED)?,
            lags: Lags::new(metrics, [&LAG_RECORDS, &LAG_AGE, &LAG_SHARE])?,
            spans: metrics.counters(&SPANS)?,
            outcomes: metrics.outcomes().clone(),
            event_age: metrics.event_age().clone(),
        })
    }
}
