//! The way of a batch: read → prefetch → doubles → filter → join → emit, in the order of its records; then what answers
//! from outside made possible (`hop/errands.rs`).
//!
//! Everything a batch changes is in the overlay of [`States`] until Kafka has committed it. A store that
//! fails stops the stage: the next start restores it from Kafka.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use event::flat::FlatEvent;
use event::outcome::DUPLICATE;
use event::state::{Applied, LightRecord};
use event::{Change, Headers, Kind, enriched};
use kafka::{Assigned, Error, Fault, Hop, Offsets, Outgoing, Record, Restore, Topic, Written};
use stage::{Readiness, clock};
use traces::{HopSpans, Span};
use uuid::Uuid;

use crate::budget::Budgets;
use crate::checkpoint::Checkpoint;
use crate::complete::Completions;
use crate::config::Settings;
use crate::filter::Filter;
use crate::join::Joined;
use crate::key::Key;
use crate::listening::Listening;
use crate::lookups::Lookups;
use crate::metrics::Enriched;
use crate::prime::Primer;
use crate::read::{self, Flat, Incoming};
use crate::readiness::STORE;
use crate::states::States;
use crate::store::StoreError;
use crate::validate::Validation;
use crate::{emit, fields, prefetch, restore};

mod erasing;
mod errands;

/// So many records are read and worked off before the next are read: a change is a tree of some ten kilobytes, and stays near
/// while it is needed.
const PIECE_RECORDS: usize = 8;

/// The enricher's part of the loop.
#[derive(Debug)]
pub(crate) struct Enricher {
    pub(crate) filter: Filter,
    pub(crate) states: States,
    pub(crate) lookups: Lookups,
    pub(crate) completions: Completions,
    pub(crate) primer: Primer,
    pub(crate) budgets: Budgets,
    pub(crate) listening: Listening,
    pub(crate) validation: Validation,
    pub(crate) settings: Arc<Settings>,
    pub(crate) metrics: Enriched,
    pub(crate) readiness: Readiness,
    /// Identity of `omni.entities`.
    pub(crate) topic: Uuid,
    /// Next offset of `omni.entities`, of the partitions held.
    pub(crate) entities: BTreeMap<i32, i64>,
    /// Where the group stands in `omni.raw`, in those of them it has ever committed.
    pub(crate) raw: BTreeMap<i32, i64>,
    pub(crate) done: Done,
    /// Of the open batch.
    pub(crate) spans: HopSpans,
    /// Why the store could not take a committed batch.
    pub(crate) broken: Option<StoreError>,
}

/// What to count once the batch is final.
#[derive(Debug, Default)]
pub(crate) struct Done {
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    /// What was counted last.
    last: (&'static str, &'static str),
    missing: BTreeMap<String, u64>,
    received: Vec<i64>,
    entities: u64,
    /// Events that had waited for too long.
    given_up: u64,
    /// Incomplete events beyond the number that may wait.
    not_noted: u64,
}

impl Done {
    fn count(&mut self, outcome: &'static str, reason: &'static str) {
        *self.outcomes.entry((outcome, reason)).or_default() += 1;
        self.last = (outcome, reason);
    }
}

impl Enricher {
    /// In pieces, as long as nothing must be asked for; then all that is left at once, so that it is waited for once.
    fn batch(&mut self, batch: &[Record], out: &mut Vec<Outgoing>) -> Result<(), StoreError> {
        let mut spans = self.spans.begin_all(batch);
        let mut left = batch;
        while !left.is_empty() {
            let (mut piece, mut behind) = left.split_at(left.len().min(PIECE_RECORDS));
            let mut incoming = read_all(piece);
            if prefetch::must_ask(&incoming, &self.lookups, &self.states, &self.settings)? {
                incoming.extend(read_all(behind));
                (piece, behind) = (left, &[]);
                self.ask(&incoming)?;
                spans.iter_mut().flatten().for_each(|span| span.mark("looked_up"));
            }
            for (record, (_, incoming)) in piece.iter().zip(incoming) {
                let made = self.one(record, incoming)?;
                out.push(self.traced(spans.pop_front().flatten(), made));
            }
            left = behind;
        }
        Ok(())
    }

    /// What was made of a record whose event is traced tells whoever reads it whose span comes before.
    fn traced(&mut self, span: Option<Box<Span>>, mut made: Outgoing) -> Outgoing {
        if let Some(span) = span {
            let (outcome, reason) = self.done.last;
            self.spans.became(*span, &mut made, outcome, reason);
        }
        made
    }

    fn ask(&mut self, incoming: &[(i32, Incoming)]) -> Result<(), StoreError> {
        let heard = prefetch::fetch(
            incoming,
            &mut self.lookups,
            &mut self.states,
            &self.entities,
            &self.settings,
        )?;
        for entity in heard {
            self.completions.hear(entity);
        }
        Ok(())
    }

    /// Exactly one record for each that came: passed on, enriched, filtered or rejected.
    fn one(&mut self, record: &Record, incoming: Incoming) -> Result<Outgoing, StoreError> {
        match incoming {
            Incoming::Passing(headers) => {
                if headers.kind == Kind::Heartbeat {
                    self.listening.beat(record.partition, headers.received_at_micro);
                }
                self.done.count("passed", headers.kind.as_str());
                Ok(emit::passed(record))
            }
            Incoming::Refused(refusal) => {
                self.done.count("rejected", refusal.code);
                Ok(emit::rejected(record, &refusal))
            }
            Incoming::Flat(headers, flat) => self.flat(record, &headers, *flat),
            Incoming::Erase(headers, company_id, erasure) => {
                self.erase(record, &headers, company_id, &erasure)
            }
            Incoming::Change(headers, change) => {
                let event = FlatEvent::of(&change);
                let Some(change) = self.states.without_erased(record.partition, *change) else {
                    return Ok(self.kept_out(record, &headers, &event));
                };
                let change = self.as_kept(record.partition, change)?;
                self.change(record, &headers, &change)
            }
        }
    }

    fn kept_out(&mut self, record: &Record, headers: &Headers, event: &FlatEvent) -> Outgoing {
        self.done.count("filtered", erasing::SUPPRESSED);
        emit::filtered(record, headers, event, erasing::SUPPRESSED)
    }

    /// A definition of a field as this stage keeps it; all else as it came.
    fn as_kept(&self, partition: i32, change: Change) -> Result<Change, StoreError> {
        if !fields::is_field(&change.object) {
            return Ok(change);
        }
        let key = Key::new(partition, change.company_id, &change.object, &change.id);
        let known = self.states.state(&key)?;
        let row = change.current.as_ref();
        let kept = row.and_then(|row| fields::state(&row.to_map(), known.as_ref(), clock::now_micro()));
        let current = kept.map(|(_, state)| state).or(known);
        Ok(Change { current, ..change })
    }

    fn flat(&mut self, record: &Record, headers: &Headers, flat: Flat) -> Result<Outgoing, StoreError> {
        let Flat { event, stripped } = flat;
        let key = Key::new(record.partition, event.company_id, &event.object, &event.id);
        if self.states.is_suppressed(&key) {
            return Ok(self.kept_out(record, headers, &event));
        }
        let new = || LightRecord::blank(event.company_id, event.object.clone(), event.id.clone());
        let fresh = self.states.note(&key, new, event.uuid, headers)?;
        if !fresh && headers.replay.is_none() {
            self.done.count("filtered", DUPLICATE);
            return Ok(emit::filtered(record, headers, &event, DUPLICATE));
        }
        self.done.count("passed", "flat");
        self.done.received.push(headers.received_at_micro);
        let whole = || {
            stripped
                .clone()
                .or_else(|| serde_json::from_slice(record.value()).ok())
        };
        let without = self
            .states
            .flat_without_erased(record.partition, event.company_id, whole);
        Ok(match without.or(stripped) {
            None => emit::passed(record),
            Some(left) => emit::enriched(record, serde_json::Value::Object(left).to_string().into_bytes()),
        })
    }

    fn change(
        &mut self,
        record: &Record,
        headers: &Headers,
        change: &Change,
    ) -> Result<Outgoing, StoreError> {
        let left_out = |rule: &str| emit::filtered(record, headers, &FlatEvent::of(change), rule);
        let reason = match self.states.apply(record.partition, change, headers)? {
            // It comes again because somebody asked for it.
            Applied::Duplicate if headers.replay.is_some() => "replayed",
            Applied::Duplicate => {
                self.done.count("filtered", DUPLICATE);
                return Ok(left_out(DUPLICATE));
            }
            Applied::Newer => "newer",
            Applied::Older => "older",
        };
        self.completions.hear(Key::new(
            record.partition,
            change.company_id,
            &change.object,
            &change.id,
        ));
        if let Some(rule) = self.filter.rule(change, &headers.source, &self.settings) {
            self.done.count("filtered", "rule");
            return Ok(left_out(rule));
        }
        self.meet(record.partition, change, headers)?;
        let Joined { additions, unknown } = self.join(record.partition, change)?;
        for what in &additions.missing {
            *self.done.missing.entry(what.clone()).or_default() += 1;
        }
        if let Some(word) = additions
            .missing
            .iter()
            .find(|word| self.settings.drops_without(word))
        {
            self.done.count("filtered", "missing");
            return Ok(left_out(&format!("missing_{word}")));
        }
        if !unknown.is_empty() {
            self.wait_for(record, headers, change, &additions.missing, unknown);
        }
        let event = enriched::compose(change, headers, &additions, clock::now_micro());
        self.done.count("enriched", reason);
        self.done.received.push(headers.received_at_micro);
        Ok(emit::enriched(record, event))
    }

    fn forget(&mut self) {
        self.states.abort();
        self.completions.abort();
        self.primer.abort();
        self.listening.abort();
        self.spans.forget();
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
            self.raw.insert(partition, committed.offset);
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
        self.metrics.not_completed("given_up", done.given_up);
        self.metrics.not_completed("no_room", done.not_noted);
        self.metrics.pending.set(self.completions.len() as f64);
    }
}

fn read_all(records: &[Record]) -> Vec<(i32, Incoming)> {
    records
        .iter()
        .map(|record| (record.partition, read::read(record)))
        .collect()
}

impl Hop for Enricher {
    fn assigned(&mut self, partitions: &[Assigned], restore: &Restore) -> Result<(), Error> {
        self.forget();
        let raw: Vec<&Assigned> = partitions
            .iter()
            .filter(|assigned| assigned.topic == Topic::Raw)
            .collect();
        for (done, assigned) in raw.iter().enumerate() {
            self.metrics.restoring.set((raw.len() - done) as f64);
            let doing = format!("states of partition {} are being restored", assigned.partition);
            self.readiness.not_ready(STORE, doing);
            let now = clock::now_micro();
            let store = self.states.store();
            let next = restore::partition(store, assigned, restore, self.topic, now, &self.metrics)?;
            self.entities.insert(assigned.partition, next);
            self.listening.assign(assigned.partition);
            if let Some(committed) = &assigned.committed {
                self.raw.insert(assigned.partition, committed.offset);
            }
        }
        self.metrics.restoring.set(0.0);
        self.readiness.ready(STORE);
        self.states.forget_cached();
        let assigned = partitions.iter().map(|assigned| assigned.partition);
        self.wait_again(assigned)
            .map_err(|error| Error::refused("read the events that wait", error))
    }

    fn revoked(&mut self, partitions: &[(Topic, i32)]) {
        self.forget();
        for (_, partition) in partitions {
            self.entities.remove(partition);
            self.raw.remove(partition);
            self.completions.forget(*partition);
            self.primer.forget(*partition);
            self.budgets.forget(*partition);
            self.listening.forget(*partition);
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

    fn errands(&mut self, out: &mut Vec<Outgoing>) -> Result<Offsets, Fault> {
        if let Some(broken) = self.broken.take() {
            return Err(Fault::fatal(broken));
        }
        self.run_errands(out).map_err(Fault::fatal)
    }

    fn oversized(&mut self, refused: Outgoing, bytes: usize) -> Result<Option<Outgoing>, Fault> {
        tracing::warn!(
            kafka.topic = refused.topic.short(),
            bytes,
            "record is larger than its topic takes"
        );
        self.spans.turned(&refused, "rejected", "oversized");
        Ok(emit::oversized(refused, bytes))
    }

    fn committed(&mut self, next: &Offsets, written: &Written) {
        let checkpoints = self.checkpoints(next, written);
        self.completions.commit();
        self.listening.commit();
        self.spans.committed();
        for list in self.primer.commit() {
            self.completions.hear(list);
        }
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
