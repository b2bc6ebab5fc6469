//! What the collector counts and measures.

use stage::Metrics;
use stage::metrics::{
    Declaration, EventAge, Gauge, Histogram, IntCounter, IntCounterVec, LATENCY_SECONDS, MetricsError,
    Outcomes, SIZE_BYTES,
};

use crate::spool::Written;

const ACCEPTED: Declaration = Declaration::counter(
    "omni_collector_accepted_total",
    "Events kept, quarantined ones included, by source: each webhook answered 2xx, and each flat event.",
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

const SPOOL_BYTES: Declaration = Declaration::gauge(
    "omni_collector_spool_bytes",
    "Bytes of the spool on the disk. Segments go as a whole: some of it may be on Kafka already.",
    &[],
);
const SPOOL_BYTES_MAX: Declaration = Declaration::gauge(
    "omni_collector_spool_max_bytes",
    "Most bytes of the spool (`spool_bytes_max`).",
    &[],
);
const SPOOL_FREE: Declaration = Declaration::gauge(
    "omni_collector_spool_disk_free_bytes",
    "Bytes that are free on the spool's disk.",
    &[],
);
const SPOOL_RECORDS: Declaration = Declaration::gauge(
    "omni_collector_spool_records",
    "Records in the spool that Kafka does not have yet.",
    &[],
);
const SPOOL_AGE: Declaration = Declaration::gauge(
    "omni_collector_spool_age_seconds",
    "How long the oldest record that Kafka does not have yet has been in the spool; 0 when there is none.",
    &[],
);
const SPOOLED: Declaration = Declaration::counter(
    "omni_collector_spool_spooled_total",
    "Records written to the spool because Kafka did not acknowledge in time.",
    &[],
);
const DRAINED: Declaration = Declaration::counter(
    "omni_collector_spool_drained_total",
    "Records of the spool that Kafka has acknowledged since.",
    &[],
);
const SPOOL_REFUSED: Declaration = Declaration::counter(
    "omni_collector_spool_refused_total",
    "Records the spool could not take, by why: `full` (`spool_bytes_max`) or `disk` (it refused a write).",
    &["reason"],
);
const CERTIFICATE_EXPIRY: Declaration = Declaration::gauge(
    "omni_collector_certificate_expiry_timestamp_seconds",
    "When the certificate in use, or one that leads to its authority, ends, seconds since 1970; 0 without TLS.",
    &[],
);
const CERTIFICATE_RELOADS: Declaration = Declaration::counter(
    "omni_collector_certificate_reloads_total",
    "Changes of the certificate's files, by what became of them: taken, refused (the one before stays in use).",
    &["outcome"],
);
const SPOOL_CORRUPT: Declaration = Declaration::counter(
    "omni_collector_spool_corrupt_total",
    "Damaged places found in the spool and set aside in a `.corrupt` file: accepted events may be lost there.",
    &[],
);
const SPOOL_COMMIT: Declaration = Declaration::histogram(
    "omni_collector_spool_commit_seconds",
    "Time to write and sync what waited for the spool together.",
    &[],
    LATENCY_SECONDS,
);
const SPANS: Declaration = traces::declaration("omni_collector_spans_total");

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
    SPOOL_BYTES,
    SPOOL_BYTES_MAX,
    SPOOL_FREE,
    SPOOL_RECORDS,
    SPOOL_AGE,
    SPOOLED,
    DRAINED,
    SPOOL_REFUSED,
    SPOOL_CORRUPT,
    CERTIFICATE_EXPIRY,
    CERTIFICATE_RELOADS,
    SPOOL_COMMIT,
    SPANS,
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
    pub(crate) spool_bytes: Gauge,
    pub(crate) spool_bytes_max: Gauge,
    pub(crate) spool_free: Gauge,
    pub(crate) spool_records: Gauge,
    pub(crate) spool_age: Gauge,
    pub(crate) spool_corrupt: IntCounter,
    pub(crate) certificate: stage::tls::Figures,
    pub(crate) drained: IntCounter,
    pub(crate) spans: IntCounterVec,
    pub(crate) written: Written,
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
            spool_bytes: metrics.gauge(&SPOOL_BYTES)?,
            spool_bytes_max: metrics.gauge(&SPOOL_BYTES_MAX)?,
            spool_free: metrics.gauge(&SPOOL_FREE)?,
            spool_records: metrics.gauge(&SPOOL_RECORDS)?,
            spool_age: metrics.gauge(&SPOOL_AGE)?,
            spool_corrupt: metrics.counter(&SPOOL_CORRUPT)?,
            certificate: stage::tls::Figures {
                expiry: metrics.gauge(&CERTIFICATE_EXPIRY)?,
                reloads: metrics.counters(&CERTIFICATE_RELOADS)?,
            },
            drained: metrics.counter(&DRAINED)?,
            spans: metrics.counters(&SPANS)?,
            written: Written {
                spooled: metrics.counter(&SPOOLED)?,
                refused: metrics.counters(&SPOOL_REFUSED)?,
                commit: metrics.histogram(&SPOOL_COMMIT)?,
            },
            outcomes: metrics.outcomes().clone(),
            event_age: metrics.event_age().clone(),
        })
    }
}

impl Collected {
    /// A request was answered with an error.
    pub(crate) fn answered(&self, status: &str, why: &str) {
        self.refused.with_label_values(&[status, why]).inc();
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
