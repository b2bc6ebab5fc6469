//! What the collector counts and measures.

use stage::Metrics;
use stage::metrics::{
    Declaration, EventAge, Gauge, Histogram, IntCounterVec, LATENCY_SECONDS, MetricsError, Outcomes,
    SIZE_BYTES,
};

const ACCEPTED: Declaration = Declaration::counter(
    "omni_collector_accepted_total",
    "POSTs answered 2xx, quarantined ones included, by source.",
    &["source"],
);
const REFUSED: Declaration = Declaration::counter(
    "omni_collector_refused_total",
    "Requests answered 4xx or 5xx, by status and why. 401 of a known source: its secret has changed, and ten \
     of them stop Pipedrive's deliveries for 30 minutes.",
    &["status", "reason"],
);
const ACK: Declaration = Declaration::histogram(
    "omni_collector_ack_seconds",
    "Time from handing a record to Kafka to its acknowledgement.",
    &[],
    LATENCY_SECONDS,
);
const REQUEST: Declaration = Declaration::histogram(
    "omni_collector_request_seconds",
    "Time from the head of a request to its answer, accepted ones only.",
    &[],
    LATENCY_SECONDS,
);
const BODY: Declaration = Declaration::histogram(
    "omni_collector_body_bytes",
    "Size of bodies received, after decompression.",
    &[],
    SIZE_BYTES,
);
const REQUESTS: Declaration = Declaration::gauge(
    "omni_collector_in_flight_requests",
    "Requests being answered.",
    &[],
);
const RECORDS: Declaration = Declaration::gauge(
    "omni_collector_in_flight_records",
    "Records on their way to Kafka.",
    &[],
);
const BYTES: Declaration = Declaration::gauge(
    "omni_collector_in_flight_bytes",
    "Bytes on their way to Kafka.",
    &[],
);
const CONNECTIONS: Declaration = Declaration::gauge(
    "omni_collector_connections",
    "Open connections for webhooks.",
    &[],
);
const HEARTBEATS: Declaration = Declaration::counter(
    "omni_collector_heartbeats_total",
    "Heartbeat records, one a partition each time, by whether Kafka took them.",
    &["result"],
);

/// All of them, for `docs/metrics.md`.
pub const DECLARED: &[Declaration] = &[
    ACCEPTED,
    REFUSED,
    ACK,
    REQUEST,
    BODY,
    REQUESTS,
    RECORDS,
    BYTES,
    CONNECTIONS,
    HEARTBEATS,
];

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    pub(crate) accepted: IntCounterVec,
    pub(crate) refused: IntCounterVec,
    pub(crate) ack: Histogram,
    pub(crate) request: Histogram,
    pub(crate) body: Histogram,
    pub(crate) requests: Gauge,
    pub(crate) records: Gauge,
    pub(crate) bytes: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) heartbeats: IntCounterVec,
    pub(crate) outcomes: Outcomes,
    pub(crate) event_age: EventAge,
}

impl Collected {
    pub(crate) fn new(metrics: &Metrics) -> Result<Collected, MetricsError> {
        Ok(Collected {
            accepted: metrics.counters(&ACCEPTED)?,
            refused: metrics.counters(&REFUSED)?,
            ack: metrics.histogram(&ACK)?,
            request: metrics.histogram(&REQUEST)?,
            body: metrics.histogram(&BODY)?,
            requests: metrics.gauge(&REQUESTS)?,
            records: metrics.gauge(&RECORDS)?,
            bytes: metrics.gauge(&BYTES)?,
            connections: metrics.gauge(&CONNECTIONS)?,
            heartbeats: metrics.counters(&HEARTBEATS)?,
            outcomes: metrics.outcomes().clone(),
            event_age: metrics.event_age().clone(),
        })
    }
}

/// Adds one to a gauge for as long as it lives.
#[derive(Debug)]
pub(crate) struct Held(Gauge);

impl Held {
    pub(crate) fn one(gauge: &Gauge) -> Held {
        gauge.inc();
        Held(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}
