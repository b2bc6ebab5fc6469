//! What no record asked for: answers that came, and the events they complete.

use event::note::{self, PENDING, Pending};
use event::{Change, EntityId, Headers, Object, enriched};
use kafka::{Committed, Offsets, Outgoing, Record, Topic};
use stage::clock;
use tokio::time::Instant;

use super::Enricher;
use crate::join::{self, Joined};
use crate::key::Key;
use crate::lookups::Need;
use crate::store::StoreError;
use crate::{emit, prefetch};

/// Events looked at again in one transaction.
const AWOKEN_MAX: usize = 200;
/// Events given up in one transaction.
const GIVEN_UP_MAX: usize = 200;
const MICROS: i64 = 1_000_000;

impl Enricher {
    /// Ends the open transaction: answers are learned, the events they complete follow, and all that changed is written.
    /// Gives where the group stands in the partitions that were written to.
    pub(super) fn run_errands(&mut self, out: &mut Vec<Outgoing>) -> Result<Offsets, StoreError> {
        self.learn_answers()?;
        self.complete(out)?;
        self.give_up()?;
        self.completions.ask(&mut self.lookups, Instant::now());
        let rewritten = self.states.finish()?;
        self.done.entities = rewritten.len() as u64;
        let mut stands = Offsets::new();
        for rewritten in rewritten {
            let partition = rewritten.partition;
            if let Some(offset) = self.raw.get(&partition).copied() {
                let metadata = None;
                stands.set(Topic::Raw, partition, Committed { offset, metadata });
            }
            out.push(emit::entity(rewritten));
        }
        Ok(stands)
    }

    fn learn_answers(&mut self) -> Result<(), StoreError> {
        let answers = self.lookups.come();
        let mut heard = Vec::new();
        prefetch::learn(answers, &mut self.states, &self.raw, &mut heard)?;
        for entity in heard {
            self.completions.hear(entity);
        }
        Ok(())
    }

    /// Sends the events again that are more complete now than when they went on.
    fn complete(&mut self, out: &mut Vec<Outgoing>) -> Result<(), StoreError> {
        for note in self.completions.awoken(AWOKEN_MAX) {
            let Some((pending, change, headers)) = self.pending(&note)? else {
                self.completions.decide(note, Vec::new());
                continue;
            };
            let partition = note.partition;
            let Joined { additions, unknown } =
                join::additions(partition, &change, &self.states, &self.settings)?;
            let needs = self.may_come(partition, change.company_id, &headers, unknown);
            if needs.is_empty() {
                if additions.missing != pending.missing {
                    let change = change.revised(pending.revision + 1);
                    let event = enriched::compose_json(&change, &headers, &additions, clock::now_micro());
                    out.push(emit::enriched(&record(partition, &pending), event));
                    self.done.count("enriched", "completed");
                }
                self.states.keep_note(note.clone(), None, &headers);
            }
            self.completions.decide(note, needs);
        }
        Ok(())
    }

    /// Lets go of events that have waited for too long: they stay as they went on.
    fn give_up(&mut self) -> Result<(), StoreError> {
        let patience = i64::try_from(self.settings.pending_seconds_max).unwrap_or(i64::MAX / MICROS);
        let before = clock::now_micro().saturating_sub(patience.saturating_mul(MICROS));
        for note in self.completions.older_than(before, GIVEN_UP_MAX) {
            if let Some((_, _, headers)) = self.pending(&note)? {
                self.states.keep_note(note.clone(), None, &headers);
                self.done.given_up += 1;
            }
            self.completions.decide(note, Vec::new());
        }
        Ok(())
    }

    /// Notes that an event went on without these, if they may still come.
    pub(super) fn wait_for(
        &mut self,
        record: &Record,
        headers: &Headers,
        change: &Change,
        missing: &[String],
        unknown: Vec<(Object, EntityId)>,
    ) {
        let needs = self.may_come(record.partition, change.company_id, headers, unknown);
        if needs.is_empty() {
            return;
        }
        if !self.completions.has_room() {
            self.done.not_noted += 1;
            return;
        }
        let since_micro = clock::now_micro();
        let note = Key {
            partition: record.partition,
            text: Pending::note_key(change.company_id, &change.uuid),
        };
        let pending = Pending {
            revision: change.revision,
            missing: missing.to_vec(),
            since_micro,
            key: record.key_text(),
            headers: headers
                .to_pairs()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: String::from_utf8_lossy(record.value()).into_owned(),
        };
        self.states
            .keep_note(note.clone(), Some(pending.to_json()), headers);
        self.completions.add(note, since_micro, needs);
    }

    /// After an assignment: reads from the store who waits for whom.
    pub(super) fn wait_again(&mut self, partitions: impl Iterator<Item = i32>) -> Result<(), StoreError> {
        for partition in partitions {
            let mut notes = Vec::new();
            self.states.store().each_note(partition, |key, value| {
                if note::word(&key.text) == Some(PENDING) {
                    notes.extend(Pending::read(value).map(|pending| (key, pending)));
                }
                Ok(())
            })?;
            self.completions.forget(partition);
            for (key, pending) in notes {
                let Some((change, headers)) = read(&pending) else {
                    continue;
                };
                let Joined { unknown, .. } =
                    join::additions(partition, &change, &self.states, &self.settings)?;
                let needs = needs(partition, change.company_id, &headers, unknown);
                self.completions.insert(key, pending.since_micro, needs);
            }
        }
        Ok(())
    }

    fn pending(&self, note: &Key) -> Result<Option<(Pending, Change, Headers)>, StoreError> {
        let kept = self.states.note_kept(note)?;
        Ok(kept.as_deref().and_then(Pending::read).and_then(|pending| {
            let (change, headers) = read(&pending)?;
            Some((pending, change, headers))
        }))
    }

    fn may_come(
        &self,
        partition: i32,
        company_id: u64,
        headers: &Headers,
        unknown: Vec<(Object, EntityId)>,
    ) -> Vec<Need> {
        let mut needs = needs(partition, company_id, headers, unknown);
        needs.retain(|need| self.lookups.may_come(need));
        needs
    }
}

fn needs(partition: i32, company_id: u64, headers: &Headers, unknown: Vec<(Object, EntityId)>) -> Vec<Need> {
    let need = |(object, id)| Need::new(partition, company_id, object, id, headers);
    unknown.into_iter().map(need).collect()
}

fn read(pending: &Pending) -> Option<(Change, Headers)> {
    let pairs = pending.headers.iter();
    let headers = Headers::from_pairs(pairs.map(|(name, value)| (name.as_str(), value.as_bytes()))).ok()?;
    let change = Change::from_webhook(pending.body.as_bytes()).ok()?;
    Some((change, headers))
}

/// The record as it came.
fn record(partition: i32, pending: &Pending) -> Record {
    Record {
        topic: Topic::Raw,
        partition,
        offset: 0,
        timestamp_ms: 0,
        key: pending.key.clone().into_bytes(),
        payload: None,
        headers: pending
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect(),
    }
}
