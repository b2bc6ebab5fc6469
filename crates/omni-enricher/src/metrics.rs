//! What the enricher counts and measures.

mod kept;
mod reconciled;

use std::time::Duration;

pub(crate) use kept::Kept;
pub(crate) use reconciled::Reconciled;
use stage::Metrics;
use stage::metrics::{
    Declaration, EventAge, Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec,
    LATENCY_SECONDS, Lags, MetricsError, Outcomes,
};

const BATCH: Declaration = Declaration::histogram(
    "omni_enricher_batch_records",
    "Records worked in one transaction.",
    &[],
    &[
        1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0,
    ],
);
const WORK: Declaration = Declaration::histogram(
    "omni_enricher_work_seconds",
    "Time to work one batch, lookups included, the transaction not.",
    &[],
    LATENCY_SECONDS,
);
const ABORTED: Declaration = Declaration::counter(
    "omni_enricher_batches_aborted_total",
    "Batches whose transaction was aborted; they come again.",
    &[],
);
const MISSING: Declaration = Declaration::counter(
    "omni_enricher_missing_total",
    "Events that went on without something, by what was not known.",
    &["what"],
);
const PENDING: Declaration = Declaration::gauge(
    "omni_enricher_pending_events",
    "Events that went on incomplete and wait to be completed.",
    &[],
);
const NOT_COMPLETED: Declaration = Declaration::counter(
    "omni_enricher_not_completed_total",
    "Incomplete events that stay as they went on, by why: given up after the longest wait, or no room to wait.",
    &["why"],
);
const LOOKUPS: Declaration = Declaration::counter(
    "omni_enricher_lookups_total",
    "Calls to Pipedrive's API, by endpoint and result.",
    &["endpoint", "result"],
);
const LOOKUP: Declaration = Declaration::histogram(
    "omni_enricher_lookup_seconds",
    "Time a call to Pipedrive's API took, waiting for our own limits included.",
    &["endpoint"],
    LATENCY_SECONDS,
);
const TOKENS: Declaration = Declaration::counter(
    "omni_enricher_api_tokens_total",
    "Tokens of the account's daily budget spent, by Pipedrive's price list.",
    &[],
);
const TOKENS_LEFT: Declaration = Declaration::gauge(
    "omni_enricher_api_tokens_left",
    "Tokens of the company's day left at least, by source: Pipedrive's word, else by the plan less what was spent here.",
    &["source"],
);
const TOKENS_DAY: Declaration = Declaration::gauge(
    "omni_enricher_api_tokens_day",
    "Tokens of the company's whole day, by source: Pipedrive's word, else by the plan.",
    &["source"],
);
const TOKENS_SPENT: Declaration = Declaration::gauge(
    "omni_enricher_api_tokens_spent",
    "Tokens of the company's day spent by this process today, by source.",
    &["source"],
);
const BANS: Declaration = Declaration::gauge(
    "omni_enricher_api_bans",
    "Blocks by Pipedrive's edge in a row, by source; above 0 a person should look.",
    &["source"],
);
const CIRCUIT: Declaration = Declaration::gauge(
    "omni_enricher_api_circuit_open",
    "1 while the API is left alone after failures in a row, by source.",
    &["source"],
);
const ENTITIES: Declaration = Declaration::counter(
    "omni_enricher_entities_total",
    "Records of last states written.",
    &[],
);
const RESTORED: Declaration = Declaration::counter(
    "omni_enricher_restored_records_total",
    "Records read back from omni.entities, by how: warm from a checkpoint, cold from the beginning.",
    &["how"],
);
const RESTORING: Declaration = Declaration::gauge(
    "omni_enricher_restoring_partitions",
    "Partitions whose last states are being read back; events of all of this enricher's partitions wait meanwhile.",
    &[],
);
const LAG_RECORDS: Declaration = Declaration::lag_records("omni_enricher_lag_records");
const LAG_AGE: Declaration = Declaration::lag_age("omni_enricher_lag_age_seconds");
const LAG_SHARE: Declaration = Declaration::lag_share("omni_enricher_lag_retention_share");
const STORE: Declaration = Declaration::gauge(
    "omni_enricher_store_bytes",
    "Size of the state store on disk.",
    &[],
);
const EMAIL_LOOKUPS: Declaration = Declaration::counter(
    "omni_enricher_email_lookups_total",
    "Addresses that events asked about, by what could be said at once or within their wait.",
    &["verdict"],
);
const EMAIL_CALLS: Declaration = Declaration::counter(
    "omni_enricher_email_calls_total",
    "Calls to the provider of e-mail validations, by provider and result.",
    &["provider", "result"],
);
const EMAIL_CALL: Declaration = Declaration::histogram(
    "omni_enricher_email_call_seconds",
    "Time a call to the provider of e-mail validations took, waiting for its limits not included.",
    &["provider"],
    EMAIL_CALL_SECONDS,
);
const EMAIL_CREDITS: Declaration = Declaration::counter(
    "omni_enricher_email_credits_total",
    "Validations answered by the provider: what it charges for. One it had to be asked twice for counts once.",
    &["provider"],
);
const EMAIL_WAITING: Declaration = Declaration::gauge(
    "omni_enricher_email_waiting",
    "Addresses that are being asked about or will be asked about again.",
    &[],
);
const EMAIL_UNCLAIMED: Declaration = Declaration::counter(
    "omni_enricher_email_unclaimed_total",
    "Answers dropped because nobody took them; they stay in memory for the next event.",
    &[],
);

/// Verifiers talk to mail servers: a call takes seconds, up to half a minute.
const EMAIL_CALL_SECONDS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0];
const SPANS: Declaration = traces::declaration("omni_enricher_spans_total");

/// All of them, for `docs/metrics.md`.
pub const DECLARED: &[Declaration] = &[
    BATCH,
    WORK,
    ABORTED,
    MISSING,
    PENDING,
    NOT_COMPLETED,
    LOOKUPS,
    LOOKUP,
    TOKENS,
    TOKENS_DAY,
    TOKENS_LEFT,
    TOKENS_SPENT,
    BANS,
    CIRCUIT,
    ENTITIES,
    RESTORED,
    RESTORING,
    LAG_RECORDS,
    LAG_AGE,
    LAG_SHARE,
    STORE,
    EMAIL_LOOKUPS,
    EMAIL_CALLS,
    EMAIL_CALL,
    EMAIL_CREDITS,
    EMAIL_WAITING,
    EMAIL_UNCLAIMED,
    kept::LAST,
    kept::DUE,
    kept::SILENT,
    kept::WEBHOOKS,
    kept::LOOKED,
    kept::STEPS,
    reconciled::LAST,
    reconciled::FOUND,
    SPANS,
];

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Enriched {
    pub(crate) batch: Histogram,
    pub(crate) work: Histogram,
    pub(crate) aborted: IntCounter,
    pub(crate) missing: IntCounterVec,
    pub(crate) entities: IntCounter,
    pub(crate) restored: IntCounterVec,
    pub(crate) restoring: Gauge,
    pub(crate) lags: Lags,
    pub(crate) store: Gauge,
    pub(crate) spans: IntCounterVec,
    pub(crate) outcomes: Outcomes,
    pub(crate) event_age: EventAge,
    pub(crate) pending: Gauge,
    not_completed: IntCounterVec,
    lookups: IntCounterVec,
    lookup: HistogramVec,
    tokens: IntCounter,
    tokens_day: GaugeVec,
    tokens_left: GaugeVec,
    tokens_spent: GaugeVec,
    bans: GaugeVec,
    circuit: GaugeVec,
}

impl Enriched {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricsError> {
        Ok(Self {
            batch: metrics.histogram(&BATCH)?,
            work: metrics.histogram(&WORK)?,
            aborted: metrics.counter(&ABORTED)?,
            missing: metrics.counters(&MISSING)?,
            entities: metrics.counter(&ENTITIES)?,
            restored: metrics.counters(&RESTORED)?,
            restoring: metrics.gauge(&RESTORING)?,
            lags: Lags::new(metrics, [&LAG_RECORDS, &LAG_AGE, &LAG_SHARE])?,
            store: metrics.gauge(&STORE)?,
            spans: metrics.counters(&SPANS)?,
            outcomes: metrics.outcomes().clone(),
            event_age: metrics.event_age().clone(),
            pending: metrics.gauge(&PENDING)?,
            not_completed: metrics.counters(&NOT_COMPLETED)?,
            lookups: metrics.counters(&LOOKUPS)?,
            lookup: metrics.histograms(&LOOKUP)?,
            tokens: metrics.counter(&TOKENS)?,
            tokens_day: metrics.gauges(&TOKENS_DAY)?,
            tokens_left: metrics.gauges(&TOKENS_LEFT)?,
            tokens_spent: metrics.gauges(&TOKENS_SPENT)?,
            bans: metrics.gauges(&BANS)?,
            circuit: metrics.gauges(&CIRCUIT)?,
        })
    }

    /// Incomplete events that nobody will complete.
    pub(crate) fn not_completed(&self, why: &str, events: u64) {
        if events > 0 {
            self.not_completed.with_label_values(&[why]).inc_by(events);
        }
    }

    /// One call to the API.
    pub(crate) fn lookup(&self, facts: &pipedrive::Facts, result: &str) {
        self.lookups.with_label_values(&[facts.endpoint, result]).inc();
        self.lookup
            .with_label_values(&[facts.endpoint])
            .observe(facts.took.as_secs_f64());
        self.tokens.inc_by(u64::from(facts.tokens));
    }

    /// How a source's account stands with Pipedrive.
    pub(crate) fn standing(&self, source: &str, standing: &pipedrive::Standing) {
        let set = |gauge: &GaugeVec, value: f64| gauge.with_label_values(&[source]).set(value);
        set(&self.tokens_day, standing.day_tokens_limit as f64);
        set(&self.tokens_left, standing.day_tokens_left as f64);
        set(&self.tokens_spent, standing.day_tokens_spent as f64);
        set(&self.bans, f64::from(standing.bans));
        let open = standing.circuit != pipedrive::Circuit::Closed;
        set(&self.circuit, f64::from(u8::from(open)));
    }

    pub(crate) fn worked(&self, records: usize, took: Duration) {
        self.batch.observe(records as f64);
        self.work.observe(took.as_secs_f64());
    }
}

/// What e-mail validation counts. Copies share it.
#[derive(Clone, Debug)]
pub(crate) struct Emails {
    pub(crate) waiting: Gauge,
    pub(crate) unclaimed: IntCounter,
    lookups: IntCounterVec,
    calls: IntCounterVec,
    call: HistogramVec,
    credits: IntCounterVec,
}

impl Emails {
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, MetricsError> {
        Ok(Self {
            waiting: metrics.gauge(&EMAIL_WAITING)?,
            unclaimed: metrics.counter(&EMAIL_UNCLAIMED)?,
            lookups: metrics.counters(&EMAIL_LOOKUPS)?,
            calls: metrics.counters(&EMAIL_CALLS)?,
            call: metrics.histograms(&EMAIL_CALL)?,
            credits: metrics.counters(&EMAIL_CREDITS)?,
        })
    }

    /// One event asked.
    pub(crate) fn lookup(&self, verdict: &str) {
        self.lookups.with_label_values(&[verdict]).inc();
    }

    /// One call to the provider.
    pub(crate) fn call(&self, provider: &str, result: &str, took: Duration) {
        self.calls.with_label_values(&[provider, result]).inc();
        self.call
            .with_label_values(&[provider])
            .observe(took.as_secs_f64());
    }

    /// The provider charges for one.
    pub(crate) fn credit(&self, provider: &str) {
        self.credits.with_label_values(&[provider]).inc();
    }
}
