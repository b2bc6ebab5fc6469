//! The flattener: enriched events become flat ones, batch by batch, in Kafka transactions.
//!
//! Headers and partition are carried on. Heartbeats and erasures pass as they are, and so do events that came
//! flat. What cannot be made flat goes to `omni.rejected` with its reason.

mod reject;

use std::time::Duration;

use event::{HeadersRef, Kind};
use kafka::{
    Assigned, Fault, Health, Hop, HopSettings, Offsets, Outgoing, Placement, Record, Restore, Topic, Written,
    hop,
};
use serde_json::Value;
use stage::Shutdown;
use traces::{HopSpans, Step, Tracer};

use crate::Error;
use crate::config::Config;
use crate::metrics::Activated;

/// Stage name of the group and in rejected records.
pub(crate) const STAGE: &str = "flattener";

/// Runs until a stop is requested.
pub(crate) fn run(
    config: &kafka::Config,
    settings: HopSettings,
    flattener: Flattener,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    hop::run(config, settings, flattener, || shutdown.is_requested())
        .map_err(|error| Error::kafka(STAGE, error))
}

pub(crate) fn settings(config: &Config, health: Health) -> HopSettings {
    let mut settings = HopSettings::new(STAGE, &config.stage.instance, &[Topic::Enriched]);
    settings.records_max = config.activation.flatten_records_max;
    settings.window = Duration::from_millis(config.activation.flatten_window_ms);
    settings.worker.outputs = vec![Topic::Flat, Topic::Rejected];
    settings.worker.health = health;
    settings
}

/// What a record became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Flat { received_at_micro: i64 },
    Passed { kind: Kind },
    Rejected { code: &'static str },
}

impl Ended {
    /// Outcome and reason.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Flat { .. } => ("flattened", ""),
            Self::Passed { kind } => ("passed", kind.as_str()),
            Self::Rejected { code } => ("rejected", code),
        }
    }
}

/// The work of the flattener.
#[derive(Debug)]
pub(crate) struct Flattener {
    config: kafka::Config,
    metrics: Activated,
    /// Counted once the batch is final.
    ended: Vec<Ended>,
    spans: HopSpans,
}

impl Flattener {
    pub(crate) fn new(config: &kafka::Config, metrics: Activated, tracer: &Tracer) -> Self {
        Self {
            config: config.clone(),
            metrics,
            ended: Vec::new(),
            spans: HopSpans::new(Step::new(tracer, "flatten", config, STAGE)),
        }
    }

    fn one(&self, record: &Record) -> (Outgoing, Ended) {
        match flat(record) {
            Ok((payload, ended)) => (outgoing(record, Topic::Flat, payload), ended),
            Err(refusal) => {
                let rejected = refusal.rejected(record, &self.config);
                (
                    outgoing(record, Topic::Rejected, rejected.to_json()),
                    Ended::Rejected { code: refusal.code },
                )
            }
        }
    }
}

/// The same place on another topic.
fn outgoing(record: &Record, topic: Topic, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::Partition(record.partition),
        key: record.key.clone(),
        payload: Some(payload),
        headers: record.headers.clone(),
    }
}

fn flat(record: &Record) -> Result<(Vec<u8>, Ended), reject::Refusal> {
    let headers =
        HeadersRef::from_pairs(&record.headers).map_err(|error| reject::Refusal::headers(&error))?;
    match headers.kind {
        kind @ (Kind::Heartbeat | Kind::Erase) => Ok((record.value().to_vec(), Ended::Passed { kind })),
        Kind::Flat => {
            let event: event::Map = parsed(record)?;
            if !event::flatten::is_flat(&event) {
                return Err(reject::Refusal::not_flat());
            }
            Ok((record.value().to_vec(), Ended::Passed { kind: Kind::Flat }))
        }
        Kind::Webhook | Kind::Backfill => {
            let enriched: Value = parsed(record)?;
            let flat = event::flatten::flatten(&enriched).map_err(|error| reject::Refusal::unflat(&error))?;
            // A map of scalars: this cannot fail.
            let payload = serde_json::to_vec(&flat).unwrap_or_default();
            Ok((
                payload,
                Ended::Flat {
                    received_at_micro: headers.received_at_micro,
                },
            ))
        }
    }
}

fn parsed<T: serde::de::DeserializeOwned>(record: &Record) -> Result<T, reject::Refusal> {
    serde_json::from_slice(record.value()).map_err(|_| reject::Refusal::not_json())
}

impl Hop for Flattener {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        self.ended.clear();
        self.spans.forget();
        let mut spans = self.spans.begin_all(batch);
        for record in batch {
            let (mut outgoing, ended) = self.one(record);
            if let Some(span) = spans.pop_front().flatten() {
                let (outcome, reason) = ended.words();
                self.spans.became(*span, &mut outgoing, outcome, reason);
            }
            out.push(outgoing);
            self.ended.push(ended);
        }
        Ok(())
    }

    fn oversized(&mut self, refused: Outgoing, bytes: usize) -> Result<Option<Outgoing>, Fault> {
        self.ended.push(Ended::Rejected {
            code: reject::TOO_LARGE,
        });
        self.spans.turned(&refused, "rejected", reject::TOO_LARGE);
        Ok(Some(reject::too_large(refused, bytes, &self.config)))
    }

    fn committed(&mut self, _: &Offsets, _: &Written) {
        self.spans.committed();
        for ended in self.ended.drain(..) {
            let (outcome, reason) = ended.words();
            self.metrics.outcomes.count(outcome, reason);
            if let Ended::Flat { received_at_micro } = ended {
                self.metrics.event_age.observe_received_at(received_at_micro);
            }
        }
    }

    fn aborted(&mut self) {
        self.ended.clear();
        self.spans.forget();
    }
}
