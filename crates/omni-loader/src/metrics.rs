//! What this stage counts and measures.
use std::time::Duration;

use ledger::Found;
use stage::Metrics;
use stage::metrics::{
    Declaration, EventAge, Gauge, GaugeVec, HistogramVec, IntCounterVec, LATENCY_SECONDS, Lags, MetricsError,
    Outcomes,
};
use warehouse::Block;

use crate::part::Part;

const ROWS: Declaration = Declaration::counter(
    "omni_loader_rows_total",
    "Rows that ClickHouse has acknowledged, by table.",
    &["table"],
);
const BYTES: Declaration = Declaration::counter(
    "omni_loader_bytes_total",
    "Bytes of values in those rows, about, by table.",
    &["table"],
);
const INSERTS: Declaration = Declaration::histogram(
    "omni_loader_insert_seconds",
    "Time of one acknowledged insert, by table; its count is the number of inserts.",
    &["table"],
    LATENCY_SECONDS,
);
const RETRIES: Declaration = Declaration::counter(
    "omni_loader_insert_retries_total",
    "Inserts that had to be sent again, by table.",
    &["table"],
);
const BATCHES: Declaration = Declaration::counter(
    "omni_loader_batches_total",
    "Batches committed, by lane.",
    &["lane"],
);
const REPEATED: Declaration = Declaration::counter(
    "omni_loader_plans_repeated_total",
    "Planned inserts of an earlier life or another member that were done again under their token, by lane.",
    &["lane"],
);
const ASKED: Declaration = Declaration::counter(
    "omni_loader_tables_asked_total",
    "Times a table was asked what an insert of unknown end had brought, by lane.",
    &["lane"],
);
const WINDOW: Declaration = Declaration::gauge(
    "omni_loader_window_seconds",
    "How long batches are held open at present, by lane.",
    &["lane"],
);
const LAG_RECORDS: Declaration = Declaration::lag_records("omni_loader_lag_records");
const LAG_AGE: Declaration = Declaration::lag_age("omni_loader_lag_age_seconds");
const LAG_SHARE: Declaration = Declaration::lag_share("omni_loader_lag_retention_share");
const MISSING: Declaration = Declaration::gauge(
    "omni_loader_ledger_missing_events",
    "Accepted events that are neither loaded nor rejected, filtered or in flight, for more than a minute, by source; `omni ledger` names them.",
    &["source"],
);
const DOUBLED: Declaration = Declaration::gauge(
    "omni_loader_ledger_doubled_rows",
    "Rows too many in base tables: the same company, event and revision twice, found within the last day, by source.",
    &["source"],
);
const UNARCHIVED: Declaration = Declaration::gauge(
    "omni_loader_ledger_unarchived_events",
    "Events that collectors accepted by their own count and that are in no archive, by source.",
    &["source"],
);
const LOOKED: Declaration = Declaration::gauge(
    "omni_loader_ledger_looked_timestamp_seconds",
    "When the ledger was looked at last, in seconds since 1970.",
    &[],
);

const RATES_READ: Declaration = Declaration::counter(
    "omni_loader_rates_read_total",
    "Times the source of exchange rates was read, by outcome: read, failed.",
    &["outcome"],
);
const RATES_UNTIL: Declaration = Declaration::gauge(
    "omni_loader_rates_until_timestamp_seconds",
    "The newest day that the source of exchange rates has a rate of, in seconds since 1970.",
    &[],
);
const IMPORTS: Declaration = Declaration::counter(
    "omni_loader_imports_total",
    "Times a source of `[import.<name>]` was read, by its name and by outcome: imported, unchanged, failed.",
    &["import", "outcome"],
);
const IMPORT_ROWS: Declaration = Declaration::counter(
    "omni_loader_import_rows_total",
    "Rows that were imported from a source of `[import.<name>]`, by its name.",
    &["import"],
);
const IMPORT_READ: Declaration = Declaration::gauge(
    "omni_loader_import_read_timestamp_seconds",
    "When a source of `[import.<name>]` was last read without a failure, by its name, in seconds since 1970.",
    &["import"],
);
const SPANS: Declaration = traces::declaration("omni_loader_spans_total");

/// All of them, for `docs/metrics.md`.
pub const DECLARED: &[Declaration] = &[
    ROWS,
    BYTES,
    INSERTS,
    RETRIES,
    BATCHES,
    REPEATED,
    ASKED,
    WINDOW,
    LAG_RECORDS,
    LAG_AGE,
    LAG_SHARE,
    MISSING,
    DOUBLED,
    UNARCHIVED,
    LOOKED,
    RATES_READ,
    RATES_UNTIL,
    IMPORTS,
    IMPORT_ROWS,
    IMPORT_READ,
    SPANS,
];

/// The registered metrics. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    rows: IntCounterVec,
    bytes: IntCounterVec,
    inserts: HistogramVec,
    retries: IntCounterVec,
    batches: IntCounterVec,
    repeated: IntCounterVec,
    asked: IntCounterVec,
    window: GaugeVec,
    pub(crate) lags: Lags,
    pub(crate) spans: IntCounterVec,
    missing: GaugeVec,
    doubled: GaugeVec,
    unarchived: GaugeVec,
    looked: Gauge,
    rates_read: IntCounterVec,
    rates_until: Gauge,
    imports: IntCounterVec,
    import_rows: IntCounterVec,
    import_read: GaugeVec,
    outcomes: Outcomes,
    event_age: EventAge,
}

impl Loaded {
    pub(crate) fn new(metrics: &Metrics) -> Result<Loaded, MetricsError> {
        Ok(Loaded {
            rows: metrics.counters(&ROWS)?,
            bytes: metrics.counters(&BYTES)?,
            inserts: metrics.histograms(&INSERTS)?,
            retries: metrics.counters(&RETRIES)?,
            batches: metrics.counters(&BATCHES)?,
            repeated: metrics.counters(&REPEATED)?,
            asked: metrics.counters(&ASKED)?,
            window: metrics.gauges(&WINDOW)?,
            lags: Lags::new(metrics, [&LAG_RECORDS, &LAG_AGE, &LAG_SHARE])?,
            spans: metrics.counters(&SPANS)?,
            missing: metrics.gauges(&MISSING)?,
            doubled: metrics.gauges(&DOUBLED)?,
            unarchived: metrics.gauges(&UNARCHIVED)?,
            looked: metrics.gauge(&LOOKED)?,
            rates_read: metrics.counters(&RATES_READ)?,
            rates_until: metrics.gauge(&RATES_UNTIL)?,
            imports: metrics.counters(&IMPORTS)?,
            import_rows: metrics.counters(&IMPORT_ROWS)?,
            import_read: metrics.gauges(&IMPORT_READ)?,
            outcomes: metrics.outcomes().clone(),
            event_age: metrics.event_age().clone(),
        })
    }

    pub(crate) fn inserted(&self, table: &str, block: &Block, seconds: f64) {
        self.rows.with_label_values(&[table]).inc_by(block.rows() as u64);
        self.bytes
            .with_label_values(&[table])
            .inc_by(block.bytes() as u64);
        self.inserts.with_label_values(&[table]).observe(seconds);
    }

    pub(crate) fn retried(&self, table: &str) {
        self.retries.with_label_values(&[table]).inc();
    }

    pub(crate) fn repeated(&self, lane: &str) {
        self.repeated.with_label_values(&[lane]).inc();
    }

    pub(crate) fn asked(&self, lane: &str) {
        self.asked.with_label_values(&[lane]).inc();
    }

    /// Outcomes count once they are final.
    pub(crate) fn committed(&self, lane: &str, parts: &[Part], window: Duration) {
        self.batches.with_label_values(&[lane]).inc();
        self.window.with_label_values(&[lane]).set(window.as_secs_f64());
        for tally in parts.iter().map(|part| &part.tally) {
            for ((outcome, reason), events) in &tally.outcomes {
                self.outcomes.count_many(outcome, reason, *events);
            }
            for received_at in &tally.received_at_micro {
                self.event_age.observe_received_at(*received_at);
            }
        }
    }

    pub(crate) fn ledger(&self, source: &str, found: &Found) {
        let gauges = [
            (&self.missing, found.missing),
            (&self.doubled, found.doubled),
            (&self.unarchived, found.unarchived),
        ];
        for (gauge, events) in gauges {
            gauge.with_label_values(&[source]).set(events as f64);
        }
    }

    pub(crate) fn rates_read(&self, outcome: &str) {
        self.rates_read.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn import(&self, name: &str, outcome: &str) {
        self.imports.with_label_values(&[name, outcome]).inc();
        if outcome != "failed" {
            let now = stage::clock::now_micro() as f64 / 1e6;
            self.import_read.with_label_values(&[name]).set(now);
        }
    }

    pub(crate) fn import_rows(&self, name: &str, rows: u64) {
        self.import_rows.with_label_values(&[name]).inc_by(rows);
    }

    pub(crate) fn rates_until(&self, day: time::Date) {
        self.rates_until
            .set(day.midnight().assume_utc().unix_timestamp() as f64);
    }

    pub(crate) fn ledger_looked(&self, at_micro: i64) {
        self.looked.set(at_micro as f64 / 1e6);
    }
}
