//! What this stage tells Prometheus.
use stage::Metrics;
use stage::metrics::{
    Declaration, Gauge, Histogram, IntCounter, IntCounterVec, LATENCY_SECONDS, MetricsError,
};

/// Every metric of this stage beside the two that all stages have.
pub const DECLARED: &[Declaration] = &[
    QUERIES,
    QUERY_SECONDS,
    CACHE_HITS,
    VIEWERS,
    QUESTIONS,
    NOTICES,
    PUSH_SECONDS,
    RELOADS,
    DENIED,
    CERTIFICATE_EXPIRY,
    CERTIFICATE_RELOADS,
];

const QUERIES: Declaration = Declaration::counter(
    "omni_reporting_queries_total",
    "Questions put to ClickHouse, by how they ended: answered, failed.",
    &["outcome"],
);
const QUERY_SECONDS: Declaration = Declaration::histogram(
    "omni_reporting_query_seconds",
    "How long ClickHouse took for a question.",
    &[],
    LATENCY_SECONDS,
);
const CACHE_HITS: Declaration = Declaration::counter(
    "omni_reporting_cache_hits_total",
    "Questions answered without asking ClickHouse: from the cache, or together with an equal one.",
    &[],
);
const VIEWERS: Declaration = Declaration::gauge("omni_reporting_viewers", "Open live streams.", &[]);
const QUESTIONS: Declaration = Declaration::gauge(
    "omni_reporting_live_questions",
    "Different questions that open streams keep up to date.",
    &[],
);
const NOTICES: Declaration = Declaration::counter(
    "omni_reporting_notices_total",
    "Notices of loaded rows read from Kafka: understood, unreadable.",
    &["outcome"],
);
const PUSH_SECONDS: Declaration = Declaration::histogram(
    "omni_reporting_push_seconds",
    "From rows being loaded to the changed panel being handed to the open streams.",
    &[],
    LATENCY_SECONDS,
);

const RELOADS: Declaration = Declaration::counter(
    "omni_reporting_template_reloads_total",
    "Templates of the folder that changed while the dashboard ran: taken, refused.",
    &["outcome"],
);
const DENIED: Declaration = Declaration::counter(
    "omni_reporting_denied_total",
    "Requests that were not let in, by reason: peer, host, proxy, unknown, credentials, key, token, expired, too_many, scope, company, board, choice.",
    &["reason"],
);

const CERTIFICATE_EXPIRY: Declaration = Declaration::gauge(
    "omni_reporting_certificate_expiry_timestamp_seconds",
    "When the certificate in use, or one that leads to its authority, ends, seconds since 1970; 0 without TLS.",
    &[],
);
const CERTIFICATE_RELOADS: Declaration = Declaration::counter(
    "omni_reporting_certificate_reloads_total",
    "Changes of the certificate's files, by what became of them: taken, refused (the one before stays in use).",
    &["outcome"],
);

/// The registered metrics. Copies share them.
#[derive(Debug, Clone)]
pub struct Figures {
    pub metrics: Metrics,
    pub queries: IntCounterVec,
    pub query_seconds: Histogram,
    pub cache_hits: IntCounter,
    pub viewers: Gauge,
    pub questions: Gauge,
    pub notices: IntCounterVec,
    pub push_seconds: Histogram,
    pub reloads: IntCounterVec,
    pub denied: IntCounterVec,
    pub certificate: stage::tls::Figures,
}

impl Figures {
    /// Registers all of them.
    pub fn new() -> Result<Self, MetricsError> {
        let metrics = Metrics::new("reporting")?;
        Ok(Self {
            queries: metrics.counters(&QUERIES)?,
            query_seconds: metrics.histogram(&QUERY_SECONDS)?,
            cache_hits: metrics.counter(&CACHE_HITS)?,
            viewers: metrics.gauge(&VIEWERS)?,
            questions: metrics.gauge(&QUESTIONS)?,
            notices: metrics.counters(&NOTICES)?,
            push_seconds: metrics.histogram(&PUSH_SECONDS)?,
            reloads: metrics.counters(&RELOADS)?,
            denied: metrics.counters(&DENIED)?,
            certificate: stage::tls::Figures {
                expiry: metrics.gauge(&CERTIFICATE_EXPIRY)?,
                reloads: metrics.counters(&CERTIFICATE_RELOADS)?,
            },
            metrics,
        })
    }

    /// Counts a request that was not let in.
    pub fn count_denied(&self, denied: &crate::access::Denied) {
        self.denied.with_label_values(&[denied.reason()]).inc();
    }
}
