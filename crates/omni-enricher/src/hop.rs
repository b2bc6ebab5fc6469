//! The way of a batch: read → prefetch → doubles → join → emit, in the order of its records.
//!
//! Everything a batch changes is in the overlay of [`States`] until Kafka has committed it. A store that
//! fails stops the stage: the next start restores it from Kafka.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use event::state::{Applied, LightRecord};
use event::{Change, Headers, enriched};
use kafka::{Assigned, Error, Fault, Hop, Offsets, Outgoing, Record, Restore, Topic, Written};
use stage::{Readiness, clock};
use uuid::Uuid;

use crate::checkpoint::Checkpoint;
use crate::config::Settings;
use crate::key::Key;
use crate::metrics::Enriched;
use crate::prefetch::Lookups;
use crate::read::{self, FlatEvent, Incoming};
use crate::readiness::STORE;
use crate::states::States;
use crate::store::StoreError;
use crate::{emit, join, restore};

/// The enricher's part of the loop.
#[derive(Debug)]
pub(crate) struct Enricher {
    pub(crate) states: States,
    pub(crate) lookups: Lookups,
    pub(crate) settings: Arc<Settings>,
    pub(crate) metrics: Enriched,
    pub(crate) readiness: Readiness,
    /// Identity of `omni.entities`.
    pub(crate) topic: Uuid,
    /// Next offset of `omni.entities`, of the partitions held.
    pub(crate) entities: BTreeMap<i32, i64>,
    pub(crate) done: Done,
    /// Why the store could not take a committed batch.
    pub(crate) broken: Option<StoreError>,
}

/// What to count once the batch is final.
#[derive(Debug, Default)]
pub(crate) struct Done {
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    missing: BTreeMap<String, u64>,
    received: Vec<i64>,
    entities: u64,
}

impl Done {
    fn count(&mut self, outcome: &'static str, reason: &'static str) {
        *self.outcomes.entry((outcome, reason)).or_default() += 1;
    }
}

impl Enricher {
    fn batch(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), StoreError> {
        let incoming: Vec<_> = batch
            .iter()
            .map(|record| (record.partition, read::read(record)))
            .collect();
        self.lookups.fetch(&incoming, &mut self.states)?;
        for (record, (_, incoming)) in batch.iter().zip(incoming) {
            out.push(self.one(record, incoming)?);
        }
        let rewritten = self.states.finish()?;
        self.done.entities = rewritten.len() as u64;
        out.extend(rewritten.into_iter().map(emit::entity));
        Ok(())
    }

    /// Exactly one record for each that came: passed on, enriched, filtered or rejected.
    fn one(&mut self, record: &Record, incoming: Incoming) -> Result<Outgoing, StoreError> {
        match incoming {
            Incoming::Passing(headers) => {
                self.done.count("passed", headers.kind.as_str());
                Ok(emit::passed(record))
            }
            Incoming::Refused(refusal) => {
                self.done.count("rejected", refusal.code);
                Ok(emit::rejected(record, &refusal))
            }
            Incoming::Flat(headers, event) => self.flat(record, &headers, &event),
            Incoming::Change(headers, change) => self.change(record, &headers, &change),
        }
    }

    fn flat(
        &mut self,
        record: &Record,
        headers: &Headers,
        event: &FlatEvent,
    ) -> Result<Outgoing, StoreError> {
        let key = Key::new(record.partition, event.company_id, &event.object, &event.id);
        let new = || LightRecord::blank(event.company_id, event.object.clone(), event.id.clone());
        if self.states.note(&key, new, event.uuid, headers)? {
            self.done.count("passed", "flat");
            self.done.received.push(headers.received_at_micro);
            return Ok(emit::passed(record));
        }
        self.done.count("filtered", "duplicate");
        Ok(emit::duplicate(record, headers, event))
    }

    fn change(
        &mut self,
        record: &Record,
        headers: &Headers,
        change: &Change,
    ) -> Result<Outgoing, StoreError> {
        let reason = match self.states.apply(record.partition, change, headers)? {
            Applied::Duplicate => {
                let Change {
                    uuid,
                    company_id,
                    object,
                    id,
                    ..
                } = change;
                let event = FlatEvent {
                    uuid: *uuid,
                    company_id: *company_id,
                    object: object.clone(),
                    id: id.clone(),
                };
                self.done.count("filtered", "duplicate");
                return Ok(emit::duplicate(record, headers, &event));
            }
            Applied::Newer => "newer",
            Applied::Older => "older",
        };
        let additions = join::additions(record.partition, change, &self.states, &self.settings)?;
        for what in &additions.missing {
            *self.done.missing.entry(what.clone()).or_default() += 1;
        }
        let event = enriched::compose_json(change, headers, &additions, clock::now_micro());
        self.done.count("enriched", reason);
        self.done.received.push(headers.received_at_micro);
        Ok(emit::enriched(record, event))
    }

    fn forget(&mut self) {
        self.states.abort();
        self.done = Done::default();
    }

    fn checkpoints(&mut self, next: &Offsets, written: &Written) -> Vec<(i32, Checkpoint)> {
        let mut checkpoints = Vec::new();
        for ((topic, partition), committed) in next.iter() {
            if topic != Topic::Raw {
                continue;
            }
            let entities = self.entities.entry(partition).or_default();
            *entities = written
                .get(&(Topic::Entities, partition))
                .copied()
                .unwrap_or(*entities);
            let at_micro = clock::now_micro();
            let checkpoint = Checkpoint {
                topic: self.topic,
                raw: committed.offset,
                entities: *entities,
                at_micro,
            };
            checkpoints.push((partition, checkpoint));
        }
        checkpoints
    }

    fn report(&mut self) {
        let done = std::mem::take(&mut self.done);
        for ((outcome, reason), count) in done.outcomes {
            self.metrics.outcomes.count_many(outcome, reason, count);
        }
        for (what, count) in done.missing {
            self.metrics
                .missing
                .with_label_values(&[what.as_str()])
                .inc_by(count);
        }
        for received in done.received {
            self.metrics.event_age.observe_received_at(received);
        }
        self.metrics.entities.inc_by(done.entities);
    }
}

impl Hop for Enricher {
    fn assigned(&mut self, partitions: &[Assigned], restore: &Restore) -> Result<(), Error> {
        self.forget();
        for assigned in partitions.iter().filter(|assigned| assigned.topic == Topic::Raw) {
            let now = clock::now_micro();
            let store = self.states.store();
            let next = restore::partition(store, assigned, restore, self.topic, now, &self.metrics)?;
            self.entities.insert(assigned.partition, next);
        }
        self.states.forget_cached();
        Ok(())
    }

    fn revoked(&mut self, partitions: &[(Topic, i32)]) {
        self.forget();
        for (_, partition) in partitions {
            self.entities.remove(partition);
        }
    }

    fn work(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), Fault> {
        if let Some(broken) = self.broken.take() {
            return Err(Fault::fatal(broken));
        }
        let start = Instant::now();
        self.forget();
        self.batch(batch, out).map_err(Fault::fatal)?;
        self.metrics.worked(batch.len(), start.elapsed());
        Ok(())
    }

    fn oversized(&mut self, refused: Outgoing, bytes: usize) -> Result<Option<Outgoing>, Fault> {
        tracing::warn!(
            kafka.topic = refused.topic.short(),
            bytes,
            "record is larger than its topic takes"
        );
        Ok(emit::oversized(refused, bytes))
    }

    fn committed(&mut self, next: &Offsets, written: &Written) {
        let checkpoints = self.checkpoints(next, written);
        match self.states.commit(checkpoints) {
            Ok(()) => self.report(),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "state store failed, the stage stops"
                );
                self.readiness.not_ready(STORE, error.to_string());
                self.broken = Some(error);
            }
        }
    }

    fn aborted(&mut self) {
        self.metrics.aborted.inc();
        self.forget();
    }
}

#[cfg(test)]
mod tests;
